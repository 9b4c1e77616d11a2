"""What is read of a simulated machine: the facts of its file, with what has been done since.

See kjtui.backend.simulated, which changes it. What is needed after the first screen only is read in where it
is needed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from kjtui.backend.recording import Damage, Recording, read_recording
from kjtui.errors import KjtuiError
from kjtui.model.boot import BootSetup
from kjtui.model.choices import Choices
from kjtui.model.facts import BlockDevice, Facts, InstalledKernel, LogLine

if TYPE_CHECKING:
    from kjtui.backend.machine import Progress
    from kjtui.backend.simulatedboot import SimulatedDisk
    from kjtui.backend.simulatedsurroundings import SimulatedSurroundings
    from kjtui.model.change import ChangeLine, Remembered
    from kjtui.model.files import FileHead
    from kjtui.model.image import Initramfs
    from kjtui.model.memory import Span
    from kjtui.model.report import Snapshot
    from kjtui.model.saved import DiskHead, FileSpace, Identity, Target
    from kjtui.model.surroundings import Surroundings
    from kjtui.model.visit import Disk
    from kjtui.model.word import Mailbox, VisitorWord

STEPS = 20  # of everything that takes its time


class SimulatedReader:
    """A Reader of what a file says.

    pace: seconds that each simulated step takes, 0 for tests. sleep is for tests, too.
    """

    def __init__(
        self, recording: Recording, pace: float = 0.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._recording = recording
        self._facts = recording.facts
        self._pace = pace
        self._sleep = sleep
        self._clock = 1000.0  # seconds awake since the boot
        self._absent = 0.0  # seconds asleep since the boot
        self._jumps = 0
        self._choices = Choices()  # those that kernel B was packed for
        self._word: VisitorWord | None = None
        self._disk: SimulatedDisk | None = None
        self._around: SimulatedSurroundings | None = None
        self._changes: list[ChangeLine] = []
        self._state: Remembered | None = None

    @classmethod
    def from_file(cls, path: Path | str, pace: float = 0.0) -> Self:
        """A machine from its file. Raises KjtuiError for a file that is not there or not right."""
        return cls(read_recording(Path(path)), pace)

    @property
    def name(self) -> str:
        """What this machine is called on screen."""
        return self._recording.name

    @property
    def survives_restart(self) -> bool:
        """Whether this program goes on when the machine is restarted."""
        return True

    def facts(self) -> Facts:
        """The recorded facts, with what was loaded and counted down since."""
        self._step()
        return self.disk.packed(self._facts)

    def read_kernel(self, path: str) -> bytes:
        """A kernel file without code, of the recorded release. Raises KjtuiError for any other path."""
        from kjtui.backend import synthetic

        self._step()
        return synthetic.kernel(self._release(path))

    def read_head(self, path: str, size: int) -> FileHead:
        """Of a kernel, or of one of the recording's files. Raises KjtuiError for any other path."""
        from kjtui.model.files import FileHead

        self._step()
        if (text := self._recording.files.get(path)) is not None:
            data = text.encode("latin-1", "replace")
            return FileHead(path, data[:size], len(data), executable=data.startswith((b"#!", b"\x7fELF")))
        data = self.read_kernel(path)
        return FileHead(path, data[:size], len(data))

    def examine_kernel(self, path: str, *, thorough: bool) -> InstalledKernel:  # noqa: ARG002 - all is known
        """As the file has it. Raises KjtuiError for what it does not have, or has as another kind of file."""
        from kjtui.kexec import bzimage

        head = self.read_head(path, bzimage.SECTOR * 8)
        bzimage.check(head.data, head.size)
        known = (one for one in self._recording.kernels if one.path == path)
        return next(known, InstalledKernel(path, self._release(path), None, size=head.size))

    def _release(self, path: str) -> str:
        """That of the kernel in a file. Raises KjtuiError where there is none."""
        if path == self._facts.kernel_file:
            return self._facts.kernel_release
        for kernel in self._recording.kernels:
            if kernel.path == path:
                return kernel.release
        raise KjtuiError(
            "The file cannot be read",
            f"{path}: there is no such file on this simulated machine.",
            "Choose one that is shown.",
        )

    def initramfs(self, choices: Choices, release: str, progress: Progress) -> Initramfs:  # noqa: ARG002 - of any kernel
        """Bytes of a likely size, after progress."""
        from kjtui.backend import synthetic
        from kjtui.model.image import Initramfs

        self._choices = choices
        for step in range(STEPS):
            progress("packing kernel B's files", step / STEPS)
            self._step()
        progress("packing kernel B's files", 1.0)
        return Initramfs(synthetic.initramfs())

    def mailbox(self, avoid: tuple[Span, ...], words: int) -> Mailbox | None:
        """The highest pages of RAM outside every span of avoid. None where the memory map is hidden."""
        from kjtui.backend import simulatedkernel
        from kjtui.model.word import Mailbox

        pages = simulatedkernel.high_pages(self._facts, avoid, words)
        return Mailbox(pages, words, self._digest("mailbox")[:16]) if len(pages) == words else None

    def protected_disks(self) -> tuple[Disk, ...]:
        """As the facts have them."""
        from kjtui.backend.probe import ownuse

        return ownuse.from_facts(self._facts.block_devices)

    def whole_disks(self) -> tuple[Disk, ...]:
        """As the facts have them."""
        from kjtui.backend.probe import ownuse

        return ownuse.whole(self._facts.block_devices)

    def waiting_image(self, path: str) -> str:  # noqa: ARG002
        """None."""
        return ""

    def file_spaces(self, devices: Sequence[BlockDevice]) -> tuple[FileSpace, ...]:
        """Each that is not mounted, half of it free."""
        from kjtui.model.saved import FileSpace

        return tuple(
            FileSpace(one.name, one.content, one.size // 2)
            for one in devices
            if one.content == "ext4" and not one.mounted_at and one.kind in ("part", "disk")
        )

    def reached(self, target: Target) -> Target:
        """It answers, whichever it is."""
        return replace(target, server="192.0.2.1", address="192.0.2.15/24", gateway="192.0.2.2")

    def disk_heads(self) -> tuple[DiskHead, ...]:
        """Each at the beginning of the first disk."""
        from kjtui.model.saved import DiskHead

        stacked = [one for one in self._facts.block_devices if one.name.startswith("dm-") and one.mounted_at]
        disk = self.whole_disks()[0].name
        return tuple(DiskHead(disk, 0, one.mounted_at[0], one.content, one.size) for one in stacked)

    def identity(self) -> Identity:
        """As much as the facts tell."""
        from kjtui.backend.probe import ownmachine
        from kjtui.model.saved import Identity, Machine

        facts = self._facts
        machine = Machine("", (), facts.cpus_online, "", ownmachine.memory(list(facts.iomem)))
        return Identity(self.name, "", machine)

    def snapshot(self) -> Snapshot:
        """The machine now: after a jump with the damage that the file wants."""
        import uuid

        from kjtui.model.report import Snapshot

        damage = self._recording.faults.after if self._jumps else Damage()
        boot = "boot" if damage.same_boot else f"boot {self._jumps}"
        canary = "canary" if damage.memory_intact else f"canary {self._jumps}"
        return Snapshot(
            boot_id=str(uuid.UUID(self._digest(boot)[:32])),
            monotonic=self._clock,
            boottime=self._clock + self._absent,
            cpus_online=self._facts.cpus_online,
            canary=self._digest(canary),
            wall_clock=self._now() + self.around.clock_off,
            board_clock=float(int(self._now())),
            around=self.surroundings(),
        )

    @property
    def around(self) -> SimulatedSurroundings:
        """What is around the programs, made when it is first needed."""
        from kjtui.backend.simulatedsurroundings import SimulatedSurroundings

        self._around = self._around or SimulatedSurroundings(self._recording.services)
        return self._around

    def surroundings(self) -> Surroundings:
        """Devices, links, mounts and processors: after a jump with the damage that the file wants."""
        return self.around.look(self._facts)

    def word(self) -> VisitorWord | None:
        """What the simulated kernel B left at its last return. Raises KjtuiError where that is damaged."""
        visitor = self._recording.visitor
        if self._word is not None and visitor is not None and visitor.damaged:
            raise KjtuiError("Kernel B's word is damaged", visitor.damaged)
        return self._word

    def kernel_log(self) -> tuple[LogLine, ...]:
        """The telling lines of the facts. Raises KjtuiError where they could not be recorded."""
        if self._facts.kernel_log is None:
            raise KjtuiError(
                "The kernel log cannot be read",
                self._facts.unreadable.get("/dev/kmsg", "It was not recorded."),
                "Run kjtui as root.",
            )
        return self._facts.kernel_log

    def previous_log(self) -> tuple[LogLine, ...]:
        """As the file has it. Raises KjtuiError where it could not be recorded."""
        if not self._recording.before and (reason := self._facts.unreadable.get("/sys/fs/pstore")):
            raise KjtuiError("The log of the boot before cannot be read", reason, "Run kjtui as root.")
        return self._recording.before

    def installed_kernels(self) -> tuple[InstalledKernel, ...]:
        """As the file has them."""
        return self._recording.kernels

    @property
    def disk(self) -> SimulatedDisk:
        """The boot loader's files, made when they are first needed."""
        from kjtui.backend.simulatedboot import SimulatedDisk

        if self._disk is None:
            self._disk = SimulatedDisk(self._recording.boot, self._recording.faults.calls)
        return self._disk

    def boot_setups(self) -> tuple[BootSetup, ...]:
        """As the file has them, with what has been written since."""
        self._step()
        return self.disk.setups()

    def read_file(self, path: str) -> str | None:
        """A file of the boot loader."""
        return self.disk.read(path)

    def changes(self) -> tuple[ChangeLine, ...]:
        """What has been noted."""
        return tuple(self._changes)

    def remembered(self) -> Remembered | None:
        """What was remembered."""
        return self._state

    def memory_speed(self) -> float:
        """That of a usual machine."""
        return 8e9

    def watch(self, changed: Callable[[str], None]) -> Callable[[], None]:  # noqa: ARG002 - nothing is plugged in
        """Nothing comes and goes on this machine."""
        return lambda: None

    def _now(self) -> float:
        return (self._facts.wall_clock or 0.0) + self._clock + self._absent

    def _step(self) -> None:
        # The clock advances by the same amount at every pace, so that pictures and tests come out the same.
        self._clock += 0.25
        self._wait()

    def _wait(self) -> None:
        if self._pace:
            self._sleep(self._pace)

    def _digest(self, text: str) -> str:
        import hashlib

        return hashlib.sha256(f"{self.name}: {text}".encode()).hexdigest()
