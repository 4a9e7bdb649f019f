"""Predicts the cycles of a pair with LLVM's models of ARM's cores, from the instructions that qemu runs.

    python3 cycles.py PROGRAM

PROGRAM is the core's example `pairs` for aarch64. Of a run over many pairs, the stream between the first pass of the
loop and the last is taken, whatever functions it calls. The models know no caches, and predict every branch.
"""

import collections
import re
import subprocess
import sys

from blocks import blocks

KERNELS = ("armsha2 sha256", "neon sha256", "neon blake3")
CORES = ("neoverse-n1", "neoverse-v2")
# Multiples of every kernel's lanes, written with as many digits.
FEW, MANY, LANES_MAX = 64, 96, 8
# Without SVE, which the first of the models does not know.
CPU = "neoverse-n1"
REPEATS = 10
LLVM = 19


def passes(program, kernel):
    """The encodings of passes of the loop over pairs, and how many pairs they derive."""
    few, _ = blocks(program, [*kernel.split(), "og", str(FEW)], CPU)
    ran, bodies = blocks(program, [*kernel.split(), "og", str(MANY)], CPU)
    more = collections.Counter(ran)
    more.subtract(collections.Counter(few))
    # The loop over pairs is what goes round least often for them.
    rounds = min(count for count in more.values() if count >= (MANY - FEW) // LANES_MAX)
    head = next(address for address in ran if more[address] == rounds)
    # The kernel is tried on a few pairs before, and what is left of them at the end.
    begins = [position for position, address in enumerate(ran) if address == head][-rounds:]
    stream = [code for address in ran[begins[0] : begins[-1]] for code, _ in bodies[address]]
    return stream, (rounds - 1) * (MANY - FEW) // rounds


def assembly(stream):
    """What llvm-mca reads."""
    text = "\n".join(" ".join(f"0x{byte:02x}" for byte in code) for code in stream)
    command = [f"llvm-mc-{LLVM}", "--disassemble", "--triple=aarch64", "--mattr=+all"]
    said = subprocess.run(command, input=text, text=True, check=True, stdout=subprocess.PIPE).stdout
    # The model gives a call 100 cycles; it is followed here, and costs what a branch costs.
    return re.sub(r"^\s+(bl|blr|ret)\b.*$", "b\t#4", said, flags=re.MULTILINE)


def modelled(text, core):
    """The cycles of a pass through the text, and the unit of the core that works in most of them."""
    command = [f"llvm-mca-{LLVM}", "--mtriple=aarch64", f"--mcpu={core}", "--mattr=+sha2", f"--iterations={REPEATS}"]
    said = subprocess.run(command, input=text, text=True, check=True, stdout=subprocess.PIPE).stdout
    cycles = int(re.search(r"^Total Cycles: +(\d+)", said, re.MULTILINE)[1]) / REPEATS
    units, pressure = said.split("Resources:")[1].split("Resource pressure per iteration:")[:2]
    names = re.findall(r"\] +- \w+Unit(\w+)", units)
    busy = [float(value.replace("-", "0")) for value in pressure.splitlines()[2].split()]
    return cycles, max(zip(busy, names))


def main():
    (program,) = sys.argv[1:]
    print(f"  {'kernel, og':16}{'instructions a pair':>20}", *(f"{core + ', cycles':>21}, of a unit" for core in CORES))
    for kernel in KERNELS:
        stream, pairs = passes(program, kernel)
        text = assembly(stream)
        line = f"  {kernel:16}{len(stream) / pairs:20.1f}"
        for core in CORES:
            cycles, (busy, unit) = modelled(text, core)
            line += f"{cycles / pairs:22.1f}{busy / pairs:8.1f} {unit}"
        print(line)


main()
