"""The real machine. What is needed after the first screen only is read in where it is needed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from kjtui.errors import KjtuiError

if TYPE_CHECKING:
    from kjtui.backend.machine import Progress
    from kjtui.backend.mailbox import MailboxPage
    from kjtui.model.choices import Purpose
    from kjtui.model.facts import Facts
    from kjtui.model.image import LoadImage
    from kjtui.model.memory import Region, Span
    from kjtui.model.report import Mailbox, Snapshot, VisitorWord

_CANARY_SIZE = 4 << 20


class LinuxMachine:
    """This machine, read and changed through the kernel's own interfaces.

    root: where the file systems proc, sys and boot are looked for; "/" except in tests.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._mailbox: MailboxPage | None = None
        self._canary: bytes | None = None
        self._region: Region | None = None  # of what was loaded last
        self._initramfs: bytes | None = None  # an image that is loaded holds these bytes anyway

    @property
    def name(self) -> str:
        """What this machine is called on screen."""
        return "this machine"

    def facts(self) -> Facts:
        """Probe everything anew."""
        from kjtui.backend.probe.gather import gather

        return gather(self._root)

    def read_kernel(self, path: str) -> bytes:
        """Content of a kernel file. Raises KjtuiError."""
        try:
            return (self._root / path.lstrip("/")).read_bytes()
        except OSError as error:
            raise KjtuiError(
                "The kernel file cannot be read",
                f"{path}: {error.strerror}.",
                "Run kjtui as root, or install this kernel's package again.",
            ) from None

    def initramfs(self, purpose: Purpose, progress: Progress) -> bytes:  # noqa: ARG002 - one serves both purposes
        """Kernel B's initramfs, packed or taken from the cache. Raises KjtuiError."""
        from kjtui.backend.agentimage import agent_initramfs

        if self._initramfs is None:
            self._initramfs = agent_initramfs(self._root / "var/cache/kjtui", progress)
        return self._initramfs

    def mailbox(self, avoid: tuple[Span, ...]) -> Mailbox | None:
        """The locked page in which kernel B leaves word."""
        from kjtui.backend import mailbox

        pagemap = self._root / "proc/self/pagemap"
        if self._mailbox is None or not self._mailbox.usable(avoid, pagemap):
            self._mailbox = mailbox.allocate(avoid, pagemap)
        return self._mailbox.box if self._mailbox else None

    def snapshot(self) -> Snapshot:
        """The machine now. The canary is random data of this process, hashed anew each time."""
        import hashlib

        from kjtui.model.report import Snapshot

        if self._canary is None:
            self._canary = os.urandom(_CANARY_SIZE)
        return Snapshot(
            boot_id=(self._root / "proc/sys/kernel/random/boot_id").read_text().strip(),
            monotonic=time.clock_gettime(time.CLOCK_MONOTONIC),
            boottime=time.clock_gettime(time.CLOCK_BOOTTIME),
            cpus_online=os.sysconf("SC_NPROCESSORS_ONLN"),
            canary=hashlib.sha256(self._canary).hexdigest(),
        )

    def word(self) -> VisitorWord | None:
        """What kernel B left since the last jump."""
        return self._mailbox.read() if self._mailbox else None

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
