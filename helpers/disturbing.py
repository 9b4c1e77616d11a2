"""A system whose saving comes to nothing, as scenarios see it: it must go on, and be told why."""

import argparse
from collections.abc import Callable

import attached
from hibernating import Way, prepared, switched_on, to_the_jump
from scenarios.round_trip import REPORT, judge
from stage import JUMP, Stage

SAVING = r"Saving: +\d+ %"  # on kernel B's screen, while it is saving


def play(
    options: argparse.Namespace,
    name: str,
    way: Way,
    disturb: Callable[[Stage], object],
    told: str,
    after: Callable[[Stage], dict[str, object]] = lambda _stage: {},
) -> dict[str, object]:
    """Begin to save by key presses, disturb it, and be back in kernel A.

    disturb: what happens as soon as kernel B is saving. told: what the report must say. after: looked at in
    the end; what is False in it did not hold.
    """
    to = way.to or f"{attached.spare_disk(options.disk, way.usb)}1"
    with prepared(options, way) as spec, switched_on(spec, name) as stage:
        way.before(stage)
        to_the_jump(stage.person, options.region, to)
        trips = [stage.witness.testimony()]
        stage.person.press("enter")
        stage.person.wait_for(SAVING, "the saving", JUMP)
        disturb(stage)
        said = stage.person.wait_for(rf"(?s){REPORT}.*J: jump again", "the return report", JUMP)
        trips.append(stage.witness.testimony())
        result = judge(trips)
        broken = list(result["broken"]) if isinstance(result["broken"], list) else []
        more = after(stage)
        broken += [what for what, held in more.items() if held is False]
        one_line = " ".join(said.split())
        broken += [] if told in one_line else [f"the report does not say: {told}"]
        return {
            **result,
            "to": to,
            "told": told in one_line,
            **more,
            "broken": broken,
            "console_log": str(stage.log),
            **({"detail": said[-3000:]} if broken else {}),
        }


def no_image(stage: Stage) -> dict[str, object]:
    """Whether nothing is left that a start would offer to go back to."""
    listed = stage.shell.run("python3 -m kjtui image list")[1]
    return {"no_image": "waits" not in listed}
