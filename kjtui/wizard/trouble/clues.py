"""What is known when somebody looks for a cause: machine, logs, error, and the person's answers."""

import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from kjtui.checks.words import clip
from kjtui.errors import KjtuiError
from kjtui.knowledge.errnos import ERRNOS
from kjtui.knowledge.messages import Translation, translations
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts, InstalledKernel, JournalEntry, LogLine

LOG = "kernel log"
PREVIOUS = "log of the boot before"
JOURNAL = "kjtui's journal"
_BEFORE_SUSPEND = 4  # telling lines between "suspend entry" and the freezing that belongs to it
_LINE = 110  # characters of a log line that are quoted


@dataclass(frozen=True)
class Told:
    """A line of a log and what it means."""

    line: LogLine
    means: Translation

    @property
    def evidence(self) -> Evidence:
        """The line with its time, as dmesg shows it."""
        return Evidence(LOG, quoted(self.line))


@dataclass(frozen=True)
class PastJump:
    """The last jump in the journal. state: "back", "refused" or "lost": it never came back.

    here: it was this boot that jumped. said: why it was refused, or how it came home. settled: the person has
    taken note of it.
    """

    entry: JournalEntry
    state: str
    here: bool
    said: str = ""
    settled: bool = False


@dataclass(frozen=True)
class Clues:
    """Everything that a cause may look at.

    log, previous: None where they could not be read. answers: id of a question: id of the choice.
    unseen: what could not be read, and how it can be.
    """

    facts: Facts
    findings: tuple[Finding, ...] = ()
    log: tuple[LogLine, ...] | None = None
    previous: tuple[LogLine, ...] | None = None
    kernels: tuple[InstalledKernel, ...] | None = None
    error: KjtuiError | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    unseen: tuple[Evidence, ...] = ()

    def answered(self, question: str, choice: str) -> "Clues":
        """The same with one more answer."""
        return replace(self, answers={**self.answers, question: choice})

    def answer(self, question: str) -> str:
        """The person's answer, "" if it was not asked."""
        return self.answers.get(question, "")

    def finding(self, check: str) -> Finding | None:
        """What a check found, None if there is no such check."""
        return next((one for one in self.findings if one.id == check), None)

    def verdict(self, check: str) -> Verdict | None:
        """A check's verdict."""
        found = self.finding(check)
        return found.verdict if found else None

    @cached_property
    def refusal(self) -> tuple[str, int] | None:
        """The system call that was refused last and its errno: from the error, else from the journal."""
        codes = [self.error.code] if self.error else [entry.code for entry in self._failures]
        call, _, name = (codes[0] if codes else "").partition(": ")
        number = next((one for one, known in errno.errorcode.items() if known == name), None)
        return (call, number) if call in ERRNOS and number else None

    def refused(self, call: str) -> int | None:
        """The errno with which this call ("kexec_load" or "reboot") was refused last."""
        return self.refusal[1] if self.refusal and self.refusal[0] == call else None

    @property
    def _failures(self) -> list[JournalEntry]:
        entries = [one for one in self.facts.journal or () if one.boot_id == self.facts.boot_id]
        return [one for one in reversed(entries) if one.state == "failed"][:1]

    @cached_property
    def past_jump(self) -> PastJump | None:
        """The last jump in the journal."""
        entries = self.facts.journal or ()
        for place in range(len(entries) - 1, -1, -1):
            begun = entries[place]
            if (begun.operation, begun.state) != ("jump", "begun"):
                continue
            here = begun.boot_id == self.facts.boot_id
            ends = [one for one in entries[place + 1 :] if one.operation == "jump"]
            if any(one.state == "done" for one in ends):
                home = next((one.about for one in entries[place + 1 :] if one.operation == "return"), "")
                return PastJump(begun, "back", here, home)
            if failed := next((one for one in ends if one.state == "failed"), None):
                return PastJump(begun, "refused", here, failed.about)
            settled = any(one.state == "settled" for one in ends)
            return PastJump(begun, "lost", here, settled=settled)
        return None

    @cached_property
    def told(self) -> tuple[Told, ...]:
        """The telling lines of this boot since its last jump, those that belong to every jump left out.

        Where the log holds no jump, all of this boot's.
        """
        return tuple(one for one in self._since_jump if not one.means.normal)

    @cached_property
    def links_told(self) -> tuple[Told, ...]:
        """What the log says since the last jump of network connections that went down or came up."""
        return tuple(one for one in self._since_jump if one.means.id in ("link-down", "link-up"))

    @cached_property
    def _since_jump(self) -> Sequence[Told]:
        return _since_jump(_translated(self.log or ()))

    @cached_property
    def told_before(self) -> tuple[Told, ...]:
        """The telling lines of the boot before."""
        return tuple(one for one in _translated(self.previous or ()) if not one.means.normal)

    def said(self, *ids: str) -> tuple[Told, ...]:
        """The lines since the last jump that mean one of these (ids of kjtui.knowledge.messages)."""
        return tuple(one for one in self.told if one.means.id in ids)

    @property
    def log_hidden(self) -> bool:
        """Whether the kernel log could not be read."""
        return self.log is None

    @property
    def looked_at(self) -> tuple[Evidence, ...]:
        """What was read for every symptom, in short."""
        jump = self.past_jump
        log = "could not be read" if self.log is None else f"{len(self.log)} lines, {len(self.told)} telling"
        states = {
            "back": "it came back",
            "refused": "it was refused",
            "lost": "nothing says that it came back",
        }
        last = f"the last jump: {states[jump.state]}" if jump else "no jump is written there"
        if self.facts.journal is None:
            last = "could not be read"
        return (Evidence(LOG, log), Evidence(JOURNAL, last))


def quoted(line: LogLine) -> str:
    """A log line with its time, as dmesg shows it."""
    return f"[{line.seconds:12.6f}] {clip(line.text, _LINE)}"


def quotes(told: Sequence[Told], source: str = LOG, most: int = 4) -> tuple[Evidence, ...]:
    """Log lines as evidence."""
    return tuple(Evidence(source, quoted(one.line)) for one in told[:most])


def _translated(log: Sequence[LogLine]) -> tuple[Told, ...]:
    return tuple(Told(log[place], means) for place, means in translations([line.text for line in log]))


def _since_jump(told: Sequence[Told]) -> Sequence[Told]:
    """From the last freezing on that belongs to no ordinary suspend, to the next such suspend."""
    ids = [one.means.id for one in told]
    begin, end = 0, len(ids)
    for place in range(len(ids) - 1, -1, -1):
        if ids[place] == "suspended":
            end = place
        elif ids[place] == "freezing" and "suspended" not in ids[max(0, place - _BEFORE_SUSPEND) : place]:
            begin = place
            break
    else:
        return told
    # Older kernels say "Freezing user space processes" and the outcome in one stage, newer ones in two.
    while begin and ids[begin - 1] == "freezing":
        begin -= 1
    return told[begin:end]
