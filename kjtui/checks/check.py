"""What a check is, and small words that several of them need."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kjtui.checks.words import clip
from kjtui.knowledge import distributions
from kjtui.model.checks import Area, Evidence, Finding, Verdict
from kjtui.model.facts import Facts
from kjtui.model.memory import MIB

TITLE = 60  # characters: a title is one line beside its mark
EVIDENCE = 160
# Distributions whose commands are those of another.
_COMMANDS_OF = {"ubuntu": "debian", "rhel": "fedora"}


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
    return evidence(source, facts.unreadable.get(source, text))


def evidence(source: str, text: str) -> Evidence:
    """Evidence of which any part may come from the machine: made printable, and cut where it is endless."""
    return Evidence(clip(source, EVIDENCE), clip(text, EVIDENCE))


def title(text: str) -> str:
    """A title with a name or a number from the machine in it, cut to one line."""
    return clip(text, TITLE)


def suited(facts: Facts, commands: Mapping[str, str], otherwise: str) -> str:
    """The one of several commands (or sentences) that suits this machine's distribution.

    commands: by the ids of kjtui.knowledge.distributions; "debian" serves Ubuntu too and "fedora" the RHEL
    family, unless they have their own. otherwise: for all that are not named.
    """
    found = distributions.found(facts.distribution)
    if found is None:
        return otherwise
    return commands.get(found.id) or commands.get(_COMMANDS_OF.get(found.id, ""), otherwise)


def mib(size: int) -> str:
    """Bytes as whole MiB."""
    return f"{size // MIB} MiB"


def listed(words: tuple[str, ...], most: int = 3) -> str:
    """The first few words, and how many more there are."""
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more
