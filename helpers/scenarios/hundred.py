"""A hundred jumps in one boot, for one purpose and another: nothing leaks, no processor is lost."""

import argparse
import json

from machines import machine
from stage import booted

from scenarios.round_trip import amiss, judge

NAME = "hundred"
SUMMARY = "a hundred jumps in one boot (--jumps N), purposes by turns: no leak, no lost processor"
MOST = 100
SETTLED = 5  # jumps after which memory should stay as it is
TOLERANCE = 0.02


def play(options: argparse.Namespace) -> dict[str, object]:
    """One boot of kernel A; --jumps, or a hundred if that is left at one."""
    jumps = options.jumps if options.jumps > 1 else MOST
    with booted(machine(options, "kjtui.job=1"), NAME) as stage:
        stage.person.may_panic = True
        trips = [stage.witness.testimony()]
        said = stage.shell.run(f"python3 /usr/lib/rehearsal/hundred.py {jumps}", 60.0 * jumps + 300)[1]
        trips.append(stage.witness.testimony())
        told = [json.loads(line) for line in said.splitlines() if line.startswith('{"jump"')]
        result = judge(trips)
        broken = amiss(result)
        if len(told) != jumps:
            broken.append(f"{len(told)} of {jumps} jumps")
        broken += [f"jump {one['jump']}: {one}" for one in told if not one["well"] or not one["as_expected"]]
        lost = leak([one["free"] for one in told])
        if lost > TOLERANCE:
            broken.append(f"{lost:.1%} less memory is free than after the first {SETTLED}")
        return {
            **result,
            "round_trips": len(told),
            "ways_home": {way: [one["way_home"] for one in told].count(way) for way in ways(told)},
            "memory_lost": round(lost, 4),
            "free_kib": [one["free"] for one in told][:: max(1, len(told) // 10)],
            "broken": broken,
            "console_log": str(stage.log),
            **({"detail": said[-3000:]} if broken else {}),
        }


def ways(told: list[dict[str, object]]) -> list[str]:
    """The ways home that were taken."""
    return sorted({str(one["way_home"]) for one in told})


def leak(free: list[int]) -> float:
    """The share of free memory that is gone at the end, beside that after the first jumps."""
    if len(free) <= SETTLED:
        return 0.0
    before = sum(free[SETTLED - 2 : SETTLED + 1]) / 3
    after = sum(free[-3:]) / 3
    return max(0.0, 1 - after / before)
