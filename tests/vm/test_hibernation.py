"""Systems that are saved to a disk, switched off and gone back to."""

import pytest
import savings
from rehearsing import rehearse
from visits import Row

pytestmark = pytest.mark.vm


def test_disks_that_were_used_meanwhile_are_noticed() -> None:
    answer = rehearse("resume-refused", [])
    assert answer["boots"] == 3
    assert answer["refused"] is True
    assert answer["fsck_clean"] is True, answer["fsck_said"]


def test_a_swap_area_that_was_used_meanwhile_is_noticed() -> None:
    answer = rehearse("resume-swapped", [])
    assert answer["swapped_kib"] > 0
    assert answer["refused"] is True
    assert answer["fsck_clean"] is True, answer["fsck_said"]


def test_a_snapshot_is_none_to_go_back_to() -> None:
    answer = rehearse("snapshot", ["--region", "borrowed"])
    assert answer["memory_intact"] is True
    assert answer["state"] == "SNAPSHOT"
    assert answer["offered"] is False
    assert answer["debugger"] == {"opened": True, "banner": True, "host": True, "process": True}


@pytest.mark.parametrize("row", savings.CHOSEN, ids=str)
def test_off_and_back(row: Row) -> None:
    answer = rehearse(row.scenario, row.options)
    assert answer["boot_id_same"] is True
    assert answer["memory_intact"] is True
    assert answer["processes_alive"] is True
    assert answer["cpus_after"] == answer["cpus_before"]
    assert answer["fsck_clean"] is True, answer["fsck_said"]
    assert answer["image_mib"] < answer["memory_mib"]


def test_where_nobody_gives_addresses_its_own_is_used() -> None:
    answer = rehearse("hibernate-nfs-static", [])
    assert answer["memory_intact"] is True
    assert answer["asked_in_vain"] is True
    assert answer["one_file"] is True


@pytest.mark.parametrize("scenario", ["hibernate-cancel", "hibernate-disk-full"])
def test_saving_that_comes_to_nothing(scenario: str) -> None:
    answer = rehearse(scenario, [])
    assert answer["boot_id_same"] is True
    assert answer["memory_intact"] is True
    assert answer["told"] is True
    assert answer["no_image"] is True


def test_power_cuts_lose_nothing() -> None:
    answer = rehearse("hibernate-power-cut", ["--cuts", "1"])
    for phase in ("saving", "restoring"):
        assert answer[phase]["came_back"] + answer[phase]["ordinary"] == answer[phase]["cuts"] == 1
