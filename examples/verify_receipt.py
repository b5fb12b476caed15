"""Verifies what a Westline ledger hands out, without Westline: receipts, proofs of the state, credentials.

    python examples/verify_receipt.py genesis.json receipts/*.json
    python examples/verify_receipt.py genesis.json receipt.json --document recording.mcap
    python examples/verify_receipt.py genesis.json permit-1.vc.json

Needs Python 3.9 and its package `cryptography`, nothing else. Shares no code with Westline; docs/ledger.md says what the bytes
mean. Exit status: 0 all hold, 1 something does not.
"""

import base64
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils


def digest(suite, data):
    if suite == "international":
        return hashlib.sha256(data).digest()
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(data)
    return sm3.finalize()


# SM2 (GB/T 32918.2): the curve, and enough of its arithmetic to verify.
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)


def add(one, two):
    if one is None or two is None:
        return two if one is None else one
    if one[0] == two[0] and (one[1] + two[1]) % P == 0:
        return None
    if one == two:
        slope = (3 * one[0] * one[0] + A) * pow(2 * one[1], -1, P) % P
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], -1, P) % P
    x = (slope * slope - one[0] - two[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def times(count, point):
    total = None
    while count:
        total = add(total, point) if count & 1 else total
        point = add(point, point)
        count >>= 1
    return total


def sm2_verifies(key, message, signature):
    x = int.from_bytes(key[1:33], "big")
    y = pow(x**3 + A * x + B, (P + 1) // 4, P)
    y = y if y % 2 == key[0] % 2 else P - y
    if (y * y - x**3 - A * x - B) % P:
        return False
    name = b"1234567812345678"
    parts = [number.to_bytes(32, "big") for number in (A, B, *G, x, y)]
    identity = digest("sm", (len(name) * 8).to_bytes(2, "big") + name + b"".join(parts))
    hashed = int.from_bytes(digest("sm", identity + message), "big")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    t = (r + s) % N
    if not (0 < r < N and 0 < s < N) or t == 0:
        return False
    point = add(times(s, G), times(t, (x, y)))
    return point is not None and (hashed + point[0]) % N == r


def verifies(scheme, key, message, signature):
    if scheme == "sm2":
        return sm2_verifies(key, message, signature)
    try:
        if scheme == "ed25519":
            ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        else:
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
            point.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
        return True
    except (InvalidSignature, ValueError):
        return False


def check(holds, what):
    if not holds:
        raise ValueError(what)


def checkpoint(note, validators):
    """The header's fields, if more than two thirds of the validators have signed the note."""
    text, _, signatures = note.partition("\n\n")
    text += "\n"
    kinds = {"ed25519": b"\x01", "p256": b"\xffwestline/p256", "sm2": b"\xffwestline/sm2"}
    signed = set()
    for line in signatures.splitlines():
        _, name, value = line.split(" ")
        value = base64.b64decode(value)
        if name in validators:
            scheme, key = validators[name]
            key_id = hashlib.sha256(name.encode() + b"\n" + kinds[scheme] + key).digest()[:4]
            if value[:4] == key_id and verifies(scheme, key, text.encode(), value[4:]):
                signed.add(name)
    needed = len(validators) * 2 // 3 + 1
    check(len(signed) >= needed, f"{len(signed)} of {len(validators)} validators have signed, {needed} are needed")
    origin, size, root, *fields = text.splitlines()
    fields = dict(field.split(" ") for field in fields)
    return {"origin": origin, "size": int(size), "root": base64.b64decode(root), **fields}


def included(suite, leaf, index, size, proof, root):
    """RFC 9162, 2.1.3.2."""
    first, last = index, size - 1
    for sibling in proof:
        check(last, "the proof is too long")
        if first & 1 or first == last:
            leaf = digest(suite, b"\x01" + sibling + leaf)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            leaf = digest(suite, b"\x01" + leaf + sibling)
        first, last = first >> 1, last >> 1
    check(index < size and last == 0 and leaf == root, "the entry is not in the log")


def anchored(transaction):
    """Sender, and the digests that the transaction sets down (Borsh: little-endian, lengths before what they count)."""
    place = 34

    def take(count):
        nonlocal place
        place += count
        return transaction[place - count : place]

    def number(count):
        return int.from_bytes(take(count), "little")

    sender = take(number(4)).decode()
    take(16)
    digests = []
    if number(1) == 2:
        for _ in range(number(4)):
            take(1)
            take(number(4))
            digests.append(take(32))
            take(20)
    return sender, digests


def receipt(form, validators, document):
    suite, entry = form["suite"], base64.b64decode(form["entry"])
    header = checkpoint(form["checkpoint"], validators)
    proof = [bytes.fromhex(sibling) for sibling in form["proof"]]
    included(suite, digest(suite, b"\x00" + entry), form["index"], header["size"], proof, header["root"])
    length = form["transaction_bytes"]
    transaction, rest = entry[:length], entry[length:]
    key_bytes = int.from_bytes(rest[1:5], "little")
    key, signature, outcome = rest[5 : 5 + key_bytes], rest[5 + key_bytes : 69 + key_bytes], rest[69 + key_bytes :]
    scheme = ("ed25519", "p256", "sm2")[rest[0]]
    check(verifies(scheme, key, b"westline transaction 1\0" + transaction, signature), "the sender's signature")
    sender, digests = anchored(transaction)
    if document is not None:
        done = outcome[:5] == bytes(5)
        check(done and digest(suite, document) in digests, "the document's digest is not in it")
    return f"entry {form['index']} of `{sender}`, in the log of block {header['height']}"


def state(form, validators):
    suite, header = form["suite"], checkpoint(form["checkpoint"], validators)
    key = digest(suite, form["key"].encode())
    side = lambda hashed, depth: hashed[depth // 8] >> (7 - depth % 8) & 1
    siblings, leaf = [bytes.fromhex(sibling) for sibling in form["proof"]["siblings"]], form["proof"]["leaf"]
    end = bytes(32)
    if leaf:
        leaf = [bytes.fromhex(part) for part in leaf]
        end = digest(suite, b"\x00" + leaf[0] + leaf[1])
    if form["record"] is not None:
        value = digest(suite, base64.b64decode(form["record"]))
        check(leaf == [key, value], "another value stands there")
    else:
        same = lambda other: all(side(other, depth) == side(key, depth) for depth in range(len(siblings)))
        check(not leaf or (leaf[0] != key and same(leaf[0])), "something stands there")
    for depth, sibling in reversed(list(enumerate(siblings))):
        end = digest(suite, b"\x01" + (sibling + end if side(key, depth) else end + sibling))
    check(end.hex() == header["state"], "it is not in the state")
    return f"`{form['key']}` stood so after block {header['height']}"


def credential(document):
    """Data Integrity 1.0 with eddsa-jcs-2022 by the issuer's did:key."""
    proof = document.pop("proof")
    issuer, signature = proof["verificationMethod"].split("#")[0], proof.pop("proofValue")
    check(issuer == document["issuer"] and proof["cryptosuite"] == "eddsa-jcs-2022", "another issuer or proof")

    def base58(text):
        value = 0
        for letter in text[1:]:
            value = value * 58 + "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".index(letter)
        return value.to_bytes((value.bit_length() + 7) // 8, "big")

    canonical = lambda value: json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    message = b"".join(hashlib.sha256(canonical(part)).digest() for part in (proof, document))
    key = base58(issuer[len("did:key:") :])[2:]
    check(verifies("ed25519", key, message, base58(signature).rjust(64, b"\0")), "the proof is not the issuer's")
    return f"{document.get('name', document['type'][-1])}, issued by {issuer}"


def main(arguments):
    document = None
    if "--document" in arguments:
        place = arguments.index("--document")
        document = open(arguments[place + 1], "rb").read()
        del arguments[place : place + 2]
    if len(arguments) < 2:
        sys.exit(__doc__)
    parties = json.load(open(arguments[0], encoding="utf-8"))["parties"]
    keys = {party["id"]: party["keys"][0].split(":") for party in parties if party["validates"]}
    validators = {name: (scheme, bytes.fromhex(key)) for name, (scheme, key) in keys.items()}
    failed = 0
    for path in arguments[1:]:
        try:
            form = json.load(open(path, encoding="utf-8"))
            if form.get("format") == "westline-receipt-1":
                told = receipt(form, validators, document)
            elif form.get("format") == "westline-state-1":
                told = state(form, validators)
            else:
                told = credential(form)
            print(f"{path}: holds: {told}")
        except (ValueError, KeyError, IndexError, TypeError) as error:
            failed += 1
            print(f"{path}: does not hold: {error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
