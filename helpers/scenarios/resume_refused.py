"""A saved system is passed over once; the start uses its disks, and it is not gone back to any more."""

import argparse

import attached
import hibernating
from afterwards import checked, switch_off
from hibernating import FOUND, by_keys, prepared, switched_on, to_the_jump
from stage import BOOT, SCREEN, Stage

NAME = "resume-refused"
SUMMARY = "a start passes over a saved system and uses its disks; the next one refuses to go back to it"
REFUSED = "A disk has been used since"
WHEN = "another system has used it, last on 20"
NOTE = "A saved system was found at this start and not gone back to"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One machine, three times on."""
    place = f"{attached.spare_disk(options.disk)}1"
    broken: list[str] = []
    with prepared(options, hibernating.Way(to=place)) as spec:
        with switched_on(spec, NAME) as stage:
            to_the_jump(stage.person, options.region, place)
            first = stage.witness.testimony()
            by_keys(stage)
        with switched_on(spec, f"{NAME}-fresh") as stage:
            stage.person.wait_for(FOUND, "the offer to go back", BOOT)
            stage.person.press("f")
            passed_over = told(stage)
            fresh = stage.witness.testimony()
            switch_off(stage)
        with switched_on(spec, f"{NAME}-again") as stage:
            stage.person.wait_for(FOUND, "the offer to go back once more", BOOT)
            stage.person.press("enter")
            stage.person.wait_for(REFUSED, "the refusal", BOOT)
            refused = told(stage)
            again = stage.witness.testimony()
            switch_off(stage)
            log = stage.log
        verdict = checked(spec, options.root)
    boots = {first.boot_id, fresh.boot_id, again.boot_id}
    wrong = {
        "one of the starts was not a new one": len(boots) != 3,
        "passing over is not told by the wizard": "started afresh" not in passed_over,
        "the refusal is not told by the wizard": REFUSED not in refused,
        "when the disk was used is not told by the wizard": WHEN not in refused,
        "the root file system is not clean": not verdict.clean,
    }
    broken += [what for what, is_wrong in wrong.items() if is_wrong]
    return {
        "boots": len(boots),
        "refused": REFUSED in refused,
        **verdict.told(),
        "broken": broken,
        "console_log": str(log),
        **({"detail": f"{passed_over}\n{refused}"[-3000:]} if broken else {}),
    }


def told(stage: Stage) -> str:
    """What the first step says of the saved system, in one line."""
    person = stage.person
    person.wait_for(r"(?s)Welcome to kjtui.*> Enter:", "the welcome screen", BOOT)
    person.press("enter")
    return " ".join(person.wait_for(NOTE, "the note on the saved system", SCREEN).split())
