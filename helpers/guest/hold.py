"""Holds so many MiB of noise in memory, and tells on request whether they are still the same.

hold.py MIB [MIB OF TEXT] writes the checksum of all to /run/held when it is ready; on SIGUSR1 it writes that
of what it holds then to /run/held.again. The text is Python's own library.
"""

import hashlib
import os
import signal
import sys
from collections.abc import Iterator

PIECE = 1 << 20


def digest(pieces: list[bytes]) -> str:
    """The checksum of all of them."""
    whole = hashlib.blake2b()
    for piece in pieces:
        whole.update(piece)
    return whole.hexdigest()


def write(name: str, text: str) -> None:
    """A file that is there only when it is whole."""
    with open(f"{name}.new", "w", encoding="ascii") as file:
        file.write(text)
    os.rename(f"{name}.new", name)


def text() -> Iterator[bytes]:
    """Python's own library in pieces, again and again."""
    left = b""
    while True:
        for folder, _, names in os.walk(os.path.dirname(os.__file__)):
            for name in names:
                if name.endswith(".py"):
                    with open(os.path.join(folder, name), "rb") as file:
                        left += file.read()
                while len(left) >= PIECE:
                    yield left[:PIECE]
                    left = left[PIECE:]


def main(mib: int, text_mib: int) -> None:
    """Hold them until somebody ends this."""
    pieces = [os.urandom(PIECE) for _ in range(mib)]
    pieces += [piece for piece, _ in zip(text(), range(text_mib), strict=False)]
    signal.signal(signal.SIGUSR1, lambda *_: write("/run/held.again", digest(pieces)))
    write("/run/held", digest(pieces))
    while True:
        signal.pause()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
