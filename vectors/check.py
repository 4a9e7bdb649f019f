#!/usr/bin/env python3
"""Checks the vectors a second time, without a line of the code that made them.

    pip install blake3
    python3 vectors/check.py [DIR]        (3.10 or newer)

Reads every file that README.md lists. Prints what is wrong, a line each, and how many vectors are
right. Exit code 0: all are; 1: some are not; 2: they could not be checked.
"""

import hashlib
import json
import pathlib
import sys

try:
    import blake3
except ImportError:
    print("check.py: the module blake3 is needed: pip install blake3", file=sys.stderr)
    raise SystemExit(2) from None

FRAME = 65
HASHES = {
    "sha256": lambda message: hashlib.sha256(message).digest(),
    "blake3": lambda message: blake3.blake3(message).digest(),
}


class Fault(Exception):
    """Bytes are wrong, or missing, from an offset on."""

    def __init__(self, offset, why):
        super().__init__(why)
        self.offset = offset


def xor(shares):
    total = bytes(32)
    for share in shares:
        total = bytes(a ^ b for a, b in zip(total, share, strict=True))
    return total


# ---- Derivation -------------------------------------------------------------------------------


def child(scheme, hash_name, root, share, index):
    """Preimage and payment hash of one child."""
    message = {
        "og": lambda: root + index.to_bytes(4, "big"),
        "tree": lambda: root + index.to_bytes(4, "big"),
        "bolts658": lambda: root + index.to_bytes(2, "big"),
        "lnd": lambda: root + share + index.to_bytes(4, "big"),
    }[scheme]()
    digest = HASHES[hash_name]
    preimage = digest(message)
    return preimage.hex(), digest(preimage).hex()


def children(scheme, vector, root, shares):
    parts = zip(shares, vector["indices"], strict=True)
    return [child(scheme, vector["hash"], root, share, index) for share, index in parts]


def check_pair(scheme, vector):
    root, share = bytes.fromhex(vector["root"]), bytes.fromhex(vector.get("share", ""))
    derived = child(scheme, vector["hash"], root, share, vector["index"])
    return derived == (vector["preimage"], vector["payment_hash"])


def check_set(scheme, vector):
    shares = [bytes.fromhex(share) for share in vector["shares"]]
    running = [xor(shares[: count + 1]).hex() for count in range(len(shares))]
    root = xor(shares)
    derived = children(scheme, vector, root, shares)
    return (
        running == vector["running_xor"]
        and root.hex() == vector["root"]
        and HASHES[vector["hash"]](root).hex() == vector["commitment"]
        and [preimage for preimage, _ in derived] == vector["preimages"]
        and [payment_hash for _, payment_hash in derived] == vector["payment_hashes"]
    )


def check_broken_set(scheme, vector):
    shares = [bytes.fromhex(share) for share in vector["shares"]]
    derived = children(scheme, vector, xor(shares), shares)
    return [payment_hash for _, payment_hash in derived] != vector["payment_hashes"]


# ---- Reading ----------------------------------------------------------------------------------


class Reader:
    """Takes fields off the front of bytes."""

    def __init__(self, data, offset=0, end=None):
        self.data, self.offset = data, offset
        self.end = len(data) if end is None else end

    def left(self):
        return self.end - self.offset

    def take(self, size):
        if size > self.left():
            raise Fault(self.end, "cut off")
        self.offset += size
        return self.data[self.offset - size : self.offset]

    def integer(self, size):
        return int.from_bytes(self.take(size), "big")

    def zeros(self, size):
        for offset in range(self.offset, min(self.offset + size, self.end)):
            if self.data[offset]:
                raise Fault(offset, "not zero")
        self.take(size)

    def finish(self):
        if self.left():
            raise Fault(self.offset, "too long")

    def bigsize(self):
        start, first = self.offset, self.integer(1)
        if first < 0xFD:
            return first
        size = {0xFD: 2, 0xFE: 4, 0xFF: 8}[first]
        value = self.integer(size)
        if value < {2: 0xFD, 4: 1 << 16, 8: 1 << 32}[size]:
            raise Fault(start, "BigSize not minimal")
        return value

    def truncated(self):
        """An integer without leading zero bytes that fills what is left."""
        start, value = self.offset, self.take(self.left())
        if value[:1] == b"\0":
            raise Fault(start, "integer not minimal")
        return int.from_bytes(value, "big")

    def part(self):
        """A BigSize length and a reader for that many bytes."""
        start, length = self.offset, self.bigsize()
        if length > self.left():
            raise Fault(start, "length past the end")
        part = Reader(self.data, self.offset, self.offset + length)
        self.offset += length
        return part


def second_frame(reader):
    reader.zeros(32)
    name, share = reader.take(32).hex(), reader.take(32).hex()
    reader.zeros(1)
    return name, share


def read_hop(reader):
    realm = reader.integer(1)
    reader.zeros(8)
    message = {"realm": realm, "amount_msat": str(reader.integer(8)), "cltv": reader.integer(4)}
    at = reader.offset
    version = reader.integer(1)
    if version == 0:
        message |= {"version": "none"}
        reader.zeros(11 + 32)
    elif version == 1:
        message |= {"version": "basic", "n": reader.integer(4)}
        if message["n"] == 0:
            raise Fault(at + 1, "n is zero")
        message |= {"weight": reader.integer(4)}
        if not 1 <= message["weight"] <= message["n"]:
            raise Fault(at + 5, "weight is not 1..=n")
        reader.zeros(3)
    elif version == 2:
        message |= {"version": "adaptive", "n": reader.integer(4)}
        reader.zeros(7)
    elif version == 3:
        message |= {"version": "committed", "id": reader.take(11).hex()}
        message["commitment"], message["share"] = second_frame(reader)
    elif version == 4:
        message |= {"version": "tree", "index": reader.integer(1)}
        reader.zeros(10)
    else:
        raise Fault(at, "unknown version")
    if version in (1, 2, 4):
        message["id"], message["share"] = second_frame(reader)
    return message


def read_frame(data):
    reader = Reader(data)
    message = read_hop(reader)
    reader.finish()
    return message


def read_run(data):
    if len(data) != 20 * FRAME:
        raise Fault(0, "not 1300 bytes")
    reader, forwards = Reader(data), []
    while reader.left() and any(data[reader.offset + 33 : reader.offset + FRAME]):
        start = reader.offset
        reader.take(21)
        reader.zeros(12)
        reader.take(32)
        forwards.append(data[start : reader.offset].hex())
    if not reader.left():
        raise Fault(0, "no final hop")
    hop = read_hop(reader)
    return {"forwards": forwards, "final_hop": hop, "filler": reader.take(reader.left()).hex()}


def sized(record, sizes):
    if record.left() not in sizes:
        raise Fault(record.offset, "record of a length that it cannot have")


def read_payload(data):
    reader = Reader(data)
    stream = reader.part()
    message, previous, amp_at = {"extra": []}, -1, None
    while stream.left():
        at, kind = stream.offset, stream.bigsize()
        if kind <= previous:
            raise Fault(at, "types not increasing")
        if kind % 2 == 0 and kind < 65536 and kind not in (2, 4, 8, 14):
            raise Fault(at, "even type that is unknown, or another hop's")
        previous, record = kind, stream.part()
        if kind == 2:
            sized(record, range(9))
            message["amount_msat"] = str(record.truncated())
        elif kind == 4:
            sized(record, range(5))
            message["cltv"] = record.truncated()
        elif kind == 8:
            sized(record, range(32, 41))
            message["payment_secret"] = record.take(32).hex()
            message["total_msat"] = str(record.truncated())
        elif kind == 14:
            sized(record, range(64, 69))
            amp_at, message["share"] = at, record.take(32).hex()
            set_id_at, set_id = record.offset, record.take(32)
            if not any(set_id):
                raise Fault(set_id_at, "set id zero")
            message |= {"set_id": set_id.hex(), "child_index": record.truncated()}
        else:
            value = record.take(record.left()).hex()
            message["extra"].append({"type": str(kind), "value": value})
    if "amount_msat" not in message or "cltv" not in message:
        raise Fault(stream.end, "no amount or no expiry")
    if amp_at is not None and "payment_secret" not in message:
        raise Fault(amp_at, "AMP without payment_data")
    reader.zeros(32)
    reader.finish()
    return message


BLOB_TYPES = ["empty", "sphinx send", "inner TLV"]


def length_byte(reader, most):
    at, byte = reader.offset, reader.integer(1)
    more, length = byte >= 0x80, byte & 0x7F
    if length > most or more and length < most:
        raise Fault(at, "a length that the frame cannot have")
    return at, more, length


def read_blob(data):
    reader = Reader(data)
    message = {
        "realm": reader.integer(1),
        "short_channel_id": str(reader.integer(8)),
        "amount_msat": str(reader.integer(8)),
        "cltv": reader.integer(4),
    }
    at, kind = reader.offset, reader.integer(1)
    if kind >= len(BLOB_TYPES):
        raise Fault(at, "unknown blob type")
    at, more, length = length_byte(reader, 10)
    if kind == 0 and length:
        raise Fault(at, "data in a blob of the type for none")
    blob = reader.take(length)
    reader.zeros(10 - length)
    hmacs = [reader.take(32).hex()]
    while more:
        if len(hmacs) == 19:
            raise Fault(at, "more than 19 frames")
        # The length byte is behind the first 21 bytes, and says how many of them are data.
        ahead = data[reader.offset + 21 : reader.offset + 22]
        head = min(ahead[0] & 0x7F, 21) if ahead else 21
        blob += reader.take(head)
        reader.zeros(21 - head)
        at, more, length = length_byte(reader, 32)
        if length == 0:
            raise Fault(at, "an empty frame")
        blob += reader.take(max(length - 21, 0))
        reader.zeros(11 - max(length - 21, 0))
        hmacs.append(reader.take(32).hex())
    reader.finish()
    return message | {"type": BLOB_TYPES[kind], "data": blob.hex(), "hmacs": hmacs}


# ---- Writing ----------------------------------------------------------------------------------


def minimal(value):
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def bigsize(value):
    for marker, size in ((b"", 1), (b"\xfd", 2), (b"\xfe", 4), (b"\xff", 8)):
        if value < (0xFD if size == 1 else 1 << 8 * size):
            return marker + value.to_bytes(size, "big")
    raise ValueError(value)


def write_frame(message):
    version = ["none", "basic", "adaptive", "committed", "tree"].index(message["version"])
    padding = [
        lambda: b"",
        lambda: message["n"].to_bytes(4, "big") + message["weight"].to_bytes(4, "big"),
        lambda: message["n"].to_bytes(4, "big"),
        lambda: bytes.fromhex(message["id"]),
        lambda: bytes([message["index"]]),
    ][version]()
    first = bytes([message["realm"]]) + bytes(8) + int(message["amount_msat"]).to_bytes(8, "big")
    first += message["cltv"].to_bytes(4, "big") + bytes([version]) + padding.ljust(11, b"\0")
    first = first.ljust(FRAME, b"\0")
    if version == 0:
        return first
    name = message["commitment" if version == 3 else "id"]
    return first + bytes.fromhex(name + message["share"]) + b"\0"


def write_run(message):
    forwards = bytes.fromhex("".join(message["forwards"]))
    return forwards + write_frame(message["final_hop"]) + bytes.fromhex(message["filler"])


def write_payload(message):
    records = {2: minimal(int(message["amount_msat"])), 4: minimal(message["cltv"])}
    if "payment_secret" in message:
        records[8] = bytes.fromhex(message["payment_secret"]) + minimal(int(message["total_msat"]))
    if "set_id" in message:
        records[14] = bytes.fromhex(message["share"] + message["set_id"])
        records[14] += minimal(message["child_index"])
    for extra in message["extra"]:
        records[int(extra["type"])] = bytes.fromhex(extra["value"])
    stream = b"".join(bigsize(k) + bigsize(len(v)) + v for k, v in sorted(records.items()))
    return bigsize(len(stream)) + stream + bytes(32)


def write_blob(message):
    data, hmacs = bytes.fromhex(message["data"]), list(map(bytes.fromhex, message["hmacs"]))
    pivot = bytes([message["realm"]])
    pivot += int(message["short_channel_id"]).to_bytes(8, "big")
    pivot += int(message["amount_msat"]).to_bytes(8, "big") + message["cltv"].to_bytes(4, "big")
    pivot += bytes([BLOB_TYPES.index(message["type"])])
    first, rest = data[:10], data[10:]
    more = 0x80 if rest else 0
    written = pivot + bytes([more | len(first)]) + first.ljust(10, b"\0") + hmacs[0]
    for hmac in hmacs[1:]:
        piece, rest = rest[:32], rest[32:]
        more = 0x80 if rest else 0
        written += piece[:21].ljust(21, b"\0") + bytes([more | len(piece)])
        written += piece[21:].ljust(11, b"\0") + hmac
    return written


FORMATS = {
    "frame": (read_frame, write_frame),
    "run": (read_run, write_run),
    "tlv": (read_payload, write_payload),
    "pr31": (read_blob, write_blob),
}


def check_valid(file_format, vector):
    read, write = FORMATS[file_format]
    data = bytes.fromhex(vector["hex"])
    return read(data) == vector["message"] and write(vector["message"]) == data


def check_invalid(file_format, vector):
    try:
        FORMATS[file_format][0](bytes.fromhex(vector["hex"]))
    except Fault as fault:
        return fault.offset == vector["offset"]
    return False


# ---- Files ------------------------------------------------------------------------------------

DERIVATIONS = ["og", "tree", "bolts658", "lnd"]
MESSAGES = {
    "frame-plain": "frame",
    "frame-basic": "frame",
    "frame-adaptive": "frame",
    "frame-committed": "frame",
    "frame-tree": "frame",
    "run": "run",
    "payload-tlv": "tlv",
    "blob-pr31": "pr31",
}
DERIVATION_CHECKS = {
    "pairs": check_pair,
    "sets": check_set,
    "broken_sets": check_broken_set,
}
MESSAGE_CHECKS = {"valid": check_valid, "invalid": check_invalid}


def check_file(path, key, expected, checks):
    """How many vectors of a file are right, and a line for each that is not."""
    content = json.loads(path.read_text())
    if content[key] != expected:
        return 0, [f"{path.name}: its {key} is {content[key]}"]
    right, wrong = 0, []
    for section, check in checks.items():
        if not content[section]:
            wrong.append(f"{path.name}: {section} is empty")
        for position, vector in enumerate(content[section]):
            try:
                verdict = check(expected, vector)
            except (Fault, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
                verdict = False
                print(f"{path.name}: {error!r}", file=sys.stderr)
            if verdict:
                right += 1
            else:
                wrong.append(f"{path.name}: {section} {position}")
    return right, wrong


def main():
    here = pathlib.Path(__file__).parent
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here
    files = [(f"derive-{scheme}", "scheme", scheme, DERIVATION_CHECKS) for scheme in DERIVATIONS]
    files += [(name, "format", kind, MESSAGE_CHECKS) for name, kind in MESSAGES.items()]
    right, wrong = 0, []
    for name, key, expected, checks in files:
        try:
            more_right, more_wrong = check_file(folder / f"{name}.json", key, expected, checks)
        except (OSError, json.JSONDecodeError, KeyError) as error:
            print(f"check.py: {name}.json: {error}", file=sys.stderr)
            return 2
        right, wrong = right + more_right, wrong + more_wrong
    print(*wrong, f"{right} vectors right, {len(wrong)} wrong", sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
