"""Holds so many MiB of noise in memory, and tells on request whether they are still the same.

hold.py MIB writes the noise's checksum to /run/held when it is ready; on SIGUSR1 it writes that of what it
holds then to /run/held.again.
"""

import hashlib
import os
import signal
import sys

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


def main(mib: int) -> None:
    """Hold them until somebody ends this."""
    pieces = [os.urandom(PIECE) for _ in range(mib)]
    signal.signal(signal.SIGUSR1, lambda *_: write("/run/held.again", digest(pieces)))
    write("/run/held", digest(pieces))
    while True:
        signal.pause()


if __name__ == "__main__":
    main(int(sys.argv[1]))
