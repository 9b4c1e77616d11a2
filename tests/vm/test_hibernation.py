"""Systems that are saved to a disk, switched off and gone back to."""

from dataclasses import dataclass

import pytest
from rehearsing import rehearse

pytestmark = pytest.mark.vm


@dataclass(frozen=True)
class Saved:
    """A scenario and rehearse.py's options for it."""

    scenario: str
    options: tuple[str, ...] = ()


SAVED = (
    Saved("hibernate-disk", ("--root", "luks", "--disk", "nvme", "--region", "reserved")),
    Saved("hibernate-encrypted", ("--disk", "ahci", "--machine", "q35", "--cpus", "4")),
    Saved("hibernate-file", ("--cpus", "1")),
    Saved("hibernate-swap", ("--cpus", "3")),
    Saved("hibernate-usb", ("--memory", "3072")),
    Saved("hibernate-nfs"),
)


def test_disks_that_were_used_meanwhile_are_noticed() -> None:
    answer = rehearse("resume-refused", [])
    assert answer["boots"] == 3
    assert answer["refused"] is True
    assert answer["fsck_clean"] is True, answer["fsck_said"]


def test_a_snapshot_is_none_to_go_back_to() -> None:
    answer = rehearse("snapshot", [])
    assert answer["memory_intact"] is True
    assert answer["state"] == "SNAPSHOT"
    assert answer["offered"] is False
    assert answer["debugger"] == {"opened": True, "banner": True, "host": True}


@pytest.mark.parametrize("saved", SAVED, ids=lambda saved: saved.scenario)
def test_off_and_back(saved: Saved) -> None:
    answer = rehearse(saved.scenario, list(saved.options))
    assert answer["boot_id_same"] is True
    assert answer["memory_intact"] is True
    assert answer["processes_alive"] is True
    assert answer["cpus_after"] == answer["cpus_before"]
    assert answer["fsck_clean"] is True, answer["fsck_said"]
    assert answer["image_mib"] < answer["memory_mib"]
