"""A machine that may go back to a saved system: its initramfs, and the disk that images are saved to."""

import os
import stat
import tempfile
from pathlib import Path

from bootable import Kernel
from common import cache_dir, digest, locked, run

from kjtui.backend import agentimage, visitorfiles
from kjtui.pack import compressed, cpio

INIT = Path(__file__).resolve().parent / "guest" / "resume-init"
KEEP = 4
MIB = 1 << 20


def initramfs(kernel: Kernel) -> Path:
    """The initramfs of kernel A, made now or taken from the cache. Raises KjtuiError.

    It is its own, where it has one, with what looks for saved systems beside it.
    """
    home = cache_dir("images")
    agent = agentimage.agent_initramfs(cache_dir("agent"), lambda _what, _done: None, sealing=True)
    entries = [cpio.Entry.file("kjtui/vmlinuz", kernel.image.read_bytes())]
    if kernel.initramfs is None:
        entries.append(cpio.Entry.file("init", INIT.read_bytes(), 0o755))
        entries.append(cpio.Entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1)))
    data = visitorfiles.joined(
        *((kernel.initramfs.read_bytes(),) if kernel.initramfs else ()),
        compressed.unpack(agent, compressed.Kind.ZSTD, "the agent"),
        cpio.archive(entries),
    )
    done = home / f"{digest([data])}.resume.cpio"
    if not done.exists():
        new = done.with_suffix(f".{os.getpid()}.new")
        new.write_bytes(data)
        new.rename(done)
        for old in sorted(home.glob("*.resume.cpio"), key=lambda path: path.stat().st_mtime)[:-KEEP]:
            old.unlink(missing_ok=True)
    os.utime(done)
    return done


def empty_disk(mib: int) -> Path:
    """A disk of so many MiB with one empty partition, raw, made now or taken from the cache."""
    home = cache_dir("images")
    done = home / f"empty-{mib}.raw"
    with locked(home / "empty.lock", "Waiting for another run that makes the disk for images …"):
        if not done.exists():
            with tempfile.TemporaryDirectory(dir=home, prefix="new-") as scratch:
                new = Path(scratch, "disk")
                with new.open("wb") as file:
                    file.truncate(mib * MIB)
                table = f"label: gpt\nstart=1MiB, size={mib - 2}MiB, type=L\n"
                run(["sfdisk", "-q", new], "The disk for images cannot be partitioned", input=table)
                new.rename(done)
    return done
