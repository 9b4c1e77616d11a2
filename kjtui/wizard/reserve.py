"""Step 2: which memory does kernel B get?"""

from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.memory import Region, RegionKind
from kjtui.plan.sizes import amount
from kjtui.wizard.regions import RegionOffer
from kjtui.wizard.session import Session
from kjtui.wizard.view import Need, Option, StepView

SENTENCE = "Decides which memory kernel B gets. Nothing is changed yet."
ORDER = (RegionKind.BORROWED, RegionKind.RESERVED)


def view(session: Session) -> StepView:
    """Both kinds of memory, each with its reason, the chosen one with its place."""
    if session.seen is None:
        return StepView(SENTENCE, action="", need=Need.LOOK, waiting="looking at this machine")
    chosen = session.offer
    assert chosen is not None  # there is an offer of either kind as soon as there is a look
    return StepView(
        SENTENCE,
        action="go on to Choose kernel B",
        found=_found(session),
        options=tuple(_option(offer, session.choices.region_size) for offer in session.seen.offers),
        chosen=ORDER.index(session.choices.region),
        will=_will(chosen.region) if chosen.region else (),
        blocked=_blocked(chosen),
    )


def _found(session: Session) -> tuple[Finding, ...]:
    assert session.seen is not None
    facts = session.seen.facts
    crash = facts.kexec_crash_size
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
    return (memory, reserved)


def _option(offer: RegionOffer, size: int) -> Option:
    if offer.kind is RegionKind.BORROWED:
        label = f"Borrow {amount(size)}"
        reason = "Its content is kept safe in free memory meanwhile. Needs no preparation."
    else:
        label = "Use the reserved memory" + (f", {amount(offer.region.span.size)}" if offer.region else "")
        reason = "It holds nothing of this system: faster, and no free memory is needed for a copy."
    return Option(label, reason, offer.why_not)


def _will(region: Region) -> tuple[str, ...]:
    place = f"{region.span.start:#x} to {region.span.end - 1:#x}"
    first = f"Kernel B will get {amount(region.span.size)} of memory ({place})"
    if region.kind is RegionKind.RESERVED:
        return (first, "and the first 640 KiB, whose content is kept safe.")
    return (first, "and the first 640 KiB. The content of both is kept safe and put back.")


def _blocked(offer: RegionOffer) -> Finding | None:
    if offer.region is not None:
        return None
    return Finding(
        id=f"region-{offer.kind}",
        title=offer.why_not,
        verdict=Verdict.BLOCKED,
        evidence=(Evidence("/proc/iomem", offer.detail),),
        why=offer.detail,
        cure=offer.cure,
    )
