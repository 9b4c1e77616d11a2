"""A system that is saved, switched off and gone back to, as scenarios see it."""

import argparse
import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace

import qemu
import resuming
from afterwards import kept
from machines import machine
from stage import Shell, Stage, Witness
from terminal import Broken, Terminal

PARTITION = "/dev/vdb1"
DISK = 1536  # MiB
OFF = 600.0  # seconds from the jump to the machine's being off
FOUND = "A saved system was found"


@contextlib.contextmanager
def prepared(options: argparse.Namespace, words: str, disk: int = DISK) -> Iterator[qemu.MachineSpec]:
    """A machine whose disks outlast its being switched off, with a place for images. Raises KjtuiError."""
    spec = machine(options, words)
    assert spec.kernel is not None
    kernel = replace(spec.kernel, initramfs=resuming.initramfs(spec.kernel))
    with kept(replace(spec, kernel=kernel, spare=resuming.empty_disk(disk))) as lasting:
        yield lasting


@contextlib.contextmanager
def switched_on(spec: qemu.MachineSpec, name: str) -> Iterator[Stage]:
    """The machine from its being switched on. name: of the console log."""
    log = qemu.console_log(name)
    with qemu.started(spec, log, qemu.Line.SOCKET) as guest:
        person = Terminal(guest)
        person.may_panic = True
        try:
            yield Stage(guest, person, Witness(guest, person), Shell(guest, person), log)
        except Broken as error:
            error.log = log
            raise


def off(stage: Stage, limit: float = OFF) -> None:
    """Wait until the machine has switched itself off. Raises Broken; also when its shell's command ends."""
    end = time.monotonic() + limit
    said = ""
    while stage.guest.running():
        message = stage.guest.ports["kjtui.job"].receive(0.1) or {}
        said += str(message.get("out", ""))
        if "exit" in message or time.monotonic() > end:
            raise Broken("The machine did not switch itself off", said[-3000:], stage.person.lines)
        stage.person.read(0.1)
