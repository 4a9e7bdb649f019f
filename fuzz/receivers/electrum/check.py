#!/usr/bin/env python3
"""Holds the published conversation of an honest mpp payment with Electrum, in Electrum's own policy.

Says that it is skipped, with exit code 0, where Electrum is not installed. Exit code 1: an answer
differs.
"""

import importlib.util
import json
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True

# A folder of that name is no module that can do anything.
spec = importlib.util.find_spec("electrum")
if spec is None or spec.origin is None:
    print(f"SKIPPED: Electrum under the mpp protocol: {sys.executable} has no module electrum "
          "(apt-get install python3-electrum)")
    sys.exit(0)

sys.path.append(str(HERE.parent))
from conform import Differs, converse  # noqa: E402
from receiver import PROFILE  # noqa: E402


def honest():
    """The section in which everything is paid, with the policy that Electrum has."""
    with open(HERE.parents[2] / "docs/protocol.transcript.jsonl") as file:
        lines = [json.loads(line) for line in file]
    starts = [number for number, line in enumerate(lines) if "open" in line] + [len(lines)]
    sections = [lines[start:end] for start, end in zip(starts, starts[1:])]
    found = [section for section in sections if section[0]["note"].startswith("mpp: held until")]
    assert len(found) == 1, found
    found[0][0]["policy"].update(PROFILE["policy"])
    return found[0]


try:
    with tempfile.TemporaryDirectory() as folder:
        said = converse(honest(), [sys.executable, str(HERE / "receiver.py")], folder)
except Differs as difference:
    sys.exit(f"Electrum: {difference}")
assert said.startswith("1 sections"), said
print(f"Electrum: {said}")
