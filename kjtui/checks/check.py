"""What a check is, and small words that several of them need."""

from collections.abc import Callable
from dataclasses import dataclass

from kjtui.model.checks import Area, Evidence, Finding, Verdict
from kjtui.model.facts import Facts
from kjtui.model.memory import MIB


@dataclass(frozen=True)
class Check:
    """A question to a machine. run is pure: it reads the facts and nothing else.

    asks: the question in plain words. reads: where the answer is read. about: what it means and what can be
    done, for a person who looks it up. verdicts: all that run may conclude.
    """

    id: str
    area: Area
    asks: str
    reads: tuple[str, ...]
    about: str
    verdicts: frozenset[Verdict]
    run: Callable[[Facts], Finding]


def read(facts: Facts, source: str, text: str) -> Evidence:
    """Evidence from a file: what it says, or why it could not be read."""
    return Evidence(source, facts.unreadable.get(source, text))


def mib(size: int) -> str:
    """Bytes as whole MiB."""
    return f"{size // MIB} MiB"


def listed(words: tuple[str, ...], most: int = 3) -> str:
    """The first few words, and how many more there are."""
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more
