"""Messages judged by foreign encoders.

    check_messages.py WESTLINE [ASN1_FOLDER]

Draws values of each kind (a fixed seed), encodes them with pycrate (MAPEM, SPATEM, IVIM, SREM, SSEM, VAM) and, where a
folder with ETSI's modules is at hand, with asn1tools (CAM, DENM, CPM of TR 103 562), and asks `westline network encode` for
the same bytes and `westline network decode` for the same values.
"""

import json
import pathlib
import random
import struct
import subprocess
import sys

COUNT = 60
PORTS = {"cam": 2001, "denm": 2002, "mapem": 2003, "spatem": 2004, "ivim": 2006, "srem": 2007, "ssem": 2008,
         "cpm-tr103562": 2009, "vam": 2018}
NUMBERS = {"cam": 2, "denm": 1, "mapem": 5, "spatem": 4, "ivim": 6, "srem": 9, "ssem": 10, "cpm-tr103562": 14, "vam": 16}
# What CPM takes from ISO/TS 19091, whose module is not in the folder: offsets of so many bits, lanes, junctions.
DSRC = """
DSRC { iso (1) standard (0) signalizedIntersection (19091) profilec(2) dsrc (2) version2 (2) }
DEFINITIONS AUTOMATIC TAGS ::= BEGIN
IntersectionReferenceID ::= SEQUENCE { region INTEGER (0..65535) OPTIONAL, id INTEGER (0..65535) }
RoadSegmentReferenceID ::= SEQUENCE { region INTEGER (0..65535) OPTIONAL, id INTEGER (0..65535) }
LaneID ::= INTEGER (0..255)
Offset-B10 ::= INTEGER (-512..511)
Offset-B11 ::= INTEGER (-1024..1023)
Offset-B12 ::= INTEGER (-2048..2047)
Offset-B13 ::= INTEGER (-4096..4095)
Offset-B14 ::= INTEGER (-8192..8191)
Offset-B16 ::= INTEGER (-32768..32767)
VehicleHeight ::= INTEGER (0..127)
Node-XY-20b ::= SEQUENCE { x Offset-B10, y Offset-B10 }
Node-XY-22b ::= SEQUENCE { x Offset-B11, y Offset-B11 }
Node-XY-24b ::= SEQUENCE { x Offset-B12, y Offset-B12 }
Node-XY-26b ::= SEQUENCE { x Offset-B13, y Offset-B13 }
Node-XY-28b ::= SEQUENCE { x Offset-B14, y Offset-B14 }
Node-XY-32b ::= SEQUENCE { x Offset-B16, y Offset-B16 }
Node-LLmD-64b ::= SEQUENCE { lon INTEGER (-1799999999..1800000001), lat INTEGER (-900000000..900000001) }
NodeOffsetPointXY ::= CHOICE { node-XY1 Node-XY-20b, node-XY2 Node-XY-22b, node-XY3 Node-XY-24b, node-XY4 Node-XY-26b,
  node-XY5 Node-XY-28b, node-XY6 Node-XY-32b, node-LatLon Node-LLmD-64b, regional NULL }
END
"""


def bits(value, length):
    data = (value << (-length % 8)).to_bytes((length + 7) // 8, "big") if length else b""
    return {"bits": data.hex(), "length": length}


class Undrawable(Exception):
    """A part whose content the standard leaves open."""


class Pycrate:
    """Values of pycrate's types, drawn at random, and the same as JSON."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def bounds(self, constraint, default):
        if constraint is None:
            return default
        low = default[0] if constraint.lb is None else constraint.lb
        return low, max(low, default[1]) if constraint.ub is None else constraint.ub

    def draw(self, kind, depth=0):
        """(pycrate's value, JSON value)"""
        r, name = self.random, kind.TYPE
        if name == "SEQUENCE":
            theirs, ours = {}, {}
            extensions = set(kind._ext_ident) if getattr(kind, "_ext_ident", None) else set(kind._ext or [])
            for field, member in kind._cont.items():
                if field in extensions:
                    continue
                optional = member._opt or member._def is not None
                if self.is_open(member):
                    if optional:
                        continue
                    raise Undrawable(field)
                if optional and r.random() < (0.5 if depth < 6 else 0.85):
                    if member._def is not None:
                        return_default = member._def
                        ours[field] = return_default if not isinstance(return_default, tuple) else None
                    continue
                try:
                    theirs[field], ours[field] = self.draw(member, depth + 1)
                except Undrawable:
                    if not optional:
                        raise
            return theirs, ours
        if name == "CHOICE":
            root = [f for f in kind._cont if f not in (kind._ext or []) and not self.is_open(kind._cont[f])]
            field = r.choice(root)
            theirs, ours = self.draw(kind._cont[field], depth + 1)
            return (field, theirs), {field: ours}
        if name in ("SEQUENCE OF", "SET OF"):
            low, high = self.bounds(kind._const_sz, (0, 4))
            items = [self.draw(kind._cont, depth + 1) for _ in range(r.randint(low, min(high, low + 3)))]
            return [a for a, _ in items], [b for _, b in items]
        if name == "ENUMERATED":
            root = [e for e in kind._cont if e not in (kind._ext or [])]
            value = r.choice(root)
            return value, value
        if name == "INTEGER":
            low, high = self.bounds(kind._const_val, (0, 2**31 - 1))
            value = r.choice([low, high, r.randint(low, high)])
            return value, value
        if name == "BOOLEAN":
            value = r.random() < 0.5
            return value, value
        if name == "BIT STRING":
            low, high = self.bounds(kind._const_sz, (0, 12))
            length = r.randint(low, high)
            value = r.getrandbits(length) if length else 0
            return (value, length), bits(value, length)
        if name == "OCTET STRING":
            low, high = self.bounds(kind._const_sz, (0, 12))
            value = r.randbytes(r.randint(low, min(high, low + 8)))
            return value, value.hex()
        if name == "NULL":
            return 0, None
        if name.endswith("String"):
            low, high = self.bounds(kind._const_sz, (0, 12))
            letters = "0123456789" if name == "NumericString" else "abcdefgh XYZ"
            value = "".join(r.choice(letters) for _ in range(r.randint(low, min(high, low + 8))))
            return value, value
        raise ValueError(f"{name} is not drawn")

    def is_open(self, kind):
        """Regional extensions: their content is not the standard's."""
        if kind.TYPE == "OPEN_TYPE" or "regional" in (kind._name or "").lower():
            return True
        if kind.TYPE in ("SEQUENCE OF", "SET OF"):
            return self.is_open(kind._cont)
        return kind.TYPE == "SEQUENCE" and any(m.TYPE == "OPEN_TYPE" for m in kind._cont.values())


def from_pycrate():
    from pycrate_asn1dir import ITS_IS, ITS_VAM_3

    kinds = {
        "mapem": ITS_IS.MAPEM_PDU_Descriptions.MAPEM,
        "spatem": ITS_IS.SPATEM_PDU_Descriptions.SPATEM,
        "ivim": ITS_IS.IVIM_PDU_Descriptions.IVIM,
        "srem": ITS_IS.SREM_PDU_Descriptions.SREM,
        "ssem": ITS_IS.SSEM_PDU_Descriptions.SSEM,
        "vam": ITS_VAM_3.VAM_PDU_Descriptions.VAM,
    }
    for name, kind in kinds.items():
        draw = Pycrate(name)
        vectors = []
        while len(vectors) < COUNT:
            theirs, ours = draw.draw(kind)
            for header in (theirs["header"], ours["header"]):
                header["protocolVersion"], header["messageID"] = 2, NUMBERS[name]
            kind.set_val(theirs)
            vectors.append((ours, kind.to_uper()))
        yield name, "pycrate", vectors


class Asn1tools:
    """Values of asn1tools' compiled types, drawn at random."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def draw(self, kind, depth=0):
        r, name = self.random, type(kind).__name__
        if name == "Recursive":
            kind = kind.inner
            name = type(kind).__name__
        if name == "Sequence":
            theirs, ours = {}, {}
            for member in kind.root_members:
                if member.optional and r.random() < 0.5:
                    continue
                value = self.draw(member, depth + 1)
                # A default is not to be sent (X.691 19.5); asn1tools sends it if it is told to.
                if member.default is not None and str(value[0]).upper() == str(member.default).upper():
                    continue
                theirs[member.name], ours[member.name] = value
            return theirs, ours
        if name == "Choice":
            members = [m for m in kind.root_index_to_member.values() if m.name not in ("regional", "node-LatLon")]
            member = r.choice(members)
            theirs, ours = self.draw(member, depth + 1)
            return (member.name, theirs), {member.name: ours}
        if name in ("ArrayType", "SequenceOf"):
            low, high = kind.minimum or 0, kind.maximum if kind.maximum is not None else 4
            items = [self.draw(kind.element_type, depth + 1) for _ in range(r.randint(low, min(high, low + 3)))]
            return [a for a, _ in items], [b for _, b in items]
        if name == "Enumerated":
            value = r.choice(list(kind.root_data_to_value if hasattr(kind, "root_data_to_value") else kind.root_value_to_index))
            return value, value
        if name == "Integer":
            value = r.choice([kind.minimum, kind.maximum, r.randint(kind.minimum, kind.maximum)])
            return value, value
        if name == "Boolean":
            value = r.random() < 0.5
            return value, value
        if name == "BitString":
            length = r.randint(kind.minimum, min(kind.maximum, kind.minimum + 8))
            value = bits(r.getrandbits(length) if length else 0, length)
            return (bytes.fromhex(value["bits"]), length), value
        if name == "OctetString":
            low, high = kind.minimum or 0, kind.maximum if kind.maximum is not None else 12
            value = r.randbytes(r.randint(low, min(high, low + 8)))
            return value, value.hex()
        if name == "Null":
            return None, None
        low, high = getattr(kind, "minimum", None) or 0, getattr(kind, "maximum", None)
        if name in ("UTF8String", "IA5String", "NumericString", "VisibleString", "PrintableString"):
            letters = "0123456789" if name == "NumericString" else "abcdefgh XYZ"
            count = r.randint(low, min(low + 8 if high is None else high, low + 8))
            value = "".join(r.choice(letters) for _ in range(count))
            return value, value
        raise ValueError(f"{name} is not drawn")


def from_asn1tools(folder):
    import asn1tools

    modules = {"cam": ("CAM", "*CAM.asn"), "denm": ("DENM", "*DENM.asn"), "cpm-tr103562": ("CPM", "*CPM.asn")}
    for name, (root, pattern) in modules.items():
        files = [*folder.glob("*CDD.asn"), *folder.glob("*CAM.asn"), *folder.glob(pattern)]
        text = "\n".join(path.read_text() for path in dict.fromkeys(files)) + DSRC
        compiled = asn1tools.compile_string(text, "uper")
        kind = compiled.types[root]
        draw = Asn1tools(name)
        vectors = []
        for _ in range(COUNT):
            theirs, ours = draw.draw(kind.type)
            for header in (theirs["header"], ours["header"]):
                header["protocolVersion"], header["messageID"] = (1 if root == "CPM" else 2), NUMBERS[name]
            vectors.append((ours, compiled.encode(root, theirs)))
        yield name, "asn1tools", vectors


def capture(messages, port):
    """A pcap file of single-hop broadcasts."""
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for index, message in enumerate(messages):
        above = struct.pack(">HH", port, 0) + message
        source = bytes.fromhex("1400000000000001") + bytes(12) + bytes(4)
        packet = bytes.fromhex("11001a01" "20500280") + struct.pack(">HBB", len(above), 1, 0) + source + bytes(4) + above
        frame = b"\xff" * 6 + bytes.fromhex("020000000001") + b"\x89\x47" + packet
        data += struct.pack("<IIII", index, 0, len(frame), len(frame)) + frame
    return data


def subset(expected, found, path=""):
    """Where what was expected is not found; fields with a default may be found though not drawn."""
    if isinstance(expected, dict) and isinstance(found, dict):
        keys = {key.lower(): key for key in found}
        for key, value in expected.items():
            if key.lower() not in keys:
                return f"{path}.{key} is missing"
            wrong = subset(value, found[keys[key.lower()]], f"{path}.{key}")
            if wrong:
                return wrong
        return None
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found))
        return next((w for i, (a, b) in pairs if (w := subset(a, b, f"{path}[{i}]"))), None)
    return None if expected == found else f"{path}: expected {expected!r}, found {found!r}"


def judge(westline, name, judged_by, vectors):
    lines = "\n".join(json.dumps(value) for value, _ in vectors)
    done = subprocess.run([westline, "network", "encode", name], input=lines, capture_output=True, text=True)
    faults = [] if done.returncode == 0 else [done.stderr.strip()]
    for index, (line, (value, theirs)) in enumerate(zip(done.stdout.split(), vectors)):
        if line != theirs.hex():
            faults.append(f"value {index + 1}: we write {line}, {judged_by} {theirs.hex()}: {json.dumps(value)}")
    file = pathlib.Path(f"{name}.pcap")
    file.write_bytes(capture([theirs for _, theirs in vectors], PORTS[name]))
    done = subprocess.run([westline, "network", "decode", file], capture_output=True, text=True)
    decoded = [json.loads(line) for line in done.stdout.splitlines()]
    if len(decoded) != len(vectors):
        faults.append(done.stderr.strip())
    else:
        for index, (line, (value, _)) in enumerate(zip(decoded, vectors)):
            wrong = f"read as {line['kind']}" if line["kind"] != name else subset(value, line["value"])
            if wrong:
                faults.append(f"packet {index + 1}: {wrong}")
    print(f"{name}: {len(vectors)} messages by {judged_by}, {len(faults)} faults")
    for fault in faults[:5]:
        print(f"    {fault[:1500]}")
    return not faults


def main():
    westline = sys.argv[1]
    vectors = list(from_pycrate())
    if len(sys.argv) > 2:
        vectors += from_asn1tools(pathlib.Path(sys.argv[2]))
    else:
        print("skipped: CAM, DENM and CPM by asn1tools, no folder of modules given")
    outcomes = [judge(westline, *each) for each in vectors]
    sys.exit(0 if all(outcomes) else 1)


main()
