"""Runs the image in an emulated CPU (Bochs, as the package bochscpu-python) and prints what it found.

    python3 run.py IMAGE GLIBC_SHIM KERNELS_MIN

Fails unless the image checked at least KERNELS_MIN kernels, the AVX-512 ones with instructions on 512 bits, and
unless copies of the image, each with one rotation of an AVX-512 kernel off by one, are found out.
"""

import ctypes
import mmap
import re
import struct
import sys
import time

PAGE = 4096
MEMORY = 16 << 20
TABLES, STACK_TOP = 0x1000, MEMORY - PAGE
# The address that the image prefetches to say that counting starts; any other ends it.
START = 0x100


class Image:
    """An ELF file whose addresses are fixed: its segments and symbols."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.file = file.read()
        if self.file[:6] != b"\x7fELF\x02\x01":
            raise SystemExit(f"{path} is not a 64-bit little-endian ELF file")
        self.entry, programs, sections = struct.unpack_from("<QQQ", self.file, 24)
        (program_count,) = struct.unpack_from("<H", self.file, 56)
        (section_count,) = struct.unpack_from("<H", self.file, 60)
        self.segments = []
        for k in range(program_count):
            kind, _, offset, address, _, size, *_ = struct.unpack_from("<IIQQQQQQ", self.file, programs + 56 * k)
            if kind == 1:
                self.segments.append((address, self.file[offset : offset + size]))
        headers = [struct.unpack_from("<IIQQQQIIQQ", self.file, sections + 64 * k) for k in range(section_count)]
        self.symbols = dict(entry for header in headers if header[1] == 2 for entry in self._table(header, headers))

    def _table(self, header, headers):
        offset, size, names = header[4], header[5], headers[header[6]][4]
        for at in range(offset, offset + size, 24):
            name, _, _, _, value, length = struct.unpack_from("<IBBHQQ", self.file, at)
            end = self.file.index(b"\0", names + name)
            yield self.file[names + name : end].decode(), (value, length)

    def symbol(self, *parts):
        """Address and size of the only symbol whose name has all parts."""
        found = [place for name, place in self.symbols.items() if all(part in name for part in parts)]
        if len(found) != 1:
            raise SystemExit(f"{len(found)} symbols have {parts} in their name")
        return found[0]


class Machine:
    """Memory, and a CPU in long mode whose linear addresses are the physical ones."""

    def __init__(self, bochscpu, image):
        self.bochscpu, self.image = bochscpu, image
        self.memory = mmap.mmap(-1, MEMORY)
        for address, content in image.segments:
            self.memory[address : address + len(content)] = content
        present_writable, large = 3, 0x80
        struct.pack_into("<Q", self.memory, TABLES, TABLES + PAGE | present_writable)
        struct.pack_into("<Q", self.memory, TABLES + PAGE, TABLES + 2 * PAGE | present_writable)
        for k in range(MEMORY >> 21):
            entry = k << 21 | present_writable | large
            struct.pack_into("<Q", self.memory, TABLES + 2 * PAGE + 8 * k, entry)
        base = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        for page in range(0, MEMORY, PAGE):
            bochscpu.memory.page_insert(page, base + page)

    def _state(self):
        state = self.bochscpu.State()
        self.bochscpu.cpu.set_long_mode(state)
        osfxsr, osxmmexcpt, osxsave = 1 << 9, 1 << 10, 1 << 18
        state.cr4 |= osfxsr | osxmmexcpt | osxsave
        state.cr3 = TABLES
        state.xcr0 = 0xE7  # x87, SSE, AVX and the three parts of AVX-512
        state.mxcsr, state.mxcsr_mask, state.fpcw = 0x1F80, 0xFFFF, 0x37F
        code, data = self.bochscpu.Segment(), self.bochscpu.Segment()
        code.present = data.present = True
        code.selector, code.attr, code.limit = 0x08, 0xA09B, 0xFFFFFFFF
        data.selector, data.attr, data.limit = 0x10, 0xC093, 0xFFFFFFFF
        state.cs = code
        state.ss = state.ds = state.es = state.fs = state.gs = data
        state.rip, state.rsp, state.rflags = self.image.entry, STACK_TOP, 2
        return state

    def run(self, count=True):
        """Runs to the end. Returns the log and, for each counted derivation, how many instructions it took and
        how many of those were on 512 bits, if `count`."""
        session = self.bochscpu.Session()
        session.missing_page_handler = lambda address: sys.exit(f"no memory at {address:#x}")
        session.cpu.state = self._state()
        ends, signals, counts = [], [], []

        def prefetched(session, _, what, segment, address):
            signals.append(address)
            session.stop()

        def halted(session, _):
            ends.append("halt")
            session.stop()

        def excepted(session, _, vector, code):
            ends.append(f"wrong: exception {vector} at {session.cpu.rip:#x}")
            session.stop()

        def counted(session, _, instruction):
            rip = session.cpu.rip
            counts[-1][0] += 1
            evex, vector_bits = self.memory[rip] == 0x62, self.memory[rip + 3] >> 5 & 3
            counts[-1][1] += evex and vector_bits == 2

        quiet, counting = self.bochscpu.Hook(), self.bochscpu.Hook()
        for hook in (quiet, counting):
            hook.prefetch_hint, hook.hlt, hook.exception = prefetched, halted, excepted
        counting.before_execution = counted
        hook = quiet
        while not ends:
            session.run([hook])
            if signals and signals.pop() == START and count:
                counts.append([0, 0])
                hook = counting
            else:
                hook = quiet
        place, _ = self.image.symbol("LOG")
        log = self.memory[place : self.memory.find(b"\0", place)].decode()
        return log.splitlines() + [end for end in ends if end != "halt"], counts


def off_by_one(image, machine):
    """Changes the first rotation of each AVX-512 kernel by one bit; returns their names."""
    # vprord or vprold, ZMM, by an immediate: EVEX.512.66.0F.W0 72 /0 or /1 ib.
    rotation = re.compile(rb"\x62[\x00-\xff][\x05\x0d\x15\x1d\x25\x2d\x35\x3d\x45\x4d\x55\x5d\x65\x6d\x75\x7d]"
                          rb"[\x40\x48]\x72[\xc0-\xcf][\x02-\x1e]", re.DOTALL)
    names = []
    for hash_name in ("sha256", "blake3"):
        start, size = image.symbol("6avx512", hash_name + "_pairs")
        found = rotation.search(machine.memory, start, start + size)
        if not found:
            raise SystemExit(f"no rotation in the AVX-512 kernel of {hash_name}")
        machine.memory[found.end() - 1] ^= 1
        names.append(f"avx512 {hash_name}")
    return names


def table(log, counts):
    """Instructions a pair for each kernel and scheme: the difference of two derivations over that of their
    pairs."""
    counted = [line.split()[1:] for line in log if line.startswith("counted ")]
    print("  kernel           scheme     instructions a pair   on 512 bits")
    for small, large, few, many in zip(counted[::2], counted[1::2], counts[::2], counts[1::2]):
        isa, hash_name, scheme, pairs = large
        per_pair = [(b - a) / (int(pairs) - int(small[3])) for a, b in zip(few, many)]
        print(f"  {isa:9}{hash_name:7} {scheme:8} {per_pair[0]:21.1f} {per_pair[1]:13.1f}")
        if isa == "avx512" and per_pair[1] < 0.5 * per_pair[0]:
            raise SystemExit(f"kernel {isa} of {hash_name} hardly used 512 bits")


def main():
    path, shim, kernels_min = sys.argv[1:]
    try:
        import bochscpu
    except ImportError:
        ctypes.CDLL(shim, ctypes.RTLD_GLOBAL)
        import bochscpu
    import bochscpu.cpu
    import bochscpu.memory

    started = time.monotonic()
    image = Image(path)
    log, counts = Machine(bochscpu, image).run()
    checked = [line for line in log if line.startswith("checked ")]
    for line in log:
        if not line.startswith("counted "):
            print(" ", line)
    if log[-1] != "done" or any(line.startswith("wrong") for line in log):
        raise SystemExit("a kernel is wrong")
    if len(checked) < int(kernels_min):
        raise SystemExit(f"{len(checked)} kernels were executed, not {kernels_min}")
    routines = [line for line in log if line.startswith("ran ")]
    if len(routines) != 10:
        raise SystemExit(f"{len(routines)} XOR folds and keystreams were executed, not 10")
    table(log, counts)

    spoiled = Machine(bochscpu, image)
    names = off_by_one(image, spoiled)
    log, _ = spoiled.run(count=False)
    wrong = [line for line in log if line.startswith("wrong")]
    if log[-1] != "done" or [line.split(":")[0] for line in wrong] != [f"wrong {name}" for name in names]:
        raise SystemExit(f"a rotation off by one in {names}, and the image said {wrong}")
    print("  found out, with a rotation off by one:", ", ".join(names))
    print(f"  {len(checked)} kernels executed in the emulated CPU, {time.monotonic() - started:.0f} s")


main()
