"""Checking an initramfs file before kernel B is given it, as kernel B itself would unpack it.

Format: Documentation/driver-api/early-userspace/buffer-format.rst; what is accepted: init/initramfs.c and
lib/decompress_*.c in the kernel's source. The kernel's own words for a bad file come when nobody can do
anything about it any more ("VFS: Unable to mount root fs"), so they are said here, and before.
"""

import stat
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from kjtui.errors import KjtuiError
from kjtui.pack import compressed, cpioread
from kjtui.pack.compressed import Kind

AGENT_INIT = "kjtui/init"  # the agent is in it already
_OF_INTEREST = (
    "init",
    "sbin/init",
    "bin/sh",
    "bin/bash",
    "bin/busybox",
    "usr/bin/sh",
    "usr/bin/busybox",
    "usr/lib/systemd/systemd",
    AGENT_INIT,
)
_I386, _X86_64 = 3, 62
# e_machine (elf(5), include/uapi/linux/elf-em.h)
_MACHINES = {
    2: "SPARC",
    _I386: "32-bit x86",
    8: "MIPS",
    20: "32-bit PowerPC",
    21: "PowerPC",
    22: "IBM Z",
    40: "32-bit ARM",
    43: "SPARC",
    _X86_64: "x86-64",
    183: "ARM (aarch64)",
    243: "RISC-V",
    258: "LoongArch",
}
# Where, what stands there, what people call it: files that are taken for an initramfs by mistake.
_OTHERS = (
    (0x202, b"HdrS", "a kernel (bzImage), not the initramfs that goes with it"),
    (0, b"\x7fELF", "a program or a kernel (ELF)"),
    (0, b"MZ", "a program for UEFI or Windows, maybe a unified kernel image"),
    (0, b"hsqs", "a squashfs image"),
    (0, b"QFI\xfb", "a disk image of QEMU (qcow2)"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"!<arch>", "a Debian package"),
    (0, b"\xc7\x71", "a cpio archive in the old binary format"),
    (257, b"ustar", "a tar archive"),
    (0x438, b"\x53\xef", "an image of an ext file system (an initrd of the old kind)"),
    (0x8001, b"CD001", "a CD image (ISO 9660)"),
    (0, b"\x04\x22\x4d\x18", "lz4 data in the form that the kernel does not take; `lz4 -l` makes the other"),
    (0, b"#!", "a script"),
)
_XZ_CRC32 = 1  # the strongest check that the kernel's unpacker knows
_MOST_PARTS = 1000


@dataclass(frozen=True)
class Part:
    """One archive of the file. at: its first byte; size: unpacked bytes; kind: None if not compressed."""

    at: int
    kind: Kind | None
    size: int


@dataclass(frozen=True)
class Summary:
    """What an initramfs file holds.

    size, unpacked: bytes. members: how many files there are. names: those of _OF_INTEREST that are there.
    machine: what its programs are for, "" if it has none that could tell. init: the path that is started.
    """

    parts: tuple[Part, ...]
    size: int
    unpacked: int
    members: int
    names: tuple[str, ...]
    machine: str
    init: str


def check(
    data: bytes,
    name: str = "This file",
    config: Mapping[str, str] | None = None,
    init: str = "/init",
    limit: int = compressed.LIMIT,
) -> Summary:
    """What the file holds, if kernel B can start from it.

    config: kernel B's own, None if it is not known. init: the path that is started (rdinit=). limit: bytes
    that may come out. Raises KjtuiError for what kernel B cannot unpack or start.
    """
    if not data:
        raise _no_initramfs(name, "The file is empty")
    tree = cpioread.Tree()
    parts: list[Part] = []
    at, room = 0, limit
    while True:
        while at < len(data) and not data[at]:
            at += 1
        if at >= len(data):
            break
        if len(parts) == _MOST_PARTS:
            raise _no_initramfs(name, f"It has more than {_MOST_PARTS} parts")
        part, at = _part(data, at, tree, name, config, room, bool(parts))
        parts.append(part)
        room -= part.size
    if not parts:
        raise _no_initramfs(name, "It holds nothing but zero bytes")
    machine = _started(tree, name, config, init)
    return Summary(
        parts=tuple(parts),
        size=len(data),
        unpacked=sum(part.size for part in parts),
        members=len(tree.nodes),
        names=tuple(path for path in _OF_INTEREST if tree.find(path) is not None),
        machine=machine,
        init=init,
    )


def _part(
    data: bytes,
    at: int,
    tree: cpioread.Tree,
    name: str,
    config: Mapping[str, str] | None,
    room: int,
    further: bool,
) -> tuple[Part, int]:
    """The part that begins at this byte, unpacked into the tree, and where the next one may begin."""
    head = data[at : at + 16]
    if head.startswith(b"0707"):
        if at % 4:
            raise _bad_part(name, at, "it is not aligned to 4 bytes, and the kernel would not see it")
        end = _unpack(data, at, tree, name)
        if end - at > room:
            raise _too_large(name)
        return Part(at, None, end - at), end
    kind = compressed.kind(head)
    if kind is None:
        if further:
            raise _bad_part(name, at, f"it begins with {head[:6]!r}, neither an archive nor compressed data")
        raise _no_initramfs(name, _other(data))
    _can_unpack(data, at, kind, name, config)
    stream = compressed.stream(data, kind, name, room, at)
    inside = stream.data
    if inside.startswith(b"\0"):
        inside = inside.lstrip(b"\0")
        if (len(stream.data) - len(inside)) % 4:
            raise _bad_part(name, at, "its archive is not aligned to 4 bytes")
    if not inside.startswith(b"0707"):
        raise _no_initramfs(name, f"It is {kind} data, but what comes out is no archive. {_other(inside)}")
    if (end := _unpack(inside, 0, tree, name)) < len(inside):
        raise _bad_part(name, at, f"junk follows its archive ({inside[end : end + 6]!r})")
    return Part(at, kind, len(stream.data)), at + stream.used


def _unpack(data: bytes, at: int, tree: cpioread.Tree, name: str) -> int:
    for one in cpioread.members(data, at, name):
        if isinstance(one, int):
            return one
        tree.add(one)
    raise AssertionError("members() ends with a number")


def _can_unpack(data: bytes, at: int, kind: Kind, name: str, config: Mapping[str, str] | None) -> None:
    """Whether kernel B's unpackers take it (CONFIG_RD_*; Documentation/staging/xz.rst)."""
    option = f"CONFIG_RD_{kind.upper()}"
    if config is not None and config.get(option) != "y":
        others = [
            one for one in (Kind.GZIP, Kind.ZSTD, Kind.XZ) if config.get(f"CONFIG_RD_{one.upper()}") == "y"
        ]
        raise KjtuiError(
            f"{name} is compressed with {kind}, which kernel B cannot undo",
            f"Its configuration has no {option}=y.",
            f"Compress it anew with {others[0]}, or choose another kernel."
            if others
            else "Leave it uncompressed, or choose another kernel.",
        )
    if kind is Kind.XZ and len(data) > at + 7 and data[at + 7] & 0xF > _XZ_CRC32:
        raise KjtuiError(
            f"{name} is compressed with xz in a way that the kernel does not take",
            "Its check is not CRC32, the only one that the kernel's unpacker knows.",
            "Compress it anew: xz -dc FILE | xz --check=crc32 > NEW",
        )


def _started(tree: cpioread.Tree, name: str, config: Mapping[str, str] | None, init: str) -> str:
    """What machine the file's programs are for, after a look at what kernel B starts. Raises KjtuiError."""
    node = tree.find(init)
    if node is None and config is not None and config.get("CONFIG_INITRAMFS_SOURCE"):
        return _machine_of(tree, (), name, config)  # the kernel brings files of its own, maybe this one
    if node is None:
        raise KjtuiError(
            f"{name} has no {init}",
            f"Kernel B starts {init} and would stop with a panic without it. Of its {len(tree.nodes)} files "
            "none is there under that name.",
            "Choose a whole initramfs (/boot/initrd.img-VERSION, not an add-on such as microcode), or name "
            "what is to be started with rdinit=/PATH.",
        )
    if not stat.S_ISREG(node.mode) or not node.mode & 0o111:
        raise KjtuiError(
            f"{init} in {_within(name)} cannot be started",
            f"Its mode is {node.mode:o}: it is no program, or not marked as executable.",
            f"Make it executable (chmod 755 {init.lstrip('/')}) and pack the initramfs anew.",
        )
    first = [init]
    interpreter = _interpreter(node.head)
    if interpreter:
        if tree.find(interpreter) is None and not (config or {}).get("CONFIG_INITRAMFS_SOURCE"):
            raise KjtuiError(
                f"{init} in {_within(name)} cannot be started",
                f"It is a script for {interpreter}, which is not in the file.",
                f"Pack {interpreter} along.",
            )
        first.append(interpreter)
    return _machine_of(tree, tuple(first), name, config)


def _machine_of(
    tree: cpioread.Tree, first: tuple[str, ...], name: str, config: Mapping[str, str] | None
) -> str:
    for path in (*first, *_OF_INTEREST):
        node = tree.find(path)
        number = None if node is None else _machine(node.head)
        if number is None:
            continue
        called = _MACHINES.get(number, f"machine number {number}")
        if number == _X86_64 or (number == _I386 and _runs_32_bit(config)):
            return called
        raise KjtuiError(
            f"{name} is made for another processor",
            f"/{path.lstrip('/')} in it is a program for {called}; this machine runs x86-64"
            + (", and kernel B no 32-bit programs (CONFIG_IA32_EMULATION)." if number == _I386 else "."),
            "Choose an initramfs that was made for this kind of machine (amd64, x86_64).",
        )
    return ""


def _runs_32_bit(config: Mapping[str, str] | None) -> bool:
    return config is None or config.get("CONFIG_IA32_EMULATION") == "y"


def _machine(head: bytes) -> int | None:
    """e_machine of an ELF file, None for what is none."""
    if head[:4] != b"\x7fELF" or len(head) < 20:
        return None
    (number,) = struct.unpack_from(">H" if head[5] == 2 else "<H", head, 18)
    return int(number)


def _interpreter(head: bytes) -> str:
    """What a script's first line names, "" for what is no script (fs/binfmt_script.c)."""
    if not head.startswith(b"#!"):
        return ""
    words = head[2:256].split(b"\n", 1)[0].split()
    return words[0].decode("utf-8", "surrogateescape") if words else ""


def _other(data: bytes) -> str:
    for at, mark, called in _OTHERS:
        if data[at : at + len(mark)] == mark:
            return f"It looks like {called}"
    return f"It begins with {data[:6].hex(' ')}, and neither an archive (070701) nor compressed data does"


def _within(name: str) -> str:
    return f"{name[0].lower()}{name[1:]}" if name.startswith("This ") else name


def _no_initramfs(name: str, why: str) -> KjtuiError:
    return KjtuiError(
        f"{name} is not an initramfs",
        f"{why}.",
        "Choose a cpio archive, compressed or not, as distributions keep it in /boot/initrd.img-VERSION or "
        "/boot/initramfs-VERSION.img.",
    )


def _bad_part(name: str, at: int, why: str) -> KjtuiError:
    return KjtuiError(
        f"{name} is damaged",
        f"Of the part at byte {at}, {why}.",
        "Make or copy it anew. Parts that are put one behind the other begin at a multiple of 4 bytes.",
    )


def _too_large(name: str) -> KjtuiError:
    return KjtuiError(
        f"{name} is too large",
        "It unpacks to more than kjtui takes.",
        "Choose another file; if this one is right, make it smaller.",
    )
