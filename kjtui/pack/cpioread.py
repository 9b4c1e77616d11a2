"""Reading newc archives as the kernel does, into the files that are there afterwards (init/initramfs.c)."""

import posixpath
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field

from kjtui.errors import KjtuiError

MAGICS = (b"070701", b"070702")  # newc, and newc with a checksum
_HEADER = 110
_NUMBERS = re.compile(rb"[0-9A-Fa-f]{104}")  # 13 of 8 digits
_PATH_MAX = 4096
_MOST_LINKS = 40  # MAXSYMLINKS in include/linux/namei.h
_MOST_FILES = 500_000
_DEEPEST = 256  # folders in folders
_TRAILER = "TRAILER!!!"
KEPT = 4096  # bytes of each file: enough for an ELF header, or a script's first line


@dataclass
class Node:
    """What a path leads to. head: a file's first KEPT bytes; a link's whole target."""

    mode: int
    head: bytes = b""
    size: int = 0


@dataclass(frozen=True)
class Member:
    """One member as its header has it. inode: (device, number), the same for hard links to one file."""

    name: str
    mode: int
    links: int
    inode: tuple[int, int, int]
    data: memoryview


@dataclass
class Tree:
    """The file system that archives are unpacked into, one after the other. Paths have no slash in front."""

    nodes: dict[str, Node] = field(default_factory=dict)
    _linked: dict[tuple[int, int, int, int], Node] = field(default_factory=dict)

    def add(self, member: Member) -> None:
        """Unpack one member. Like the kernel, one whose folder is not there is left out without a word."""
        if member.name == _TRAILER:
            self._linked.clear()
            return
        path = self._place(member.name)
        kind = stat.S_IFMT(member.mode)
        if path is None or (member.data and kind not in (stat.S_IFREG, stat.S_IFLNK)):
            return
        if not path:
            return  # the root itself
        if kind == stat.S_IFREG and member.links >= 2:
            first = self._linked.setdefault((*member.inode, kind), Node(member.mode))
            if member.data:  # of hard links, any one may carry the content
                first.head, first.size = bytes(member.data[:KEPT]), len(member.data)
            self.nodes[path] = first
            return
        self.nodes[path] = Node(member.mode, bytes(member.data[:KEPT]), len(member.data))

    def find(self, path: str) -> Node | None:
        """What is at a path, links followed; None if nothing is."""
        real = self._real(path)
        return self.nodes.get(real) if real else None

    def _place(self, name: str) -> str | None:
        """Where a member goes: its folder's links followed, its own name kept. None without that folder."""
        folder, _, own = posixpath.normpath("/" + name.lstrip("/")).rpartition("/")
        if not folder.strip("/"):
            return own
        real = self._real(folder)
        if real is None:
            return None
        return f"{real}/{own}" if real else own

    def _real(self, path: str) -> str | None:
        """A path without links in it; "" is the root, None leads nowhere."""
        waiting = [part for part in reversed(path.split("/")) if part not in ("", ".")]
        at: list[str] = []
        links = 0
        while waiting:
            part = waiting.pop()
            if part == "..":
                del at[-1:]
                continue
            node = self.nodes.get("/".join([*at, part]))
            if node is None:
                return None
            if stat.S_ISLNK(node.mode):
                links += 1
                target = node.head.decode("utf-8", "surrogateescape")
                if links > _MOST_LINKS:
                    return None
                if target.startswith("/"):
                    at = []
                waiting += [one for one in reversed(target.split("/")) if one not in ("", ".")]
                if len(waiting) > _PATH_MAX:
                    return None
                continue
            if (waiting and not stat.S_ISDIR(node.mode)) or len(at) >= _DEEPEST:
                return None
            at.append(part)
        return "/".join(at)


def members(data: bytes, start: int, name: str) -> Iterator[Member | int]:
    """The members of the archive that begins at this byte; at last, where it ends.

    It ends where neither zero bytes nor another member follow: members may follow behind the trailer, too.
    name: what people call the file, for errors. Raises KjtuiError where the kernel would stop, or would
    unpack less than there was.
    """
    view = memoryview(data)
    at, count = start, 0
    while True:
        member, at = _member(view, at, start, name)
        count += 1
        if count > _MOST_FILES:
            raise _damaged(name, f"it has more than {_MOST_FILES} members")
        yield member
        end = at
        while at < len(data) and not data[at]:
            at += 1
        if at >= len(data) or data[at : at + 1] != b"0":
            # do_reset() of the kernel, which calls it "broken padding".
            if at < len(data) and (at - start) % 4:
                raise _damaged(name, f"what follows the archive at byte {end} is not aligned to 4 bytes")
            yield at
            return
        if (at - start) % 4:
            raise _damaged(name, f"the member at byte {at} is not aligned to 4 bytes")


def _member(view: memoryview, at: int, start: int, name: str) -> tuple[Member, int]:
    head = bytes(view[at : at + _HEADER])
    if head[:6] == b"070707":
        raise KjtuiError(
            f"{name} is an archive of the old kind",
            "It is an odc archive (070707); the kernel unpacks newc archives (070701) only.",
            "Make it anew with: find . | cpio -o -H newc | gzip -9 > NEW",
        )
    if len(head) < _HEADER:
        raise _cut(name, f"the header at byte {at} has {len(head)} of {_HEADER} bytes")
    if head[:6] not in MAGICS:
        raise _damaged(name, f"at byte {at} stands {head[:6]!r} and not 070701")
    if not _NUMBERS.fullmatch(head, 6):
        raise _damaged(name, f"the header at byte {at} holds something else than numbers")
    numbers = [int(head[place : place + 8], 16) for place in range(6, _HEADER, 8)]
    inode, mode, _, _, links, _, size, major, minor, _, _, length, checksum = numbers
    if not 1 < length <= _PATH_MAX or (stat.S_ISLNK(mode) and size > _PATH_MAX):
        raise _damaged(
            name, f"the header at byte {at} names a length of {length} for a name, {size} for data"
        )
    body = start + _aligned(at - start + _HEADER + length)
    end = body + size
    after = start + _aligned(end - start)
    if after > len(view):
        raise _cut(name, f"the member at byte {at} needs {after - at} bytes, and {len(view) - at} are there")
    raw = bytes(view[at + _HEADER : at + _HEADER + length])
    if raw[-1]:
        raise _damaged(name, f"the name at byte {at + _HEADER} does not end with a zero byte")
    data = view[body:end]
    if head[:6] == MAGICS[1] and stat.S_ISREG(mode) and sum(data) & 0xFFFFFFFF != checksum:
        raise _damaged(name, f"the checksum of the member at byte {at} is not that of its data")
    path = raw.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
    return Member(path, mode & 0xFFFF, links, (major, minor, inode), data), after


def _aligned(number: int) -> int:
    return (number + 3) & ~3


def _damaged(name: str, why: str) -> KjtuiError:
    return KjtuiError(f"{name} is damaged", f"As a cpio archive, {why}.", "Make or copy it anew.")


def _cut(name: str, why: str) -> KjtuiError:
    return KjtuiError(
        f"{name} is cut off",
        f"As a cpio archive, {why}.",
        "Make or copy it anew, and look whether the disk it was written to is full (df).",
    )
