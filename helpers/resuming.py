"""A machine that may go back to a saved system: its initramfs, and the disk that images are saved to."""

import os
import stat
import tempfile
from pathlib import Path

from bootable import Kernel
from common import KjtuiError, cache_dir, digest, locked, run

from kjtui.backend import agentimage, modulefiles, resumetree, visitorfiles
from kjtui.imagefile import header, pointer
from kjtui.pack import compressed, cpio, kmod

INIT = Path(__file__).resolve().parent / "guest" / "resume-init"
KEEP = 4
_MAKERS = {"ext4": ["mkfs.ext4", "-q", "-F"], "swap": ["mkswap", "-q"]}
MIB = 1 << 20


def initramfs(kernel: Kernel, server: str = "") -> Path:
    """The initramfs of kernel A, made now or taken from the cache. Raises KjtuiError.

    It is its own, where it has one, with what looks for saved systems beside it. server: what it is told of
    an NFS server to look on.
    """
    home = cache_dir("images")
    agent = agentimage.agent_initramfs(cache_dir("agent"), lambda _what, _done: None, sealing=True)
    entries = [
        cpio.Entry.file(resumetree.KERNEL, kernel.image.read_bytes()),
        cpio.Entry.file(resumetree.ZSTD, b""),  # see helpers/kernel/jump.config
    ]
    if kernel.initramfs is None:
        entries.append(cpio.Entry.file("init", INIT.read_bytes(), 0o755))
        entries.append(cpio.Entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1)))
    if server:
        entries += [cpio.Entry.file(resumetree.SERVER, f"{server}\n".encode()), *_nfs_modules(kernel)]
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


def _nfs_modules(kernel: Kernel) -> list[cpio.Entry]:
    """The modules of NFS, in the order in which they are loaded. Raises KjtuiError."""
    if kernel.modules is None:
        raise KjtuiError("This kernel has no modules", "Those of NFS are wanted.")
    files = {one: kernel.modules / one for one in kmod.FILES}
    known = kmod.parse({one: path.read_text() for one, path in files.items() if path.exists()})
    names = known.closure(one for one in ("nfs", "nfsv4", "nfsv3") if one in known.files)
    order = "".join(f"{name}.ko\n" for name in names)
    return [
        cpio.Entry.file(modulefiles.ORDER, order.encode()),
        *(
            cpio.Entry.file(
                f"{modulefiles.FOLDER}/{name}.ko", (kernel.modules / known.files[name]).read_bytes()
            )
            for name in names
        ),
    ]


def empty_disk(mib: int, content: str = "") -> Path:
    """A disk of so many MiB with one partition, raw, made now or taken from the cache.

    content: what is on the partition: "" nothing, "ext4", "swap".
    """
    home = cache_dir("images")
    done = home / f"{content or 'empty'}-{mib}.raw"
    with locked(home / "empty.lock", "Waiting for another run that makes the disk for images …"):
        if not done.exists():
            with tempfile.TemporaryDirectory(dir=home, prefix="new-") as scratch:
                new = Path(scratch, "disk")
                with new.open("wb") as file:
                    file.truncate(mib * MIB)
                table = f"label: gpt\nstart=1MiB, size={mib - 2}MiB, type=L\n"
                run(["sfdisk", "-q", new], "The disk for images cannot be partitioned", input=table)
                if content:
                    fill(new, Path(scratch, "partition"), mib - 2, _MAKERS[content])
                new.rename(done)
    return done


def fill(disk: Path, partition: Path, mib: int, maker: list[str]) -> None:
    """Make a file system or a swap area on a disk's first partition, which begins at 1 MiB."""
    with partition.open("wb") as file:
        file.truncate(mib * MIB)
    trouble = "The partition for images cannot be prepared"
    run([*maker, partition], trouble)
    words = [f"if={partition}", f"of={disk}", "bs=1M", "seek=1", "conv=notrunc,sparse", "status=none"]
    run(["dd", *words], trouble)


def worth(disk: Path) -> str:
    """What the image on a disk's first partition is worth: a state's name; "" where there is none.

    "FILE" for a file system that tells where one is. disk: qcow2, of a machine that is off.
    Raises KjtuiError.
    """
    with tempfile.TemporaryDirectory(dir=disk.parent, prefix="look-") as scratch:
        raw = Path(scratch, "raw")
        run(["qemu-img", "convert", "-O", "raw", disk, raw], "The disk for images cannot be read")
        with raw.open("rb") as file:
            file.seek(MIB)
            first = file.read(header.BLOCK)
    if pointer.points(first):
        return "FILE"
    return header.decode(first).state.name if header.carries(first) else ""
