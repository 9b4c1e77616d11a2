"""Every purpose of kernel B and every way home, in real machines; the witness and the file system judge."""

import pytest
import visits
from rehearsing import rehearse

pytestmark = pytest.mark.vm

WAYS = {
    "quick": "countdown",
    "look-around": "key",
    "rescue": "key",
    "program": "done",
    "custom": "command",
    "dead-man": "timer",
    "panic": "panic",
    "hang": "panic",
    "agent-killed": "agent",
    "init-exit": "panic",
    "protect": "key",
    "watchdog": "key",
    "parked": "key",
}


@pytest.mark.parametrize("row", visits.CHOSEN, ids=str)
def test_a_visit_and_the_way_home(row: visits.Row) -> None:
    answer = rehearse(row.scenario, row.options)
    assert answer["way_home"] == WAYS[row.scenario]
    assert answer["boot_id_same"] is True
    assert answer["memory_intact"] is True
    assert answer["processes_alive"] is True
    assert answer["fsck_clean"] is True
    if row.scenario == "protect":
        assert answer["write_refused"] is True
        # Kernel B has nothing to open LUKS with: there is no file system to be mounted or wiped from there.
        assert len(answer["tried"]) == (4 if row.root == "luks" else 6)


def test_a_kernel_b_that_never_starts_ends_in_a_restart_that_is_explained() -> None:
    answer = rehearse("never-starts", [])
    assert answer["restarted_by_itself"] is True
    assert answer["told"] is True
    assert answer["fsck_clean"] is True


def test_many_jumps_lose_nothing() -> None:
    answer = rehearse("hundred", ["--jumps", "6"])
    assert answer["round_trips"] == 6
    assert answer["memory_lost"] <= 0.02
    assert answer["cpus_after"] == answer["cpus_before"]
    assert set(answer["ways_home"]) == {"countdown", "done", "timer"}


def test_the_chosen_visits_cover_every_value() -> None:
    rows = visits.CHOSEN
    assert {row.root for row in rows} == set(visits.ROOTS)
    assert {row.disk for row in rows} == set(visits.DISKS)
    assert {row.region for row in rows} == set(visits.REGIONS)
    assert {row.cpus for row in rows} == set(visits.CPUS)
    # Those that are left out are played elsewhere: the first three by the round trips, the last by custom.
    elsewhere = {"quick", "look-around", "parked", "command"}
    assert {row.scenario for row in rows} == set(visits.SCENARIOS) - elsewhere
