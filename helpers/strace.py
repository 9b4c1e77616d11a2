"""Reads what strace(1) wrote (-f -y): which system calls there were, and which of them change something."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_LINE = re.compile(r"^(?:\d+\s+)?(\w+)\((.*)")
_PATH = re.compile(r'"((?:[^"\\]|\\.)*)"')
_FOLDER = re.compile(r"^[^,\"]*<(/[^>]*)>,")  # openat(AT_FDCWD</root>, …
_FILE = re.compile(r"^\d+<(/[^>]*)>")  # write(3</proc/sys/kernel/hostname>, …
_OPENS = frozenset({"open", "openat", "openat2", "creat"})
_FOR_WRITING = re.compile(r"\bO_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)\b")
_WRITES = frozenset({"write", "pwrite64", "writev", "pwritev", "pwritev2", "sendfile"})
_FILE_CALLS = """
mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat mknod mknodat
chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes utimensat futimesat truncate
ftruncate fallocate setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
"""
_MACHINE_CALLS = """
mount umount umount2 move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr pivot_root chroot
swapon swapoff kexec_load kexec_file_load reboot sethostname setdomainname init_module finit_module
delete_module settimeofday clock_settime adjtimex clock_adjtime ioperm iopl acct quotactl syslog bpf
perf_event_open add_key keyctl request_key ptrace
"""
_CHANGES_FILES = frozenset(_FILE_CALLS.split())
_CHANGES_MACHINE = frozenset(_MACHINE_CALLS.split())
_READS_LOG = re.compile(r"^(?:\d+ /\* )?SYSLOG_ACTION_(?:READ_ALL|SIZE_BUFFER|SIZE_UNREAD)\b")


@dataclass(frozen=True)
class Seen:
    """calls: how often each system call was made. changes: those that change something, as strace shows them.

    written: the files that were opened for writing, or changed, and were allowed to be.
    """

    calls: Counter[str]
    changes: tuple[str, ...]
    written: tuple[str, ...]


def sift(lines: Iterable[str], allowed: Callable[[str], bool]) -> Seen:
    """Go through a trace. allowed: whether a path may be written. A call that failed counts as well."""
    calls: Counter[str] = Counter()
    changes: list[str] = []
    written: dict[str, None] = {}
    for line in lines:
        found = _LINE.match(line)
        if found is None:
            continue  # the second half of a call, a signal, an exit
        name, rest = found.groups()
        calls[name] += 1
        touched = _touched(name, rest)
        if touched is None:
            continue
        if touched and all(map(allowed, touched)):
            written.update(dict.fromkeys(touched))
        else:
            changes.append(f"{name}({rest}"[:200])
    return Seen(calls, tuple(changes), tuple(written))


def _touched(name: str, rest: str) -> tuple[str, ...] | None:
    """The paths that a call changes, () if it changes the machine itself, None if it changes nothing."""
    if name in _OPENS:
        return _paths(rest) if name == "creat" or _FOR_WRITING.search(_unquoted(rest)) else None
    if name in _WRITES:
        # What is written to was opened before: this is for files that the program was given open.
        file = _FILE.match(rest)
        return (file[1],) if file and file[1].startswith(("/proc/", "/sys/")) else None
    if name in _CHANGES_FILES:
        file = _FILE.match(rest)
        return (file[1],) if file and not _PATH.search(rest) else _paths(rest)
    if name == "syslog" and _READS_LOG.match(rest):
        return None
    return () if name in _CHANGES_MACHINE else None


def _unquoted(rest: str) -> str:
    """The arguments before the result, without names that could look like flags."""
    return _PATH.sub('""', rest).rsplit(" = ", 1)[0]


def _paths(rest: str) -> tuple[str, ...]:
    """The paths among a call's arguments, made absolute by the folder before them where strace names it."""
    folder = _FOLDER.match(rest)
    paths = [path for path in _PATH.findall(rest) if path]
    return tuple(
        path if path.startswith("/") or folder is None else f"{folder[1].rstrip('/')}/{path}"
        for path in paths
    )
