"""A machine from a JSON file: for practice, tests and pictures. It never touches the real one.

See kjtui.backend.recording for the file. What is needed after the first screen only is read in where it is
needed.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kjtui.backend.recording import Damage, Recording, Visitor, errno_number, read_recording
from kjtui.errors import KjtuiError
from kjtui.model.boot import BootFile, BootSetup
from kjtui.model.choices import Choices
from kjtui.model.facts import BlockDevice, Facts, InstalledKernel, JournalEntry, LogLine

if TYPE_CHECKING:
    from kjtui.backend.machine import Progress
    from kjtui.backend.simulatedboot import SimulatedDisk
    from kjtui.backend.simulatedsurroundings import SimulatedSurroundings
    from kjtui.model.change import ChangeLine, Remembered
    from kjtui.model.files import FileHead
    from kjtui.model.image import Initramfs, LoadImage
    from kjtui.model.memory import Span
    from kjtui.model.report import Snapshot
    from kjtui.model.saved import FileSpace, Machine, StackHead, Target
    from kjtui.model.surroundings import Surroundings, Written
    from kjtui.model.visit import Disk
    from kjtui.model.word import Mailbox, VisitorWord

_STEPS = 20


class SimulatedMachine:
    """A Writer that only keeps account of what would happen.

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
        self._entered = False  # whether the loaded image has been jumped into
        self._uptime = 0.0  # of the kernel B that is loaded
        self._choices = Choices()  # those that kernel B was packed for
        self._release_b = ""  # of the kernel B that is loaded
        self._word: VisitorWord | None = None
        self.kept: list[Mapping[str, bytes]] = []  # what was brought home, the newest last
        self._disk: SimulatedDisk | None = None
        self._around: SimulatedSurroundings | None = None
        self._changes: list[ChangeLine] = []
        self._state: Remembered | None = None

    @classmethod
    def from_file(cls, path: Path | str, pace: float = 0.0) -> SimulatedMachine:
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
        for step in range(_STEPS):
            progress("packing kernel B's files", step / _STEPS)
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

    def stack_heads(self) -> tuple[StackHead, ...]:
        """Each at the beginning of the first disk."""
        from kjtui.model.saved import StackHead

        stacked = [one for one in self._facts.block_devices if one.name.startswith("dm-") and one.mounted_at]
        return tuple(StackHead(self.whole_disks()[0].name, 0, one.mounted_at[0]) for one in stacked)

    def identity(self) -> tuple[str, Machine]:
        """As much as the facts tell."""
        from kjtui.backend.probe import ownmachine
        from kjtui.model.saved import Machine

        facts = self._facts
        return self.name, Machine("", (), facts.cpus_online, "", ownmachine.memory(list(facts.iomem)))

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

    def load(self, image: LoadImage) -> None:
        """Keep account of a load, refused where the kernel would refuse it. Raises KjtuiError."""
        from kjtui.backend.syscalls import explain_load
        from kjtui.kexec.layout import SEGMENT_LIMIT

        self._step()
        self._permit()
        pages = sum(segment.span.size for segment in image.segments)
        jump = self._facts.config is None or self._facts.config.get("CONFIG_KEXEC_JUMP") == "y"
        if not jump or len(image.segments) > SEGMENT_LIMIT or pages > self._facts.memory_total // 2:
            raise explain_load(errno.EINVAL)
        if fault := self._recording.faults.load:
            raise explain_load(errno_number(fault, "faults.load"))
        self._facts = replace(self._facts, kexec_loaded=True)
        self._release_b = image.kernel_version
        self._entered, self._uptime = False, 0.0

    def unload(self) -> None:
        """Drop the image. The kernel counts this as a load, too."""
        self._step()
        self._permit()
        self._facts = replace(self._facts, kexec_loaded=False)
        self._entered = False

    def write_out(self, progress: Progress) -> Written:
        """All that is to be written, unless the file wants something to hang."""
        progress("writing files to disk", 0.5)
        self._step()
        return self.around.write_out(self._facts, self._recording.faults.hanging)

    def jump(self) -> None:
        """Be away for as long as the visitor stays. Raises KjtuiError where the kernel would refuse.

        Also where the real machine would be lost: an image that cannot be entered twice is entered again.
        """
        from kjtui.backend import simulatedvisit
        from kjtui.backend.syscalls import explain_jump
        from kjtui.model.word import KeptDisk

        if not self._facts.kexec_loaded:
            raise explain_jump(errno.EINVAL)
        if fault := self._recording.faults.jump:
            raise explain_jump(errno_number(fault, "faults.jump"))
        parkable = bool(self._facts.restores_gdt)
        if self._entered and not parkable:
            raise KjtuiError(
                "A real machine would be lost now",
                "This kernel B was left once and cannot be entered again: it does not restore its own GDT.",
                "Load kernel B anew before each jump.",
            )
        for _ in range(_STEPS):
            self._wait()  # this system sleeps: its clock stands still
        visitor = self._recording.visitor
        self._absent += (visitor or Visitor()).away
        self._jumps += 1
        again, self._entered = self._entered, True
        if visitor:
            # A kernel B that is continued goes on counting.
            self._uptime += visitor.uptime
            release = visitor.kernel_version or self._release_b or self._facts.kernel_release
            left = simulatedvisit.word(visitor, self._choices, release, self._uptime, again=again)
            disks = tuple(KeptDisk(one.name, one.name, True, one.why) for one in self.protected_disks())
            self._word = replace(left, can_be_parked=parkable and left.can_be_parked, disks=disks)
        self.around.jumped(self._recording.faults.after)
        online = self._recording.faults.after.cpus_online
        if online is not None:
            self._facts = replace(self._facts, cpus_online=online)

    def swap_off(self, path: str) -> None:
        """It is not used any more."""
        self._facts = replace(self._facts, swaps=tuple(one for one in self._facts.swaps if one != path))

    def swap_on(self, path: str) -> None:
        """It is used again."""
        self._facts = replace(self._facts, swaps=(*self._facts.swaps, path))

    def discard_image(self, path: str, name: str) -> bool:  # noqa: ARG002
        """There is none."""
        return False

    def record(self, operation: str, state: str, about: str = "", code: str = "") -> None:
        """Keep the entry among the facts."""
        entry = JournalEntry(self._now(), self._facts.boot_id, operation, state, about, code)
        self._facts = replace(self._facts, journal=(*(self._facts.journal or ()), entry))

    def keep_files(self, files: Mapping[str, bytes]) -> str:
        """Remember them."""
        self.kept.append(files)
        return f"/var/lib/kjtui/visits/{len(self.kept)}"

    def drop_caches(self) -> None:
        """Half of what is not available becomes available: a likely share of caches."""
        self._step()
        facts = self._facts
        gained = (facts.memory_total - facts.memory_available) // 2
        self._facts = replace(facts, memory_available=facts.memory_available + gained)

    def mount_securityfs(self) -> None:
        """Lockdown becomes readable; this machine has none."""
        self._step()
        unreadable = {path: why for path, why in self._facts.unreadable.items() if "/security/" not in path}
        self._facts = replace(self._facts, lockdown="none", unreadable=unreadable)

    def unmount_securityfs(self) -> None:
        """Undo mount_securityfs."""
        self._step()
        lockdown = "/sys/kernel/security/lockdown"
        unreadable = {**self._facts.unreadable, lockdown: "securityfs is not mounted"}
        self._facts = replace(self._facts, lockdown=None, unreadable=unreadable)

    def wake_processors(self) -> None:
        """All that are present."""
        self._step()
        self._facts = replace(self._facts, cpus_online=self._facts.cpus_present or self._facts.cpus_online)

    def write_file(self, file: BootFile, new: str | None) -> None:
        """Change a file of the boot loader. Raises KjtuiError."""
        self._step()
        self.disk.write(file, new)

    def sweep(self, paths: Sequence[str]) -> None:
        """A simulated disk writes whole files only: nothing is ever left."""

    def make_folder(self, path: str) -> None:
        """Keep account of it."""
        self.disk.call("make_folder", path)
        self.disk.folders.add(path)

    def remove_folder(self, path: str) -> None:
        """Keep account of it."""
        self.disk.call("remove_folder", path)
        self.disk.folders.discard(path)

    def run_tool(self, argv: tuple[str, ...], what: str, progress: Progress) -> str:
        """Do what the program would do. Raises KjtuiError."""
        self._step()
        said = self.disk.run(argv, what, progress)
        self.around.run(argv)
        return said

    def note_change(self, line: ChangeLine) -> None:
        """Keep the line."""
        self.disk.call("note_change", "/var/lib/kjtui/changes.jsonl")
        self._changes.append(replace(line, at=self._now(), boot_id=self._facts.boot_id))

    def remember(self, state: Remembered | None) -> None:
        """Keep it."""
        self.disk.call("remember", "/var/lib/kjtui/state.json")
        self._state = state

    def end_trial(self) -> None:
        """Nothing restarts this machine but the person."""
        self.disk.call("end_trial", "/proc/sys/kernel/panic")

    def restart(self) -> None:
        """Start anew, with what the boot loader's files say now."""
        self._step()
        self._facts = self.disk.next_start(self._facts)
        self._entered, self._word = False, None

    def _permit(self) -> None:
        from kjtui.backend import simulatedkernel

        self._facts, refusal = simulatedkernel.permit(self._facts)
        if refusal:
            raise refusal

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
