"""A visit to kernel B as a scenario sees it: go, do something at its console, be back, read the report."""

import argparse
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from afterwards import proof, staged
from scenarios.round_trip import REPORT, amiss, judge, release
from stage import JUMP, Stage, Testimony
from terminal import Terminal
from walk import to_the_jump

from kjtui.wizard.visitor import BECAUSE

DONE = "kjtui-done"  # what the shell says behind a command that has ended, and a number
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Visited:
    """What came of it. report: the return report's text; evidence: the same with everything that was read."""

    report: str
    evidence: str
    trips: tuple[Testimony, ...]
    keys: int


def look_around(stage: Stage, region: str, purpose: str = "look") -> None:
    """From the start of the machine to kernel B's screen."""
    to_the_jump(stage.person, region, purpose)
    arrive(stage)


def arrive(stage: Stage) -> None:
    """Press Enter at the step Jump, and be on kernel B's screen."""
    stage.person.press("enter")
    stage.person.wait_for(lambda text: release(text) != "", "kernel B's screen", JUMP)


def shell(person: Terminal) -> None:
    """Open kernel B's shell from its screen."""
    person.press("s")
    person.wait_for(r"[~/] #$", "kernel B's shell", JUMP)


def told(person: Terminal, command: str, limit: float = 60.0) -> str:
    """What a short command in kernel B's shell says on its screen, with its status at the end."""
    mark = f"{DONE}-{next(_NUMBERS)}"  # the end of the command before may still be on the screen
    person.type(f"clear; {command}; echo {mark[:5]}''{mark[5:]} $?\r")
    text = person.wait_for(rf"{mark} \d+", f"the end of {command[:40]!r} in kernel B", limit)
    status = re.findall(rf"{mark} (\d+)", text)[-1]
    return f"{text.split(mark)[0].strip()} {status}"


def home(stage: Stage, limit: float = JUMP) -> tuple[str, str]:
    """Be back: the return report's text, and the same with its evidence."""
    person = stage.person
    report = person.wait_for(rf"(?s){REPORT}.*> J:", "the return report", limit)
    person.press("e")
    person.wait_for(r"(?s)Return report: evidence", "the evidence", limit)
    return " ".join(report.split()), pages(person)


def pages(person: Terminal) -> str:
    """Everything of a page that is longer than the screen, in one line."""
    seen = [person.text]
    for _ in range(40):
        person.press("pagedown")
        person.read(1.0)
        if person.text == seen[-1]:
            break
        seen.append(person.text)
    return " ".join(" ".join(seen).split())


def play(
    options: argparse.Namespace,
    name: str,
    do: Callable[[Stage], dict[str, object]],
    expected: tuple[str, ...],
    *,
    purpose: str = "look",
    fields: Mapping[str, str] | None = None,
    limit: float = JUMP,
    words: str = "",
    extra: tuple[str, ...] = (),
    before: Callable[[Stage], None] | None = None,
) -> dict[str, object]:
    """One visit.

    do: what is done in kernel B, for the JSON; expected: what the evidence must match. fields: what is typed
    into the options of step 3. words, extra: for kernel A's and QEMU's command line. before: what is done in
    kernel A first.
    """
    with staged(options, name, words, extra) as stage:
        # What kernel B says when it fails is not the end of this machine.
        stage.person.may_panic = True
        if before:
            before(stage)
        to_the_jump(stage.person, options.region, purpose, fields)
        trips = [stage.witness.testimony()]
        if purpose == "custom":
            stage.person.press("enter")  # what is on the screen there is for its own program to say
        else:
            arrive(stage)
        did = do(stage)
        report, evidence = home(stage, limit)
        trips.append(stage.witness.testimony())
        result = judge(trips)
        broken = amiss(result)
        missing = [one for one in expected if not re.search(one, f"{report} {evidence}")]
        broken += [f"the report does not say {one!r}" for one in missing]
        broken += [name for name, held in did.items() if held is False]
        after = proof(stage, broken)
        return {
            **result,
            **did,
            "way_home": next((way for way, words in BECAUSE.items() if words in f"{report} {evidence}"), ""),
            "report": not missing,
            **after,
            "broken": broken,
            "console_log": str(stage.log),
            **({"detail": evidence[:1500]} if broken else {}),
        }
