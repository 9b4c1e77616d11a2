"""The screen stays dark, or frozen, while kernel B should run."""

from kjtui.checks.words import clip, named
from kjtui.model.checks import Evidence, Verdict
from kjtui.wizard.trouble.clues import Clues
from kjtui.wizard.trouble.common import journal_says, said_by_person
from kjtui.wizard.trouble.model import Cause, Choice, Question, Strength, Suspicion, Symptom, suspect

_NOW, _SAT = "is-it-back", "where-you-sat"
_BACK, _RESET, _STILL = "back", "reset", "still"
_CHOICES_NOW = (
    Choice(_STILL, "It is dark now: I read this elsewhere, or want to know beforehand"),
    Choice(_BACK, "It came back in the end, by itself or after Enter"),
    Choice(_RESET, "I had to press reset, or it restarted"),
)
_DESKTOP, _REMOTE, _TEXT, _SERIAL = "desktop", "remote", "text", "serial"
_CHOICES_SAT = (
    Choice(_DESKTOP, "A terminal window on a graphical desktop"),
    Choice(_REMOTE, "Over the network (ssh)"),
    Choice(_TEXT, "A text console (white on black, Ctrl-Alt-F3)"),
    Choice(_SERIAL, "A serial line"),
)
_BLIND = (
    "Press Enter once, blind: kernel B then goes back. A Quick test comes back by itself after its countdown."
)
# Frame buffers that kernel B can write to without a driver of its own module (config options built in).
_PLAIN_SCREENS = (
    "CONFIG_VGA_CONSOLE", "CONFIG_FB_VESA", "CONFIG_FB_EFI", "CONFIG_FB_SIMPLE", "CONFIG_DRM_SIMPLEDRM",
)  # fmt: skip


def _where(clues: Clues) -> str:
    """Where the person sat: by their word, else by this terminal, where that can be told."""
    if given := clues.answer(_SAT):
        return given
    terminal = clues.facts.terminal or ""
    if clues.answer(_NOW) == _STILL or terminal in ("", "/dev/console"):
        return ""
    if terminal.startswith("/dev/pts/"):
        return _DESKTOP if clues.facts.displays else _REMOTE
    number = terminal.removeprefix("/dev/tty")
    return _TEXT if number.isdecimal() else _SERIAL


def _now(clues: Clues) -> str:
    """Whether the machine came back: by the journal, else by the person's word."""
    jump = clues.past_jump
    if jump and jump.state in ("back", "refused") and jump.here:
        return _BACK
    if jump and jump.state == "lost" and not jump.here:
        return _RESET
    return clues.answer(_NOW)


def _sources(clues: Clues) -> tuple[Evidence, ...]:
    found = []
    if jump := clues.past_jump:
        found.append(journal_says(jump))
    if clues.answer(_NOW):
        found.append(said_by_person(clues, _NOW, _CHOICES_NOW))
    if clues.answer(_SAT):
        found.append(said_by_person(clues, _SAT, _CHOICES_SAT))
    else:
        found.append(Evidence("this terminal", clues.facts.terminal or "not a terminal"))
    return tuple(found)


def _window(clues: Clues) -> Suspicion | None:
    where = _where(clues)
    if where not in (_DESKTOP, _REMOTE):
        return None
    what = "a window of the desktop" if where == _DESKTOP else "a connection over the network"
    return suspect(
        Strength.PROVEN if _now(clues) == _BACK else Strength.LIKELY,
        "window",
        "Kernel B does not show itself where you sat",
        (*_sources(clues), Evidence("/sys/class/tty/console/active", " ".join(clues.facts.consoles) or "-")),
        f"It writes to the machine's own consoles only. {what.capitalize()} is drawn by your own system, "
        "which sleeps: its picture stands still or goes dark.",
        f"{_BLIND} To see it: start kjtui on a text console (Ctrl-Alt-F3) or the serial line.",
    )


def _no_driver(clues: Clues) -> Suspicion | None:
    if _where(clues) not in (_TEXT, ""):
        return None
    config = clues.facts.config
    drivers = [
        one.driver for one in clues.facts.displays or () if one.driver and not _built_in(clues, one.driver)
    ]
    plain = [] if config is None else [one for one in _PLAIN_SCREENS if config.get(one) == "y"]
    if not drivers:
        return None
    shown = ", ".join(plain[:3]) or ("could not be read" if config is None else "none of them is built in")
    return suspect(
        Strength.LIKELY,
        "no-screen-driver",
        f"Kernel B has no driver for this screen: {named(drivers, 1, 18)}",
        (
            *_sources(clues),
            Evidence("/sys/class/drm", f"driver {clip(', '.join(drivers), 60)}"),
            Evidence("plain screens in the kernel", shown),
        ),
        "Kernel B runs from memory without modules. Where the graphics driver is one, and the card was set "
        "up by it, B writes to a picture that the card does not show.",
        f"{_BLIND} To see kernel B: a serial line, or a virtual machine with a plain VGA screen.",
    )


def _built_in(clues: Clues, driver: str) -> bool:
    """Whether a graphics driver is part of the kernel's own file, so that kernel B has it, too."""
    name = driver.upper().replace("-", "_").removesuffix("_PCI")
    return (clues.facts.config or {}).get(f"CONFIG_DRM_{name}") == "y"


def _other_console(clues: Clues) -> Suspicion | None:
    """A serial line, or VT, to which no console of the kernel's goes."""
    terminal = clues.facts.terminal or ""
    name = terminal.removeprefix("/dev/")
    kind = "tty0" if name.removeprefix("tty").isdecimal() else name
    if not name.startswith("tty") or not clues.facts.consoles or kind in clues.facts.consoles:
        return None
    if _where(clues) not in (_SERIAL, _TEXT):
        return None
    return suspect(
        Strength.LIKELY,
        "other-console",
        f"The kernel's console is not on your line ({clip(name, 12)})",
        (
            *_sources(clues),
            Evidence("/sys/class/tty/console/active", " ".join(clues.facts.consoles)),
        ),
        "Kernel B shows itself where this kernel's own messages go, and yours is another line.",
        f"Sit at {' or '.join(clues.facts.consoles[:2])}, or add console={clip(name, 12)} to the kernel "
        "command line and restart. "
        f"{_BLIND}",
    )


def _graphics(clues: Clues) -> Suspicion | None:
    found = clues.finding("graphics")
    if _now(clues) != _BACK or found is None or found.verdict in (Verdict.READY, Verdict.UNKNOWN):
        return None
    return suspect(
        Strength.POSSIBLE,
        "graphics-after-return",
        "The screen did not wake after the return",
        (*_sources(clues), *found.evidence),
        found.why,
        found.cure,
    )


def _lost(clues: Clues) -> Suspicion | None:
    if _now(clues) != _RESET:
        return None
    return suspect(
        Strength.LIKELY if _where(clues) in (_TEXT, _SERIAL, "") else Strength.POSSIBLE,
        "did-not-start",
        "Kernel B did not start, or did not find its way back",
        (*_sources(clues), *clues.looked_at),
        "A kernel that dies before its console works leaves the screen dark; the machine then restarts or "
        "hangs.",
        'See "It rebooted instead", which looks for the reason. In a virtual machine or over a serial line '
        "more of its words can be seen.",
    )


def _wait(clues: Clues) -> Suspicion | None:
    if _now(clues) not in (_STILL, ""):
        return None
    return suspect(
        Strength.POSSIBLE,
        "still-away",
        "Kernel B may still be on its way",
        _sources(clues),
        "It needs some seconds to start, on emulated machines half a minute, and a Quick test then counts "
        "down before it goes back.",
        f"Wait two minutes. {_BLIND} Only then: Alt-SysRq-B, or reset.",
    )


def _ask_now(clues: Clues) -> bool:
    return not _now(clues)


def _ask_where(clues: Clues) -> bool:
    return not _where(clues)


DARK = Symptom(
    "dark",
    "The screen stays dark",
    "After Enter in step 5 there was nothing to see, or an old picture that stood still.",
    (
        Cause("window", _window),
        Cause("other-console", _other_console),
        Cause("no-screen-driver", _no_driver),
        Cause("did-not-start", _lost),
        Cause("graphics-after-return", _graphics),
        Cause("still-away", _wait),
    ),
    (
        Question(_NOW, "How is the machine now?", _CHOICES_NOW, _ask_now),
        Question(_SAT, "What was in front of you when it went dark?", _CHOICES_SAT, _ask_where),
    ),
)
