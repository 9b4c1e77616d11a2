"""A bad block under an image: saving ends in the system that was being saved, going back in a start."""

import argparse
from dataclasses import replace

import attached
import disturbing
from afterwards import checked, switch_off
from hibernating import FOUND, Way, by_keys, prepared, switched_on, to_the_jump
from stage import BOOT, Stage

from scenarios.round_trip import amiss

NAME = "hibernate-io-error"
SUMMARY = "a bad block under an image: saving ends in the system that was saved, going back in a usual start"
TOLD = "The medium of the image does not work"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One boot in which writing fails; then another machine, two times on, in which reading does."""
    way = Way(fault="write")
    result = disturbing.play(options, NAME, way, None, TOLD, disturbing.no_image)
    place = f"{attached.spare_disk(options.disk)}1"
    with prepared(options, Way(to=place)) as spec:
        with switched_on(spec, NAME) as stage:
            to_the_jump(stage.person, options.region, place)
            first = stage.witness.testimony()
            by_keys(stage)
        with switched_on(replace(spec, spare_fault="read"), f"{NAME}-again") as stage:
            stage.person.wait_for(FOUND, "the offer to go back", BOOT)
            stage.person.press("enter")
            stage.person.wait_for(TOLD, "why it is not gone back to", BOOT)
            more = looked_at(stage, first.boot_id)
            switch_off(stage)
        more["fsck_clean"] = checked(spec, options.root).clean
    broken = [*amiss(result), *(what for what, held in more.items() if not held)]
    return {**result, **more, "broken": broken}


def looked_at(stage: Stage, before: str) -> dict[str, bool]:
    """What has come of a start behind an image that cannot be read. before: the boot id of what was saved."""
    fresh = stage.witness.testimony()
    listed = stage.shell.run("python3 -m kjtui image list")[1]
    return {"ordinary_start": fresh.boot_id != before, "image_kept": "waits to be gone back to" in listed}
