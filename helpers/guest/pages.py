"""Tells where some pages of a process are in memory: prints [[physical address, bytes there in hex], …].

They are of its largest mapping that is no file's, evenly spread. Told are the last bytes of each: what Python
notes of an object, which changes by the moment, stands before its content. Standard library only.
"""

import json
import sys

PAGE = 4096
TOLD = 64  # bytes of each page
_PRESENT, _FRAME = 1 << 63, (1 << 55) - 1  # Documentation/admin-guide/mm/pagemap.rst


def main(pid: int, count: int) -> None:
    """Print them; those that are not in memory are left out."""
    start, end = largest(pid)
    step = max((end - start) // PAGE // count, 1) * PAGE
    told = []
    with open(f"/proc/{pid}/pagemap", "rb", buffering=0) as map_, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for at in range(start + step // 2 // PAGE * PAGE, end, step):
            map_.seek(at // PAGE * 8)
            entry = int.from_bytes(map_.read(8), "little")
            if entry & _PRESENT:
                memory.seek(at + PAGE - TOLD)
                told.append(((entry & _FRAME) * PAGE + PAGE - TOLD, memory.read(TOLD).hex()))
    print(json.dumps(told))


def largest(pid: int) -> tuple[int, int]:
    """First byte and end of the largest mapping that has no name."""
    found = []
    with open(f"/proc/{pid}/maps", encoding="ascii") as file:
        for line in file:
            words = line.split()
            if len(words) == 5:
                start, end = (int(number, 16) for number in words[0].split("-"))
                found.append((end - start, start, end))
    return max(found)[1:]


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
