"""The round trip: five steps, kernel B, a key, back again, and proof from a process other than the wizard."""

import argparse
import itertools
import re
from collections.abc import Mapping

from afterwards import proof, staged
from stage import JUMP, LOAD, Stage, Testimony
from walk import go_on, step, to_the_jump

NAME = "round-trip"
SUMMARY = "walk through the wizard, visit kernel B, come back, check that nothing was lost (--jumps N times)"

REPORT = "Return report"
IN_B = "You are in kernel B"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One boot of kernel A, --jumps round trips; with --fsck a check of its root when it is off."""
    with staged(options, NAME) as stage:
        load_s = to_the_jump(stage.person, options.region, options.purpose)
        trips = [stage.witness.testimony()]
        kernel_b = visit(stage, "enter", options.purpose)
        keys = stage.person.keys_pressed
        trips.append(stage.witness.testimony())
        while len(trips) <= options.jumps:
            visit(stage, "j", options.purpose)
            trips.append(stage.witness.testimony())
        result = judge(trips)
        broken = result["broken"]
        assert isinstance(broken, list)
        return {
            **result,
            "keys_pressed": keys,
            "kernel_b": kernel_b,
            "load_s": round(load_s, 2),
            **proof(stage, broken),
            "console_log": str(stage.log),
        }


def visit(stage: Stage, key: str, purpose: str) -> str:
    """Press the key that jumps, be in kernel B, come back to the report; the release of kernel B.

    Where kernel B cannot be entered a second time, "jump again" leads through the step Load.
    """
    person = stage.person
    person.press(key)
    text = person.wait_for(_arrived, "kernel B's screen", JUMP)
    if "Step 4 of 5" in text:
        step(person, 4, LOAD)
        go_on(person, 5, LOAD)
        person.press("enter")
        text = person.wait_for(lambda text: release(text) != "", "kernel B's screen", JUMP)
    if purpose == "look":
        person.press("enter")
    person.wait_for(rf"(?s){REPORT}.*> J:", "the return report", JUMP)
    return release(text)


def _arrived(text: str) -> bool:
    return release(text) != "" or "Step 4 of 5" in text


def release(text: str) -> str:
    """Kernel B's release as its screen tells it, "" if that screen is not (wholly) there."""
    match = re.search(r"Kernel (\S+), up", text)
    return match[1] if match and IN_B in text else ""


def amiss(result: Mapping[str, object]) -> list[str]:
    """What did not hold in a result, as a list of its own."""
    broken = result["broken"]
    assert isinstance(broken, list)
    return list(broken)


def judge(trips: list[Testimony]) -> dict[str, object]:
    """The part of the result that the witness decides. trips: before the first jump, then after each."""
    first, last = trips[0], trips[-1]
    verdicts = {
        "boot_id_same": all(trip.boot_id == first.boot_id for trip in trips),
        "memory_intact": all(trip.memory_ok for trip in trips),
        "processes_alive": all(
            now.pid == first.pid and now.counter > then.counter and now.file_ok and now.pipe_ok and now.tcp_ok
            for then, now in itertools.pairwise(trips)
        ),
    }
    # A kernel that reads the absence from its clock chip sees whole seconds: a short visit can count as none.
    away = [max(0.0, round(now.away - then.away, 2)) for then, now in itertools.pairwise(trips)]
    broken = [name for name, held in verdicts.items() if not held]
    if last.cpus_online != first.cpus_online:
        broken.append("cpus_after")
    for number, trip in enumerate(trips):
        broken += [f"{what} after jump {number}" for what in trip.lost()]
    return {
        "round_trips": len(trips) - 1,
        **verdicts,
        "cpus_before": first.cpus_online,
        "cpus_after": last.cpus_online,
        "kernel_a": first.kernel,
        "away_s": away,
        "broken": broken,
    }
