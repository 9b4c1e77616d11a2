"""The two sides of a machine.

Checks and previews take a Reader, so that a type error shows any write in them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from kjtui.model.boot import BootFile, BootSetup
    from kjtui.model.change import ChangeLine, Remembered
    from kjtui.model.choices import Choices
    from kjtui.model.facts import BlockDevice, Facts, InstalledKernel, LogLine
    from kjtui.model.files import FileHead
    from kjtui.model.image import Initramfs, LoadImage
    from kjtui.model.memory import Span
    from kjtui.model.report import Snapshot
    from kjtui.model.saved import DiskHead, FileSpace, Identity, Target
    from kjtui.model.surroundings import Surroundings, Written
    from kjtui.model.visit import Disk
    from kjtui.model.word import Mailbox, VisitorWord

Progress = Callable[[str, float], None]
"""Called with what is being done, in plain words, and the fraction done (0 to 1)."""


class Reader(Protocol):
    """Looks at a machine and changes nothing."""

    @property
    def name(self) -> str:
        """What this machine is called on screen, e.g. "this machine" or "practice: lockdown"."""
        ...

    @property
    def survives_restart(self) -> bool:
        """Whether this program goes on when the machine is restarted, as on a simulated one."""
        ...

    def facts(self) -> Facts:
        """Probe everything anew. Never raises for something unreadable: it says so in Facts.unreadable."""
        ...

    def read_kernel(self, path: str) -> bytes:
        """A kernel file's content; of a unified kernel image the kernel in it. Raises KjtuiError."""
        ...

    def read_head(self, path: str, size: int) -> FileHead:
        """The first size bytes of a regular file. Raises KjtuiError for anything else."""
        ...

    def examine_kernel(self, path: str, *, thorough: bool) -> InstalledKernel:
        """What a kernel file is good for. Raises KjtuiError that says what it is instead.

        thorough: the whole file is read, and the configuration looked for in it; otherwise its head only.
        """
        ...

    def initramfs(self, choices: Choices, release: str, progress: Progress) -> Initramfs:
        """Kernel B's initramfs for these choices, without its orders. Raises KjtuiError.

        release: kernel B's. What is always the same is packed once and taken from a cache.
        """
        ...

    def mailbox(self, avoid: tuple[Span, ...], words: int) -> Mailbox | None:
        """The pages in which kernel B leaves word, so many for the word itself: locked, outside of avoid.

        None if there are none.
        """
        ...

    def protected_disks(self) -> tuple[Disk, ...]:
        """The disks that this system uses, each with what for: kernel B must not write to them."""
        ...

    def whole_disks(self) -> tuple[Disk, ...]:
        """Every disk that is attached to this machine, whatever uses it."""
        ...

    def waiting_image(self, path: str) -> str:
        """A few words on the saved system that can be gone back to from a device, "" if there is none.

        Raises KjtuiError where the device cannot be read.
        """
        ...

    def file_spaces(self, devices: Sequence[BlockDevice]) -> tuple[FileSpace, ...]:
        """What is on those of these that are not mounted, as their own first bytes say."""
        ...

    def reached(self, target: Target) -> Target:
        """An export with its server's address and this system's own on the way there. Raises KjtuiError."""
        ...

    def disk_heads(self) -> tuple[DiskHead, ...]:
        """Where what tells that stacked devices, FAT and NTFS are used lies on the disks."""
        ...

    def identity(self) -> Identity:
        """Whose memory is saved, and what must be the same for it to go on. Raises KjtuiError."""
        ...

    def snapshot(self) -> Snapshot:
        """The machine now, for the return report."""
        ...

    def surroundings(self) -> Surroundings:
        """Devices, links, mounts and processors now: a part of a snapshot. Never raises."""
        ...

    def word(self) -> VisitorWord | None:
        """What kernel B left in the mailbox since the last jump, None if there is nothing.

        Raises KjtuiError when it is damaged.
        """
        ...

    def kernel_log(self) -> tuple[LogLine, ...]:
        """The kernel log of this boot, oldest first. Raises KjtuiError where it may not be read."""
        ...

    def previous_log(self) -> tuple[LogLine, ...]:
        """What is left of the log of the boot before this one (pstore, journald); empty if nothing is.

        Raises KjtuiError where nothing was found and something may not be read.
        """
        ...

    def installed_kernels(self) -> tuple[InstalledKernel, ...]:
        """The kernels on this machine's disk, newest first, each with what it can be used for."""
        ...

    def boot_setups(self) -> tuple[BootSetup, ...]:
        """The boot loaders on this machine, at least one, that of this boot first. Never raises."""
        ...

    def read_file(self, path: str) -> str | None:
        """A text file's content as BootFile.data has it, None if it is missing. Raises KjtuiError."""
        ...

    def changes(self) -> tuple[ChangeLine, ...]:
        """The journal of changes, oldest line first; lines that are broken are passed over.

        Raises KjtuiError where it may not be read.
        """
        ...

    def remembered(self) -> Remembered | None:
        """What is waited for across a restart, None if nothing is. Raises KjtuiError if it is unreadable."""
        ...

    def memory_speed(self) -> float:
        """Bytes that this machine copies in a second, roughly."""
        ...

    def watch(self, changed: Callable[[str], None]) -> Callable[[], None]:
        """Call changed with a few words ("sdb was plugged in") whenever a device comes or goes, from a thread
        of its own. Returns the function that ends this. Where devices cannot be watched, nothing is called.
        """
        ...


class Writer(Reader, Protocol):
    """Changes a machine. Every method raises KjtuiError with cause and cure."""

    def load(self, image: LoadImage) -> None:
        """kexec_load(2) with KEXEC_PRESERVE_CONTEXT."""
        ...

    def unload(self) -> None:
        """kexec_load(2) without segments: the loaded image is dropped."""
        ...

    def write_out(self, progress: Progress) -> Written:
        """sync(2), given up when nothing gets written any more. progress may raise to stop waiting."""
        ...

    def jump(self) -> None:
        """sync(2), then reboot(2) with LINUX_REBOOT_CMD_KEXEC: returns when kernel B has come back."""
        ...

    def swap_off(self, path: str) -> None:
        """End swapping to a device (swapoff(2))."""
        ...

    def swap_on(self, path: str) -> None:
        """Swap to a device again, with the priority that it had (swapon(2))."""
        ...

    def discard_image(self, path: str, name: str) -> bool:
        """Make an image of kernel A one that nobody goes back to; whether there was one that was valid.

        path: of the device or file; name: the image's id, another is left alone.
        """
        ...

    def record(self, operation: str, state: str, about: str = "", code: str = "") -> None:
        """Add a line to kjtui's journal, see JournalEntry, and see it on the disk. Raises KjtuiError."""
        ...

    def keep_files(self, files: Mapping[str, bytes]) -> str:
        """Keep what was brought home from a visit, for root's eyes only, and see it on the disk.

        The folder that it is in. Of older visits the newest are kept.
        """
        ...

    def drop_caches(self) -> None:
        """Give back the memory in which the kernel keeps copies of files (proc(5), drop_caches)."""
        ...

    def mount_securityfs(self) -> None:
        """Mount securityfs on /sys/kernel/security, so that lockdown can be read."""
        ...

    def unmount_securityfs(self) -> None:
        """Undo mount_securityfs."""
        ...

    def wake_processors(self) -> None:
        """Bring all processors online that are present."""
        ...

    def write_file(self, file: BootFile, new: str | None) -> None:
        """Give a text file new content, or remove it (None), all at once: after a power cut it is old or new.

        file: as it was seen. Refused when its content is neither that nor new already; its owner and
        permission stay.
        """
        ...

    def sweep(self, paths: Sequence[str]) -> None:
        """Remove what a power cut may have left beside these files while they were written. Never raises."""
        ...

    def make_folder(self, path: str) -> None:
        """Make a folder if it is not there."""
        ...

    def remove_folder(self, path: str) -> None:
        """Remove a folder if it is there and empty."""
        ...

    def run_tool(self, argv: tuple[str, ...], what: str, progress: Progress) -> str:
        """Run one of the system's own programs, without a shell. What it said.

        progress may raise to stop it: the program is ended, and what was raised goes on.
        """
        ...

    def note_change(self, line: ChangeLine) -> None:
        """Add a line to the journal of changes, with the time and this boot's id, and see it on the disk."""
        ...

    def remember(self, state: Remembered | None) -> None:
        """Keep what is waited for across a restart, or nothing any more."""
        ...

    def end_trial(self) -> None:
        """Take back what the words of a trial start mean for this boot: restarts after a failure."""
        ...

    def restart(self) -> None:
        """Restart the machine as its own tools do."""
        ...
