#!/usr/bin/env python3
"""Holds a conversation with a receiver and says where its answers differ.

    conform.py docs/protocol.transcript.jsonl PROGRAM [ARGUMENT ...]

docs/protocol.md says what the lines of a transcript mean. Exit code 1: an answer differs; 2: no such
program or transcript.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile


class Program:
    """A program that has said hello."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self.profile = self.read()["hello"].get("profile", {})

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise Differs(f"it ended: {self.process.wait()}")
        return json.loads(line)

    def ask(self, event, done):
        """Says an event and gives the effects."""
        self.process.stdin.write(json.dumps(event).encode() + b"\n")
        self.process.stdin.flush()
        effects = []
        while "done" not in (answer := self.read()):
            effects.append(answer)
        if int(answer["done"]) != done:
            raise Differs(f"it said {answer} and not {done}")
        return effects

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Differs(Exception):
    pass


def plain(effect):
    """What of an effect matters: reasons are anybody's words."""
    return tuple(str(effect.get(name, "")) for name in ("effect", "channel_id", "htlc_id", "preimage"))


# What a program speaks that does not say it.
UNDECLARED = ["basic", "adaptive", "committed", "tree", "lnd"]


def fits(line, profile):
    versions = profile.get("versions", UNDECLARED)
    fixed = profile.get("policy", {})
    return (
        set(line["versions"]) <= set(versions)
        and line["policy"]["hash"] in profile.get("hashes", [line["policy"]["hash"]])
        and all(str(line["policy"].get(name)) == str(value) for name, value in fixed.items()))


def converse(lines, command, folder):
    program, events, sections, skipped, skips, note = Program(command), 0, 0, 0, False, ""
    try:
        for number, line in enumerate(lines, 1):
            if "open" in line:
                # A history begins: a folder of its own, and forget the last.
                note, skips = line["note"], not fits(line, program.profile)
                skipped += skips
                sections += not skips
                state = os.path.join(folder, str(number))
                os.mkdir(state)
                opened = {"event": "open", "state": state, "policy": line["policy"]}
            if skips:
                continue
            if "crash" in line:
                program.kill()
                program = Program(command)
            if "open" in line or "crash" in line:
                heard, done = program.ask(opened, 0), 0
                surprises = {plain(effect) for effect in heard} - set(map(plain, line.get("may", [])))
                if surprises:
                    raise Differs(f"line {number} ({note}): it said when it was opened {sorted(surprises)}")
            if "say" in line:
                events, done = events + 1, done + 1
                heard = sorted(map(plain, program.ask(line["say"], done)))
                wanted = sorted(map(plain, line["hear"]))
                if heard != wanted:
                    raise Differs(f"line {number} ({note}): {line['say']}\n  wanted {wanted}\n  heard  {heard}")
    finally:
        program.kill()
    return f"{sections} sections, {events} events answered as they should be; {skipped} sections skipped: not in its profile"


def main():
    try:
        with open(sys.argv[1]) as file:
            lines = [json.loads(line) for line in file]
        with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
            print(converse(lines, sys.argv[2:], folder))
    except Differs as difference:
        print(difference)
        sys.exit(1)
    except (OSError, IndexError, KeyError, ValueError) as error:
        print(f"conform.py: {error!r}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
