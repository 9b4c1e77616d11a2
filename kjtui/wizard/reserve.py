"""Step 2: which memory does kernel B get? Borrowed at each jump, or set aside when this system is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kjtui.model.change import Phase
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.memory import Region, RegionKind
from kjtui.plan.sizes import amount
from kjtui.wizard import afterrestart
from kjtui.wizard.regions import RegionOffer
from kjtui.wizard.session import Session, Way
from kjtui.wizard.view import Act, Need, Option, StepView

if TYPE_CHECKING:
    from kjtui.plan.need import Recommendation

SENTENCE = "Decides which memory kernel B gets. Nothing is changed before you say yes."
ACTIONS = {
    Way.KEEP: "see what keeping it changes",
    Way.SET_UP: "see what that changes",
    Way.USE: "go on to Choose kernel B",
    Way.BORROW: "go on to Choose kernel B",
}


def view(session: Session) -> StepView:
    """Both kinds of memory side by side, each with its reason and its price; how the restart went."""
    if session.seen is None:
        return StepView(SENTENCE, action="", need=Need.LOOK, waiting="looking at this machine")
    chosen = session.offer
    assert chosen is not None  # there is an offer of either kind as soon as there is a look
    ways, way = session.ways, session.way
    sets_up = way in (Way.KEEP, Way.SET_UP)
    return StepView(
        SENTENCE,
        action=ACTIONS[way],
        found=_found(session),
        options=tuple(_option(session, way) for way in ways),
        chosen=ways.index(way),
        will=() if sets_up else _will(chosen.region) if chosen.region else (),
        know=_recommendation(session),
        act=Act.RESERVE if sets_up else Act.FORWARD,
        blocked=None if sets_up else _blocked(session, chosen),
        note=_note(session),
    )


def _note(session: Session) -> str:
    state, seen = session.reservation.state, session.seen
    if state is None or seen is None or afterrestart.has_restarted(seen.facts, state):
        return ""
    if state.phase is Phase.TRIAL:
        return f"The next start tries crashkernel={state.value}, once."
    if state.phase is Phase.LIFTED:
        return "The reservation is taken back; the next start shows it."
    return f"From the next start on, {amount(state.size)} are reserved (crashkernel={state.value})."


def _found(session: Session) -> tuple[Finding, ...]:
    from kjtui.plan.need import need_for, needed_in_all, sum_text

    assert session.seen is not None
    facts, state = session.seen.facts, session.reservation.state
    crash = facts.kexec_crash_size
    need = need_for(facts, session.choices.purpose, None)
    memory = Finding(
        id="memory",
        title=f"{amount(facts.memory_total)} of memory, {amount(facts.memory_available)} of it available",
        verdict=Verdict.READY,
        evidence=(
            Evidence(
                "/proc/meminfo", f"total {facts.memory_total}, available {facts.memory_available} bytes"
            ),
        ),
        why="A borrowed region is copied into free memory while kernel B runs.",
    )
    reserved = Finding(
        id="crashkernel",
        title="Reserved at boot (crashkernel=): "
        + ("cannot be told" if crash is None else amount(crash) if crash else "nothing"),
        verdict=Verdict.UNKNOWN if crash is None else Verdict.READY,
        evidence=(
            Evidence("/sys/kernel/kexec_crash_size", "not readable" if crash is None else str(crash)),
            *(Evidence("/proc/iomem", line.strip()) for line in facts.iomem if "Crash kernel" in line),
        ),
        why="Reserved memory holds nothing of this system, so less has to change places at a jump.",
    )
    needed = Finding(
        id="need",
        title=f"Kernel B needs {needed_in_all(need)}",
        verdict=Verdict.READY,
        evidence=(
            *(Evidence(part.source, f"{part.name}: {amount(part.bytes)}") for part in need.parts),
            Evidence("sum", sum_text(need)),
        ),
        why="With less it would run out of memory while it starts.",
    )
    told: tuple[Finding, ...] = ()
    if session.reservation.fault:
        fault = session.reservation.fault
        told = (Finding("state", fault.title, Verdict.ATTENTION, (), fault.detail, fault.hint),)
    elif state is not None and afterrestart.has_restarted(facts, state):
        told = (afterrestart.verdict(facts, state, session.reservation.log),)
    return (*told, memory, reserved, needed)


def _option(session: Session, way: Way) -> Option:
    assert session.seen is not None
    size = amount(session.choices.region_size)
    borrowed, reserved = session.seen.offers
    facts = session.seen.facts
    if way is Way.BORROW:
        seconds = _copying(session)
        reason = f"No restart. Copied away and back at every jump, which takes some {seconds} longer."
        return Option(f"Borrow {size}{_recommended(session, RegionKind.BORROWED)}", reason, borrowed.why_not)
    if way is Way.USE:
        label = "Use the reserved memory" + (
            f", {amount(reserved.region.span.size)}" if reserved.region else ""
        )
        if Way.KEEP not in session.ways:
            label += _recommended(session, RegionKind.RESERVED)
        reason = "It holds nothing of this system: faster, and no free memory is needed for a copy."
        return Option(label, reason, reserved.why_not)
    if way is Way.KEEP:
        label = f"Keep the reservation of {amount(facts.kexec_crash_size or 0)} at every start"
        return Option(label, "So far this was a trial: the next start would be without it.")
    from kjtui.plan.need import left_for_a

    best = "" if reserved.region else _recommended(session, RegionKind.RESERVED)
    label = f"Reserve {size} at the next start{best}"
    left = amount(left_for_a(facts, session.choices.region_size))
    reason = f"One restart; permanent; {left} stay for this system. Faster, and good for full crash dumps."
    return Option(label, reason)


def _copying(session: Session) -> str:
    from kjtui.plan.need import copy_seconds

    seconds = copy_seconds(session.choices.region_size, session.memory_speed)
    return f"{seconds:.1f} s" if seconds >= 0.1 else "0.1 s"


def _best(session: Session) -> Recommendation:
    from kjtui.plan.need import need_for, recommend

    assert session.seen is not None
    facts = session.seen.facts
    return recommend(facts, need_for(facts, session.choices.purpose, None))


def _recommended(session: Session, kind: RegionKind) -> str:
    return " (recommended)" if _best(session).kind is kind else ""


def _recommendation(session: Session) -> tuple[str, ...]:
    best = _best(session)
    what = "Use reserved memory" if best.kind is RegionKind.RESERVED else "Borrow"
    undo = ("U takes back what kjtui has changed.",) if session.reservation.standing else ()
    return (f"{what}: {best.reason}", *undo)


def _will(region: Region) -> tuple[str, ...]:
    place = f"{region.span.start:#x} to {region.span.end - 1:#x}"
    first = f"Kernel B will get {amount(region.span.size)} of memory ({place})"
    if region.kind is RegionKind.RESERVED:
        return (first, "and the first 640 KiB, whose content is kept safe.")
    return (first, "and the first 640 KiB. The content of both is kept safe and put back.")


def _blocked(session: Session, offer: RegionOffer) -> Finding | None:
    from kjtui.plan.need import need_for, refusal

    assert session.seen is not None
    facts = session.seen.facts
    if offer.region is None:
        return Finding(
            id=f"region-{offer.kind}",
            title=offer.why_not,
            verdict=Verdict.BLOCKED,
            evidence=(Evidence("/proc/iomem", offer.detail),),
            why=offer.detail,
            cure=offer.cure,
        )
    size = offer.region.span.size
    refused = refusal(facts, size, need_for(facts, session.choices.purpose, None), offer.kind)
    if refused is None:
        return None
    return Finding(
        id="size",
        title=refused.title,
        verdict=Verdict.BLOCKED,
        evidence=(Evidence("/proc/meminfo", f"available {facts.memory_available} bytes"),),
        why=refused.detail,
        cure=refused.hint,
    )
