"""The round trip without a screen: TERM=dumb, question and answer line by line, on the same serial line."""

import argparse
import re

from machines import machine
from stage import BOOT, JUMP, LOAD, SCREEN, booted
from terminal import Broken

from scenarios.round_trip import judge

NAME = "plain"
SUMMARY = (
    "walk through the wizard line by line (TERM=dumb), visit kernel B, come back, check that nothing was lost"
)

ESCAPE = re.compile(rb"\x1b[^\n]{0,8}")


def play(options: argparse.Namespace) -> dict[str, object]:
    """One boot, one trip; every prompt is answered with Enter alone."""
    with booted(machine(options, "kjtui.term=dumb"), NAME) as stage:
        person = stage.person
        answers = (
            (r"1 (or|to) \d, Enter for", BOOT),
            ("Enter: go on to Reserve memory", SCREEN),
            (r"1 (or|to) \d, Enter for", SCREEN),
            ("Enter: go on to Choose kernel B", SCREEN),
            (r"1 (or|to) \d, Enter for", SCREEN),
            ("Enter: go on to Load", SCREEN),
            ("Enter: load kernel B", LOAD),
        )
        for prompt, limit in answers:
            person.wait_for(rf"{prompt}.*>\s*\Z", f"the question {prompt!r}", limit)
            person.press("enter")
        person.wait_for(r"Enter: jump now.*>\s*\Z", "the question whether to jump", LOAD)
        before = stage.witness.testimony()
        person.press("enter")
        text = person.wait_for("(?s)You are back.*j: jump again", "the return report", JUMP)
        if "nothing was lost" not in text:
            raise Broken("The wizard reports a loss", "see the screen", person.lines)
        after = stage.witness.testimony()
        result = judge([before, after])
        if sent := ESCAPE.search(since_the_wizard(stage.log.read_bytes())):
            broken = result["broken"]
            assert isinstance(broken, list)
            broken.append(f"a sequence was sent to a dumb terminal: {sent[0]!r}")
        return {**result, "keys_pressed": person.keys_pressed, "console_log": str(stage.log)}


def since_the_wizard(log: bytes) -> bytes:
    """What the console showed from the wizard's first word on: the firmware before it may draw."""
    return log[log.index(b"Welcome to kjtui") :]
