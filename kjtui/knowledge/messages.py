"""Kernel messages that matter to a jump, in plain words.

The wording is that of the kernel's source (5.10 to 6.12); where it changed, both forms are known. The table
itself is in kjtui.knowledge.messages_jump and messages_hardware.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from kjtui.knowledge.message import Message, Topic
from kjtui.knowledge.messages_hardware import HARDWARE
from kjtui.knowledge.messages_jump import JUMP

__all__ = ["TABLE", "Topic", "Translation", "telling", "translate", "translations"]


@dataclass(frozen=True)
class Translation:
    """A kernel message in plain words.

    id: the kind of message. who: the program, device or file system that it names, "" if none. title: what
    happened. meaning: why that matters. cure: what to do, "" if nothing. check: id of the check that
    concerns it, "" if none. normal: belongs to every jump, nothing is wrong.
    """

    id: str
    topic: Topic
    who: str
    title: str
    meaning: str
    cure: str
    check: str = ""
    normal: bool = False


def telling(text: str) -> bool:
    """Whether this line of the kernel log (without its time) is one that translate() knows."""
    return _find(text) is not None


def translate(text: str) -> Translation | None:
    """The plain words for a line of the kernel log (without its time), None for one that tells nothing."""
    found = _find(text)
    if found is None:
        return None
    message, match = found
    who = (match.groupdict().get("who") or "").strip()
    return Translation(
        message.id,
        message.topic,
        who,
        message.title,
        message.meaning,
        message.cure,
        message.check,
        message.normal,
    )


TABLE = (*JUMP, *HARDWARE)
# A log has thousands of lines: a search for fixed words comes before every pattern.
_FORMS = tuple((words, pattern, message) for message in TABLE for words, pattern in message.forms)


def translations(texts: Sequence[str]) -> tuple[tuple[int, Translation], ...]:
    """The lines of a whole log that tell something: the place of each, and its plain words.

    What the log as a whole does not hold is not looked for in each of its lines.
    """
    whole = "\n".join(texts)
    words = {words for words, _, _ in _FORMS if words in whole}
    return tuple(
        (place, means)
        for place, text in enumerate(texts)
        if any(one in text for one in words) and (means := translate(text))
    )


def _find(text: str) -> tuple[Message, re.Match[str]] | None:
    for words, pattern, message in _FORMS:
        if words in text:
            match = _compiled(pattern).search(text)
            if match:
                return message, match
    return None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
