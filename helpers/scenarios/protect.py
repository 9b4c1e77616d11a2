"""Root in kernel B tries to write to A's disk, in every usual way: the kernel refuses each."""

import argparse
import re

from stage import Stage
from visiting import play as visit
from visiting import shell, told

NAME = "protect"
SUMMARY = "root in kernel B tries to write to A's disk (dd, mount, wipefs, mkfs): the kernel refuses"

# What is tried on A's disk; DISK and ROOT stand for it and for what A's root is on.
TRIES = {
    "dd": "dd if=/dev/zero of=DISK bs=4k count=1",
    "dd in the middle": "dd if=/dev/zero of=ROOT bs=4k count=1 seek=2000",
    "mount -o rw": "mkdir -p /mnt/a; mount -o rw ROOT /mnt/a",
    "mkfs": "mkfs.ext2 ROOT",
    "swap": "mkswap ROOT",
}
# EPERM, EROFS and what mount makes of the latter, in the words of libc and busybox.
REFUSED = r"Operation not permitted|Read-only file system|read-only"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One visit with all that."""
    return visit(options, NAME, attempts, (r"could not write to your disks: \w+",))


def attempts(stage: Stage) -> dict[str, object]:
    """Try it all; which of it the kernel refused."""
    person = stage.person
    shell(person)
    disk = re.findall(r"\b(vd[a-z]|sd[a-z]|nvme\d+n\d+)\b", told(person, "cat /proc/partitions"))[0]
    said = {}
    for name, words in TRIES.items():
        command = words.replace("DISK", f"/dev/{disk}").replace("ROOT", f"/dev/{disk}")
        said[name] = told(person, f"{command} 2>&1 | tail -n 3")
    writable = told(person, "grep -c ' rw,' /proc/mounts; grep /mnt/a /proc/mounts")
    refused = {name: bool(re.search(REFUSED, text)) for name, text in said.items()}
    if "/mnt/a" in writable and " ro," in writable:
        refused["mount -o rw"] = True  # it was mounted, and read-only for all that was asked
    person.type("exit\r")
    person.wait_for(r"\[Enter\] go back", "kernel B's screen", 60.0)
    person.press("enter")
    return {
        "tried": refused,
        "write_refused": all(refused.values()),
        "said": {} if all(refused.values()) else said,
    }
