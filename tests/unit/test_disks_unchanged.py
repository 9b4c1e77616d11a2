"""Whether a disk was used in between: what is compared, and that a change anywhere in it is seen."""

import calendar
import hashlib
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from test_saved_image import SKELETON

from kjtui.agent import samemachine
from kjtui.errors import KjtuiError
from kjtui.model.saved import Footprint
from kjtui.model.visit import Disk
from kjtui.plan import saving

MIB = 1 << 20
SAVED = calendar.timegm((2026, 11, 20, 12, 0, 0))
PART = 5 * MIB + 512  # a partition may begin within a block


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    path = tmp_path / "sda"
    with path.open("wb") as file:
        file.truncate(PART + saving.FURTHER + MIB)
        for at in range(0, saving.FURTHER, 3 * MIB):
            file.seek(PART + at)
            file.write(at.to_bytes(8, "little") * 64)
    return path


def change(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5")


def read_from(monkeypatch: pytest.MonkeyPatch, disk: Path) -> None:
    """The file stands for the disk."""
    real = samemachine._look
    monkeypatch.setattr(samemachine, "_look", lambda _path, *where: real(str(disk), *where))


@pytest.mark.parametrize("size", [512, saving.FOOTPRINT, saving.FURTHER])
def test_the_digest_is_that_of_the_very_bytes(disk: Path, size: int) -> None:
    wanted = disk.read_bytes()[PART : PART + size]
    made = samemachine._look(str(disk), PART, size)[0]
    assert made == hashlib.blake2b(wanted, digest_size=16).hexdigest()
    change(disk, PART - 1)
    change(disk, PART + size)
    assert samemachine._look(str(disk), PART, size)[0] == made
    for at in (0, size // 2, size - 1):
        change(disk, PART + at)
        after = samemachine._look(str(disk), PART, size)[0]
        assert after != made
        made = after


def test_a_disk_that_ends_before_is_digested_as_far_as_it_goes(disk: Path) -> None:
    size = disk.stat().st_size
    whole = samemachine._look(str(disk), PART, size)[0]
    assert whole == hashlib.blake2b(disk.read_bytes()[PART:], digest_size=16).hexdigest()


def test_a_swap_area_that_another_system_swapped_to_is_refused(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its header stays the same then; the pages of the saved system that were in it are gone."""
    here = Disk("sda", disk.stat().st_size, serial="S1")
    monkeypatch.setattr(samemachine.wholedisks, "disks", lambda: (here,))
    read_from(monkeypatch, disk)
    monkeypatch.setattr(samemachine.ownmachine, "read", lambda _source: SKELETON.machine)
    wanted = Footprint(0, PART, saving.FURTHER, "", "swap (swap)")
    (saved,) = samemachine.taken([wanted], [here])
    manifest = replace(SKELETON, created=SAVED, footprints=(saved,), disks=(here,))
    samemachine.check(manifest)
    change(disk, PART + 40 * MIB)
    with pytest.raises(KjtuiError, match="used since") as told:
        samemachine.check(manifest)
    assert "swap (swap) on sda" in told.value.detail
    assert "since 2026-11-20 12:00 UTC" in told.value.detail
    monkeypatch.setattr(samemachine.wholedisks, "disks", lambda: (replace(here, serial="S2"),))
    monkeypatch.setattr(samemachine, "_PATIENCE", 0.0)
    with pytest.raises(KjtuiError, match="not here"):
        samemachine.check(manifest)


def test_of_a_file_system_it_is_told_when_it_was_written_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "vda"
    subprocess.run(["mke2fs", "-q", "-t", "ext4", disk, "8M"], check=True)
    here = Disk("vda", disk.stat().st_size)
    monkeypatch.setattr(samemachine.wholedisks, "disks", lambda: (here,))
    monkeypatch.setattr(samemachine.ownmachine, "read", lambda _source: SKELETON.machine)
    read_from(monkeypatch, disk)
    wanted = Footprint(0, 0, saving.FOOTPRINT, "", "/ (ext4)")
    (saved,) = samemachine.taken([wanted], [here])
    assert saved.changed > SAVED
    manifest = replace(SKELETON, created=SAVED, footprints=(saved,), disks=(here,))
    samemachine.check(manifest)
    for field, date in (("wtime", "20301224183000"), ("mtime", "20310101000000")):
        words = f"set_super_value {field} {date}"
        subprocess.run(["debugfs", "-w", "-R", words, disk], check=True, capture_output=True)
    with pytest.raises(KjtuiError, match="used since") as told:
        samemachine.check(manifest)
    assert "/ (ext4) on vda is not as it was" in told.value.detail
    assert "another system has used it, last on 2031-01-01 00:00 UTC." in told.value.detail
