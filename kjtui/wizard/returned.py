"""The return report: what was promised, and whether it held."""

from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.report import JumpReport, VisitorWord
from kjtui.wizard import visitor


def headline(report: JumpReport) -> str:
    """The whole report in one sentence."""
    if report.all_well:
        return f"You are back after {_time(report.away)}, and nothing was lost."
    return "You are back, but something is not as it was: see below."


def findings(report: JumpReport) -> tuple[Finding, ...]:
    """Each promise with its verdict and evidence; what did not hold first."""
    before, after = report.before, report.after
    same_cpus = before.cpus_online == after.cpus_online
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
        _finding(
            "processors",
            same_cpus,
            f"All processors are back: {after.cpus_online} of {before.cpus_online} online",
            f"Only {after.cpus_online} of {before.cpus_online} processors came back",
            Evidence(
                "/sys/devices/system/cpu/online", _both(str(before.cpus_online), str(after.cpus_online))
            ),
            "All processors but one are taken offline for the jump.",
            "Bring one back with: echo 1 > /sys/devices/system/cpu/cpu1/online",
        ),
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
        *visitor.findings(report),
    )
    return tuple(sorted(found, key=lambda one: one.verdict is not Verdict.BLOCKED))


def again(word: VisitorWord | None) -> str:
    """What "jump again" will do, in one sentence."""
    if word is not None and word.can_be_parked:
        return "Kernel B is still in memory: a jump goes on where it stands."
    if word is None:
        return "Kernel B left no word, so it is loaded anew before the next jump."
    return "Kernel B cannot be entered a second time, so it is loaded anew before the next jump."


def _both(before: str, after: str) -> str:
    return f"{before} before and after" if before == after else f"before {before}, after {after}"


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
