"""The return report: what was promised, and whether it held."""

from collections.abc import Callable
from dataclasses import replace

from kjtui.checks.words import named
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.report import JumpReport
from kjtui.model.word import VisitorWord
from kjtui.plan import mending
from kjtui.plan.remedies import Remedy
from kjtui.wizard import around, visitor

_FIRST = {Verdict.BLOCKED: 0, Verdict.ATTENTION: 1}


def headline(report: JumpReport) -> str:
    """The whole report in one sentence."""
    away = f"You are back after {_time(report.away)}"
    if report.all_well:
        return f"{away}, and nothing was lost."
    if not report.kept:
        return "You are back, but something is not as it was: see below."
    if not report.settled:
        return f"{away}; not everything around you is back yet."
    return f"{away}; your programs are as they were, but see below."


def findings(report: JumpReport) -> tuple[Finding, ...]:
    """Each promise with its verdict and evidence; what did not hold first."""
    before, after = report.before, report.after
    found = (
        _finding(
            "same-boot",
            report.same_boot,
            "This is the same running system as before",
            "This is not the system that left: it has been started anew",
            Evidence("/proc/sys/kernel/random/boot_id", _both(before.boot_id, after.boot_id)),
            "A restarted system would have another boot id.",
        ),
        _finding(
            "memory",
            report.memory_intact,
            "Memory is intact: a test pattern has the same checksum",
            "Memory has changed: a test pattern has another checksum",
            Evidence("canary", _both(before.canary, after.canary)),
            "A buffer of random data was hashed before the jump and again after it.",
            "Save nothing over good files, and restart this machine soon.",
        ),
        _processors(report),
        Finding(
            id="away",
            title=f"Away for {_time(report.away)}",
            verdict=Verdict.READY,
            evidence=(
                Evidence("CLOCK_BOOTTIME", f"went on {after.boottime - before.boottime:.3f} s"),
                Evidence("CLOCK_MONOTONIC", f"went on {after.monotonic - before.monotonic:.3f} s"),
            ),
            why="Boot time moves on during the visit while the monotonic clock stands still.",
        ),
        *around.differences(report),
        *around.clock(report),
        *visitor.findings(report),
        *around.mended(report),
    )
    return tuple(sorted(found, key=lambda one: _FIRST.get(one.verdict, 2)))


def offers(report: JumpReport) -> tuple[tuple[Finding, Remedy], ...]:
    """What can be set right from the report, with how, in the order of the findings."""
    if not report.settled:
        return ()
    gone, now = report.differences, report.after.around
    made: dict[str, Callable[[], Remedy | None]] = {
        "processors": mending.wake_processors,
        "links": lambda: mending.wake_links(now, gone),
        "addresses": lambda: mending.by_hand(now, gone),
        "clock": mending.set_clock,
    }
    return tuple(
        (one, remedy)
        for one in findings(report)
        if one.id in made and one.verdict is not Verdict.READY and (remedy := made[one.id]())
    )


def shown(report: JumpReport) -> tuple[Finding, ...]:
    """The findings, each with the id of what can be set right."""
    right = {finding.id: remedy.id for finding, remedy in offers(report)}
    return tuple(replace(one, remedy=right.get(one.id, "")) for one in findings(report))


def again(word: VisitorWord | None) -> str:
    """What "jump again" will do, in one sentence."""
    if word is not None and word.can_be_parked:
        return "Kernel B is still in memory: a jump goes on where it stands."
    if word is None:
        return "Kernel B left no word, so it is loaded anew before the next jump."
    return "Kernel B cannot be entered a second time, so it is loaded anew before the next jump."


def _both(before: str, after: str) -> str:
    return f"{before} before and after" if before == after else f"before {before}, after {after}"


def _processors(report: JumpReport) -> Finding:
    before, after = report.before, report.after
    missing = report.differences.processors
    lost = f"Only {after.cpus_online} of {before.cpus_online} processors came back"
    if missing:
        lost = f"{lost}: not {named((str(one) for one in missing), 6, 24)}"
    return _finding(
        "processors",
        before.cpus_online == after.cpus_online,
        f"All processors are back: {after.cpus_online} of {before.cpus_online} online",
        lost,
        Evidence("/sys/devices/system/cpu/online", _both(str(before.cpus_online), str(after.cpus_online))),
        "All processors but one are taken offline for the jump.",
        f"Bring one back with: echo 1 > /sys/devices/system/cpu/cpu{(*missing, 1)[0]}/online",
    )


def _finding(
    name: str, held: bool, good: str, bad: str, evidence: Evidence, why: str, cure: str = ""
) -> Finding:
    cure = cure or "Look at the system's log for the reason: journalctl -b, or dmesg."
    return Finding(
        id=name,
        title=good if held else bad,
        verdict=Verdict.READY if held else Verdict.BLOCKED,
        evidence=(evidence,),
        why=why,
        cure="" if held else cure,
    )


def _time(seconds: float) -> str:
    """A time away, in words."""
    return f"{seconds:.1f} seconds" if seconds >= 1 else "less than a second"
