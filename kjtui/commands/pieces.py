"""What a report is made of. Every piece is without what is private before it gets out of here."""

import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path

from kjtui import __version__
from kjtui.backend import journal
from kjtui.backend.machine import Reader
from kjtui.checks import run_all
from kjtui.commands import check, record
from kjtui.commands.output import wrapped
from kjtui.errors import KjtuiError
from kjtui.knowledge.redact import Redactor, Secrets
from kjtui.model.facts import Facts, LogLine

LOG_LINES = 500
_TROUBLE = 64 << 10  # bytes of the end of trouble.log
_LIBRARIES = ("textual", "psutil", "pyudev", "zstandard")
README = "README.txt"
ABOUT: Mapping[str, str] = {
    README: "what is inside, and what is not",
    "check.json": "what the checks found, as kjtui check --json writes it",
    "check.txt": "the same for people",
    "facts.json": "this machine, as kjtui record writes it; kjtui --machine facts.json practises on it",
    "journal.jsonl": "kjtui's own journal of loads and jumps, its newest lines",
    "kernel-log.txt": f"the last {LOG_LINES} lines of the kernel log",
    "previous-log.txt": "what is left of the kernel log of the boot before",
    "trouble.log": "mistakes of kjtui itself, the end of the file",
    "versions.txt": "versions of kjtui, Python, its libraries, the kernel and the distribution",
}


@dataclass(frozen=True)
class Pieces:
    """The files of a report by name; what is missing, by name with the reason; what was taken out."""

    files: Mapping[str, bytes]
    missing: Mapping[str, str]
    left_out: tuple[str, ...]


def gather(machine: Reader, secrets: Secrets, trouble: Path, now: datetime) -> Pieces:
    """Everything about a machine that can be read. What cannot is missing; nothing is raised for it.

    trouble: kjtui's trouble.log. now: with a time zone.
    """
    facts = machine.facts()
    kernels, (before, why_none) = machine.installed_kernels(), record.previous_log(machine)
    redactor = Redactor(record.with_releases(secrets, facts, kernels))
    redacted = redactor.facts(facts)
    name = redactor.text(machine.name)
    findings = run_all(redacted)
    texts = {
        "check.json": check.as_text(check.document(name, findings, now)) + "\n",
        "check.txt": check.table(name, redacted, findings, every=True) + "\n",
        "facts.json": record.recording(
            record.recorded_name(machine, redacted), redacted, redactor, kernels, before
        ),
        "versions.txt": _versions(redacted),
    }
    missing: dict[str, str] = {}
    for piece, (text, reason) in {
        "journal.jsonl": _journal(redacted),
        "kernel-log.txt": _kernel_log(machine),
        "previous-log.txt": (_lines(before), why_none),
        "trouble.log": _trouble(trouble),
    }.items():
        if text:
            texts[piece] = redactor.text(text)
        else:
            missing[piece] = redactor.text(reason)
    left_out = redactor.left_out()
    files = {piece: text.encode("utf-8", "replace") for piece, text in texts.items()}
    files[README] = _readme(dict(sorted(files.items())), missing, left_out).encode()
    return Pieces(dict(sorted(files.items())), missing, left_out)


def contents(files: Mapping[str, bytes]) -> str:
    """The list of what is inside: name, bytes, what it is."""
    return "\n".join(wrapped(ABOUT[name], f"  {name:<17}{len(data):>8}  ") for name, data in files.items())


def absent(missing: Mapping[str, str]) -> str:
    """The list of what is not inside, with the reasons; "" if nothing is missing."""
    return "\n".join(wrapped(reason, f"  {name:<17}") for name, reason in missing.items())


def _readme(files: Mapping[str, bytes], missing: Mapping[str, str], left_out: Iterable[str]) -> str:
    promise = (
        "Names of machines and users, network and hardware addresses, serial numbers, UUIDs, labels of "
        "disks, passwords and keys were replaced by placeholders such as <ip-1>; the same placeholder stands "
        "for the same thing in all files. Rules found them, and rules can miss something: look before you "
        "pass this on."
    )
    parts = [f"A report by kjtui {__version__}.", "Inside (bytes):\n" + contents(files)]
    if missing:
        parts.append("Not inside:\n" + absent(missing))
    parts += [wrapped(promise), wrapped(f"Left out: {', '.join(left_out) or 'nothing was found'}.")]
    return "\n\n".join(parts) + "\n"


def _versions(facts: Facts) -> str:
    distribution = facts.distribution or {}
    lines = {
        "kjtui": __version__,
        "Python": platform.python_version(),
        **{name: _version(name) for name in _LIBRARIES},
        "kernel": f"{facts.kernel_release} ({facts.architecture})",
        "distribution": distribution.get("PRETTY_NAME") or distribution.get("ID") or "not known",
    }
    return "".join(f"{name}: {version}\n" for name, version in lines.items())


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "not installed"


def _journal(facts: Facts) -> tuple[str, str]:
    """The text, and why there is none."""
    if facts.journal is None:
        return "", facts.unreadable.get(journal.PATH, "it could not be read")
    entries = ({"version": journal.VERSION, **asdict(one)} for one in facts.journal)
    return "".join(json.dumps(one) + "\n" for one in entries), "nothing was loaded and nobody jumped yet"


def _kernel_log(machine: Reader) -> tuple[str, str]:
    try:
        return _lines(machine.kernel_log()), "it is empty"
    except KjtuiError as error:
        return "", error.detail or error.title


def _lines(log: tuple[LogLine, ...]) -> str:
    return "".join(f"[{line.seconds:12.6f}] {line.text}\n" for line in log[-LOG_LINES:])


def _trouble(path: Path) -> tuple[str, str]:
    """The end of the log of kjtui's own mistakes."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TROUBLE))
            return file.read().decode("utf-8", "replace"), "it is empty"
    except FileNotFoundError:
        return "", "there is none: no mistake of kjtui was noted"
    except OSError as error:
        return "", f"{path}: {error.strerror}"
