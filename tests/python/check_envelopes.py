"""Signed packets judged by foreign tools: pycrate reads the envelopes, the package ecdsa verifies the signatures.

    check_envelopes.py SIGNED.pcap PKI_FOLDER

Every packet must be signed by the certificate it shows or showed before, that by the authority, that by the root.
"""

import hashlib
import pathlib
import struct
import sys

import ecdsa
from pycrate_asn1dir.ITS_IEEE1609_2 import Ieee1609Dot2

DATA, CERTIFICATE, TO_BE_SIGNED = Ieee1609Dot2.Ieee1609Dot2Data, Ieee1609Dot2.CertificateBase, Ieee1609Dot2.ToBeSignedData
TO_BE_SIGNED_CERTIFICATE = Ieee1609Dot2.ToBeSignedCertificate


def encoded(kind, value):
    kind.set_val(value)
    return kind.to_coer()


def decoded(kind, data):
    kind.from_coer(data)
    return kind.get_val()


def sha256(data):
    return hashlib.sha256(data).digest()


def verifies(certificate, to_be_signed, signer, signature):
    """IEEE 1609.2 clause 5.3.1.2.2: the hash of the two hashes."""
    kind, point = certificate["toBeSigned"]["verifyKeyIndicator"][1]
    assert kind == "ecdsaNistP256", kind
    parity = {"compressed-y-0": b"\2", "compressed-y-1": b"\3"}[point[0]]
    key = ecdsa.VerifyingKey.from_string(parity + point[1], curve=ecdsa.NIST256p)
    r, s = signature[1]["rSig"][1], signature[1]["sSig"]
    try:
        return key.verify_digest(r + s, sha256(sha256(to_be_signed) + sha256(signer)))
    except ecdsa.BadSignatureError:
        return False


def is_certified(certificate, issuer, issuer_bytes):
    to_be_signed = encoded(TO_BE_SIGNED_CERTIFICATE, certificate["toBeSigned"])
    return verifies(issuer, to_be_signed, issuer_bytes, certificate["signature"])


def packets(path):
    data = path.read_bytes()
    place = 24
    while place < len(data):
        length = struct.unpack_from("<I", data, place + 8)[0]
        yield data[place + 16 : place + 16 + length]
        place += 16 + length


def main():
    capture, folder = map(pathlib.Path, sys.argv[1:])
    root_bytes, authority_bytes = ((folder / f"{name}.cert").read_bytes() for name in ("root", "authority"))
    root, authority = decoded(CERTIFICATE, root_bytes), decoded(CERTIFICATE, authority_bytes)
    assert encoded(CERTIFICATE, authority) == authority_bytes, "our encoding is not canonical"
    assert is_certified(root, root, b""), "the root did not sign itself"
    assert is_certified(authority, root, root_bytes), "the root did not sign the authority"
    known, count = {}, 0
    for frame in packets(capture):
        assert frame[14] & 15 == 2, "a packet is not secured"
        content = decoded(DATA, frame[18:])["content"]
        assert content[0] == "signedData", content[0]
        signed = content[1]
        kind, signer = signed["signer"]
        if kind == "certificate":
            data = encoded(CERTIFICATE, signer[0])
            assert is_certified(signer[0], authority, authority_bytes), "the authority did not sign the ticket"
            known[sha256(data)[-8:]] = (signer[0], data)
            certificate, data = signer[0], data
        else:
            certificate, data = known[signer]
        to_be_signed = encoded(TO_BE_SIGNED, signed["tbsData"])
        assert verifies(certificate, to_be_signed, data, signed["signature"]), f"packet {count + 1} is not its signer's"
        count += 1
        if count == 200:  # pure Python verifies some dozens a second
            break
    assert count, "no packets"
    print(f"{count} packets verify, down to the root")


main()
