"""Three quarters of memory are noise that a program holds: all of it is saved in one image and comes back."""

import argparse
import time

import hibernating
from stage import Stage

NAME = "hibernate-big"
SUMMARY = "three quarters of memory are live and cannot be compressed: saved in one image, without swap"
MEMORY = 2048  # MiB of the machine, unless it is given more
SHARE = 0.75
RESERVED = "160M"  # the last crashkernel= counts
WITNESS = 128  # MiB that the witness holds


def play(options: argparse.Namespace) -> dict[str, object]:
    """One machine, two times on."""
    options.memory = max(options.memory, MEMORY)
    # With memory that full, nothing is left to be lent to kernel B: what it needs is reserved.
    options.region = "reserved"
    options.append = f"{options.append} crashkernel={RESERVED}".strip()
    size = int(options.memory * SHARE) - WITNESS

    def hold(stage: Stage) -> None:
        stage.shell.must(
            f"(python3 -I -S /usr/lib/rehearsal/hold.py {size} & echo $! >/run/holder) >/dev/null 2>&1; "
            "while [ ! -e /run/held ]; do sleep 1; done"
        )

    def held(stage: Stage) -> dict[str, object]:
        begun = time.monotonic()
        stage.shell.must(
            "rm -f /run/held.again; kill -USR1 $(cat /run/holder); "
            "while [ ! -e /run/held.again ]; do usleep 50000; done"
        )
        read_s = time.monotonic() - begun
        same = stage.shell.run("cmp /run/held /run/held.again")[0] == 0
        stage.shell.must("kill $(cat /run/holder)")
        # All of it is where it was: reading it once is as quick as memory is, nothing is fetched from a disk.
        return {
            "live_mib": size + WITNESS,
            "of_mib": options.memory,
            "noise_intact": same,
            "read_once_s": round(read_s, 1),
        }

    way = hibernating.Way(disk=2 * options.memory, before=hold, after=held)
    return hibernating.play(options, NAME, way)
