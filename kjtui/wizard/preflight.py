"""The last look, just before the jump: is all that was found, chosen and loaded still so?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kjtui.checks.check import evidence, mib, title
from kjtui.checks.disks import FOLDER
from kjtui.checks.registry import BY_ID
from kjtui.checks.words import clip, named, reasons
from kjtui.errors import KjtuiError
from kjtui.kexec import iomem
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.memory import MIB, RegionKind
from kjtui.model.visit import Disk

if TYPE_CHECKING:
    from kjtui.backend.machine import Progress, Writer
    from kjtui.model.facts import Facts, JournalEntry
    from kjtui.model.image import LoadImage
    from kjtui.model.memory import Span
    from kjtui.model.surroundings import Written

# Of the checks those whose answer may change from one minute to the next and matters to the jump itself.
# Programs of real-time priority are none: they are frozen like all others.
CHECKS = ("stuck-tasks", "watchdog", "power", "mounts", "network-root", "stacks", "removable", "drivers")
OURS = "image-ours"
ROOM = 64 * MIB
BUSY = 64 * MIB  # bytes unwritten right after everything was written: somebody writes all the time
_LOADED = "/sys/kernel/kexec_loaded"
_LIMIT = "/proc/sys/kernel/kexec_load_limit_reboot"
_JOURNAL = "/var/lib/kjtui/journal.jsonl"
_IOMEM = "/proc/iomem"
_MEMINFO = "/proc/meminfo"
_LOAD_ANEW = "Go back to the step Load (B) and load kernel B anew."


@dataclass(frozen=True)
class Mark:
    """What told loads apart when ours had ended.

    limit: kexec_load_limit_reboot then. at: when the newest load or unload in kjtui's journal was, seconds
    since 1970, 0 for none.
    """

    limit: int | None = None
    at: float = 0.0


def mark(facts: Facts) -> Mark:
    """The mark to remember just after a load."""
    return Mark(facts.kexec_load_limit_reboot, max((one.at for one in _loads(facts)), default=0.0))


def preflight(machine: Writer, image: LoadImage, then: Mark, progress: Progress) -> tuple[Finding, ...]:
    """Look, and write all files to disk. What blocks or asks is for the caller to act upon.

    image: what was loaded, then: its mark. progress may raise to give up.
    """
    progress("looking once more", 0.0)
    facts = machine.facts()
    found = [still_ours(facts, then), region(facts, image), room(facts)]
    found += [BY_ID[name].run(facts) for name in CHECKS]
    found.append(written(machine.write_out(progress)))
    found.append(protected(machine.protected_disks()))
    progress("looked", 1.0)
    return tuple(found)


def still_ours(facts: Facts, then: Mark) -> Finding:
    """Is the loaded image still the one that this program has loaded?

    The kernel says that something is loaded, not what. Other loads show where the kernel counts them, and
    where another kjtui has written its own down.
    """
    name = OURS
    why = "The jump enters whatever is loaded now. What somebody else has loaded does not come back."
    shown = [evidence(_LOADED, str(int(facts.kexec_loaded)) if facts.kexec_loaded is not None else "unread")]
    if facts.kexec_loaded is False:
        gone = "Kernel B is loaded no longer: somebody has dropped it"
        return Finding(name, gone, Verdict.BLOCKED, tuple(shown), why, _LOAD_ANEW)
    limit = facts.kexec_load_limit_reboot
    if then.limit is not None and limit is not None and 0 <= limit < then.limit:
        shown.append(evidence(_LIMIT, f"{then.limit} after kernel B was loaded, {limit} now"))
        other = "Somebody has loaded or dropped a kernel since"
        return Finding(name, other, Verdict.BLOCKED, tuple(shown), why, _LOAD_ANEW)
    later = [one for one in _loads(facts) if one.at > then.at]
    if later:
        shown.append(evidence(_JOURNAL, f"{later[-1].operation} {later[-1].state}, by another kjtui"))
        other = "Another kjtui has loaded or dropped a kernel since"
        return Finding(name, other, Verdict.BLOCKED, tuple(shown), why, _LOAD_ANEW)
    counted = then.limit is not None and then.limit >= 0
    how = (
        "no load was counted since kernel B's"
        if counted
        else "loads are not counted here (no limit is set): a load by another program would not show"
    )
    shown += [evidence(_LIMIT, how), evidence(_JOURNAL, "no load by another kjtui since")]
    if facts.kexec_loaded is None:
        unknown = "Whether kernel B is still loaded cannot be told"
        shown[0] = reasons(facts, _LOADED, "/sys/kernel/kexec")[0]
        cure = "Go on if nobody else works on this machine: if nothing is loaded, the jump is refused."
        return Finding(name, unknown, Verdict.UNKNOWN, tuple(shown), why, cure)
    ready = (
        "Kernel B is still loaded" if counted else "A kernel is still loaded, and nothing says it is not ours"
    )
    return Finding(name, ready, Verdict.READY, tuple(shown), why)


def region(facts: Facts, image: LoadImage) -> Finding:
    """Does kernel B's memory still belong to it?"""
    name, span = "region-free", image.region.span
    reserved = image.region.kind is RegionKind.RESERVED
    why = (
        "Kernel B uses its reserved memory without keeping what is in it."
        if reserved
        else "Kernel B's memory must be memory of this system: only then is its content kept and put back."
    )
    if reserved and facts.kexec_crash_loaded:
        shown: tuple[Evidence, ...] = (evidence("/sys/kernel/kexec_crash_loaded", "1"),)
        taken = "A crash kernel has been loaded in kernel B's memory"
        cure = "Borrow memory instead (step 2), or stop kdump (for example: systemctl stop kdump-tools)."
        return Finding(name, taken, Verdict.BLOCKED, shown, why, cure)
    ranges = _spans(facts, reserved=reserved)
    where = f"{span.start:#x} to {span.end - 1:#x}"
    kind = "Crash kernel" if reserved else "System RAM"
    if not ranges and not (reserved and facts.kexec_crash_size == 0):
        unknown = "Whether kernel B's memory is still free cannot be told"
        cure = "Go on if neither kdump nor the amount of memory has been changed since loading."
        return Finding(name, unknown, Verdict.UNKNOWN, reasons(facts, _IOMEM), why, cure)
    within = any(one.contains(span) for one in ranges)
    shown = (evidence(_IOMEM, f"{where}: {'within' if within else 'no longer'} {kind}"),)
    if not within:
        changed = "Kernel B's memory is reserved no longer" if reserved else "Kernel B's memory is gone"
        cure = "Go back to the first step and press R: the memory is chosen anew."
        return Finding(name, changed, Verdict.BLOCKED, shown, why, cure)
    free = f"Kernel B's memory is still {'reserved, without a crash kernel' if reserved else 'there to lend'}"
    return Finding(name, free, Verdict.READY, shown, why)


def room(facts: Facts) -> Finding:
    """Is there memory for the drivers? The jump itself needs none: its pages were taken at loading.

    kernel_kexec in kernel/kexec_core.c allocates nothing, but drivers do when they save their devices: a
    graphics card's own memory is moved into this system's (amdgpu_device_evict_resources).
    """
    name = "room"
    why = (
        "Drivers need memory to save their devices' state, a graphics card as much as it has in use. Without "
        "it the kernel refuses the jump; nothing is lost."
    )
    if facts.memory_total <= 0:
        unknown = "How much memory is free cannot be told"
        cure = "Going on does no harm: the jump may be refused."
        return Finding(name, unknown, Verdict.UNKNOWN, reasons(facts, _MEMINFO), why, cure)
    cards = sum(one.memory_used for one in facts.displays or ())
    needed = ROOM + cards
    shown = [evidence(_MEMINFO, f"{mib(facts.memory_available)} available")]
    if cards:
        shown.append(evidence("/sys/class/drm", f"{mib(cards)} in use on graphics cards"))
    if facts.memory_available < needed:
        little = title(f"Little memory is free: {mib(facts.memory_available)} of {mib(needed)}")
        cure = "End programs that use much memory, then try again."
        return Finding(name, little, Verdict.ATTENTION, tuple(shown), why, cure, "free-caches")
    return Finding(name, "The drivers have memory enough", Verdict.READY, tuple(shown), why)


def written(done: Written) -> Finding:
    """Is everything on disk that belongs there?"""
    name = "written"
    why = "Should kernel B not come back, what is on the disks is all that is left of your files."
    if not done.done:
        places = tuple(one.target for one in done.hanging)
        where = named(places, 1, 32) if places else "which one cannot be told"
        shown = tuple(
            evidence(one.target, f"{one.fstype} from {clip(one.source, 60)} does not answer")
            for one in done.hanging[:4]
        ) or (evidence("sync(2)", "it does not return, and nothing gets written"),)
        first = places[0] if places else "the one that hangs"
        cure = (
            f"Bring its server or disk back, or unmount it: umount -f -l {clip(first, 40)}. Then try again."
        )
        stuck = title(f"A file system does not answer: {where}")
        stuck_why = f"{why} The jump would wait for it for ever."
        return Finding(name, stuck, Verdict.BLOCKED, shown, stuck_why, cure)
    if done.left is None:
        return Finding(
            name, "All files are written out", Verdict.READY, (evidence("sync(2)", "returned"),), why
        )
    shown = (evidence("sync(2)", "returned"), evidence(_MEMINFO, f"{done.left >> 10} KiB dirty afterwards"))
    if done.left > BUSY:
        busy = title(f"A program goes on writing: {mib(done.left)} are not on disk yet")
        cure = "Let it finish, then try again; or go on: it is stopped, and goes on writing afterwards."
        return Finding(name, busy, Verdict.ATTENTION, shown, why, cure)
    return Finding(name, "All files are written out", Verdict.READY, shown, why)


def protected(disks: tuple[Disk, ...]) -> Finding:
    """For information: the disks that this system uses."""
    name = "protected-disks"
    why = "What this system has open must not be changed while it sleeps."
    if not disks:
        shown: tuple[Evidence, ...] = (evidence(FOLDER, "no disk is in use"),)
        return Finding(name, "This system uses no disk", Verdict.READY, shown, why)
    shown = tuple(evidence(f"{FOLDER}/{one.name}", one.why) for one in disks[:6])
    names = named((one.name for one in disks), 3, 28)
    return Finding(name, f"Out of kernel B's reach: {names}", Verdict.READY, shown, why)


def summary(found: tuple[Finding, ...]) -> tuple[str, ...]:
    """The last words before the jump, in a line."""
    if not found:
        return ()
    ready = sum(one.verdict is Verdict.READY for one in found)
    count = f"all {ready} answers are" if ready == len(found) else f"{ready} of {len(found)} answers are"
    disks = next((f" {one.title}." for one in found if one.id == "protected-disks"), "")
    return (f"Looked once more: {count} as they should be.{disks}",)


def _loads(facts: Facts) -> tuple[JournalEntry, ...]:
    """What kjtui's journal says of loading and dropping in this boot."""
    return tuple(
        one
        for one in facts.journal or ()
        if one.operation in ("load", "unload") and one.state != "failed" and one.boot_id == facts.boot_id
    )


def _spans(facts: Facts, *, reserved: bool) -> tuple[Span, ...]:
    try:
        ranges = iomem.parse(facts.iomem)
    except KjtuiError:
        return ()
    return iomem.crash_regions(ranges) if reserved else iomem.ram(ranges)
