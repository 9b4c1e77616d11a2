"""The refusal: a machine that cannot jump. The wizard says why and what to do, and changes nothing."""

import argparse
import re

from machines import machine
from stage import SCREEN, Testimony, booted
from walk import step, welcome

NAME = "refusal"
SUMMARY = (
    "on a machine that cannot jump (--kernel stock, --user nobody …): reasons are given, nothing is changed"
)


def play(options: argparse.Namespace) -> dict[str, object]:
    """One boot; read the reasons; leave."""
    with booted(machine(options), NAME) as stage:
        person = stage.person
        before = stage.witness.testimony()
        welcome(person)
        first = step(person, 1)
        person.press("enter")
        text = person.wait_for(
            "Why this cannot go on|Step 2 of 5|Please read", "the reasons, or the next step", SCREEN
        )
        refused = "Why this cannot go on" in text
        if refused:
            person.press("b")
            step(person, 1)
        person.press("q")
        person.wait_for("The wizard has ended", "the wizard to end", SCREEN)
        after = stage.witness.testimony()
        result = judge(before, after, refused, first + "\n" + text)
        return {**result, "keys_pressed": person.keys_pressed, "console_log": str(stage.log)}


def judge(before: Testimony, after: Testimony, refused: bool, text: str) -> dict[str, object]:
    """The result. text: the screens on which the reasons stood."""
    unchanged = (before.kexec_loaded, before.load_limit) == (after.kexec_loaded, after.load_limit)
    reasons = list(dict.fromkeys(line.strip() for line in re.findall(r"\[STOP\] +(.*)", text)))
    broken = [] if refused else ["the wizard went on"]
    broken += [] if unchanged and after.kexec_loaded != "1" else ["something was changed"]
    broken += [] if reasons else ["no reason was given"]
    return {
        "refused": refused,
        "reasons": reasons,
        "screen": [line for line in text.splitlines() if line.strip()],
        "unchanged": unchanged,
        "kexec_loaded": after.kexec_loaded,
        "load_limit": after.load_limit,
        "kernel_a": after.kernel,
        "broken": broken,
    }
