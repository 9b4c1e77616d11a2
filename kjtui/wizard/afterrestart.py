"""After the restart: was the memory reserved that was asked for? Where not, why, and what next."""

from collections.abc import Iterable

from kjtui.bootcfg import crashkernel, words
from kjtui.errors import KjtuiError
from kjtui.kexec import iomem
from kjtui.model.change import Phase, Remembered
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts, LogLine
from kjtui.model.memory import MIB, Span
from kjtui.plan.sizes import amount

NAME = "crashkernel"
_WORDS = ("crashkernel", "crash kernel")  # of the kernel's own lines about it (kernel/crash_reserve.c)


def has_restarted(facts: Facts, state: Remembered) -> bool:
    """Whether the restart that was waited for has happened."""
    return bool(facts.boot_id) and facts.boot_id != state.boot_id


def has_the_word(facts: Facts, state: Remembered) -> bool:
    """Whether the running kernel was started with what was asked for."""
    return state.value in words.values(facts.command_line, NAME)


def came_up(facts: Facts, state: Remembered) -> bool:
    """Whether the machine runs with the new setting, and memory is reserved."""
    return has_restarted(facts, state) and has_the_word(facts, state) and bool(facts.kexec_crash_size)


def verdict(facts: Facts, state: Remembered, log: Iterable[LogLine] = ()) -> Finding:
    """What has become of the reservation, as a finding."""
    if state.phase is Phase.LIFTED:
        return _lifted(facts, state)
    if not has_the_word(facts, state):
        return _not_started_with_it(facts, state)
    size = facts.kexec_crash_size
    if size:
        return _reserved(facts, state, size)
    return _nothing(facts, state, tuple(log))


def region(facts: Facts) -> Span | None:
    """The largest range that is reserved, None without one, or where the memory map is hidden."""
    try:
        spans = iomem.crash_regions(iomem.parse(facts.iomem))
    except KjtuiError:
        return None
    return max(spans, key=lambda span: span.size, default=None)


def _reserved(facts: Facts, state: Remembered, size: int) -> Finding:
    span = region(facts)
    place = f" at {span.start:#x}" if span else ""
    evidence = _read(facts)
    if size < state.size:
        return Finding(
            "after-restart",
            f"Reserved: {amount(size)}{place}, less than the {amount(state.size)} that were asked for",
            Verdict.ATTENTION,
            evidence,
            "The kernel, or somebody since the start, has made the reservation smaller.",
            "Ask for less, or restart once more.",
        )
    return Finding(
        "after-restart",
        f"Reserved: {amount(size)}{place}",
        Verdict.READY,
        evidence,
        "The restart took the new setting over: this memory holds nothing of this system.",
    )


def _lifted(facts: Facts, state: Remembered) -> Finding:
    now = words.values(facts.command_line, NAME)
    if not facts.kexec_crash_size or (state.value and state.value in now):
        told = amount(facts.kexec_crash_size) if facts.kexec_crash_size else "nothing"
        return Finding(
            "after-restart",
            f"The reservation is taken back: {told} is reserved now, as before",
            Verdict.READY,
            _read(facts),
            "The restart took the old setting over.",
        )
    return Finding(
        "after-restart",
        f"The reservation was taken back, but {amount(facts.kexec_crash_size)} are reserved all the same",
        Verdict.ATTENTION,
        _read(facts),
        "This start came from an entry that still has crashkernel=, or another program sets it.",
        "Look which entry was started, or what has the word: grep -r crashkernel /etc/default /boot",
    )


def _not_started_with_it(facts: Facts, state: Remembered) -> Finding:
    if state.phase is Phase.TRIAL:
        return Finding(
            "after-restart",
            f"The trial start with crashkernel={state.value} did not come up; this is the old setting again",
            Verdict.ATTENTION,
            _read(facts),
            "Either the machine could not run with so little memory left and restarted by itself, or another "
            "entry was chosen in the boot menu.",
            "Ask for less memory, borrow memory instead, or try once more and watch the start.",
        )
    return Finding(
        "after-restart",
        f"Nothing new is reserved: this start did not have crashkernel={state.value}",
        Verdict.ATTENTION,
        _read(facts),
        "The entry that was started is not one that was changed: another one was chosen in the boot menu, or "
        "another boot loader starts this machine.",
        "Restart and choose the first entry; or correct the boot loader in this step (L, where it is shown).",
    )


def _nothing(facts: Facts, state: Remembered, log: tuple[LogLine, ...]) -> Finding:
    found = crashkernel.effective(words.values(facts.command_line, NAME), facts.memory_total)
    told = [line.text for line in log if any(word in line.text.lower() for word in _WORDS)]
    evidence = (*_read(facts), *(Evidence("kernel log", text) for text in told[-4:]))
    if not found.size:
        why = f"By the rules of crashkernel=, it asks for nothing here: {found.reason}."
        cure = "Set it anew in this step: it is written as a plain size then."
    elif "@" in state.value:
        why = "The place behind the @ is not free on this machine."
        cure = "Set it anew in this step, without a place: the kernel then finds one itself."
    elif found.size > facts.memory_total // 2:
        why = (
            f"There is too little memory: {amount(found.size)} in one piece of {amount(facts.memory_total)}."
        )
        cure = "Ask for less in this step."
    else:
        why = (
            f"The kernel found no free piece of {amount(found.size)} where it looks, which is below 4 GiB "
            "first: firmware, devices or the kernel itself lie in between."
        )
        cure = f"Ask for less in this step, or for a place above 4 GiB: crashkernel={found.size // MIB}M,high"
    return Finding(
        "after-restart",
        f"Nothing was reserved, although this start had crashkernel={state.value}",
        Verdict.ATTENTION,
        evidence,
        why,
        cure,
    )


def _read(facts: Facts) -> tuple[Evidence, ...]:
    span = region(facts)
    size = facts.kexec_crash_size
    where = f"Crash kernel: {span.start:#x} to {span.end - 1:#x}" if span else "no range called Crash kernel"
    return (
        Evidence("/proc/cmdline", facts.command_line),
        Evidence("/proc/iomem", where),
        Evidence("/sys/kernel/kexec_crash_size", "not readable" if size is None else str(size)),
    )
