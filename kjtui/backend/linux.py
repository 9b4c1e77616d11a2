"""The real machine. What is needed after the first screen only is read in where it is needed."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kjtui.errors import KjtuiError

if TYPE_CHECKING:
    from kjtui.backend.machine import Progress
    from kjtui.backend.mailbox import MailboxPages
    from kjtui.model.boot import BootFile, BootSetup
    from kjtui.model.change import ChangeLine, Remembered
    from kjtui.model.choices import Choices
    from kjtui.model.facts import BlockDevice, Facts, InstalledKernel, LogLine
    from kjtui.model.files import FileHead
    from kjtui.model.image import Initramfs, LoadImage
    from kjtui.model.memory import Region, Span
    from kjtui.model.report import Snapshot
    from kjtui.model.saved import DiskHead, FileSpace, Identity, Target
    from kjtui.model.surroundings import Surroundings, Written
    from kjtui.model.visit import Disk
    from kjtui.model.word import Mailbox, VisitorWord

_CANARY_SIZE = 4 << 20


class LinuxMachine:
    """This machine, read and changed through the kernel's own interfaces.

    root: where the file systems proc, sys and boot are looked for; "/" except in tests.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._mailbox: MailboxPages | None = None
        self._canary: bytes | None = None
        self._region: Region | None = None  # of what was loaded last
        self._priorities: dict[str, int] = {}  # of swap areas that are not used for a while

    @property
    def name(self) -> str:
        """What this machine is called on screen."""
        return "this machine"

    @property
    def survives_restart(self) -> bool:
        """Whether this program goes on when the machine is restarted."""
        return False

    def facts(self) -> Facts:
        """Probe everything anew."""
        from kjtui.backend.probe.gather import gather

        return gather(self._root)

    def read_kernel(self, path: str) -> bytes:
        """A kernel file's content; of a unified kernel image the kernel in it. Raises KjtuiError."""
        from kjtui.backend import filehead

        return filehead.read_kernel(path, self._root)

    def read_head(self, path: str, size: int) -> FileHead:
        """The first size bytes of a regular file. Raises KjtuiError for anything else."""
        from kjtui.backend import filehead

        return filehead.read_head(path, size, self._root)

    def examine_kernel(self, path: str, *, thorough: bool) -> InstalledKernel:
        """What a kernel file is good for. Raises KjtuiError that says what it is instead."""
        from kjtui.backend import filehead

        return filehead.examine_kernel(path, self._root, thorough=thorough)

    def initramfs(self, choices: Choices, release: str, progress: Progress) -> Initramfs:
        """Kernel B's initramfs without its orders. Raises KjtuiError."""
        from kjtui.backend import visitorfiles

        self._give_way()
        return visitorfiles.initramfs(self._root, choices, release, progress)

    def _give_way(self) -> None:
        """Should memory run out from here on, this program is ended rather than one of the person's.

        Packing takes memory, and the kernel ends whoever has most of it (oom_score_adj in proc(5)).
        """
        with contextlib.suppress(OSError):
            (self._root / "proc/self/oom_score_adj").write_text("1000")

    def mailbox(self, avoid: tuple[Span, ...], words: int) -> Mailbox | None:
        """The locked pages in which kernel B leaves word."""
        from kjtui.backend import mailbox

        pagemap = self._root / "proc/self/pagemap"
        if self._mailbox is None or not self._mailbox.usable(avoid, pagemap, words):
            self._mailbox = mailbox.allocate(avoid, words, pagemap)
        return self._mailbox.box if self._mailbox else None

    def protected_disks(self) -> tuple[Disk, ...]:
        """The disks that this system uses."""
        from kjtui.backend.probe import ownuse
        from kjtui.backend.probe.gather import block_devices

        return ownuse.in_use(self._root, block_devices(self._root))

    def whole_disks(self) -> tuple[Disk, ...]:
        """Every disk that is attached to this machine."""
        from kjtui.backend import wholedisks

        return wholedisks.disks(str(self._root))

    def waiting_image(self, path: str) -> str:
        """The saved system that can be gone back to from a device. Raises KjtuiError."""
        from kjtui.backend import images

        return images.waiting(path)

    def file_spaces(self, devices: Sequence[BlockDevice]) -> tuple[FileSpace, ...]:
        """What is on what is not mounted."""
        from kjtui.backend.probe import contents

        return contents.spaces(devices, str(self._root))

    def reached(self, target: Target) -> Target:
        """An export whose server answers. Raises KjtuiError."""
        from kjtui.backend.probe import reach

        return reach.reached(target)

    def disk_heads(self) -> tuple[DiskHead, ...]:
        """Where what tells that stacked devices, FAT and NTFS are used lies on the disks."""
        from kjtui.backend.probe import diskheads
        from kjtui.backend.probe.gather import block_devices
        from kjtui.backend.probe.source import Source

        return diskheads.read(Source(self._root), block_devices(self._root))

    def identity(self) -> Identity:
        """Whose memory is saved, and what must be the same for it to go on. Raises KjtuiError."""
        from kjtui.backend.probe import ownmachine
        from kjtui.backend.probe.source import Source
        from kjtui.model.saved import Identity

        source = Source(self._root)
        return Identity(os.uname().nodename, ownmachine.build(source), ownmachine.read(source))

    def snapshot(self) -> Snapshot:
        """The machine now. The canary is random data of this process, hashed anew each time."""
        import hashlib

        from kjtui.backend.probe import surroundings
        from kjtui.backend.probe.source import Source
        from kjtui.model.report import Snapshot

        if self._canary is None:
            self._canary = os.urandom(_CANARY_SIZE)
        return Snapshot(
            boot_id=self._boot_id(),
            monotonic=time.clock_gettime(time.CLOCK_MONOTONIC),
            boottime=time.clock_gettime(time.CLOCK_BOOTTIME),
            cpus_online=os.sysconf("SC_NPROCESSORS_ONLN"),
            canary=hashlib.sha256(self._canary).hexdigest(),
            wall_clock=time.time(),
            board_clock=surroundings.board_clock(Source(self._root)),
            around=self.surroundings(),
        )

    def surroundings(self) -> Surroundings:
        """Devices, links, mounts and processors now."""
        from kjtui.backend.probe import surroundings
        from kjtui.backend.probe.source import Source

        return surroundings.read(Source(self._root))

    def word(self) -> VisitorWord | None:
        """What kernel B left since the last jump. Raises KjtuiError when it is damaged."""
        from kjtui.backend import lastword

        return lastword.read(self._mailbox) if self._mailbox else None

    def kernel_log(self) -> tuple[LogLine, ...]:
        """The kernel log of this boot. Raises KjtuiError where it may not be read."""
        from kjtui.backend.probe import kernellog
        from kjtui.backend.probe.source import Source

        return kernellog.read(Source(self._root))

    def previous_log(self) -> tuple[LogLine, ...]:
        """What is left of the log of the boot before this one. Raises KjtuiError where it may not be read."""
        from kjtui.backend.previouslog import previous_log

        return previous_log(self._root)

    def installed_kernels(self) -> tuple[InstalledKernel, ...]:
        """The kernels on this machine's disk, newest first."""
        from kjtui.backend.probe import installed
        from kjtui.backend.probe.source import Source

        return installed.find(Source(self._root))

    def boot_setups(self) -> tuple[BootSetup, ...]:
        """The boot loaders on this machine, the one that started this boot first."""
        from kjtui.backend.probe.gather import boot_setups

        return boot_setups(self._root)

    def read_file(self, path: str) -> str | None:
        """A text file's content, every byte of it. Raises KjtuiError."""
        from kjtui.backend import files

        return files.read(path, self._root)

    def changes(self) -> tuple[ChangeLine, ...]:
        """The journal of changes. Raises KjtuiError where it may not be read."""
        if not self._has_changed_something:
            return ()
        from kjtui.backend import lasting

        return lasting.lines(self._root)

    @property
    def _has_changed_something(self) -> bool:
        """Whether there can be something to read: mostly there is not, and the first page is waiting."""
        return (self._root / "var/lib/kjtui").is_dir()

    def remembered(self) -> Remembered | None:
        """What is waited for across a restart. Raises KjtuiError where it cannot be read."""
        if not self._has_changed_something:
            return None
        from kjtui.backend import lasting

        return lasting.kept(self._root)

    def memory_speed(self) -> float:
        """Bytes that this machine copies in a second."""
        from kjtui.backend.speed import memory_speed

        return memory_speed()

    def watch(self, changed: Callable[[str], None]) -> Callable[[], None]:
        """Tell of devices that come and go."""
        from kjtui.backend.probe import monitor

        return monitor.watch(changed)

    def load(self, image: LoadImage) -> None:
        """Load an image whose context is kept. Raises KjtuiError."""
        from kjtui.backend import syscalls

        self._spare_the_crash_kernel(image.region)
        syscalls.kexec_load(image.entry, image.segments)
        self._region = image.region

    def unload(self) -> None:
        """Drop the loaded image. Raises KjtuiError."""
        from kjtui.backend import syscalls

        syscalls.kexec_load(0, ())

    def write_out(self, progress: Progress) -> Written:
        """Write everything to disk, as far as the disks answer."""
        from kjtui.backend import writeout
        from kjtui.backend.probe.source import Source

        return writeout.write_out(Source(self._root), progress)

    def jump(self) -> None:
        """Write everything to disk, then jump; returns when kernel B has come back. Raises KjtuiError."""
        from kjtui.backend import processors, syscalls

        if self._region:
            self._spare_the_crash_kernel(self._region)
        if self._mailbox:
            self._mailbox.empty()
        os.sync()
        with processors.settled(self._root):
            syscalls.reboot_kexec()

    def _spare_the_crash_kernel(self, region: Region) -> None:
        """Refuse reserved memory that holds a crash kernel, loaded perhaps since this machine was checked."""
        from kjtui.backend.probe import kexecstate
        from kjtui.backend.probe.source import Source
        from kjtui.model.memory import RegionKind

        if region.kind is RegionKind.RESERVED and kexecstate.crash_loaded(Source(self._root)):
            raise KjtuiError(
                "The reserved memory is in use: a crash kernel has been loaded in it",
                "/sys/kernel/kexec_crash_loaded is 1; kernel B would overwrite it.",
                "Borrow memory instead, or stop kdump (for example: systemctl stop kdump-tools).",
            )

    def swap_off(self, path: str) -> None:
        """End swapping to a device. Raises KjtuiError."""
        from kjtui.backend import swaps
        from kjtui.backend.probe.source import Source

        self._priorities[path] = swaps.off(path, Source(self._root))

    def swap_on(self, path: str) -> None:
        """Swap to a device again. Raises KjtuiError."""
        from kjtui.backend import swaps

        swaps.on(path, self._priorities.get(path, -1))

    def discard_image(self, path: str, name: str) -> bool:
        """Make an image one that nobody goes back to. Raises KjtuiError."""
        from kjtui.backend import images

        return images.discard(path, name)

    def record(self, operation: str, state: str, about: str = "", code: str = "") -> None:
        """Add a line to the journal. Raises KjtuiError."""
        from kjtui.backend import journal
        from kjtui.model.facts import JournalEntry

        journal.add(JournalEntry(time.time(), self._boot_id(), operation, state, about, code), self._root)

    def keep_files(self, files: Mapping[str, bytes]) -> str:
        """Keep what was brought home from a visit. Raises KjtuiError."""
        from kjtui.backend import visits

        return visits.keep(files, time.localtime(), self._root)

    def _boot_id(self) -> str:
        return (self._root / "proc/sys/kernel/random/boot_id").read_text().strip()

    def drop_caches(self) -> None:
        """Write what is to be written, then give back the copies of files, and what this program had.

        Raises KjtuiError.
        """
        from kjtui.backend import syscalls

        syscalls.give_back()
        os.sync()
        self._set("proc/sys/vm/drop_caches", "3", "The file caches cannot be given back")

    def mount_securityfs(self) -> None:
        """Mount securityfs. Raises KjtuiError."""
        from kjtui.backend import syscalls

        syscalls.mount("securityfs", str(self._root / "sys/kernel/security"), "securityfs")

    def unmount_securityfs(self) -> None:
        """Unmount securityfs. Raises KjtuiError."""
        from kjtui.backend import syscalls

        syscalls.unmount(str(self._root / "sys/kernel/security"))

    def wake_processors(self) -> None:
        """Bring all processors online. Raises KjtuiError that names the first that does not come."""
        for switch in sorted((self._root / "sys/devices/system/cpu").glob("cpu[0-9]*/online")):
            if switch.read_text().strip() == "0":
                number = switch.parent.name.removeprefix("cpu")
                name = str(switch.relative_to(self._root))
                self._set(name, "1", f"Processor {number} cannot be brought online")

    def write_file(self, file: BootFile, new: str | None) -> None:
        """Give a text file new content, or remove it, all at once. Raises KjtuiError."""
        from kjtui.backend import files

        files.replace(file.path, file.data, new, file.mode, file.uid, file.gid, self._root)

    def sweep(self, paths: Sequence[str]) -> None:
        """Remove what a power cut may have left beside these files."""
        from kjtui.backend import files

        for path in paths:
            files.sweep(path, self._root)

    def make_folder(self, path: str) -> None:
        """Make a folder if it is not there. Raises KjtuiError."""
        from kjtui.backend import files

        files.make_folder(path, self._root)

    def remove_folder(self, path: str) -> None:
        """Remove a folder if it is there and empty. Raises KjtuiError."""
        from kjtui.backend import files

        files.remove_folder(path, self._root)

    def run_tool(self, argv: tuple[str, ...], what: str, progress: Progress) -> str:
        """Run one of the system's own programs. Raises KjtuiError, and what progress raises."""
        from kjtui.backend import tools

        return tools.run(argv, progress, what)

    def note_change(self, line: ChangeLine) -> None:
        """Add a line to the journal of changes. Raises KjtuiError."""
        from kjtui.backend import lasting

        lasting.add(replace(line, at=time.time(), boot_id=self._boot_id()), self._root)

    def remember(self, state: Remembered | None) -> None:
        """Keep what is waited for across a restart. Raises KjtuiError."""
        from kjtui.backend import lasting

        lasting.keep(state, self._root)

    def end_trial(self) -> None:
        """Failures restart this machine no more, unless somebody else wants that. Raises KjtuiError."""
        from kjtui.model.boot import TRIAL_OOM, TRIAL_PANIC

        words = (self._root / "proc/cmdline").read_text().split()
        panic = self._root / "proc/sys/kernel/panic"
        if TRIAL_PANIC in words and panic.read_text().strip() == TRIAL_PANIC.partition("=")[2]:
            self._set("proc/sys/kernel/panic", "0", "The restart after a failure cannot be turned off")
        if TRIAL_OOM in words:
            self._set("proc/sys/vm/panic_on_oom", "0", "The restart for lack of memory cannot be turned off")

    def restart(self) -> None:
        """Restart this machine as its own tools do. Raises KjtuiError."""
        from kjtui.backend import restart

        restart.restart(self._root)

    def _set(self, name: str, value: str, trouble: str) -> None:
        try:
            (self._root / name).write_text(value)
        except OSError as error:
            hint = "Run kjtui as root; the end of the kernel log (dmesg) may say more."
            raise KjtuiError(trouble, f"/{name}: {error.strerror}.", hint) from None
