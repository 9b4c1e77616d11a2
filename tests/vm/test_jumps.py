"""Real jumps and real refusals: the real program in a real kernel, played by helpers/rehearse.py.

The verdict is the witness process's, which is not the wizard; it comes back over a virtio serial port.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest
from rehearsing import REHEARSE, rehearse

pytestmark = pytest.mark.vm

MOST_KEYS = 8  # from launch to proof
OLD_SOURCE = "6.1"  # its way back is unfixed: it returns with kernel B's descriptor table


@dataclass(frozen=True)
class Trip:
    """One boot of kernel A: rehearse.py's options, and what its line of JSON must say besides."""

    id: str
    options: str
    jumps: int = 1
    cpus: int = 2


# Each boot covers several of the things that must hold, so that there are few of them.
TRIPS = (
    Trip("borrowed, ten jumps", "--region borrowed --purpose look", jumps=10),
    Trip(
        "reserved, one processor, no address randomisation, quick test",
        "--region reserved --purpose quick --append nokaslr",
        jumps=2,
        cpus=1,
    ),
    Trip(
        # Offline processors of this model wait with MWAIT, which in QEMU is a busy loop in A's code, with
        # A's page tables, all the while that B runs: it dies if any of that is lent to B.
        "borrowed, 6 GiB, no address randomisation, MWAIT",
        "--memory 6144 --append nokaslr --cpu Nehalem,+monitor",
        jumps=2,
    ),
    Trip("borrowed, five-level page tables", "--cpu max --purpose quick"),
    Trip(
        "reserved above 4 GiB, UEFI, q35, max",
        "--machine q35 --firmware uefi --cpu max --memory 6144 --region reserved"
        " --append crashkernel=256M,high",
        jumps=2,
    ),
    Trip("Linux 6.1, borrowed", f"--kernel {OLD_SOURCE}", jumps=2),
    Trip(
        "Linux 6.1, reserved, one processor",
        f"--kernel {OLD_SOURCE} --region reserved --append nokaslr",
        cpus=1,
    ),
)


def needs_old_source() -> None:
    import build_kernel

    if not build_kernel.available(OLD_SOURCE):
        pytest.skip(f"this distribution has no package linux-source-{OLD_SOURCE}")


@pytest.mark.parametrize("trip", TRIPS, ids=lambda trip: trip.id)
def test_there_and_back(trip: Trip) -> None:
    if f"--kernel {OLD_SOURCE}" in trip.options:
        needs_old_source()
    answer = rehearse(
        "round-trip", [*trip.options.split(), "--jumps", str(trip.jumps), "--cpus", str(trip.cpus)]
    )
    assert answer["round_trips"] == trip.jumps
    assert answer["boot_id_same"] is True
    assert answer["memory_intact"] is True
    assert answer["processes_alive"] is True
    assert answer["cpus_before"] == answer["cpus_after"] == trip.cpus
    assert answer["keys_pressed"] <= MOST_KEYS
    assert answer["kernel_a"] == answer["kernel_b"]
    assert len(answer["away_s"]) == trip.jumps


def test_there_and_back_line_by_line() -> None:
    """TERM=dumb: question and answer, without a single escape sequence, in kernel B too."""
    answer = rehearse("plain", [])
    assert answer["round_trips"] == 1
    assert answer["boot_id_same"] is True
    assert answer["memory_intact"] is True
    assert answer["processes_alive"] is True
    assert answer["keys_pressed"] <= MOST_KEYS


def test_programs_that_write_and_hold_processors_are_no_hindrance() -> None:
    words = ["--accel", os.environ.get("KJTUI_ACCEL", "tcg"), "--run"]
    command = [sys.executable, str(REHEARSE), *words, "python3 /usr/lib/rehearsal/busy.py 6"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert result.returncode == 0, result.stdout + result.stderr
    told = json.loads(result.stdout.splitlines()[-1])
    assert told["refusals"] == []
    assert told["trips"] == [True] * 6
    assert told["bound_to"] == [1]
    assert told["alive"] == [True] * 3


REFUSALS = {
    "stock kernel without KEXEC_JUMP": ("--kernel stock", "KEXEC_JUMP"),
    "stock kernel in lockdown": ("--kernel stock --append lockdown=integrity", "locked"),
    "jump kernel in lockdown": ("--append lockdown=integrity", "locked"),
    "not root": ("--user nobody", "may not load a kernel"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_says_why_not_and_changes_nothing(name: str) -> None:
    options, reason = REFUSALS[name]
    answer = rehearse("refusal", options.split())
    assert answer["refused"] is True
    assert answer["unchanged"] is True
    assert answer["kexec_loaded"] == "0"
    assert any(reason in title for title in answer["reasons"]), answer["reasons"]
