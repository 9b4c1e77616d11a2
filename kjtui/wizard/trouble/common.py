"""What several symptoms share: causes that are checks, and the error itself as a cause."""

from collections.abc import Callable, Sequence

from kjtui.checks.words import clip
from kjtui.knowledge.errnos import ERRNOS
from kjtui.model.checks import Evidence, Verdict
from kjtui.wizard.trouble.clues import JOURNAL, Clues, PastJump, Told, quotes
from kjtui.wizard.trouble.model import UNSURE_SAYS, Cause, Choice, Strength, Suspicion, suspect

GRAPHICS_DRIVERS = ("nvidia", "amdgpu", "radeon", "i915", "xe ", "nouveau", "vmwgfx", "qxl", "virtio_gpu")
RESTART = "If nothing helps, restart when it suits you: all programs are still there to be closed."
_THREE_LINES = 210  # characters that are sure to fit into three lines

Number = Callable[[Clues], int | None]
"""The errno of the call that a symptom is about, as far as it is known."""


def checked(check: str, call: str, number: Number) -> Cause:
    """A check that stands in the way is a cause, for this system call.

    Where the errno is known, and is not one that this check can be behind, the check is not the cause now.
    Where it is not, a refused jump proves less than a refused load: who jumps had the right to load before.
    """

    def weigh(clues: Clues) -> Suspicion | None:
        found, errno_now = clues.finding(check), number(clues)
        if found is None or found.verdict is Verdict.READY:
            return None
        known = ERRNOS[call].get(errno_now) if errno_now else None
        fits = known is None or check in known.checks
        if found.verdict is Verdict.BLOCKED:
            sure = Strength.PROVEN if known or call == "kexec_load" else Strength.POSSIBLE
            return Suspicion(sure if fits else Strength.POSSIBLE, found)
        return Suspicion(Strength.POSSIBLE, found) if fits else None

    return Cause(check, weigh)


def finding_as(clues: Clues, check: str, strength: Strength) -> Suspicion | None:
    """A check's finding as a suspicion, None if the check is content or does not exist."""
    found = clues.finding(check)
    if found is None or found.verdict is Verdict.READY:
        return None
    return Suspicion(strength, found)


def as_said(clues: Clues) -> Suspicion | None:
    """The error that led here already says it."""
    error = clues.error
    if error is None or clues.refusal is not None or not error.detail:
        return None
    return suspect(
        Strength.LIKELY,
        "as-said",
        error.title,
        clues.looked_at,
        clip(error.detail, _THREE_LINES),
        clip(error.hint, _THREE_LINES) if error.hint else "Press T there to try again.",
    )


def from_log(
    cause: str, messages: Sequence[str], title: str, why: str, cure: str, strength: Strength = Strength.PROVEN
) -> Cause:
    """A cause that the kernel log names since the last jump. {who} in the title: whom it names."""

    def weigh(clues: Clues) -> Suspicion | None:
        lines = clues.said(*messages)
        if not lines:
            return None
        return suspect(strength, cause, title.format(who=whose(lines)), quotes(lines), why, cure)

    return Cause(cause, weigh)


def whose(lines: Sequence[Told], otherwise: str = "unnamed") -> str:
    """The first name in these lines, fit for a title."""
    return next((clip(one.means.who, 28) for one in lines if one.means.who), otherwise)


def journal_says(jump: PastJump) -> Evidence:
    """What the journal holds of a jump."""
    outcome = {
        "back": f"it came back, {clip(jump.said, 200)}" if jump.said else "it came back",
        "refused": f"refused: {clip(jump.said, 60)}" if jump.said else "it was refused",
        "lost": "nothing was written after that",
    }[jump.state]
    boot = "in this boot" if jump.here else "in an earlier boot"
    return Evidence(JOURNAL, f"jump begun {boot}; {outcome}")


def said_by_person(clues: Clues, question: str, choices: Sequence[Choice]) -> Evidence:
    """An answer as evidence."""
    given = clues.answer(question)
    says = next((one.says for one in choices if one.id == given), UNSURE_SAYS)
    return Evidence("you said", says)


def last_jump(clues: Clues) -> tuple[Evidence, ...]:
    """What the journal says of the last jump, nothing where there is none."""
    return (journal_says(clues.past_jump),) if clues.past_jump else ()


def not_restored(clues: Clues, drivers: Sequence[str]) -> tuple[Told, ...]:
    """Log lines on devices of these drivers that did not wake. A driver is known by how its name begins."""
    lines = clues.said("device-restore-failed")
    return tuple(one for one in lines if one.means.who.startswith(tuple(drivers)))
