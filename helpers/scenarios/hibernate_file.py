"""Saves kernel A's memory to a file on a file system that it has not mounted, and goes back to it."""

import argparse

import attached
import hibernating
from stage import Stage

NAME = "hibernate-file"
SUMMARY = "memory is saved to a file on an ext4 file system that nobody has mounted; the next start finds it"
MARK = "kept.txt"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One machine, two times on. What was on the file system before must be on it afterwards."""
    device = f"{attached.spare_disk(options.disk)}1"

    def put(stage: Stage) -> None:
        stage.shell.must(f"mount {device} /mnt && echo kept >/mnt/{MARK} && umount /mnt")

    def look(stage: Stage) -> dict[str, object]:
        listed = stage.shell.run("python3 -m kjtui image list")[1]
        stage.shell.must(f"mount -o ro {device} /mnt")
        kept = stage.shell.run(f"cat /mnt/{MARK}")[1].strip()
        size = int(stage.shell.must("stat -c %s /mnt/kjtui.image"))
        head = stage.shell.must("head -c 15 /mnt/kjtui.image")
        stage.shell.must("umount /mnt")
        return {
            "used_up": "was gone back to" in listed,
            "other_file_kept": kept == "kept",
            "is_a_file": size > 1 << 20 and head == "kjtui A's memory"[:15],
        }

    return hibernating.play(options, NAME, hibernating.Way(content="ext4", before=put, after=look))
