"""cpio archives as the kernel unpacks them (Documentation/driver-api/early-userspace/buffer-format.rst)."""

import stat
from collections.abc import Iterable
from dataclasses import dataclass

_MAGIC = b"070701"


@dataclass(frozen=True)
class Entry:
    """One member: path without a leading slash, mode with its type bits, content (a symlink's is its target).

    device: (major, minor) of a device node.
    """

    path: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)

    @classmethod
    def file(cls, path: str, data: bytes, permissions: int = 0o644) -> "Entry":
        """A regular file."""
        return cls(path, stat.S_IFREG | permissions, data)

    @classmethod
    def symlink(cls, path: str, target: str) -> "Entry":
        """A symbolic link."""
        return cls(path, stat.S_IFLNK | 0o777, target.encode())

    @classmethod
    def directory(cls, path: str) -> "Entry":
        """A directory."""
        return cls(path, stat.S_IFDIR | 0o755)


def skeleton(init: str) -> tuple[Entry, ...]:
    """What every initramfs needs: /init, a link to `init`; folders to mount on; the console's node.

    The kernel opens /dev/console before /init has mounted anything.
    """
    folders = ("proc", "sys", "dev", "tmp", "root", "mnt", "etc")
    return (
        Entry.symlink("init", init),
        *(Entry.directory(name) for name in folders),
        Entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1)),
    )


def archive(entries: Iterable[Entry]) -> bytes:
    """A newc archive: entries in their order, the directories they need before them, all owned by root.

    The same entries give the same bytes: no times, no inode numbers of the host.
    """
    members: dict[str, Entry] = {}
    for entry in entries:
        parts = entry.path.split("/")
        for depth in range(1, len(parts)):
            parent = "/".join(parts[:depth])
            members.setdefault(parent, Entry.directory(parent))
        members[entry.path] = entry
    pieces = [piece for inode, entry in enumerate(members.values(), 1) for piece in _member(entry, inode)]
    pieces += _member(Entry("TRAILER!!!", 0), 0)
    return b"".join(pieces)


def _member(entry: Entry, inode: int) -> tuple[bytes, bytes, bytes]:
    name = entry.path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    numbers = (inode, entry.mode, 0, 0, links, 0, len(entry.data), 0, 0, *entry.device, len(name), 0)
    head = _MAGIC + b"".join(b"%08X" % number for number in numbers) + name
    return head + bytes(-len(head) % 4), entry.data, bytes(-len(entry.data) % 4)
