"""A machine that starts from its own disk: through its firmware and its boot loader, again and again.

    with disk_machine("grub") as machine:            # a fresh copy of the prepared disk
        with machine.booted("trial") as stage:       # the wizard is coming up on the serial line
            stage.shell.must("grub-reboot kjtui-trial")
            stage.restart()                          # reboot in the guest; back when it has started again
            stage.guest.cut_power()
        with machine.booted("after") as stage:       # the same disk and firmware variables
            ...

disk_stage() is both in one, for a scenario that needs one power-on only.
"""

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import qemu
from common import cache_dir, run
from stage import BOOT, Shell, Stage, Witness
from terminal import Broken, Terminal

from disks.image import Base, base_image
from disks.kinds import kind_called
from disks.project import project_disk


@dataclass(frozen=True)
class DiskStage(Stage):
    """A running machine with a disk of its own. Shell commands always run beside the wizard."""

    def wait_for_boot(self, limit: float = BOOT) -> str:
        """Wait until a kernel from the disk has started its first process; that kernel's release.

        What is on the person's screen from before is forgotten. Raises Broken when none does within limit
        seconds.
        """
        end = time.monotonic() + limit
        while time.monotonic() < end and self.guest.running():
            message = self.guest.ports["kjtui.events"].receive(0.1)
            self.person.read(0)  # a serial line that nobody reads stops the guest
            if message is not None and message.get("event") == "boot":
                self.person.wipe()
                return str(message.get("value"))
        raise Broken("The machine did not start from its disk", self.guest.errors(), self.person.lines)

    def restart(self, limit: float = BOOT) -> str:
        """Restart by the guest's own command, in order; returns when it has started again, as above."""
        self.guest.ports["kjtui.job"].send({"run": "reboot"})
        return self.wait_for_boot(limit)


@dataclass(frozen=True)
class DiskMachine:
    """A machine that is off. Its disk and the firmware's variables last from start to start.

    spec.image is qcow2 on top of base.disk, and lasts as long as the block of disk_machine().
    """

    base: Base
    spec: qemu.MachineSpec

    @contextlib.contextmanager
    def booted(self, name: str) -> Iterator[DiskStage]:
        """Switch it on; ready when its kernel has started. name: of the console log. Raises KjtuiError."""
        log = qemu.console_log(name)
        with qemu.started(self.spec, log, qemu.Line.SOCKET) as guest:
            person = Terminal(guest)
            stage = DiskStage(guest, person, Witness(guest, person), Shell(guest, person), log)
            try:
                stage.wait_for_boot()
                yield stage
            except Broken as error:
                error.log = log
                raise


@contextlib.contextmanager
def disk_machine(
    kind: str, memory: int = 1024, cpus: int = 2, accel: str = "auto", extra: tuple[str, ...] = ()
) -> Iterator[DiskMachine]:
    """A machine with a fresh copy of a prepared disk, which is thrown away when the block is left.

    kind: see kinds.KINDS. memory in MiB; extra: further QEMU options. Raises KjtuiError.
    """
    base = base_image(kind_called(kind), accel)
    with tempfile.TemporaryDirectory(dir=cache_dir("disks"), prefix="run-") as name:
        home = Path(name)
        disk = home / "disk.qcow2"
        run(
            ["qemu-img", "create", "-q", "-f", "qcow2", "-b", base.disk, "-F", "raw", disk],
            "The machine's disk cannot be made",
        )
        spec = qemu.MachineSpec(
            None,
            disk,
            memory,
            cpus,
            base.kind.machine,
            firmware=base.kind.firmware,
            accel=qemu.choose_accel(accel, base.kernel),
            extra=extra,
            writable=True,
            further=(project_disk(),),
            resets=True,
        )
        if base.variables:
            spec = replace(spec, variables=Path(shutil.copyfile(base.variables, home / "vars.fd")))
        yield DiskMachine(base, spec)


@contextlib.contextmanager
def disk_stage(
    kind: str, memory: int = 1024, cpus: int = 2, accel: str = "auto", extra: tuple[str, ...] = ()
) -> Iterator[DiskStage]:
    """A machine with a fresh copy of a prepared disk, switched on; see disk_machine(). Raises KjtuiError."""
    with disk_machine(kind, memory, cpus, accel, extra) as machine, machine.booted(f"disk-{kind}") as stage:
        yield stage


def boot_config(stage: Stage) -> dict[str, str]:
    """The whole boot configuration as seen in the guest: path → checksum, mode, owner and size.

    Two of them are equal only where every byte is. See guest/boot_config.py for what is in it.
    """
    found = json.loads(stage.shell.must("python3 -I -S /usr/lib/rehearsal/boot_config.py"))
    return {str(path): str(told) for path, told in found.items()}
