"""Whether a disk was used in between: what is compared, and that a change anywhere in it is seen."""

import hashlib
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


@pytest.mark.parametrize("size", [512, saving.FOOTPRINT, saving.FURTHER])
def test_the_digest_is_that_of_the_very_bytes(disk: Path, size: int) -> None:
    wanted = disk.read_bytes()[PART : PART + size]
    made = samemachine._digest(str(disk), PART, size)
    assert made == hashlib.blake2b(wanted, digest_size=16).hexdigest()
    change(disk, PART - 1)
    change(disk, PART + size)
    assert samemachine._digest(str(disk), PART, size) == made
    for at in (0, size // 2, size - 1):
        change(disk, PART + at)
        after = samemachine._digest(str(disk), PART, size)
        assert after != made
        made = after


def test_a_disk_that_ends_before_is_digested_as_far_as_it_goes(disk: Path) -> None:
    size = disk.stat().st_size
    whole = samemachine._digest(str(disk), PART, size)
    assert whole == hashlib.blake2b(disk.read_bytes()[PART:], digest_size=16).hexdigest()


def test_a_swap_area_that_another_system_swapped_to_is_refused(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its header stays the same then; the pages of the saved system that were in it are gone."""
    here = Disk("sda", disk.stat().st_size, serial="S1")
    monkeypatch.setattr(samemachine.wholedisks, "disks", lambda: (here,))
    real = samemachine._digest
    monkeypatch.setattr(samemachine, "_digest", lambda _path, *where: real(str(disk), *where))
    monkeypatch.setattr(samemachine.ownmachine, "read", lambda _source: SKELETON.machine)
    wanted = Footprint(0, PART, saving.FURTHER, "", "swap (swap)")
    (saved,) = samemachine.taken([wanted], [here])
    manifest = replace(SKELETON, footprints=(saved,), disks=(here,))
    samemachine.check(manifest)
    change(disk, PART + 40 * MIB)
    with pytest.raises(KjtuiError, match="used since") as told:
        samemachine.check(manifest)
    assert "swap (swap) on sda" in told.value.detail
    monkeypatch.setattr(samemachine.wholedisks, "disks", lambda: (replace(here, serial="S2"),))
    monkeypatch.setattr(samemachine, "_PATIENCE", 0.0)
    with pytest.raises(KjtuiError, match="not here"):
        samemachine.check(manifest)
