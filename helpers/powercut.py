"""A machine that is cut off from its power again and again, from one and the same moment on.

What the guest has written and not flushed is lost in part, as with a real disk: QEMU keeps the tables of its
disk files in its own memory until the guest flushes.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import qemu
from common import KjtuiError, run
from hibernating import switched_on
from stage import Stage

_PATIENCE = 120.0  # seconds until a machine's state is on disk


def freeze(stage: Stage, state: Path) -> None:
    """Keep the state of a running machine in a file, and switch it off at that moment. Raises KjtuiError."""
    monitor = stage.guest.monitor
    monitor.do("stop")
    monitor.do("migrate", uri=f"exec:cat > {state}")
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        told = monitor.do("query-migrate")
        if isinstance(told, dict) and told.get("status") == "completed":
            stage.guest.cut_power()
            return
        time.sleep(0.1)
    raise KjtuiError("The machine's state cannot be kept", str(monitor.do("query-migrate")))


@contextlib.contextmanager
def thawed(spec: qemu.MachineSpec, state: Path, name: str) -> Iterator[Stage]:
    """The machine as it was in that moment, going on. Raises KjtuiError."""
    going_on = replace(spec, extra=(*spec.extra, "-incoming", f"exec:cat {state}"))
    with switched_on(going_on, name) as stage:
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            told = stage.guest.monitor.do("query-status")
            if isinstance(told, dict) and told.get("status") != "inmigrate":
                stage.guest.monitor.do("cont")
                break
            time.sleep(0.1)
        yield stage


def branch(spec: qemu.MachineSpec, home: Path) -> qemu.MachineSpec:
    """The same machine with disks of its own, which begin as those are. Raises KjtuiError."""
    home.mkdir()
    disks = []
    for disk in (spec.image, spec.spare):
        assert disk is not None
        copy = home / f"{disk.stem}.qcow2"
        base = ["-b", str(disk.resolve()), "-F", "qcow2"]
        run(["qemu-img", "create", "-q", "-f", "qcow2", *base, copy], "The machine's disk cannot be made")
        disks.append(copy)
    return replace(spec, image=disks[0], spare=disks[1])


def live(stage: Stage, seconds: float) -> bool:
    """Let the machine go on for so long, then cut it off; whether it was still on."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and stage.guest.running():
        stage.person.read(0.02)
    was_on = stage.guest.running()
    stage.guest.cut_power()
    return was_on
