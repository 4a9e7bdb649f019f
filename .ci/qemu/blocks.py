"""What a program runs under qemu, from qemu's log of the blocks that it translates and enters."""

import subprocess
import tempfile


def blocks(program, arguments, cpu="max"):
    """The blocks that ran, in order, each as the address of its first instruction; and the instructions of each block,
    as encodings and names.
    """
    bodies, ran, block = {}, [], None
    with tempfile.NamedTemporaryFile("r", suffix=".log") as log:
        command = ["qemu-aarch64", "-cpu", cpu, "-d", "in_asm,exec,nochain", "-D", log.name, program, *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        for line in log:
            # "IN:" opens the listing of a block, "Trace" says that the block at an address runs.
            if line.startswith("IN:"):
                block = []
            elif line.startswith("0x") and block is not None:
                address, encoding, name = line.split()[:3]
                if not block:
                    bodies[int(address.rstrip(":"), 16)] = block
                block.append((bytes.fromhex(encoding)[::-1], name))
            elif line.startswith("Trace"):
                ran.append(int(line.split("/")[1], 16))
    return ran, bodies
