"""A second disk that kernel A does not use: one partition with an ext4 file system, mounted nowhere."""

import tempfile
from pathlib import Path

from common import cache_dir, digest, locked, run
from guest_image import mke2fs

MIB = 1 << 20
SIZE = 64  # MiB
LABEL = "spare"
TEXT = "Nobody has written here.\n"  # in the file /untouched


def spare_image() -> Path:
    """The disk, raw, made now or taken from the cache. It has sfdisk's GPT. Raises KjtuiError."""
    home = cache_dir("images")
    done = home / f"spare-{digest([str(SIZE), LABEL, TEXT])}.raw"
    with locked(home / "spare.lock", "Waiting for another run that makes the spare disk …"):
        if not done.exists():
            with tempfile.TemporaryDirectory(dir=home, prefix="new-") as scratch:
                tree, new = Path(scratch, "tree"), Path(scratch, "disk")
                tree.mkdir()
                (tree / "untouched").write_text(TEXT)
                with new.open("wb") as file:
                    file.truncate(SIZE * MIB)
                table = f"label: gpt\nstart=1MiB, size={SIZE - 2}MiB, type=L\n"
                run(["sfdisk", "-q", new], "The spare disk cannot be partitioned", input=table)
                words: list[str | Path] = [mke2fs(), "-q", "-F", "-t", "ext4", "-L", LABEL]
                words += ["-E", f"offset={MIB},root_owner=0:0", "-d", tree, new, f"{SIZE - 2}M"]
                run(words, "The spare disk's file system cannot be written")
                new.rename(done)
            for old in home.glob("spare-*.raw"):
                if old != done:
                    old.unlink()
    return done
