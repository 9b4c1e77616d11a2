"""Saving and restoring a system, each figure beside the kernel's own hibernation on the same machine.

Both save to the first partition of the same disk, a swap area for the kernel, and hold the same memory. What
an image takes is what was written to the disk, as the file behind it tells. Kernel A lives again when it says
on the console that its programs go on, which it does in both.
"""

import argparse
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import hibernating
import qemu
import resuming
from afterwards import kept
from common import KjtuiError, run
from machines import machine
from stage import BOOT, Stage
from terminal import Broken

MIB = 1 << 20
DISK = "/dev/vdb"
WITNESS = 128  # MiB of noise that the witness holds anyway
FULL = 30  # % of memory from which on none is left to be lent to kernel B
RESERVED = "crashkernel=160M"
LIMIT = 600.0  # seconds
ALIVE = "Restarting tasks"  # kernel/power/process.c, thaw_processes()
HOLD = (
    "(python3 -I -S /usr/lib/rehearsal/hold.py {noise} {text} & echo $! >/run/holder) >/dev/null 2>&1; "
    "while [ ! -e /run/held ]; do sleep 1; done"
)
READ = (
    "rm -f /run/held.again; kill -USR1 $(cat /run/holder); "
    "while [ ! -e /run/held.again ]; do kill -0 $(cat /run/holder) || exit; usleep 50000; done; "
    "cmp /run/held /run/held.again"
)


@dataclass(frozen=True)
class Saved:
    """What saving and going back cost; seconds and MiB. written: to the disk.

    save, restore: all of it. start_saving, start_restoring: the parts that do not grow with the image: kernel
    B's start, or the machine's. read: until all that was held has been read once. disk_write, disk_read: dd
    with as many bytes, 0 not measured. said: by the kernel that has saved, and by the one that has restored.
    """

    written: float
    save: float
    start_saving: float
    restore: float
    start_restoring: float
    read: float
    said: tuple[str, ...]
    disk_write: float = 0.0
    disk_read: float = 0.0


def compare(options: argparse.Namespace, fills: list[int], row: Callable[..., None]) -> None:
    """Print the table, for each of these fills (% of memory). row: see bench.row. Raises KjtuiError."""
    for fill in fills:
        half = options.memory * fill // 200
        print(
            f"\nSaving {options.memory} MiB, {fill} % of it held by a process: {half} MiB of noise, "
            f"{half} MiB of text; beside that {WITNESS} MiB of noise of the witness",
            flush=True,
        )
        words = RESERVED if fill >= FULL else ""
        options.region = "reserved" if words else "borrowed"
        mine = ours(options, half, words)
        for line in mine.said:
            print(f"  kjtui:  {line}")
        try:
            kernels = theirs(options, half, words)
        except KjtuiError as error:
            print(f"  kernel: {error.title}: {error.detail}")
            continue
        for line in kernels.said:
            print(f"  kernel: {line}")
        _rows(mine, kernels, row)


def _rows(mine: Saved, kernels: Saved, row: Callable[..., None]) -> None:
    its = "the kernel's own"
    row("written to the disk", mine.written, its, kernels.written, 1.0, "MiB")
    row("saving, to the machine's being off", mine.save, its, kernels.save, None)
    row("  the start of kernel B in it", mine.start_saving, its, kernels.start_saving, None)
    row("  beyond that", mine.save - mine.start_saving, its, kernels.save - kernels.start_saving, 1.0)
    row("  beyond that", mine.save - mine.start_saving, "dd of as much", mine.disk_write, None)
    row("going back, from switching on", mine.restore, its, kernels.restore, None)
    row("  starts of kernels in it", mine.start_restoring, its, kernels.start_restoring, None)
    beyond = mine.restore - mine.start_restoring
    row("  beyond that", beyond, its, kernels.restore - kernels.start_restoring, 1.0)
    row("  beyond that", beyond, "dd of as much", mine.disk_read, None)
    row("then reading all of it once", mine.read, its, kernels.read, 1.0)
    whole = kernels.restore - kernels.start_restoring + kernels.read
    row("both: until all of it is at hand", beyond + mine.read, its, whole, 1.0)


def ours(options: argparse.Namespace, half: int, append: str) -> Saved:
    """Saved and restored by kjtui. half: MiB of noise and of text. Raises KjtuiError."""
    way = hibernating.Way(keys=False, to=f"{DISK}1", disk=2 * options.memory, append=append)
    with hibernating.prepared(options, way) as spec:
        with _held(spec, half) as stage:
            save = hibernating.by_command(stage, options, way)
            line = hibernating.lines_of(stage, "Saved: ")
            saving = _seconds(line)
        written = _written(spec)
        with hibernating.switched_on(spec, "bench-again") as stage:
            begun = time.monotonic()
            offered = _moment(stage, hibernating.FOUND) - begun
            asked = time.monotonic()
            stage.person.press("enter")
            checked = _moment(stage, "All of it is as it was saved") - asked
            back = _moment(stage, ALIVE) - asked
            said = hibernating.ended(stage)
            told = re.search(r"put back: (.*)", " ".join(said.split()))
            if told is None:
                raise Broken("The machine is not the one that was saved", said[-2000:], stage.person.lines)
            putting = _seconds(told[1])
            read = _timed(stage, READ)
            count = -(-int(written) // 4)
            dd = f"bs=4M count={count} 2>/dev/null"
            disk_write = _timed(stage, f"dd if=/dev/zero of={DISK}1 seek={count} oflag=direct {dd}")
            disk_read = _timed(stage, f"dd if={DISK}1 of=/dev/null iflag=direct {dd}")
    says = (
        line.strip(),
        f"Checked in {checked:.1f} s, put back in {putting:.1f} s; kernels started in {offered:.1f} s and "
        f"{back - checked - putting:.1f} s",
    )
    start = offered + back - checked - putting
    return Saved(written, save, save - saving, offered + back, start, read, says, disk_write, disk_read)


def theirs(options: argparse.Namespace, half: int, append: str) -> Saved:
    """The same, by the kernel's own hibernation to a swap area. Raises KjtuiError."""
    spec = machine(options, f"kjtui.job=1 resume={DISK}1 {append}")
    spare = resuming.empty_disk(2 * options.memory, "swap")
    with kept(replace(spec, spare=spare)) as lasting:
        with _held(lasting, half) as stage:
            stage.shell.must(f"swapon {DISK}1; echo shutdown >/sys/power/disk")
            begun = time.monotonic()
            stage.shell.send("echo disk >/sys/power/state && echo back")
            hibernating.off(stage)
            save = time.monotonic() - begun
            saved = hibernating.lines_of(stage, " kbytes in ")
            pages = hibernating.lines_of(stage, "hibernation: Allocated ")
        written = _written(lasting)
        with hibernating.switched_on(lasting, "bench-again") as stage:
            begun = time.monotonic()
            start = _moment(stage, "Loading and decompressing image") - begun
            restore = _moment(stage, ALIVE) - begun
            hibernating.ended(stage)
            restored = hibernating.lines_of(stage, " kbytes in ")
            read = _timed(stage, READ)
    said = tuple(re.sub(r"^\[[ .\d]*\] ", "", line.strip()) for line in (pages, saved, restored))
    return Saved(written, save, 0.0, restore, start, read, said)


@contextmanager
def _held(spec: qemu.MachineSpec, half: int) -> Iterator[Stage]:
    """The machine with a process that holds so many MiB of noise and of text."""
    with hibernating.switched_on(spec, "bench") as stage:
        stage.shell.must(HOLD.format(noise=half, text=half))
        yield stage


def _moment(stage: Stage, sign: str) -> float:
    """When a sign appears on the console, by the monotonic clock. Raises Broken."""
    end = time.monotonic() + BOOT
    while stage.guest.running() and time.monotonic() < end:
        stage.person.read(0.05)
        if sign.encode() in stage.person.heard:
            return time.monotonic()
    raise Broken(f"Waited in vain for: {sign}", "", stage.person.lines)


def _timed(stage: Stage, command: str) -> float:
    """Seconds that a command takes. Raises Broken."""
    begun = time.monotonic()
    status, said = stage.shell.run(command, LIMIT)
    if status:
        raise Broken(f"A command in the machine failed: {command[:60]}", said[-2000:])
    return time.monotonic() - begun


def _seconds(line: str) -> float:
    """How long kernel B says that it took."""
    took = hibernating.figures(line).get("save_s")
    if not isinstance(took, float):
        raise KjtuiError("Kernel B does not say how long it took", line)
    return took


def _written(spec: qemu.MachineSpec) -> float:
    """MiB that were written to the spare disk of a machine that is off."""
    assert spec.spare is not None
    words: list[str | Path] = ["qemu-img", "map", "--output=json", spec.spare]
    parts = json.loads(run(words, "The disk cannot be measured"))
    return sum(int(part["length"]) for part in parts if part["depth"] == 0) / MIB
