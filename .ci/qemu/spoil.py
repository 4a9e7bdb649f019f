"""Copies an aarch64 program with the first rotation of one NEON kernel off by one.

    python3 spoil.py PROGRAM HASH TARGET
"""

import struct
import subprocess
import sys

program, hash_name, target = sys.argv[1:]
listing = subprocess.run(["aarch64-linux-gnu-objdump", "-d", program], check=True, capture_output=True, text=True)
inside = False
for line in listing.stdout.splitlines():
    if line.endswith(">:"):
        inside = "neon" in line and f"{hash_name}_pairs" in line
    elif inside and "\tsri\t" in line:
        encoding = struct.pack("<I", int(line.split()[1], 16))
        break
else:
    raise SystemExit(f"no rotation in the NEON kernel of {hash_name}")
address = int(line.split(":")[0], 16)
headers = subprocess.run(["aarch64-linux-gnu-readelf", "-lW", program], check=True, capture_output=True, text=True)
for row in headers.stdout.splitlines():
    fields = row.split()
    if fields[:1] == ["LOAD"]:
        offset, start, size = (int(field, 16) for field in (fields[1], fields[2], fields[4]))
        if start <= address < start + size:
            break
else:
    raise SystemExit(f"no segment holds {address:#x}")
with open(program, "rb") as file:
    content = bytearray(file.read())
place = offset + address - start
if content[place : place + 4] != encoding:
    raise SystemExit(f"{address:#x} does not hold what was listed there")
content[place + 2] ^= 1  # the lowest bit of the distance
with open(target, "wb") as file:
    file.write(content)
