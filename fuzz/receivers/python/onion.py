"""What an HTLC says: the frames and payloads of docs/protocol.md."""


def number(data, size_max=8):
    """A big-endian integer without leading zeros."""
    if len(data) > size_max or data[:1] == b"\0":
        raise ValueError("an integer is too long")
    return int.from_bytes(data, "big")


def take(data, size):
    if len(data) < size:
        raise ValueError("too short")
    return data[:size], data[size:]


def bigsize(data):
    first, rest = take(data, 1)
    if first[0] < 253:
        return first[0], rest
    value, rest = take(rest, 1 << first[0] - 252)
    if int.from_bytes(value, "big") < (253, 1 << 16, 1 << 32)[first[0] - 253]:
        raise ValueError("a BigSize is too long")
    return int.from_bytes(value, "big"), rest


class Part:
    """What an HTLC says. Its invoice's name is, or begins with, `name`; all parts of a set say the
    same `terms`: n, commitment or total."""

    def __init__(self, event):
        self.weight, self.terms, self.index, self.realm = 1, None, None, 0
        if "frames" in event:
            self.frames(bytes.fromhex(event["frames"]))
        else:
            self.payload(bytes.fromhex(event["payload"]))

    def frames(self, data):
        kinds = {1: ("basic", 8), 2: ("adaptive", 4), 3: ("committed", 11), 4: ("tree", 1)}
        if len(data) != 130 or data[21] not in kinds:
            raise ValueError("not the frames of a part")
        (self.version, used), body = kinds[data[21]], data[22:33]
        if any(data[1:9]) or any(body[used:]) or any(data[33:65]) or data[129]:
            raise ValueError("a reserved byte is not zero")
        self.realm, self.amount = data[0], int.from_bytes(data[9:17], "big")
        self.cltv, self.name = int.from_bytes(data[17:21], "big"), data[65:97]
        self.share = data[97:129]
        if self.version == "committed":
            self.name, self.terms = body, self.name
        elif self.version == "tree":
            self.index = body[0]
        else:
            self.terms = int.from_bytes(body[:4], "big")
        if self.version == "basic":
            self.weight = int.from_bytes(body[4:8], "big")
            if not 1 <= self.weight <= self.terms:
                raise ValueError("an impossible weight")
        self.set_id = self.version == "committed", self.name
        self.is_zero = not any(self.name)

    def payload(self, data):
        stream, hmac = take(*reversed(bigsize(data)))
        records, last = {}, -1
        while stream:
            kind, stream = bigsize(stream)
            if kind <= last or kind % 2 == 0 and kind < 1 << 16 and kind not in (2, 4, 8, 14):
                raise ValueError("a record is out of place")
            last = kind
            records[kind], stream = take(*reversed(bigsize(stream)))
        self.amount, self.cltv = number(records[2]), number(records[4], 4)
        self.name, total = take(records[8], 32)
        self.share, amp = take(records[14], 32)
        set_id, index = take(amp, 32)
        self.version, self.terms, self.index = "lnd", number(total), number(index, 4)
        self.set_id, self.is_zero = (self.name, set_id), False
        if hmac != bytes(32) or not any(set_id):
            raise ValueError("not the payload of a part")
