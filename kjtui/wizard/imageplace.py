"""Where this system is saved to: the choice of step 3 when memory is to be saved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kjtui.errors import KjtuiError
from kjtui.imagefile import exports
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.memory import MIB
from kjtui.model.saved import Medium
from kjtui.plan.places import Place, named, on_server, places
from kjtui.plan.sizes import amount
from kjtui.wizard.view import Option, StepView

if TYPE_CHECKING:
    from kjtui.model.facts import Facts
    from kjtui.wizard.session import Session

NOT_LOOKED_FOR = Finding(
    id="not-looked-for",
    title="The next start would not look for the saved system",
    verdict=Verdict.BLOCKED,
    evidence=(
        Evidence("/run/kjtui/looked", "this start did not look for one"),
        Evidence("initramfs", "kjtui has put nothing into what makes it"),
    ),
    why="It must be found before any file system is mounted, by a part of the initramfs; that is not there.",
    cure="Press X: it shows what it will do, and asks. (The command kjtui enable-resume does the same.)",
)
_RATIO = 0.6  # of memory in use, what an image usually has; noise and videos do not get smaller


def usable(session: Session) -> tuple[Place, ...]:
    """The places that can take an image, () before the first look."""
    return tuple(one for one in _all(session) if not one.why_not)


def _all(session: Session) -> tuple[Place, ...]:
    if session.seen is None:
        return ()
    wanted, facts = session.choices.image_on, session.seen.facts
    name = wanted if exports.parse(wanted) else facts.looks_on_server
    served = on_server(name, None if session.choices.snapshot else facts.looks_on_server)
    here = places(facts, session.seen.disks, session.seen.spaces)
    if session.choices.snapshot:
        here = tuple(_kept(one) for one in here)
    return (*here, *((served,) if served else ()))


def _kept(place: Place) -> Place:
    """For an image that is to stay while this system goes on."""
    if place.target.medium is not Medium.SWAP or place.why_not:
        return place
    return replace(place, why_not="this system goes on and may swap to it, over the snapshot")


def chosen(session: Session) -> int:
    """Which of the usable ones is chosen: the first one where none has been named."""
    names = [one.target.name for one in usable(session)]
    return names.index(session.choices.image_on) if session.choices.image_on in names else 0


def options(session: Session) -> tuple[Option, ...]:
    """The usable ones, for the screen."""
    return tuple(Option(one.target.name, f"{one.about}. {_fits(one, session)}") for one in usable(session))


def _fits(place: Place, session: Session) -> str:
    assert session.seen is not None
    most = in_use(session.seen.facts)
    taking = f"About {_time(most * _RATIO / place.rate)}."
    return f"{taking} {_room(place, most)}"


def _time(seconds: float) -> str:
    """Rounded up as one says it: "10 s", "2 min"."""
    return f"{-(-seconds // 10) * 10:.0f} s" if seconds <= 90 else f"{-(-seconds // 60):.0f} min"


def _room(place: Place, most: int) -> str:
    """Whether there is enough of it. most: bytes of memory in use."""
    if place.target.medium is Medium.NFS:
        return "Kernel B sees how much room there is; when it is full, saving ends and you are back."
    if place.target.size > most:
        return "All of memory fits, whatever is in it."
    if place.target.size > most * _RATIO:
        return "Usually enough: what is in memory gets smaller."
    return "Probably too small; when it is full, saving ends and you are back."


def in_use(facts: Facts) -> int:
    """Bytes of memory that would be saved, about."""
    return max(facts.memory_total - facts.memory_available, 64 * MIB)


def found(session: Session) -> tuple[Finding, ...]:
    """How much there is to save, and what stands where it would go."""
    assert session.seen is not None
    facts = session.seen.facts
    size = in_use(facts)
    unfit = (Evidence(one.target.name, f"{one.about}: {one.why_not}") for one in _all(session) if one.why_not)
    amount_found = Finding(
        id="image-size",
        title=f"About {amount(size)} of memory are in use, beside copies of files",
        verdict=Verdict.READY,
        evidence=(Evidence("/proc/meminfo", f"{amount(facts.memory_available)} available"), *unfit)[:10],
        why=f"Free memory is left out, the rest gets smaller, often {amount(int(size * _RATIO))}.",
    )
    stop = blocked(session)
    return (amount_found, *((stop,) if stop else asks(session)))


def place(session: Session) -> Place:
    """Where the image is to go: what was named, else the first that can be used. Raises KjtuiError."""
    if wanted := session.choices.image_on:
        return named(_all(session), wanted)
    if here := usable(session):
        return here[0]
    raise KjtuiError(
        "There is no place that an image can be saved to",
        "It takes a partition or a disk on which nothing is, an ext4 file system that is not mounted, or "
        "a swap area in which nothing is.",
        "Attach a disk or a stick, or unmount one; then press B and come back.",
    )


def asks(session: Session) -> tuple[Finding, ...]:
    """That what is on the place is lost."""
    assert session.seen is not None
    try:
        here = place(session)
    except KjtuiError:
        return ()
    name = here.target.name
    if here.target.medium in (Medium.FILE, Medium.SWAP, Medium.NFS):
        return ()  # nothing of anybody's is overwritten
    return (
        Finding(
            id="overwrites",
            title=f"Everything that is on {name} now will be overwritten",
            verdict=Verdict.ATTENTION,
            evidence=(Evidence(name, here.about), Evidence(name, "nothing known was found on it")),
            why="It has none of the forms that are known, but it may hold data all the same.",
            cure="Say yes if it is meant for this; say no if you do not know what is on it.",
        ),
    )


def is_unseen(view: StepView) -> bool:
    """Whether a step cannot go on because the next start would not look for what is saved."""
    return view.blocked is NOT_LOOKED_FOR


def blocked(session: Session) -> Finding | None:
    """Why this cannot go on."""
    if session.seen is None:
        return None
    if not session.choices.snapshot and not session.seen.facts.looks_for_saved:
        return NOT_LOOKED_FOR
    try:
        place(session)
        return None
    except KjtuiError as error:
        evidence = tuple(
            Evidence(one.target.name, f"{one.about}: {one.why_not or 'it can be used'}")
            for one in _all(session)
        )
        shown = evidence[:10] or (Evidence("/sys/class/block", "no disk was found"),)
        return Finding("no-place", error.title, Verdict.BLOCKED, shown, error.detail, error.hint)


def will(session: Session) -> tuple[str, ...]:
    """What will be done."""
    try:
        target = place(session).target
    except KjtuiError:
        return ()
    name = target.name
    if target.medium is Medium.FILE:
        name = f"the file {target.path} on {name}"
    elif target.medium is Medium.SWAP:
        name = f"the swap area {name}, which is not swapped to meanwhile"
    if session.choices.snapshot:
        after = "Then you are back and go on; the image is there to be looked into."
    else:
        after = "Then the machine is switched off. The next start offers to go back to where you are now."
    sealed = " It is sealed with your passphrase." if session.choices.passphrase else ""
    caches = "" if session.choices.keep_caches else " (no copies of files)"
    return (f"Kernel B will save this system's memory{caches} to {name}.{sealed}", after)
