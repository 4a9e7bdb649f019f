"""Counts the instructions that a pair takes, in qemu's log of the blocks that it runs.

    python3 count.py PROGRAM

PROGRAM is the core's example `pairs` for aarch64. Two runs differ in nothing but how many pairs they derive, so the
difference is what pairs cost, without what runs once a call.
"""

import collections
import sys

from blocks import blocks

KERNELS = ("armsha2 sha256", "neon sha256", "portable sha256", "neon blake3", "portable blake3")
SCHEMES = ("og", "bolts658", "lnd")
# Multiples of every kernel's lanes.
FEW, MANY = 64, 192
SHA_2 = ("sha256h", "sha256h2", "sha256su0", "sha256su1")


def instructions(program, arguments):
    """How often each instruction ran."""
    entered, bodies = blocks(program, arguments)
    ran = collections.Counter()
    for address, times in collections.Counter(entered).items():
        for _, name in bodies[address]:
            ran[name] += times
    return ran


def main():
    (program,) = sys.argv[1:]
    print("  kernel            scheme    instructions a pair    most of them")
    for kernel in KERNELS:
        for scheme in SCHEMES:
            few, many = (instructions(program, [*kernel.split(), scheme, str(n)]) for n in (FEW, MANY))
            per_pair = {name: (many[name] - few[name]) / (MANY - FEW) for name in many}
            most = sorted(per_pair.items(), key=lambda entry: -entry[1])[:7]
            print(f"  {kernel:18}{scheme:9}{sum(per_pair.values()):20.1f}   ",
                  ", ".join(f"{name} {count:.1f}" for name, count in most))
            if kernel.startswith("armsha2") and min(per_pair.get(name, 0) for name in SHA_2) < 10:
                raise SystemExit("the SHA-2 kernel ran without SHA-2 instructions")


main()
