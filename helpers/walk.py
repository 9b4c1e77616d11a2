"""Walking through the wizard as a person does: read what the screen offers next, press that key."""

import re
import time
from collections.abc import Callable, Mapping

from stage import BOOT, LOAD, SCREEN
from terminal import Terminal


def step(person: Terminal, number: int, limit: float = SCREEN) -> str:
    """Wait until step `number` (1 to 5) is on screen and offers its next action; the screen's text."""

    def there(text: str) -> bool:
        return f"Step {number} of 5" in text and action(text) != ""

    return person.wait_for(there, f"step {number} of the wizard to be ready", limit)


def welcome(person: Terminal) -> None:
    """From the start of the machine through the welcome screen to the first step; it need not be ready."""
    begin(person, "")


def begin(person: Terminal, goal: str) -> None:
    """The same for another goal, by how its label begins; "" for the first."""
    person.wait_for(r"(?s)Welcome to kjtui.*> Enter:", "the welcome screen", BOOT)
    if goal:
        choose(person, goal)
    person.press("enter")


def action(text: str) -> str:
    """The next action that a screen offers, "" while there is none."""
    for line in text.splitlines():
        if line.lstrip().startswith("> Enter:"):
            return line.split(":", 1)[1].strip()
    return ""


def choose(person: Terminal, label: str) -> None:
    """Move the marked choice with the arrow key until it is the one whose label matches."""
    for _ in range(6):
        if marked(person.text, label):
            return
        before = person.text
        person.press("down")
        person.wait_for(_changed(before), "the choice to move", SCREEN)
    person.wait_for(lambda text: marked(text, label), f"the choice {label!r}", SCREEN)


def marked(text: str, label: str) -> bool:
    """Whether the marked choice begins with this label."""
    return any(
        "(*)" in line and line.split("(*)", 1)[1].strip().startswith(label) for line in text.splitlines()
    )


def _changed(before: str) -> Callable[[str], bool]:
    return lambda text: text != before and action(text) != ""


def go_on(person: Terminal, number: int, limit: float = SCREEN) -> None:
    """Press Enter in the step before `number`, say yes to what it asks, arrive at step `number`."""
    asks = "asks first" in action(person.text)
    person.press("enter")
    if asks:
        person.wait_for("Y: yes", "the question before going on", SCREEN)
        person.press("y")
    step(person, number, limit)


PURPOSES = {
    "quick": "Quick test",
    "look": "Look around",
    "rescue": "Rescue",
    "program": "Program",
    "custom": "Own initramfs",
}


def fill(person: Terminal, wanted: Mapping[str, str]) -> None:
    """Open the options of step 3, type what is wanted into the fields of these labels, take them."""
    left = dict(wanted)
    person.press("o")
    person.wait_for(lambda text: field(text) != "", "the form", SCREEN)
    while True:
        here = field(person.text)
        if label := next((one for one in left if here.startswith(one)), ""):
            text = left.pop(label)
            person.type(text)
            person.wait_for(re.escape(text[-20:]), f"{text!r} in its field", SCREEN)
        last = "take these" in action(person.text)
        person.press("enter")
        if last:
            assert not left, f"there is no field {list(left)}"
            break
        person.wait_for(_another(here), "the next field", SCREEN)
    step(person, 3)


def _another(here: str) -> Callable[[str], bool]:
    return lambda text: field(text) not in ("", here)


def field(text: str) -> str:
    """The label of the form's field that is typed into, "" if there is none."""
    match = re.search(r"^\s?>(\S.*?)(?:  |$)", text, re.MULTILINE)
    return match[1].strip() if match else ""


def to_the_jump(
    person: Terminal, region: str, purpose: str, options: Mapping[str, str] | None = None
) -> float:
    """From the start of the machine to step 5, kernel B loaded; the seconds that loading took.

    region: borrowed or reserved; purpose: of PURPOSES; options: label of a field of step 3 → text.
    """
    to_the_choice(person, region)
    choose(person, PURPOSES[purpose])
    if options:
        fill(person, options)
    go_on(person, 4, LOAD)
    start = time.monotonic()
    go_on(person, 5, LOAD)
    return time.monotonic() - start


def to_the_choice(person: Terminal, region: str, goal: str = "") -> None:
    """From the start of the machine to step 3. region: borrowed or reserved; goal: see begin()."""
    begin(person, goal)
    step(person, 1)
    go_on(person, 2)
    choose(person, {"borrowed": "Borrow", "reserved": "Use the reserved"}[region])
    go_on(person, 3)
