"""A system whose saving comes to nothing, as scenarios see it: it must go on, and be told why."""

import argparse
from collections.abc import Callable

import attached
import resuming
from hibernating import Way, prepared, switched_on, to_the_jump
from scenarios.round_trip import REPORT, amiss, judge
from stage import JUMP, Stage

SAVING = r"Saving: +\d+ %"  # on kernel B's screen, while it is saving


def play(
    options: argparse.Namespace,
    name: str,
    way: Way,
    disturb: Callable[[Stage], object] | None,
    told: str,
    after: Callable[[Stage], dict[str, object]] = lambda _stage: {},
) -> dict[str, object]:
    """Begin to save by key presses, disturb it, and be back in kernel A; no image may be left.

    disturb: what happens as soon as kernel B is saving; None where it fails by itself. told: what the report
    must say. after: looked at in the end; what is False in it did not hold.
    """
    to = way.to or f"{attached.spare_disk(options.disk, way.usb)}1"
    with prepared(options, way) as spec:
        with switched_on(spec, name) as stage:
            way.before(stage)
            to_the_jump(stage.person, options.region, to, way.typed)
            trips = [stage.witness.testimony()]
            stage.person.press("enter")
            if disturb is not None:
                stage.person.wait_for(SAVING, "the saving", JUMP)
                disturb(stage)
            said = stage.person.wait_for(rf"(?s){REPORT}.*J: jump again", "the return report", JUMP)
            trips.append(stage.witness.testimony())
            result = judge(trips)
            broken = amiss(result)
            more = after(stage)
        broken += [what for what, held in more.items() if held is False]
        broken += [] if told in " ".join(said.split()) else [f"the report does not say: {told}"]
        assert spec.spare is not None
        left = resuming.worth(spec.spare)
        broken += [f"an image is left, and is {left}"] if left not in ("", "EMPTY") else []
        return {
            **result,
            "to": to,
            "told": told in " ".join(said.split()),
            "left": left,
            **more,
            "broken": broken,
            "console_log": str(stage.log),
            **({"detail": said[-3000:]} if broken else {}),
        }


def no_image(stage: Stage) -> dict[str, object]:
    """Whether nothing is left that a start would offer to go back to."""
    listed = stage.shell.run("python3 -m kjtui image list")[1]
    return {"no_image": "waits" not in listed}
