#!/usr/bin/env python3
"""A plain receiver of Atomic Multi-Path payments to copy, written from docs/protocol.md.

Its state follows from its events, so it keeps a log of events: each is synced before its effects
leave, and a restart takes them all again. A node that runs for years would cut the log.
"""

import json
import os

from rules import Receiver


class Durable:
    """A receiver, the log of its events, and how many were taken since it was opened."""

    def __init__(self, folder, policy):
        self.receiver, self.done = Receiver(policy), 0
        self.log = os.open(folder + "/log", os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
        entry = os.open(folder, os.O_RDONLY)
        os.fsync(entry)
        os.close(entry)
        log = open(self.log, "rb", closefd=False).read()
        # A line that was cut off was never answered.
        whole = log[:log.rfind(b"\n") + 1]
        os.ftruncate(self.log, len(whole))
        for line in whole.splitlines():
            self.receiver.take(json.loads(line))
        # What the last life may have left unsaid.
        self.receiver.effects = []
        for key, fate in self.receiver.htlcs.items():
            if isinstance(fate, str) or fate.phase != "collecting":
                self.receiver.say(key)

    def answer(self, lines):
        """Makes the events of these lines durable, then says what follows from them."""
        if lines:
            write(self.log, lines)
            os.fsync(self.log)
        self.done += len(lines)
        effects, self.receiver.effects = self.receiver.effects, []
        write(1, [effect.encode() for effect in effects] + [b'{"done":%d}' % self.done])


def write(file, lines):
    data = b"".join(line + b"\n" for line in lines)
    while data:
        data = data[os.write(file, data):]


def main():
    hello = {"protocol": 2, "name": "plain-python", "profile": {"hashes": ["sha256"]}}
    write(1, [json.dumps({"hello": hello}).encode()])
    durable, rest = None, b""
    while chunk := os.read(0, 1 << 16):
        *lines, rest = (rest + chunk).split(b"\n")
        lines = [line for line in lines if line.strip()]
        for event in map(json.loads, lines):
            if event["event"] != "open":
                durable.receiver.take(event)
                continue
            if durable:
                os.close(durable.log)
            # The driver waits for its answer: it comes alone.
            durable, lines = Durable(event["state"], event["policy"]), []
            durable.answer([])
        if lines:
            durable.answer(lines)


if __name__ == "__main__":
    main()
