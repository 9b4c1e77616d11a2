"""The steps in order."""

from importlib import import_module
from typing import NamedTuple

from kjtui.wizard.session import Session
from kjtui.wizard.view import StepView


class Step(NamedTuple):
    """One step. name: that of its module, here and among the screens."""

    name: str
    title: str

    def view(self, session: Session) -> StepView:
        """What the step shows now. Cheap, reads the session only, and may be called at any time."""
        view = import_module(f"kjtui.wizard.{self.name}").view(session)
        assert isinstance(view, StepView)
        return view


STEPS = (
    Step("check", "Check this kernel"),
    Step("reserve", "Reserve memory"),
    Step("choose", "Choose kernel B"),
    Step("load", "Load"),
    Step("jump", "Jump and return"),
)


def heading(index: int, title: str = "") -> str:
    """The first line of a step, e.g. "Step 2 of 5 · Reserve memory". title: in place of its usual one."""
    return f"Step {index + 1} of {len(STEPS)} · {title or STEPS[index].title}"
