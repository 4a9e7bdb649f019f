#!/usr/bin/env python3
"""Writes mpp.json to standard output: base multi-path payments of BOLT 4, made by the standard
library alone, so that they share nothing with the code that reads them.

    python3 vectors/mpp.py | cmp - vectors/mpp.json
"""

import hashlib
import json

SEED = b"ammeter: published vectors, no 1"


def random(name):
    """32 bytes that follow from a name."""
    return hashlib.sha256(SEED + name.encode()).digest()


def tu(number):
    """A truncated integer: big endian, no leading zero, nothing for 0."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def payload(amount_msat, cltv, secret, total_msat):
    records = [(2, tu(amount_msat)), (4, tu(cltv)), (8, secret + tu(total_msat))]
    stream = b"".join(bytes([kind, len(value)]) + value for kind, value in records)
    # All of these are shorter than 253 bytes, so a BigSize is one byte.
    return bytes([len(stream)]) + stream + bytes(32)


def payment(name, amounts, total_msat=None, cltv=800_000):
    preimage, secret = random(name + " preimage"), random(name + " secret")
    total_msat = sum(amounts) if total_msat is None else total_msat
    return {
        "name": name,
        "preimage": preimage.hex(),
        "payment_hash": hashlib.sha256(preimage).hexdigest(),
        "payment_secret": secret.hex(),
        "total_msat": str(total_msat),
        "cltv": cltv,
        "is_complete": sum(amounts) >= total_msat,
        "parts": [
            {"amount_msat": str(amount), "payload": payload(amount, cltv, secret, total_msat).hex()}
            for amount in amounts
        ],
    }


SETS = [
    payment("one part", [1_000]),
    payment("three parts", [334, 333, 333]),
    payment("every length of an amount", [1 << (8 * bytes_ - 1) for bytes_ in range(1, 8)]),
    payment("a part over nothing", [0, 1_000]),
    payment("no total", [1], total_msat=0),
    payment("no expiry", [255, 256], cltv=0),
    payment("the last expiry", [65_535, 65_536], cltv=(1 << 32) - 1),
    payment("all that fits", [(1 << 63) - 1, 1 << 63]),
    payment("short of its total by one", [500, 499], total_msat=1_000),
    payment("more than its total", [600, 600], total_msat=1_000),
]

if __name__ == "__main__":
    print(json.dumps({"sets": SETS}, indent=2))
