"""Prints what a program that only looks must leave as it is in the rehearsal machine, as one line of JSON.

tree: a checksum over every name of the root file system with type, mode, owner, size, inode, and the times of
the last change of content and of inode (not of the last read). Standard library only.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

FILES = (
    "/proc/self/mountinfo",
    "/proc/swaps",
    "/proc/modules",
    "/proc/sys/kernel/hostname",
    "/proc/sys/kernel/kexec_load_disabled",
    "/proc/sys/kernel/kexec_load_limit_reboot",
    "/proc/sys/kernel/kexec_load_limit_panic",
    "/proc/sys/kernel/printk",
    "/sys/kernel/kexec_loaded",
    "/sys/kernel/kexec_crash_loaded",
    "/sys/kernel/kexec/loaded",
    "/sys/kernel/kexec/crash_loaded",
    "/sys/kernel/security/lockdown",
    "/sys/class/watchdog/watchdog0/state",
    "/sys/devices/system/cpu/online",
)


def names(folder: str, device: int) -> Iterator[tuple[str, os.stat_result]]:
    """Every path below a folder on the same file system, sorted. What is mounted there is another one."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        status = entry.stat(follow_symlinks=False)
        if status.st_dev != device:
            continue
        yield entry.path, status
        if entry.is_dir(follow_symlinks=False):
            yield from names(entry.path, device)


def tree(root: str) -> tuple[str, int]:
    """The checksum, and how many names there are."""
    total, count = hashlib.sha256(), 0
    for path, is_ in names(root, os.lstat(root).st_dev):
        whose = (is_.st_mode, is_.st_uid, is_.st_gid, is_.st_ino, is_.st_size)
        total.update(f"{path!r} {whose} {is_.st_mtime_ns} {is_.st_ctime_ns}\n".encode())
        count += 1
    return total.hexdigest(), count


def read(path: str) -> str | None:
    """A file's text, None where it is not there."""
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None


def main() -> None:
    """Look and tell."""
    checksum, count = tree("/")
    print(json.dumps({"tree": checksum, "names": count, **{path: read(path) for path in FILES}}))


if __name__ == "__main__":
    main()
