"""Holds so many MiB in memory, and tells on request whether they are still the same.

hold.py MIB [TEXT]: TEXT percent of them are text that gets smaller when it is compressed (a tenth remains),
the rest is noise. Writes the checksum to /run/held when it is ready; on SIGUSR1 it reads all and writes that
of what it holds then to /run/held.again.
"""

import hashlib
import os
import random
import signal
import sys

PIECE = 1 << 20


def digest(pieces: list[bytes]) -> str:
    """The checksum of all of them."""
    whole = hashlib.blake2b()
    for piece in pieces:
        whole.update(piece)
    return whole.hexdigest()


def text(number: int) -> bytes:
    """Lines that differ in their numbers."""
    chance = random.Random(number)
    lines = bytearray()
    while len(lines) < PIECE:
        line = f"Nov 26 12:{chance.randrange(60):02d} rehearsal service[{number}]: request {chance.random()}"
        lines += f"{line} answered in {chance.randrange(900)} ms, all is well and nothing was lost\n".encode()
    return bytes(lines[:PIECE])


def write(name: str, content: str) -> None:
    """A file that is there only when it is whole."""
    with open(f"{name}.new", "w", encoding="ascii") as file:
        file.write(content)
    os.rename(f"{name}.new", name)


def main(mib: int, share: int) -> None:
    """Hold them until somebody ends this."""
    some = [text(number) for number in range(8 if share else 0)]
    pieces = []
    for number in range(mib):
        is_text = number * share // 100 != (number + 1) * share // 100
        pieces.append(bytes(bytearray(some[number % 8])) if is_text else os.urandom(PIECE))
    signal.signal(signal.SIGUSR1, lambda *_: write("/run/held.again", digest(pieces)))
    write("/run/held", digest(pieces))
    while True:
        signal.pause()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
