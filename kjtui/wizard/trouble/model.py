"""What a symptom, a question and a cause are, and how the causes of a symptom are told.

A cause is data plus one function, as a check is: the function looks at the clues and says how strongly they
speak for it. A question is asked only where the clues hold no answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from kjtui.checks.words import clip
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.wizard.trouble.clues import Clues

UNSURE = "unsure"
"""The answer "I do not know", which every question takes."""
UNSURE_SAYS = "I do not know"
MOST_QUESTIONS = 3
_TITLE, _QUOTED = 60, 8
_NONE = "unexplained"  # what stands for a cause where none was found


class Strength(IntEnum):
    """How strongly the clues speak for a cause."""

    POSSIBLE = 1  # cannot be ruled out
    LIKELY = 2
    PROVEN = 3


HEADINGS = {
    Strength.PROVEN: "This is the cause",
    Strength.LIKELY: "Most likely",
    Strength.POSSIBLE: "Perhaps",
}
_VERDICTS = {
    Strength.PROVEN: Verdict.BLOCKED,
    Strength.LIKELY: Verdict.ATTENTION,
    Strength.POSSIBLE: Verdict.UNKNOWN,
}


@dataclass(frozen=True)
class Suspicion:
    """A cause on this machine: the finding says what was read, why it does this, and what to do."""

    strength: Strength
    finding: Finding


@dataclass(frozen=True)
class Cause:
    """Something that can be behind a symptom. weigh: None where the clues do not speak for it at all."""

    id: str
    weigh: Callable[[Clues], Suspicion | None]


@dataclass(frozen=True)
class Choice:
    """An answer."""

    id: str
    says: str


@dataclass(frozen=True)
class Question:
    """Asked where needed says so: the clues, and the answers given so far, do not hold the answer."""

    id: str
    asks: str
    choices: tuple[Choice, ...]
    needed: Callable[[Clues], bool]


@dataclass(frozen=True)
class Symptom:
    """What a person sees. The first of several equally strong causes is named first."""

    id: str
    says: str
    explains: str  # one sentence: when this is the right one
    causes: tuple[Cause, ...]
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """The outcome. others: what could not be ruled out, strongest first. unseen: what was not readable."""

    cause: Suspicion
    others: tuple[Suspicion, ...]
    unseen: tuple[Evidence, ...]

    @property
    def headline(self) -> str:
        """The cause, and how sure it is."""
        title = self.cause.finding.title
        return f"{title}." if self.cause.finding.id == _NONE else f"{HEADINGS[self.cause.strength]}: {title}."


def next_question(symptom: Symptom, clues: Clues) -> Question | None:
    """The next question to the person, None when there is nothing more to ask."""
    return next((one for one in symptom.questions if one.id not in clues.answers and one.needed(clues)), None)


def diagnose(symptom: Symptom, clues: Clues) -> Diagnosis:
    """The cause that the clues speak for most, and those that they do not rule out.

    What is only possible is left out beside what is proven.
    """
    weighed = [found for cause in symptom.causes if (found := cause.weigh(clues))]
    weighed.sort(key=lambda one: -one.strength)
    if not weighed:
        return Diagnosis(_unexplained(clues), (), clues.unseen)
    first, others = weighed[0], weighed[1:]
    if first.strength is Strength.PROVEN:
        others = [one for one in others if one.strength is not Strength.POSSIBLE]
    return Diagnosis(first, tuple(others), clues.unseen)


def suspect(
    strength: Strength,
    id: str,
    title: str,
    evidence: Sequence[Evidence],
    why: str,
    cure: str,
    remedy: str = "",
) -> Suspicion:
    """A suspicion in plain words."""
    quoted = tuple(evidence[:_QUOTED])
    finding = Finding(id, clip(title, _TITLE), _VERDICTS[strength], quoted, why, cure, remedy)
    return Suspicion(strength, finding)


def _unexplained(clues: Clues) -> Suspicion:
    return suspect(
        Strength.POSSIBLE,
        _NONE,
        "No cause was found",
        clues.looked_at,
        "Nothing that could be read here explains it.",
        "Save what there is with: kjtui report FILE.tar.zst, and send it along with what you saw. "
        "What could not be read may hold the answer; as root more can be.",
    )
