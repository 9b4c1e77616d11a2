"""Kernel B stays parked: it is entered again where it stood; then another image takes its place."""

import argparse
from collections.abc import Callable

from afterwards import proof, staged
from stage import JUMP, LOAD, Stage
from terminal import Broken
from visiting import shell, told
from walk import choose, go_on, step, to_the_jump

from scenarios.round_trip import IN_B, REPORT, amiss, judge

NAME = "parked"
SUMMARY = "jump again into the same kernel B, which goes on where it stood; then into another image"
MARK = "/tmp/it-was-here"
VISITS = 3


def play(options: argparse.Namespace) -> dict[str, object]:
    """Look around three times, then a quick test."""
    with staged(options, NAME) as stage:
        person = stage.person
        to_the_jump(person, options.region, "look")
        trips = [stage.witness.testimony()]
        remembered = []
        for number in range(1, VISITS + 1):
            person.press("enter" if number == 1 else "j")
            here = "up" if number == 1 else rf"Visit number {number}: it went on where it stood"
            person.wait_for(rf"(?s){IN_B}.*{here}", f"visit {number}", JUMP)
            remembered.append(visit(stage, number))
            person.press("enter")
            person.wait_for(rf"(?s){REPORT}.*> J:", "the return report", JUMP)
            trips.append(stage.witness.testimony())
        another(stage)
        trips.append(stage.witness.testimony())
        result = judge(trips)
        broken = amiss(result)
        broken += [] if all(remembered) else ["kernel B did not go on where it stood"]
        after = proof(stage, broken)
        return {
            **result,
            "went_on": all(remembered),
            "way_home": "key",
            **after,
            "broken": broken,
            "console_log": str(stage.log),
        }


def visit(stage: Stage, number: int) -> bool:
    """Leave a mark the first time, find it later."""
    person = stage.person
    shell(person)
    if number == 1:
        found = told(person, f"touch {MARK}").endswith(" 0")
    else:
        found = told(person, f"ls {MARK}").endswith(" 0")
    person.type("exit\r")
    person.wait_for(r"\[Enter\] go back", "kernel B's screen", 60.0)
    return found


def _another(before: str) -> Callable[[str], bool]:
    return lambda text: text != before and "Step" in text


def another(stage: Stage) -> None:
    """From the report back to step 3, choose the quick test, load it, jump."""
    person = stage.person
    person.press("b")
    person.wait_for(r"Step [345] of 5", "a step", 60.0)
    while "Step 3 of 5" not in person.text:
        before = person.text
        person.press("b")
        person.wait_for(_another(before), "the step before", 60.0)
        if "Step 1 of 5" in person.text:
            raise Broken("Step 3 was passed by", "", person.lines)
    step(person, 3)
    choose(person, "Quick test")
    go_on(person, 4, LOAD)
    go_on(person, 5, LOAD)
    person.press("enter")
    person.wait_for(rf"(?s){REPORT}.*countdown.*> J:", "the return report", JUMP)
