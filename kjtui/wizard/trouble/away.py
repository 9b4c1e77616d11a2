"""I am in B and cannot come back. Read on another computer, beforehand, or after a reset."""

from kjtui.checks.words import clip
from kjtui.model.checks import Evidence, Verdict
from kjtui.model.facts import InputDevice
from kjtui.wizard.trouble.clues import Clues, quotes
from kjtui.wizard.trouble.common import journal_says, said_by_person
from kjtui.wizard.trouble.model import Cause, Choice, Question, Strength, Suspicion, Symptom, suspect

_MACHINE, _SEEN, _KEYBOARD = "which-machine", "what-you-see", "which-keyboard"
_THIS, _OTHER = "this", "other"
_CHOICES_MACHINE = (
    Choice(_OTHER, "Another machine is in kernel B now"),
    Choice(_THIS, "This machine: it was in kernel B, or I want to know beforehand"),
)
_HEAD, _NO_WAY, _BUILT, _NOTHING, _CRASHED = "head", "no-way", "not-built", "nothing", "crashed"
_CHOICES_SEEN = (
    Choice(_HEAD, '"You are in kernel B", but Enter does nothing'),
    Choice(_NO_WAY, '"This kernel was not jumped to" (kexec_jump_back_entry= is 0)'),
    Choice(_BUILT, '"It cannot go back, and this is why", with another reason'),
    Choice(_NOTHING, "Nothing, or an old picture"),
    Choice(_CRASHED, "Lines like Call Trace, Kernel panic, or it restarted on the way back"),
)
_USB, _OWN, _LINE = "usb", "ps2", "serial"
_CHOICES_KEYBOARD = (
    Choice(_USB, "A keyboard on USB or Bluetooth"),
    Choice(_OWN, "A laptop's own keyboard, or one on PS/2"),
    Choice(_LINE, "A serial line, or the window of a virtual machine"),
)
_POWER = (
    "Alt-SysRq-B restarts at once; else hold the power button. What your system held in memory is then lost; "
    "its disks were written out before the jump."
)


def _here(clues: Clues) -> bool:
    """Whether what was read is about the machine in question."""
    jump = clues.past_jump
    return clues.answer(_MACHINE) == _THIS or bool(jump and jump.state == "lost")


def _seen(clues: Clues) -> str:
    return clues.answer(_SEEN)


def _sources(clues: Clues) -> tuple[Evidence, ...]:
    found = [journal_says(clues.past_jump)] if clues.past_jump and _here(clues) else []
    answers = ((_MACHINE, _CHOICES_MACHINE), (_SEEN, _CHOICES_SEEN), (_KEYBOARD, _CHOICES_KEYBOARD))
    found += [said_by_person(clues, name, choices) for name, choices in answers if clues.answer(name)]
    return tuple(found)


def _keyboards(clues: Clues) -> str:
    """What kind of keyboard there is: by the facts where they are about that machine."""
    if _here(clues) and clues.facts.keyboards:
        own = [one for one in clues.facts.keyboards if not _needs_driver(one)]
        return _OWN if own else _USB
    return clues.answer(_KEYBOARD)


def _needs_driver(one: InputDevice) -> bool:
    return one.bus in ("usb", "bluetooth")


def _usb_built_in(clues: Clues) -> bool:
    """Whether a kernel B like this one drives a USB keyboard: everything for it is built in."""
    config = clues.facts.config or {}
    hosts = ("CONFIG_USB_XHCI_HCD", "CONFIG_USB_EHCI_HCD", "CONFIG_USB_UHCI_HCD", "CONFIG_USB_OHCI_HCD")
    parts = ("CONFIG_USB_HID", "CONFIG_HID_GENERIC", "CONFIG_USB")
    return all(config.get(one) == "y" for one in parts) and any(config.get(one) == "y" for one in hosts)


def _usb_keyboard(clues: Clues) -> Suspicion | None:
    if _seen(clues) not in (_HEAD, _NOTHING, "unsure", "") or _keyboards(clues) != _USB:
        return None
    if _here(clues) and _usb_built_in(clues):
        return None
    evidence = _sources(clues)
    if _here(clues):
        names = ", ".join(f"{clip(one.name, 30)} ({one.bus})" for one in (clues.facts.keyboards or ())[:2])
        built = clues.facts.config and clues.facts.config.get("CONFIG_USB_HID", "not set")
        evidence = (
            *evidence,
            *((Evidence("/sys/class/input", names),) if names else ()),
            Evidence(clues.facts.config_source or "kernel configuration", f"CONFIG_USB_HID={built or '?'}"),
        )
    return suspect(
        Strength.LIKELY,
        "usb-keyboard",
        "Kernel B does not hear a USB keyboard",
        evidence,
        "Kernel B runs from memory without modules. Where the drivers for USB keyboards are modules, no key "
        "reaches it.",
        "Use a PS/2 keyboard, a laptop's own, or a serial line. A Quick test comes back without any key. "
        "If nothing helps: hold the power button.",
    )


def _other_console(clues: Clues) -> Suspicion | None:
    if _seen(clues) != _HEAD or _keyboards(clues) == _USB:
        return None
    consoles = " ".join(clues.facts.consoles) if _here(clues) else ""
    return suspect(
        Strength.LIKELY,
        "other-console",
        "Enter goes to another console than kernel B reads",
        (*_sources(clues), *((Evidence("/sys/class/tty/console/active", consoles),) if consoles else ())),
        "Kernel B listens on the consoles on which it shows itself. Keys pressed elsewhere do not reach it.",
        "Click into the window of the machine, or sit at the line that shows kernel B; press Enter there, "
        "and S for a shell. After a shell: exit, then Enter.",
    )


def _started_by_itself(clues: Clues) -> Suspicion | None:
    if _seen(clues) != _NO_WAY:
        return None
    return suspect(
        Strength.PROVEN,
        "no-way-back",
        "This kernel was started by itself: nothing sleeps behind it",
        _sources(clues),
        "A jump leaves an address for the way back (kexec_jump_back_entry). It is 0: this kernel came from "
        "an ordinary start or from kexec -e, which replaces the system.",
        "Use the shell there, or restart. Next time load and jump with kjtui alone, not with kexec -l and "
        "kexec -e.",
    )


def _way_not_built(clues: Clues) -> Suspicion | None:
    if _seen(clues) != _BUILT:
        return None
    return suspect(
        Strength.LIKELY,
        "way-not-built",
        "Kernel B could not build its way back",
        _sources(clues),
        "The small program that leads back did not fit into kernel B's memory, or kernel B's own kernel "
        "refused to load it. The lines below that sentence say which.",
        "In B's shell look at: dmesg | tail. A restart ends it; what your system held in memory is then "
        "lost, its files are not. Please report what the lines said.",
    )


def _descriptor(clues: Clues) -> Suspicion | None:
    if _seen(clues) not in (_CRASHED, "unsure", ""):
        return None
    found = clues.finding("way-back") if _here(clues) else None
    if found is None or found.verdict is Verdict.READY:
        return None
    return suspect(
        Strength.LIKELY if found.verdict is Verdict.BLOCKED else Strength.POSSIBLE,
        "descriptor-table",
        "This kernel does not survive the way back",
        (*_sources(clues), *found.evidence),
        found.why,
        found.cure,
    )


def _crashed(clues: Clues) -> Suspicion | None:
    if _seen(clues) != _CRASHED:
        return None
    return suspect(
        Strength.LIKELY,
        "b-crashed",
        "Kernel B has crashed",
        (*_sources(clues), *(quotes(clues.told_before, "log of the boot before") if _here(clues) else ())),
        "Something in kernel B failed, mostly a driver that found a device in a state it did not expect.",
        f"Take a photograph of the lines. {_POWER}",
    )


def _counting(clues: Clues) -> Suspicion | None:
    if _seen(clues) not in (_HEAD, _NOTHING, "unsure", ""):
        return None
    return suspect(
        Strength.LIKELY if _seen(clues) == _NOTHING else Strength.POSSIBLE,
        "not-seen",
        "It waits for Enter, or counts down, where you cannot see it",
        _sources(clues),
        "Kernel B shows itself on the machine's own consoles only, and needs some seconds to start. A Quick "
        "test goes back by itself, Look around waits for Enter.",
        "Press Enter once on the machine's own keyboard or serial line, and wait two minutes. Only then "
        "restart it: Alt-SysRq-B, or the power button. What it had in memory is lost then, files are not.",
    )


def _ask_machine(clues: Clues) -> bool:
    return not _here(clues)


def _ask_seen(clues: Clues) -> bool:
    return clues.answer(_MACHINE) != "" or _here(clues)


def _ask_keyboard(clues: Clues) -> bool:
    return _seen(clues) in (_HEAD, _NOTHING) and not _keyboards(clues)


AWAY = Symptom(
    "away",
    "I am in B and cannot come back",
    "Kernel B runs, but Enter does not lead back. Read this on another computer, or beforehand.",
    (
        Cause("no-way-back", _started_by_itself),
        Cause("way-not-built", _way_not_built),
        Cause("descriptor-table", _descriptor),
        Cause("b-crashed", _crashed),
        Cause("usb-keyboard", _usb_keyboard),
        Cause("other-console", _other_console),
        Cause("not-seen", _counting),
    ),
    (
        Question(_MACHINE, "Which machine is it about?", _CHOICES_MACHINE, _ask_machine),
        Question(_SEEN, "What does kernel B show?", _CHOICES_SEEN, _ask_seen),
        Question(_KEYBOARD, "What do you press Enter on?", _CHOICES_KEYBOARD, _ask_keyboard),
    ),
)
