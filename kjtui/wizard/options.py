"""The options of step 3: which there are for a purpose, how each is read, judged and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kjtui.errors import KjtuiError
from kjtui.imagefile import exports
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.choices import Choices, Purpose
from kjtui.wizard import choicechecks, kernels, wordchecks

if TYPE_CHECKING:
    from kjtui.backend.machine import Reader
    from kjtui.model.facts import InstalledKernel
    from kjtui.wizard.session import Session

MINUTE = 60


@dataclass(frozen=True)
class Field:
    """One option. label: at most 13 letters; about: a line that says what may be typed, at most 62 letters.

    shown: the present choice as text; check: what a text is worth, which may read files; put: the choices
    with a text that check takes. reads: whether check reads files, and so takes its time.
    short: whether a new text replaces the old one rather than going on with it. hidden: whether nobody shall
    see what is typed.
    """

    id: str
    label: str
    about: str
    shown: Callable[[Choices], str]
    check: Callable[[Reader, str], Finding]
    put: Callable[[Choices, str], Choices]
    reads: bool = False
    short: bool = False
    hidden: bool = False


def _timer(choices: Choices, text: str) -> Choices:
    return replace(choices, timer=(choicechecks.minutes(text) or 0) * MINUTE)


def _switch(
    name: str,
    label: str,
    about: str,
    on: Callable[[Choices], bool],
    check: Callable[[str], Finding],
    put: Callable[[Choices, bool], Choices],
) -> Field:
    """An option that is yes or no."""
    return Field(
        name,
        label,
        about,
        lambda choices: "yes" if on(choices) else "no",
        lambda _machine, text: check(text),
        lambda choices, text: put(choices, bool(choicechecks.yes_or_no(text))),
        short=True,
    )


PROGRAM = Field(
    "program",
    "Program",
    "The file to run in kernel B: a program, or a script for /bin/sh.",
    lambda choices: choices.program,
    choicechecks.program,
    lambda choices, text: replace(choices, program=text),
    reads=True,
)
BRING_BACK = Field(
    "bring-back",
    "Bring back",
    "Names of files that it makes in its folder; blanks part them.",
    lambda choices: " ".join(choices.bring_back),
    lambda _machine, text: choicechecks.bring_back(text),
    lambda choices, text: replace(choices, bring_back=choicechecks.names(text)),
)
INITRAMFS = Field(
    "initramfs",
    "Initramfs",
    "The file to start: a cpio archive, or packed by gzip, xz, zstd.",
    lambda choices: choices.initramfs,
    choicechecks.initramfs,
    lambda choices, text: replace(choices, initramfs=text),
    reads=True,
)
NETWORK = _switch(
    "network",
    "Network (DHCP)",
    "yes: kernel B asks for an address. no: it leaves it alone.",
    lambda choices: choices.network,
    choicechecks.network,
    lambda choices, yes: replace(choices, network=yes),
)
TIMER = Field(
    "timer",
    "Back after min",
    "Minutes without a key press until it goes back; 0: never.",
    lambda choices: str(choices.timer // MINUTE),
    lambda _machine, text: choicechecks.timer(text),
    _timer,
    short=True,
)
PASSPHRASE = Field(
    "passphrase",
    "Passphrase",
    "Seals the image; without it nobody can read it. Empty: no seal.",
    lambda choices: choices.passphrase,
    lambda _machine, text: choicechecks.passphrase(text),
    lambda choices, text: replace(choices, passphrase=text),
    hidden=True,
)
KEEP_CACHES = _switch(
    "keep-caches",
    "Keep caches",
    "no: copies of files in memory are given back. yes: saved too.",
    lambda choices: choices.keep_caches,
    choicechecks.keep_caches,
    lambda choices, yes: replace(choices, keep_caches=yes),
)
SERVER = Field(
    "server",
    "NFS server",
    "To save to a server, SERVER:/FOLDER. Empty: to a disk.",
    lambda choices: choices.image_on if exports.parse(choices.image_on) else "",
    lambda _machine, text: choicechecks.server(text),
    lambda choices, text: replace(choices, image_on=text),
)
KERNEL = Field(
    "kernel",
    "Kernel file",
    "A bzImage or a unified kernel image. Empty: the running kernel.",
    lambda choices: choices.kernel,
    choicechecks.kernel,
    lambda choices, text: replace(choices, kernel=text),
    reads=True,
)
WORDS = Field(
    "words",
    "Further words",
    "Added to kernel B's command line, such as: debug",
    lambda choices: choices.words,
    lambda _machine, text: wordchecks.judge(text),
    lambda choices, text: replace(choices, words=text),
)
_OF = {
    Purpose.QUICK: (),
    Purpose.LOOK: (TIMER,),
    Purpose.RESCUE: (NETWORK, TIMER),
    Purpose.PROGRAM: (PROGRAM, BRING_BACK, NETWORK, TIMER),
    Purpose.CUSTOM: (INITRAMFS, TIMER),
    Purpose.SAVE: (PASSPHRASE, SERVER, KEEP_CACHES),
}


def fields(purpose: Purpose) -> tuple[Field, ...]:
    """What can be set for a purpose, in the order in which it is asked."""
    return (*_OF[purpose], KERNEL, WORDS)


class Drafts:
    """Texts that were typed and not taken, with why: they are there again when the person comes back."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, Finding]] = {}

    def text(self, field: Field, choices: Choices) -> str:
        """What to show in a field."""
        kept = self._kept.get(field.id)
        return kept[0] if kept else field.shown(choices)

    def keep(self, field: Field, text: str, why: Finding) -> None:
        """A text that is not taken."""
        self._kept[field.id] = (text, why)

    def drop(self, field: Field) -> None:
        """What was typed is taken now, or given up."""
        self._kept.pop(field.id, None)

    def wrong(self, purpose: Purpose) -> Finding | None:
        """The first field of a purpose whose text is not taken, as a finding that says which."""
        for field in fields(purpose):
            if kept := self._kept.get(field.id):
                return named(field, kept[1])
        return None


def named(field: Field, finding: Finding) -> Finding:
    """A finding that is read away from its field."""
    evidence = finding.evidence or (Evidence("what was typed", field.label),)
    cure = finding.cure or field.about
    return replace(
        finding,
        title=f"{field.label}: {finding.title}",
        evidence=evidence,
        cure=f"{cure} Press O to change it.",
    )


@dataclass(frozen=True)
class Judged:
    """A text and what it is worth. kernel: what is known now of the file that it names, for that field."""

    text: str
    finding: Finding
    kernel: InstalledKernel | None = None


def judge(session: Session, field: Field, text: str) -> Judged:
    """What a text is worth, before it is taken: thoroughly, which may take seconds for large files."""
    finding = field.check(session.machine, text)
    if field is INITRAMFS and finding.verdict is not Verdict.BLOCKED:
        return Judged(text, _whole_initramfs(session, text))
    running = session.seen.facts.kernel_file if session.seen else None
    if field is not KERNEL or finding.verdict is Verdict.BLOCKED or text in ("", running):
        return Judged("" if field is KERNEL and text == running else text, finding)
    try:
        kernel = session.kernels.examine(text)
    except KjtuiError as error:
        return Judged(text, choicechecks.refused("kernel", error, text))
    return Judged(text, kernels.judge(kernel), kernel)


def _whole_initramfs(session: Session, path: str) -> Finding:
    """Read to its end, for the kernel and the memory that are chosen."""
    running = not session.choices.kernel and session.seen is not None
    config = session.seen.facts.config if running and session.seen else None
    return choicechecks.whole_initramfs(session.machine, path, config, session.choices.region_size)


def take(session: Session, field: Field, judged: Judged) -> None:
    """Go on with a text that was judged: choose it, or keep it as a draft."""
    if judged.kernel:
        session.kernels.keep(judged.kernel)
    if judged.finding.verdict is Verdict.BLOCKED:
        session.drafts.keep(field, judged.text, judged.finding)
    else:
        session.drafts.drop(field)
        session.choose(field.put(session.choices, judged.text))


def missing(session: Session) -> Finding | None:
    """What the chosen purpose still wants before kernel B can be prepared, None if nothing."""
    purpose, choices = session.choices.purpose, session.choices
    if wrong := session.drafts.wrong(purpose):
        return wrong
    for field in _OF[purpose]:
        if field in (PROGRAM, INITRAMFS) and not field.shown(choices):
            return named(field, field.check(session.machine, ""))
    return None
