#!/usr/bin/env python3
"""Reads a recording as a stranger would and says what is in it.

    pip install mcap mcap-protobuf-support
    python tests/python/check_recording.py out/yongchuan/.../recording.mcap --expect /vehicles/bus-1 --site yongchuan

Nothing here knows Westline: the MCAP reader and the Protobuf decoder come from PyPI and learn every schema from the file
itself. The program decodes every message and checks that times go back by no more than a chunk, that the index agrees
with what is there, and that the run's metadata is complete. It prints a table of topics; 0 if all is well, 1 if something
is wrong, 2 if the file cannot be read at all. With --truncated it reads the recording of a run that was killed, which has
no index.
"""

import argparse
import collections
import struct
import sys

from mcap.exceptions import McapError
from mcap.reader import NonSeekingReader, make_reader
from mcap_protobuf.decoder import DecoderFactory

METADATA_KEYS = ["site", "seed", "version", "map_digest", "start", "start_unix_ns", "start_clock_s"]
CHUNK_SPAN_NS = 500_000_000

# What the reader may raise at the end of a file that ends in the middle of something.
TRUNCATED = (McapError, EOFError, struct.error)


def messages(reader, problems, is_truncated):
    """Schema, channel, message and decoded message, up to where the file ends."""
    try:
        yield from reader.iter_decoded_messages(log_time_order=False)
    except TRUNCATED as error:
        if not is_truncated:
            problems.append(f"reading ends early: {error!r}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recording")
    parser.add_argument("--expect", metavar="TOPIC", action="append", default=[], help="a topic that must be there")
    parser.add_argument("--site", help="the site that the metadata must name")
    parser.add_argument("--truncated", action="store_true", help="the run was killed: there is no index")
    arguments = parser.parse_args()

    problems = []
    counts = collections.Counter()
    schemas = {}
    latest = 0
    with open(arguments.recording, "rb") as file:
        factories = [DecoderFactory()]
        kind = NonSeekingReader if arguments.truncated else make_reader
        reader = kind(file, decoder_factories=factories)
        for schema, channel, message, decoded in messages(reader, problems, arguments.truncated):
            counts[channel.topic] += 1
            schemas[channel.topic] = schema.name
            if decoded.DESCRIPTOR.full_name != schema.name:
                problems.append(f"{channel.topic}: decoded as {decoded.DESCRIPTOR.full_name}, not {schema.name}")
            if message.log_time + CHUNK_SPAN_NS < latest:
                problems.append(f"{channel.topic}: time goes back from {latest} to {message.log_time} ns")
            latest = max(latest, message.log_time)

        if not arguments.truncated:
            summary = reader.get_summary()
            if summary is None or summary.statistics is None:
                problems.append("there is no index")
            elif summary.statistics.message_count != sum(counts.values()):
                counted = summary.statistics.message_count
                problems.append(f"the index counts {counted} messages, {sum(counts.values())} are there")
            metadata = {record.name: record.metadata for record in reader.iter_metadata()}
            run = metadata.get("westline.run", {})
            problems += [f"metadata: `{key}` is missing" for key in METADATA_KEYS if key not in run]
            if arguments.site and run.get("site") != arguments.site:
                problems.append(f"metadata: site is `{run.get('site')}`, not `{arguments.site}`")
            for key in METADATA_KEYS:
                print(f"{key:16} {run.get(key, '')}")

    problems += [f"{topic}: no message" for topic in arguments.expect if counts[topic] == 0]
    for topic in sorted(counts):
        print(f"{counts[topic]:10}  {schemas[topic]:28} {topic}")
    for problem in problems[:20]:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, *TRUNCATED) as error:
        print(f"cannot be read: {error!r}\nhint: --truncated reads the recording of a run that was killed", file=sys.stderr)
        sys.exit(2)
