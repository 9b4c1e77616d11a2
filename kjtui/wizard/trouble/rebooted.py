"""It rebooted instead: the journal holds a jump that never ended, of a boot that is over."""

from kjtui.checks.words import clip, named
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.wizard.trouble.clues import PREVIOUS, Clues, Told, quotes
from kjtui.wizard.trouble.common import finding_as, journal_says, said_by_person
from kjtui.wizard.trouble.model import UNSURE, Cause, Choice, Question, Strength, Suspicion, Symptom, suspect

_BY, _WHEN = "who-restarted", "when"
_ITSELF, _HAND = "itself", "hand"
_CHOICES_BY = (
    Choice(_ITSELF, "The machine restarted by itself"),
    Choice(_HAND, "Somebody pressed reset, or switched it off"),
)
_ENTRY, _IN_B, _WAY = "entry", "in-b", "way-back"
_CHOICES_WHEN = (
    Choice(_ENTRY, "Within seconds after Enter; kernel B was never seen"),
    Choice(_IN_B, "While kernel B was on the screen, before it went back"),
    Choice(_WAY, 'On the way back, after "Going back to kernel A"'),
)
_WAY_BACK = "way-back"
_SETTLE = "settle-journal"
_CRASHES = ("panic", "oops", "trace", "lockup")
_AGAIN = "kjtui report FILE.tar.zst packs what is left; send it along with what you saw."


def _lost(clues: Clues) -> bool:
    jump = clues.past_jump
    return bool(jump and jump.state == "lost" and not jump.here)


def _sources(clues: Clues) -> tuple[Evidence, ...]:
    found = [journal_says(clues.past_jump)] if clues.past_jump else []
    for name, choices in ((_BY, _CHOICES_BY), (_WHEN, _CHOICES_WHEN)):
        if clues.answer(name) not in ("", UNSURE):
            found.append(said_by_person(clues, name, choices))
    return tuple(found)


def _remedy(clues: Clues) -> str:
    """What the person has taken note of need not be told at each start."""
    return _SETTLE if _lost(clues) and clues.past_jump and not clues.past_jump.settled else ""


def _crash_lines(clues: Clues) -> tuple[Told, ...]:
    return tuple(one for one in clues.told_before if one.means.id in _CRASHES)


def _panic(clues: Clues) -> Suspicion | None:
    lines = _crash_lines(clues)
    if not lines:
        return None
    heads = [one for one in lines if one.means.id == "panic"] or list(lines)
    sure = any(one.means.id == "panic" for one in lines)
    return suspect(
        Strength.PROVEN if sure else Strength.LIKELY,
        "panic",
        f"The kernel stopped: {clip(heads[0].means.who or heads[0].means.title, 38)}",
        (*_sources(clues), *quotes(lines, PREVIOUS, 5)),
        "The boot before this one ended with these lines. With panic= on its command line a kernel restarts "
        "the machine by itself after that.",
        f"Look the first line up, or try another kernel version. {_AGAIN}",
        _remedy(clues),
    )


def _replaced(clues: Clues) -> Suspicion | None:
    lines = tuple(one for one in clues.told_before if one.means.id == "kexec-started")
    if not lines:
        return None
    return suspect(
        Strength.PROVEN,
        "replaced",
        "Another kernel was loaded, to replace this one",
        (*_sources(clues), *quotes(lines, PREVIOUS)),
        "The image that was loaded then was not kjtui's: it came from kexec -l or a restart helper, and such "
        "an image starts for good. There is no way back from it.",
        "Load kernel B in step 4 immediately before the jump; see who else loads: "
        "systemctl status kexec-load kdump-tools",
        _remedy(clues),
    )


def _watchdog(clues: Clues) -> Suspicion | None:
    found = clues.finding("watchdog")
    said = tuple(one for one in clues.told_before if one.means.id == "watchdog-running")
    armed = [one for one in clues.facts.watchdogs if one.active]
    if clues.answer(_WHEN) in (_ENTRY, _WAY) or not (armed or said):
        return None
    names = named((one.identity or one.name for one in armed), 1, 28) if armed else "see the log"
    return suspect(
        Strength.LIKELY,
        "watchdog",
        f"A watchdog restarted the machine: {names}",
        (*_sources(clues), *(found.evidence if found else ()), *quotes(said, PREVIOUS)),
        "It counts down in hardware and restarts the machine unless a program resets it in time. Kernel B "
        "does not, and programs of kernel A sleep.",
        (found.cure if found and found.cure else "Stop what feeds it before the jump."),
        _remedy(clues),
    )


def _descriptor(clues: Clues) -> Suspicion | None:
    """Triple fault on the way back on kernels that do not load their own GDT, or need help to."""
    found = clues.finding(_WAY_BACK)
    if clues.answer(_WHEN) in (_ENTRY, _IN_B) or found is None:
        return None
    unfixed = clues.facts.restores_gdt is False and found.verdict is Verdict.READY
    if found.verdict is Verdict.READY and not unfixed:
        return None
    strength = {Verdict.BLOCKED: Strength.PROVEN}.get(found.verdict, Strength.POSSIBLE)
    if clues.answer(_WHEN) == _WAY:
        strength = max(strength, Strength.LIKELY)
    return suspect(
        strength,
        "descriptor-table",
        "This kernel does not survive the way back",
        (*_sources(clues), *found.evidence),
        "Kernels from before January 2025 come back with kernel B's table of memory segments (GDT) and fault "
        "at once; the processor then restarts the machine (triple fault).",
        found.cure
        or "Update the kernel: 6.13 and newer are right, 6.12 since early 2025. kjtui lends older ones their "
        "table; if it rebooted all the same, please report it.",
        _remedy(clues),
    )


def _not_enterable(clues: Clues) -> Suspicion | None:
    """Memory in which kernel B cannot live."""
    if clues.answer(_WHEN) in (_IN_B, _WAY):
        return None
    found = next(
        (one for check in ("memory-encryption", "xen") if (one := clues.finding(check)) and _stands(one)),
        None,
    )
    if found is None or not _died(clues):
        return None
    return suspect(
        Strength.PROVEN if clues.answer(_WHEN) == _ENTRY else Strength.LIKELY,
        "not-enterable",
        "Kernel B cannot be entered on this machine",
        (*_sources(clues), *found.evidence),
        found.why,
        found.cure,
        _remedy(clues),
    )


def _entry(clues: Clues) -> Suspicion | None:
    """A triple fault before the console."""
    if clues.answer(_WHEN) != _ENTRY:
        return None
    return suspect(
        Strength.LIKELY,
        "died-at-entry",
        "Kernel B died while it started (triple fault)",
        (*_sources(clues), *clues.looked_at),
        "It died before its first line could be seen, so that no log tells why. The processor restarts the "
        "machine when it cannot even report a fault.",
        "Try reserved memory (crashkernel=256M, then a restart) or another kernel version; over a serial "
        f"line its first words can be seen. {_AGAIN}",
        _remedy(clues),
    )


def _stands(found: Finding) -> bool:
    return found.verdict is Verdict.BLOCKED


def _power(clues: Clues) -> Suspicion | None:
    found = finding_as(clues, "power", Strength.POSSIBLE)
    if found is None or found.finding.verdict is Verdict.UNKNOWN or clues.answer(_BY) == _HAND:
        return None
    one = found.finding
    return suspect(
        Strength.POSSIBLE,
        "power-lost",
        "The machine may have run out of power",
        (*_sources(clues), *one.evidence),
        "The battery was low or the mains were gone. Kernel B does not switch off in time.",
        "Plug the charger in before a jump.",
        _remedy(clues),
    )


def _by_hand(clues: Clues) -> Suspicion | None:
    if clues.answer(_BY) != _HAND:
        return None
    return suspect(
        Strength.PROVEN,
        "by-hand",
        "It was restarted by hand",
        _sources(clues),
        "Kernel B was running, or the machine hung, and the restart ended it. Your system in memory is lost "
        "with that.",
        'See "The screen stays dark" and "I am in B and cannot come back" for what to press instead.',
        _remedy(clues),
    )


def _no_trace(clues: Clues) -> Suspicion | None:
    """The jump never ended, and nothing says why."""
    if not _lost(clues) or clues.answer(_BY) == _HAND or _crash_lines(clues):
        return None
    return suspect(
        Strength.POSSIBLE,
        "no-trace",
        "The machine restarted without leaving a trace",
        (*_sources(clues), Evidence(PREVIOUS, "no line tells of a crash"), *clues.unseen),
        "Kernel B runs from memory and writes to no disk; what happens there is not in the log of kernel A. "
        "A fault that the processor cannot report restarts it (triple fault).",
        "Repeat it with a Quick test on a serial line, or in a virtual machine, where the last words of "
        f"kernel B can be seen. {_AGAIN}",
        _remedy(clues),
    )


def _no_jump(clues: Clues) -> Suspicion | None:
    if clues.facts.journal is None or _lost(clues):
        return None
    jump = clues.past_jump
    return suspect(
        Strength.LIKELY,
        "no-lost-jump",
        "By its journal, kjtui lost no jump here",
        (*_sources(clues), *clues.looked_at, *quotes(_crash_lines(clues), PREVIOUS)),
        "The last jump ended, or there was none; if this machine restarted, it was for another reason."
        if jump
        else "No jump is written in the journal of this machine: it restarted for another reason, or the "
        "journal could not be written then.",
        "Look at the end of the log of the boot before: journalctl -b -1 -e",
    )


def _journal_hidden(clues: Clues) -> Suspicion | None:
    if clues.facts.journal is not None:
        return None
    return suspect(
        Strength.POSSIBLE,
        "journal-hidden",
        "Whether it was in a jump cannot be told",
        (*_sources(clues), *clues.looked_at, *clues.unseen),
        "kjtui writes down every jump before it begins; only root may read that.",
        "Start kjtui with sudo and come back to this page.",
    )


def _died(clues: Clues) -> bool:
    return clues.facts.journal is None or _lost(clues)


def _ask_by(clues: Clues) -> bool:
    return _died(clues) and not _crash_lines(clues)


def _ask_when(clues: Clues) -> bool:
    return _died(clues) and clues.answer(_BY) != _HAND and not _crash_lines(clues)


REBOOTED = Symptom(
    "rebooted",
    "It rebooted instead",
    "After the jump the machine started anew, and what was open is gone.",
    (
        Cause("replaced", _replaced),
        Cause("panic", _panic),
        Cause("by-hand", _by_hand),
        Cause("not-enterable", _not_enterable),
        Cause("died-at-entry", _entry),
        Cause("descriptor-table", _descriptor),
        Cause("watchdog", _watchdog),
        Cause("no-lost-jump", _no_jump),
        Cause("power-lost", _power),
        Cause("no-trace", _no_trace),
        Cause("journal-hidden", _journal_hidden),
    ),
    (
        Question(_BY, "Who restarted the machine?", _CHOICES_BY, _ask_by),
        Question(_WHEN, "When did it happen?", _CHOICES_WHEN, _ask_when),
    ),
)
