"""Reserving memory with real boot loaders on real disks, by key presses, through real restarts."""

import pytest
from rehearsing import rehearse

pytestmark = pytest.mark.vm

RESERVED = "Crash kernel"
SIZE = 192 << 20


def size(line: str) -> int:
    """Bytes of a range as /proc/iomem has it."""
    start, end = (int(part, 16) for part in line.split()[0].split("-"))
    return end + 1 - start


@pytest.mark.parametrize("loader", ["grub", "uefi-grub", "systemd-boot", "bls"])
def test_reserve_restart_jump_undo_restart(loader: str) -> None:
    answer = rehearse(f"reserve-{loader}", [])
    assert answer["region_before"] == answer["region_after"] == ""
    assert size(answer["region"]) == size(answer["region_lasts"]) == SIZE
    assert RESERVED in answer["region"]
    assert answer["trial"] is True
    assert answer["region_on_screen"] is True
    assert answer["jumped"] is True
    assert answer["boot_id_same"] is True
    assert answer["memory_intact"] is True
    assert answer["processes_alive"] is True
    assert answer["config_identical_after_undo"] is True


def test_a_trial_start_that_cannot_work_leads_back_by_itself() -> None:
    answer = rehearse("reserve-trial", [])
    assert answer["trial_started"] is True
    assert answer["trial_failed"] is True
    assert answer["back_by_itself"] is True
    assert answer["nothing_reserved"] is True
    assert answer["config_identical_after_undo"] is True


def test_power_cuts_leave_the_old_or_the_new_configuration() -> None:
    answer = rehearse("reserve-power-cut", ["--cuts", "2"])
    assert answer["cuts"] == answer["started"] == 4
    assert answer["neither_old_nor_new"] == 0
    assert answer["finished"] + answer["undone"] + answer["nothing_to_do"] == 4
