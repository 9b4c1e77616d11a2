"""`kjtui explain`: what a check asks, what an error number means, and what this machine says to it."""

import errno
import os
from collections.abc import Callable, Sequence

from kjtui.backend.machine import Reader
from kjtui.checks.check import Check
from kjtui.checks.registry import BY_ID, CHECKS
from kjtui.commands.check import MARKS, in_full, title
from kjtui.commands.output import Streams, say, wrapped
from kjtui.errors import KjtuiError
from kjtui.knowledge.errnos import ERRNOS, Cause
from kjtui.model.checks import Area, Verdict
from kjtui.wizard.text import printable

_CALLS = {"kexec_load": "Loading kernel B, kexec_load(2)", "reboot": "The jump, reboot(2)"}
_INDENT = "  "


def run(word: str | None, machine: Callable[[], Reader], streams: Streams) -> int:
    """Explain a check, an errno, or list both. machine is only made for what needs it. Raises KjtuiError."""
    if word is None:
        say(streams.stdout, _all())
        return 0
    if (check := BY_ID.get(word.lower())) is not None:
        say(streams.stdout, "\n".join([*_check(check), "", *_here(machine, [check], in_short=())]))
    elif (number := _number(word)) is not None:
        text, checks = _errno(number)
        here = ["", *_here(machine, checks, in_short=(Verdict.READY,))] if checks else []
        say(streams.stdout, "\n".join([*text, *here]))
    else:
        raise _unknown(word)
    return 0


def _check(check: Check) -> list[str]:
    gives = ", ".join(
        f"{MARKS[verdict].strip()} {verdict}" for verdict in Verdict if verdict in check.verdicts
    )
    return [
        wrapped(f"{check.id}: {check.asks}"),
        "",
        wrapped(check.about, _INDENT),
        "",
        wrapped(str(check.area), f"{_INDENT}About:   "),
        wrapped(", ".join(check.reads), f"{_INDENT}Reads:   "),
        wrapped(gives, f"{_INDENT}Answers: "),
    ]


def _here(machine: Callable[[], Reader], checks: Sequence[Check], in_short: Sequence[Verdict]) -> list[str]:
    """What the machine says now, with what was read unless the verdict is told in short."""
    reader = machine()
    facts = reader.facts()
    lines = [wrapped(f"On {reader.name}:")]
    for finding in (check.run(facts) for check in checks):
        lines += [title(finding)] if finding.verdict in in_short else in_full(finding, evidence=True)
    return lines


def _errno(number: int) -> tuple[list[str], list[Check]]:
    """What an error number means for each call, and the checks that tell which cause it is."""
    lines = [f"{errno.errorcode[number]} ({number}): {os.strerror(number)}"]
    checks: list[Check] = []
    for call, heading in _CALLS.items():
        lines += ["", heading]
        if (cause := ERRNOS[call].get(number)) is None:
            lines.append(wrapped("It is not known to end with this error. See the end of dmesg.", _INDENT))
        else:
            lines += _cause(cause)
            checks += [BY_ID[one] for one in cause.checks if one in BY_ID and BY_ID[one] not in checks]
    return lines, checks


def _cause(cause: Cause) -> list[str]:
    return [wrapped(cause.cause, f"{_INDENT}Why: "), wrapped(cause.cure, f"{_INDENT}To do: ")]


def _number(word: str) -> int | None:
    """The number of an errno given by name or number, None if there is none."""
    if word.isdecimal():
        number = int(word)
        return number if number in errno.errorcode else None
    found = getattr(errno, word.upper(), None)
    return found if isinstance(found, int) else None


def _all() -> str:
    width = max(len(check.id) for check in CHECKS) + 2
    lines: list[str] = []
    for area in Area:
        if here := [check for check in CHECKS if check.area is area]:
            lines += [str(area), *(wrapped(one.asks, f"{_INDENT}{one.id:<{width}}") for one in here), ""]
    numbers = sorted({number for causes in ERRNOS.values() for number in causes})
    lines += ["Errors", wrapped(", ".join(errno.errorcode[one] for one in numbers), _INDENT), ""]
    return "\n".join([*lines, wrapped("kjtui explain WORD tells more about one of these.")])


def _unknown(word: str) -> KjtuiError:
    import difflib

    names = {name.lower(): name for name in (*BY_ID, *errno.errorcode.values())}
    near = [names[one] for one in difflib.get_close_matches(word.lower(), names, n=4, cutoff=0.5)]
    guess = f"Did you mean {' or '.join(near)}? " if near else ""
    hint = f"{guess}kjtui explain without a word lists all."
    return KjtuiError("There is no check and no error of this name", printable(word[:60]), hint)
