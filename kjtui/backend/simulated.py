"""A machine from a JSON file: for practice, tests and pictures. It never touches the real one.

See kjtui.backend.recording for the file. What is needed after the first screen only is read in where it is
needed.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kjtui.backend.recording import Recording, Visitor, errno_number
from kjtui.backend.simulatedreader import STEPS, SimulatedReader
from kjtui.errors import KjtuiError
from kjtui.model.boot import BootFile
from kjtui.model.facts import JournalEntry

if TYPE_CHECKING:
    from kjtui.backend.machine import Progress
    from kjtui.model.change import ChangeLine, Remembered
    from kjtui.model.image import LoadImage
    from kjtui.model.surroundings import Written


class SimulatedMachine(SimulatedReader):
    """A Writer that only keeps account of what would happen."""

    def __init__(
        self, recording: Recording, pace: float = 0.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(recording, pace, sleep)
        self._entered = False  # whether the loaded image has been jumped into
        self._uptime = 0.0  # of the kernel B that is loaded
        self._release_b = ""  # of the kernel B that is loaded
        self.kept: list[Mapping[str, bytes]] = []  # what was brought home, the newest last

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
        for _ in range(STEPS):
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
