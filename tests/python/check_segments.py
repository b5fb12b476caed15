"""Holds every minute of vehicles' records that a day's ledger has set down against the recording, read by the mcap package.

    python check_segments.py WESTLINE FOLDER

WESTLINE is the program, FOLDER that of a day's results. Prints how many minutes agree.
"""

import hashlib
import json
import subprocess
import sys

from mcap.reader import make_reader

MINUTE_NS = 60_000_000_000


def main():
    program, folder = sys.argv[1:]
    listed = subprocess.run(
        [program, "ledger", "query", "evidence/", "--ledger", f"{folder}/ledger", "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    items = [entry["value"]["item"] for entry in json.loads(listed.stdout)]
    minutes = {(item["subject"], item["from_ms"]): item["digest"] for item in items if item["to_ms"] - item["from_ms"] == 60_000}
    found = {}
    with open(f"{folder}/recording.mcap", "rb") as file:
        for _, channel, message in make_reader(file).iter_messages():
            parts = channel.topic.split("/")
            if len(parts) == 3 and parts[1] == "vehicles":
                key = (parts[2], message.log_time // MINUTE_NS * MINUTE_NS // 1_000_000)
                head = message.log_time.to_bytes(8, "little") + len(message.data).to_bytes(4, "little")
                found.setdefault(key, hashlib.sha256()).update(head + message.data)
    plain = lambda name: "".join(letter if letter.isalnum() else "_" for letter in name)
    told = {(plain(name), start): digest for (name, start), digest in minutes.items()}
    assert told and told == {key: digest.hexdigest() for key, digest in found.items()}, "the minutes differ"
    print(f"{len(told)} minutes agree")


main()
