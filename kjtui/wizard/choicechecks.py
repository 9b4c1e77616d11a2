"""What a person types about kernel B, judged while it is typed: from text and a look at a file to a finding.

BLOCKED means that it is not taken; ATTENTION that it is, and what is to be known.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from kjtui.errors import KjtuiError
from kjtui.imagefile import exports
from kjtui.model.checks import Evidence, Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kjtui.backend.machine import Reader
    from kjtui.model.files import FileHead

HEAD = 4 << 10  # bytes of a file that are looked at
LONGEST_NAME = 255  # NAME_MAX
MOST_NAMES = 16
OUTPUT = "output"  # kjtui.agent.program
MOST_MINUTES = 24 * 60
LARGEST_INITRAMFS = 1 << 30
LEAST_PASSPHRASE = 8
LEAST_INITRAMFS = 64
EM_X86_64 = 62
# What the first line of a script may name: busybox is the shell in kernel B.
SHELLS = frozenset({"/bin/sh", "/usr/bin/sh", "/bin/ash", "/bin/busybox", "/usr/bin/env sh"})
_NAME = re.compile(r"[^\s,]+")
_PACKED = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_CPIO = (b"070701", b"070702")
_NOT_TAKEN = {
    b"BZh": "bzip2",
    b"\x5d\0\0": "lzma",
    b"\x02\x21\x4c\x18": "lz4",
    b"\x04\x22\x4d\x18": "lz4",
    b"\x89LZO": "lzo",
}


def kernel(machine: Reader, path: str) -> Finding:
    """A kernel file: "" for the running one. Reads its head, and its configuration's file."""
    from kjtui.wizard import kernels

    if not path:
        return _fine("kernel", "The running kernel")
    if bad := _path("kernel", path):
        return bad
    try:
        found = machine.examine_kernel(path, thorough=False)
    except KjtuiError as error:
        return refused("kernel", error, path)
    return kernels.judge(found)


def initramfs(machine: Reader, path: str) -> Finding:
    """An initramfs of the person's own: a cpio archive, or one packed by gzip, xz or zstd."""
    if not path:
        return _bad(
            "initramfs", "No initramfs is named yet", "This purpose starts one of your own.", "Type its path."
        )
    if bad := _path("initramfs", path):
        return bad
    try:
        head = machine.read_head(path, HEAD)
    except KjtuiError as error:
        return refused("initramfs", error, path)
    return initramfs_head(head)


def whole_initramfs(
    machine: Reader, path: str, config: Mapping[str, str] | None = None, memory: int = 0
) -> Finding:
    """The same file read to its end, unpacked, and looked at as kernel B will start it. Slow.

    config: kernel B's, None where it is not known. memory: bytes that kernel B is given, 0 where not known.
    """
    from kjtui.pack import initramfs as packed
    from kjtui.plan.sizes import amount

    first = initramfs(machine, path)
    if first.verdict is Verdict.BLOCKED:
        return first
    try:
        told = packed.check(machine.read_head(path, LARGEST_INITRAMFS).data, config=config)
    except KjtuiError as error:
        return refused("initramfs", error, path)
    read = (Evidence(path, f"{told.members} files, {amount(told.size)}, unpacked {amount(told.unpacked)}"),)
    takes = told.size + told.unpacked
    if memory and takes > memory:
        return Finding(
            "initramfs",
            "Kernel B has too little memory for this initramfs",
            Verdict.BLOCKED,
            read,
            f"It takes {amount(takes)} while it is unpacked; kernel B gets {amount(memory)}.",
            "Give it more memory in step 2 (+).",
        )
    return _fine("initramfs", f"An initramfs of {told.members} files, unpacked {amount(told.unpacked)}", read)


def initramfs_head(head: FileHead) -> Finding:
    """What the beginning of a file tells of it. See whole_initramfs() for the rest."""
    read = (Evidence(head.path, f"{head.size} bytes, beginning with {head.data[:6].hex(' ')}"),)
    if head.size < LEAST_INITRAMFS:
        return _bad(
            "initramfs", "This file is too short for an initramfs", f"It has {head.size} bytes.", "", read
        )
    if head.size > LARGEST_INITRAMFS:
        why = f"It has {head.size >> 20} MiB; kernel B has no memory for that."
        return _bad("initramfs", "This initramfs is too large", why, "Make a smaller one.", read)
    if how := next((name for mark, name in _PACKED if head.data.startswith(mark)), ""):
        return _fine("initramfs", f"An initramfs packed by {how}", read)
    if head.data.startswith(_CPIO):
        return _fine("initramfs", "An initramfs (cpio archive)", read)
    if how := next((name for mark, name in _NOT_TAKEN.items() if head.data.startswith(mark)), ""):
        return _bad(
            "initramfs",
            f"This initramfs is packed by {how}",
            "gzip, xz and zstd are understood here, and cpio archives that are not packed.",
            "Pack it anew by gzip, xz or zstd.",
            read,
        )
    from kjtui.kexec import imagekinds

    what = imagekinds.name(head.data)
    kernel_file = head.data[0x202:0x206] == b"HdrS"
    is_what = (
        "It is a kernel."
        if kernel_file
        else f"It is {what}."
        if what
        else "Its first bytes are no cpio archive's."
    )
    return _bad(
        "initramfs", "This file is not an initramfs", is_what, "Choose an initramfs (initrd.img).", read
    )


def program(machine: Reader, path: str) -> Finding:
    """A program to be run in kernel B: for 64-bit PCs, or a script for the shell that is there."""
    if not path:
        return _bad(
            "program", "No program is named yet", "This purpose runs one of your own.", "Type its path."
        )
    if bad := _path("program", path):
        return bad
    try:
        head = machine.read_head(path, HEAD)
    except KjtuiError as error:
        return refused("program", error, path)
    return program_head(head)


def program_head(head: FileHead) -> Finding:
    """What the beginning of a file tells of it."""
    read = (Evidence(head.path, f"{head.size} bytes, beginning with {head.data[:6].hex(' ')}"),)
    if not head.data:
        return _bad("program", "This file is empty", "There is nothing to run.", "Choose a program.", read)
    if head.data.startswith(b"#!"):
        return _script(head)
    if not head.data.startswith(b"\x7fELF"):
        return _bad(
            "program",
            "This file is no program",
            "It is neither an ELF file nor a script that begins with #!.",
            "A script for the shell needs #!/bin/sh as its first line.",
            read,
        )
    from kjtui.kexec import imagekinds

    machine = struct.unpack_from("<H", head.data, 18)[0] if len(head.data) >= 20 else 0
    if len(head.data) < 64 or head.data[4:6] != b"\x02\x01" or machine != EM_X86_64:
        other = imagekinds.elf_machine(head.data)
        what = f" but for {other}" if other and machine != EM_X86_64 else ""
        return _bad(
            "program",
            f"This program is not for 64-bit PCs{what}",
            "Kernel B runs on this machine's processor, with 64-bit programs only.",
            "Choose a program that was built for x86-64.",
            read,
        )
    if struct.unpack_from("<H", head.data, 16)[0] not in (2, 3):  # ET_EXEC, ET_DYN
        return _bad("program", "This ELF file cannot be run", "It is an object or a core file.", "", read)
    if not head.executable:
        return _not_executable(head, read)
    return _fine("program", "A program for 64-bit PCs", read)


def _script(head: FileHead) -> Finding:
    line = head.data[2:256].split(b"\n")[0].decode("utf-8", "backslashreplace").strip()
    read = (Evidence(head.path, f"#!{line}"),)
    words = line.split()
    name = " ".join(words[:2]) if words[:1] == ["/usr/bin/env"] else (words[0] if words else "")
    if name not in SHELLS:
        return _bad(
            "program",
            f"Kernel B does not have what runs this script: {name[:40] or 'nothing is named'}",
            "The shell in kernel B is busybox's (/bin/sh); other interpreters are not there.",
            "Write it for /bin/sh, or choose a program.",
            read,
        )
    if not head.executable:
        return _not_executable(head, read)
    return _fine("program", "A script for the shell", read)


def _not_executable(head: FileHead, read: tuple[Evidence, ...]) -> Finding:
    return _bad(
        "program",
        "This file may not be executed",
        "Nobody has the right to run it (x), which may mean that it is not meant to be.",
        f"chmod +x {head.path}",
        read,
    )


def names(text: str) -> tuple[str, ...]:
    """The names in a list, which blanks or commas part; each once."""
    return tuple(dict.fromkeys(_NAME.findall(text)))


def bring_back(text: str) -> Finding:
    """Names of files that the program leaves in its folder."""
    found = names(text)
    if not found:
        return _fine("bring-back", "Only what it prints is brought back")
    cure = "Name files as they lie in the folder in which the program is started, such as result.txt."
    for name in found:
        if "/" in name:
            return _bad(
                "bring-back", "Names only, without folders", f"{_short(name)} has a slash in it.", cure
            )
        if name == OUTPUT:
            why = "What it says is brought home under this name anyway."
            return _bad("bring-back", f"{OUTPUT} is taken", why, "Give the file another name.")
        if name in (".", ".."):
            return _bad("bring-back", "Names of files only", f"{name} is a folder.", cure)
        if not name.isprintable():
            return _bad("bring-back", "This name cannot be printed", _short(name), cure)
        if len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
            why = f"A file's name has {LONGEST_NAME} bytes at most."
            return _bad("bring-back", "This name is too long", why, cure)
    if len(found) > MOST_NAMES:
        why = f"{len(found)} are named; {MOST_NAMES} can be brought back."
        return _bad(
            "bring-back", "These are too many files", why, "Let the program pack them into one (tar)."
        )
    return _fine("bring-back", f"{len(found)} file{'s' if len(found) > 1 else ''} and what it prints")


def yes_or_no(text: str) -> bool | None:
    """What an answer means; None for one that is neither."""
    answer = text.strip().lower()
    return True if answer in ("y", "yes") else False if answer in ("", "n", "no") else None


def network(text: str) -> Finding:
    """Whether kernel B asks for an address."""
    answer = yes_or_no(text)
    if answer is None:
        return _bad(
            "network", "yes or no", "Kernel B asks for an address by DHCP, or leaves the network alone.", ""
        )
    if not answer:
        return _fine("network", "Kernel B leaves the network alone")
    return Finding(
        "network",
        "Kernel B asks for an address by DHCP",
        Verdict.ATTENTION,
        (),
        "It may be given this system's address. Connections of the sleeping system may be answered by B "
        '("connection refused") and break.',
    )


def keep_caches(text: str) -> Finding:
    """Whether copies of files are saved too."""
    answer = yes_or_no(text)
    if answer is None:
        return _bad(
            "caches", "yes or no", "Copies of files in memory are saved too, or given back first.", ""
        )
    if answer:
        return _fine("caches", "Copies of files are saved too: a larger image, files at hand")
    return _fine("caches", "Copies of files are given back: a smaller image, saved sooner")


def passphrase(text: str) -> Finding:
    """What the image is sealed with. It is asked for again when the machine starts, on a bare console."""
    if not text:
        return _fine("passphrase", "The image is not sealed")
    if len(text) < LEAST_PASSPHRASE:
        return _bad(
            "passphrase",
            f"{LEAST_PASSPHRASE} characters or more",
            "Whoever has the medium can try as many short ones as they like.",
            "",
        )
    if text.isascii():
        return _fine("passphrase", "The image will be sealed with it")
    return Finding(
        "passphrase",
        "The image will be sealed with it",
        Verdict.ATTENTION,
        (),
        "It has letters beyond ASCII. It is typed on a bare console, whose keyboard may be another one.",
    )


def server(text: str) -> Finding:
    """An NFS server's export. Whether it answers is seen when kernel B is prepared."""
    if not text:
        return _fine("server", "The image goes to a disk")
    if exports.parse(text) is None:
        return _bad(
            "server",
            "SERVER:/FOLDER is expected",
            f"{_short(text)} is not the form of an export (nfs(5)).",
            "Type the server's name or address, a colon, and the folder that it exports: nas:/images.",
        )
    return _fine("server", "The image goes to a file on this server")


def minutes(text: str) -> int | None:
    """A number of minutes; None for anything else."""
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 6 else None


def timer(text: str) -> Finding:
    """After how many minutes without a key press kernel B goes back by itself."""
    number = minutes(text)
    if number is None or number > MOST_MINUTES:
        why = f"Whole minutes from 0 to {MOST_MINUTES}; 0 stands for never."
        return _bad("timer", "This is no number of minutes", why, "")
    if number:
        return _fine("timer", f"Without a key press it goes back after {number} min")
    return Finding(
        "timer",
        "Kernel B never goes back by itself",
        Verdict.ATTENTION,
        (),
        "If you cannot reach it, by a dead keyboard or a lost line, only the power switch is left.",
    )


def _path(what: str, path: str) -> Finding | None:
    """What is wrong with a path before it is looked at."""
    if not path.startswith("/"):
        return _bad(what, "The path begins at the root", f"{_short(path)} does not begin with a slash.", "")
    if not path.isprintable() or len(path) > 4000:
        return _bad(
            what, "No file has this path", "It is too long, or has letters that cannot be printed.", ""
        )
    return None


def refused(what: str, error: KjtuiError, path: str) -> Finding:
    """Why a file is not taken, as a finding."""
    return _bad(what, error.title, error.detail, error.hint, (Evidence(path, error.detail or error.title),))


def _fine(what: str, title: str, evidence: tuple[Evidence, ...] = ()) -> Finding:
    return Finding(what, title, Verdict.READY, evidence, "")


def _bad(what: str, title: str, why: str, cure: str, evidence: tuple[Evidence, ...] = ()) -> Finding:
    return Finding(what, title, Verdict.BLOCKED, evidence, why, cure)


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
