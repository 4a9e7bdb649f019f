#!/usr/bin/env python3
"""ammeter-backend 1 (docs/backend-protocol.md): hashlib, as Electrum hashes."""
import hashlib
import platform
import ssl
import sys
import time


class Workload:
    """Payments, each a root and its shares."""

    def __init__(self, payments, children, first, index_size, has_shares):
        self.children, self.first = int(children), int(first)
        self.index_size, self.has_shares = int(index_size), has_shares == "1"
        self.payments = [self.payment() for _ in range(int(payments))]
        self.preimages, self.payment_hashes = [], []

    def payment(self):
        root = value("root")
        shares = [value("share") for _ in range(self.children if self.has_shares else 0)]
        return root, shares

    def derive(self, counter):
        """One call: every child of every payment."""
        sha256, first, size = hashlib.sha256, self.first, self.index_size
        indices = range(first, first + self.children)
        stamp, preimages = counter.to_bytes(4, "big"), []
        for root, shares in self.payments:
            root = stamp + root[4:]
            if shares:
                preimages += [
                    sha256(root + share + index.to_bytes(size, "big")).digest()
                    for share, index in zip(shares, indices)
                ]
            else:
                preimages += [sha256(root + index.to_bytes(size, "big")).digest() for index in indices]
        self.preimages = preimages
        self.payment_hashes = [sha256(preimage).digest() for preimage in preimages]

    def outputs(self):
        return b"".join(self.preimages) + b"".join(self.payment_hashes)

    def run(self, calls, counter):
        """Only the deriving is timed; its outputs go into the digest."""
        wall, cpu, digest = 0, 0, hashlib.sha256()
        for call in range(calls):
            wall_start, cpu_start = time.perf_counter_ns(), time.thread_time_ns()
            self.derive(counter + call)
            cpu += time.thread_time_ns() - cpu_start
            wall += time.perf_counter_ns() - wall_start
            digest.update(self.outputs())
        say("ran", wall, cpu, digest.hexdigest())

    def digest(self, calls):
        digest = hashlib.sha256()
        for _ in range(calls):
            digest.update(self.outputs())
        say("digested", digest.hexdigest())

    def show(self, first, count):
        for place in range(first, first + count):
            say("pair", place, self.preimages[place].hex(), self.payment_hashes[place].hex())


def say(*words):
    print(*words, flush=True)


def value(name):
    word, digits = sys.stdin.readline().split()
    assert word == name, f"{name} expected, not {word}"
    return bytes.fromhex(digits)


def main():
    has_sha = sys.platform == "linux" and " sha_ni " in open("/proc/cpuinfo").read()
    print("ammeter-backend 1\nname python-hashlib\nhash sha256")
    print("version Python", platform.python_version() + ",", ssl.OPENSSL_VERSION)
    print("isa", "shani" if has_sha else "-")
    print("call hashlib.sha256(message).digest()")
    say("ready")
    for line in sys.stdin:
        word, *numbers = line.split()
        if word == "load":
            workload = Workload(*numbers)
            say("loaded")
        else:
            {"run": workload.run, "digest": workload.digest, "show": workload.show}[word](
                *map(int, numbers)
            )


main()
