"""Saving and going back by kjtui beside the kernel's own hibernation: same machine, same fill, same disk."""

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path

import qemu
from common import KjtuiError
from hibernating import FOUND, Way, figures, lines_of, off, prepared, switched_on
from stage import BOOT, JUMP, Stage

FILLS = (10, 40)  # percent of memory that a program holds
TEXT = 50  # percent of that which is text; the rest is noise
PLACE = "/dev/vdb1"
NUMBER = "254:17"  # of that partition, for /sys/power/resume
DISK = 3072  # MiB
MIB = 1 << 20
# As many bytes as an image has, past the cache, and none of them zero.
_PLAIN = """
import mmap, os, time
piece = mmap.mmap(-1, 4 << 20)
piece[:] = os.urandom(4 << 20)
file = os.open("{place}", os.O_WRONLY | os.O_DIRECT)
start = time.monotonic()
for _ in range({count}):
    os.write(file, piece)
os.fdatasync(file)
print(time.monotonic() - start)
"""


@dataclass(frozen=True)
class Figures:
    """Of one way: MiB of its image on the disk; seconds to save and to go back, without what is fixed.

    started: seconds that kernel B (or the kernel that reads the image) takes to begin with saving and with
    going back. read: seconds to read all that the program holds once more afterwards.
    """

    image: float
    save: float
    restore: float
    started: tuple[float, float]
    read: float


def by_kjtui(options: argparse.Namespace, fill: int) -> tuple[Figures, float]:
    """Hibernate by kjtui; and the seconds that as many bytes take when they are just written."""
    with prepared(options, Way(keys=False, disk=DISK)) as spec:
        with switched_on(spec, "bench-ours") as stage:
            hold(stage, options.memory * fill // 100)
            begun = time.monotonic()
            stage.shell.send(f"python3 -m kjtui hibernate --to {PLACE} --yes 2>&1")
            stage.person.wait_for("Saving: ", "the saving", JUMP)
            saving = time.monotonic()
            off(stage)
            ended = time.monotonic()
            told = figures(lines_of(stage, "Saved: "))
        used = allocated(spec)
        with switched_on(spec, "bench-ours-again") as stage:
            stage.person.wait_for(FOUND, "the offer to go back", BOOT)
            stage.person.press("enter")
            checking = time.monotonic()
            stage.person.wait_for("Going back ", "the check to end", JUMP)
            checked = time.monotonic()
            stage.person.wait_for("Restoring: ", "the restoring", JUMP)
            restoring = time.monotonic()
            stage.witness.testimony()
            restored = time.monotonic()
            read = read_again(stage)
            image = float(str(told["image_mib"]))
            plain = float(
                stage.shell.must(
                    f"python3 - <<'X'\n{_PLAIN.format(place=PLACE, count=max(1, int(image) // 4))}\nX"
                )
            )
    assert used
    work = (checked - checking) + (restored - restoring)
    fixed = (saving - begun, restoring - checked)
    return Figures(image, ended - saving, work, fixed, read), plain


def by_the_kernel(options: argparse.Namespace, fill: int) -> Figures:
    """Hibernate by /sys/power/state, to a swap area."""
    with prepared(options, Way(keys=False, disk=DISK, content="swap")) as spec:
        before = allocated(spec)
        with switched_on(spec, "bench-theirs") as stage:
            hold(stage, options.memory * fill // 100)
            stage.shell.must(f"swapon {PLACE} && echo {NUMBER} >/sys/power/resume")
            begun = time.monotonic()
            stage.shell.send("echo shutdown >/sys/power/disk; sync; echo disk >/sys/power/state")
            off(stage)
            ended = time.monotonic()
        image = (allocated(spec) - before) / MIB
        assert spec.append is not None
        again = replace(spec, append=f"{spec.append} resume={PLACE}")
        with switched_on(again, "bench-theirs-again") as stage:
            on = time.monotonic()
            stage.person.wait_for(r"Image (signature found|loading)|Loading.*image", "the image", BOOT)
            found = time.monotonic()
            stage.witness.testimony()
            restored = time.monotonic()
            read = read_again(stage)
    return Figures(image, ended - begun, restored - found, (0.0, found - on), read)


def hold(stage: Stage, mib: int) -> None:
    """Have a program hold so much."""
    stage.shell.must(
        f"(python3 -I -S /usr/lib/rehearsal/hold.py {mib} {TEXT} & echo $! >/run/holder) >/dev/null 2>&1; "
        "while [ ! -e /run/held ]; do sleep 1; done"
    )


def read_again(stage: Stage) -> float:
    """Have it read all of that; the seconds. Raises KjtuiError where it is not the same."""
    begun = time.monotonic()
    stage.shell.must(
        "kill -USR1 $(cat /run/holder); while [ ! -e /run/held.again ]; do usleep 10000; done; "
        "cmp /run/held /run/held.again"
    )
    return time.monotonic() - begun


def allocated(spec: qemu.MachineSpec) -> int:
    """Bytes that the disk for images takes here."""
    if spec.spare is None:
        raise KjtuiError("There is no disk for images", "The machine was made without.")
    return Path(spec.spare).stat().st_blocks * 512
