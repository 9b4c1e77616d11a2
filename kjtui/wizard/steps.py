"""The steps in order."""

from collections.abc import Callable
from dataclasses import dataclass

from kjtui.wizard import check, choose, jump, load, reserve
from kjtui.wizard.session import Session
from kjtui.wizard.view import StepView


@dataclass(frozen=True)
class Step:
    """One step: view() is cheap, reads the session only, and may be called at any time."""

    name: str
    title: str
    view: Callable[[Session], StepView]


STEPS = (
    Step("check", "Check this kernel", check.view),
    Step("reserve", "Reserve memory", reserve.view),
    Step("choose", "Choose kernel B", choose.view),
    Step("load", "Load", load.view),
    Step("jump", "Jump and return", jump.view),
)


def heading(index: int) -> str:
    """The first line of a step, e.g. "Step 2 of 5 · Reserve memory"."""
    return f"Step {index + 1} of {len(STEPS)} · {STEPS[index].title}"
