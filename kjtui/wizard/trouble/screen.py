"""After coming back the screen is dead."""

from kjtui.checks.words import named
from kjtui.model.checks import Verdict
from kjtui.wizard.trouble.clues import Clues, quotes
from kjtui.wizard.trouble.common import (
    GRAPHICS_DRIVERS,
    last_jump,
    not_restored,
    said_by_person,
    whose,
)
from kjtui.wizard.trouble.model import Cause, Choice, Question, Strength, Suspicion, Symptom, suspect

_SHOWS = "screen-shows"
_CHOICES_SHOWS = (
    Choice("dark", "Nothing: it is dark"),
    Choice("frozen", "A picture that stands still, or kernel B's text"),
    Choice("broken", "A picture with errors: stripes, missing letters, wrong colours"),
)


def _screen_driver(clues: Clues) -> Suspicion | None:
    lines = (*not_restored(clues, GRAPHICS_DRIVERS), *clues.said("gpu-hang", "nvidia-suspend"))
    if not lines:
        return None
    drivers = [one.driver for one in clues.facts.displays or () if one.driver]
    name = named(drivers, 1, 20) if drivers else whose(lines)
    return suspect(
        Strength.PROVEN,
        "screen-driver",
        f"The graphics card did not wake: {name}",
        (*last_jump(clues), *quotes(lines)),
        "Its driver could not bring the card back to where it was before the jump.",
        "Change to a text console and back (Ctrl-Alt-F3, Ctrl-Alt-F2). Else, over ssh: systemctl restart "
        "display-manager; that ends the desktop's programs.",
    )


def _screen_known(clues: Clues) -> Suspicion | None:
    found = clues.finding("graphics")
    if found is None or found.verdict not in (Verdict.ATTENTION, Verdict.BLOCKED):
        return None
    return suspect(
        Strength.LIKELY,
        "screen-known",
        "This graphics driver is known not to wake well",
        (*last_jump(clues), *found.evidence),
        found.why,
        found.cure,
    )


def _screen_old_picture(clues: Clues) -> Suspicion | None:
    if clues.answer(_SHOWS) not in ("frozen", "broken", "unsure"):
        return None
    return suspect(
        Strength.LIKELY if clues.answer(_SHOWS) != "unsure" else Strength.POSSIBLE,
        "not-redrawn",
        "What kernel B drew is still on the screen",
        (*last_jump(clues), said_by_person(clues, _SHOWS, _CHOICES_SHOWS)),
        "Two kernels have drawn on the same screen. Programs draw only what changes, and do not know that "
        "the rest was overwritten.",
        "In kjtui and most text programs: Ctrl-L. In a shell: reset. On a desktop: change to a text console "
        "and back (Ctrl-Alt-F3, Ctrl-Alt-F2).",
    )


def _screen_console(clues: Clues) -> Suspicion | None:
    if clues.answer(_SHOWS) not in ("dark", "unsure"):
        return None
    return suspect(
        Strength.LIKELY if clues.answer(_SHOWS) == "dark" else Strength.POSSIBLE,
        "other-console",
        "Another console is shown, or the screen is switched off",
        (*last_jump(clues), said_by_person(clues, _SHOWS, _CHOICES_SHOWS), *clues.looked_at[:1]),
        "The kernel changes to a console of its own during the jump (pm_prepare_console), and screens save "
        "power when the picture stops.",
        "Press a key, then Ctrl-Alt-F2, Ctrl-Alt-F1, Ctrl-Alt-F7 in turn. Over ssh: chvt 2. If the machine "
        'does not answer over ssh either, see "The screen stays dark".',
    )


def _ask_shows(clues: Clues) -> bool:
    return _screen_driver(clues) is None


SCREEN = Symptom(
    "screen",
    "After coming back the screen is dead",
    "The machine is back (it answers over the network, or to keys), but the picture is not.",
    (
        Cause("screen-driver", _screen_driver),
        Cause("screen-known", _screen_known),
        Cause("not-redrawn", _screen_old_picture),
        Cause("other-console", _screen_console),
    ),
    (Question(_SHOWS, "What does the screen show?", _CHOICES_SHOWS, _ask_shows),),
)
