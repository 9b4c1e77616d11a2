"""Root in kernel B tries to write to A's disk, in every usual way: the kernel refuses each."""

import argparse
import re
from functools import partial

import attached
from stage import Stage
from visiting import play as visit
from visiting import shell, told

NAME = "protect"
SUMMARY = "root in kernel B tries to write to A's disk (dd, mount, wipefs, mkfs): the kernel refuses"

# What is tried on A's disk; DISK stands for it.
TRIES = {
    "dd": "dd if=/dev/zero of=DISK bs=4k count=1",
    "dd in the middle": "dd if=/dev/zero of=DISK bs=4k count=1 seek=2000",
    "mkfs": "mke2fs -F DISK",
    "swap": "mkswap DISK",
}
# The same where there is a file system that kernel B can mount: of this TYPE, QUIET leaves its journal alone.
# busybox has no wipefs: A's own is used, from A's root.
# Where busybox is refused it mounts read-only without a word: then the file is refused.
MOUNT = "mkdir -p /mnt/a; mount -t TYPE -o rw DISK /mnt/a && { touch /mnt/a/x; umount /mnt/a; }"
WIPE = (
    "mount -t TYPE -o ro,QUIET DISK /mnt/a && mount --bind /dev /mnt/a/dev && chroot /mnt/a wipefs -af DISK;"
    " umount /mnt/a/dev /mnt/a"
)
QUIET = {"ext4": "noload", "btrfs": "rescue=nologreplay"}
# EPERM, EROFS and what mount makes of the latter, in the words of libc and busybox.
REFUSED = r"Operation not permitted|Read-only file system|read-only"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One visit with all that."""
    tries = TRIES
    if quiet := QUIET.get(options.root):
        mounts = {"mount -o rw": MOUNT, "wipefs": WIPE}
        named = {name: words.replace("QUIET", quiet) for name, words in mounts.items()}
        tries = TRIES | {name: words.replace("TYPE", options.root) for name, words in named.items()}
    device = attached.first_disk(options.disk)
    commands = {name: words.replace("DISK", device) for name, words in tries.items()}
    return visit(options, NAME, partial(attempts, commands), (r"could not write to your disks: \w+",))


def attempts(commands: dict[str, str], stage: Stage) -> dict[str, object]:
    """Try it all, {name: command}; which of it the kernel refused."""
    person = stage.person
    shell(person)
    said = {name: told(person, f"({command}) 2>&1 | tail -n 3") for name, command in commands.items()}
    # The screen breaks lines within words.
    refused = {name: bool(re.search(REFUSED, text.replace("\n", ""))) for name, text in said.items()}
    person.type("exit\r")
    person.wait_for(r"\[Enter\] go back", "kernel B's screen", 60.0)
    person.press("enter")
    return {
        "tried": refused,
        "write_refused": all(refused.values()),
        "said": said,
    }
