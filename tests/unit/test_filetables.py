"""Where FAT and NTFS keep what changes with their use: made by their own tools where those are here."""

import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kjtui.backend.probe import filetables
from kjtui.backend.probe.filetables import Table
from kjtui.backend.probe.source import Source
from kjtui.plan import saving


def sector(**fields: int) -> bytes:
    """A first sector with these numbers in it, by byte and width: b13=8 is one byte, h11=512 are two."""
    boot = bytearray(512)
    boot[510:] = b"\x55\xaa"
    for name, value in fields.items():
        struct.pack_into("<" + name[0].upper(), boot, int(name[1:]), value)
    return bytes(boot)


def ntfs(boot: bytes) -> bytes:
    return boot[:3] + b"NTFS    " + boot[11:]


def test_the_table_of_fat_is_all_before_its_copy() -> None:
    assert filetables.table_at(sector(h11=512, h14=32, b16=2, i36=1024)) == Table(0, (32 + 1024) * 512)
    assert filetables.table_at(sector(h11=512, h14=1, b16=2, h22=200)) == Table(0, 201 * 512)


def test_the_table_of_ntfs_is_where_its_first_sector_says() -> None:
    assert filetables.table_at(ntfs(sector(h11=512, b13=8, q48=786_432))) == Table(786_432 * 4096, 0)
    # Clusters above 64 KiB: 2 to the power of so many sectors.
    assert filetables.table_at(ntfs(sector(h11=512, b13=0x100 - 12, q48=3))) == Table(3 * (2 << 20), 0)


@pytest.mark.parametrize(
    "boot",
    [
        b"",
        sector(h11=512, h14=32, b16=2, i36=1024)[:-1],
        sector(h11=512, h14=32, b16=2),
        sector(h11=500, h14=32, b16=2, i36=1024),
        ntfs(sector(h11=512, b13=0x81, q48=4)),
        ntfs(sector(q48=4)),
        bytes(512),
    ],
)
def test_what_is_neither_has_none(boot: bytes) -> None:
    assert filetables.table_at(boot) is None


@given(st.binary(max_size=600))
def test_anything_can_be_looked_at(boot: bytes) -> None:
    filetables.table_at(boot)
    told = filetables.table_at(ntfs(boot.ljust(510, b"\0")[:510] + b"\x55\xaa"))
    assert told is None or told.offset >= 0


def run(*words: str | Path) -> None:
    """A program that makes or fills a file system."""
    if shutil.which(str(words[0])) is None and not os.environ.get("CI"):
        pytest.skip(f"{words[0]} is not installed")
    subprocess.run(words, check=True, capture_output=True)


MAKERS = {
    "FAT16": (("mkfs.vfat", "-F", "16"), ("mcopy", "-i", "{device}", "{file}", "::")),
    "FAT32": (("mkfs.vfat", "-F", "32"), ("mcopy", "-i", "{device}", "{file}", "::")),
    "NTFS": (("mkntfs", "-F", "-Q"), ("ntfscp", "{device}", "{file}", "file")),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_file_that_is_added_changes_what_is_watched(tmp_path: Path, kind: str) -> None:
    (tmp_path / "dev").mkdir()
    device, file = tmp_path / "dev/sda1", tmp_path / "file"
    with device.open("wb") as empty:
        empty.truncate(100 << 20)
    file.write_bytes(b"x" * 5000)
    make, add = MAKERS[kind]
    run(*make, device)
    told = filetables.table_of("sda1", Source(tmp_path))
    assert told is not None
    watched = slice(told.offset, told.offset + (told.size or saving.FURTHER))
    before = device.read_bytes()
    assert before[watched.start :][:4] == {"NTFS": b"FILE"}.get(kind, before[:4])
    run(*(word.format(device=device, file=file) for word in add))
    changed = device.read_bytes()[watched] != before[watched]
    assert changed


def test_a_device_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert filetables.table_of("sda1", Source(tmp_path)) is None
