"""What the return report says of devices, links, mounts and clocks, and of what was mended."""

from collections.abc import Sequence

from kjtui.checks.words import clip, named
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.report import JumpReport
from kjtui.model.surroundings import Device, Differences
from kjtui.plan import mending

CLOCK_SLACK = 2.0  # seconds: the clock on the board has whole ones, and is read twice
MOST_DONE = 140  # characters: two lines
_PLACES = "/sys/class, /proc/net"


def differences(report: JumpReport) -> tuple[Finding, ...]:
    """Devices, links and mounts: in one line if they are as before, else each kind of difference."""
    before, gone = report.before.around, report.differences
    found = []
    if gone.devices:
        found.append(_devices(gone))
    if gone.mounts:
        places = named((one.target for one in gone.mounts), 2, 36)
        found.append(
            Finding(
                "mounts",
                f"Mounted no longer: {places}",
                Verdict.BLOCKED,
                tuple(
                    Evidence(clip(one.target, 60), f"{one.fstype} from {one.source}") for one in gone.mounts
                ),
                "It was mounted before the jump.",
                f"Mount it again: mount {clip(gone.mounts[0].target, 40)}; dmesg may say why it went.",
            )
        )
    found += _network(report, gone)
    if gone.new_devices:
        new = named((f"{one.kind} {one.name}" for one in gone.new_devices), 2, 50)
        why = "A device that comes back under another name shows like this, too."
        found.append(
            Finding("new-devices", f"New since: {new}", Verdict.READY, _evidence(gone.new_devices), why)
        )
    if not gone.any and before.processors:
        parts = (
            (len(before.devices), "device"),
            (len(before.links), "network link"),
            (len(before.routes), "route"),
            (len(before.mounts), "mount"),
        )
        title = f"As before: {', '.join(_count(count, noun) for count, noun in parts if count)}"
        why = "Each was looked up by name before and after."
        shown = (Evidence(_PLACES, f"{_names(report)}"),)
        found.append(Finding("around", title, Verdict.READY, shown, why))
    return tuple(found)


def _devices(gone: Differences) -> Finding:
    names = named((f"{one.kind} {one.name}" for one in gone.devices), 2, 50)
    disk = any(one.kind == "disk" for one in gone.devices)
    return Finding(
        "devices",
        f"Gone since the jump: {names}",
        Verdict.BLOCKED if disk else Verdict.ATTENTION,
        _evidence(gone.devices),
        "Its driver could not wake it, or it was unplugged meanwhile.",
        "Plug it in anew, or load its driver anew (modprobe -r, modprobe); dmesg says what went wrong."
        if not disk
        else "Write nothing to what lies on it; look at dmesg, plug it in anew, or restart this machine.",
    )


def _network(report: JumpReport, gone: Differences) -> tuple[Finding, ...]:
    after = {one.name: one for one in report.after.around.links}
    found = []
    if links := (*gone.links_gone, *gone.links_down):
        say = "Network links are gone" if gone.links_gone else "No network on"
        found.append(
            Finding(
                "links",
                f"{say}: {named(links, 3, 40)}",
                Verdict.ATTENTION,
                tuple(
                    Evidence(
                        f"/sys/class/net/{clip(one, 20)}", "not up any more" if one in after else "not there"
                    )
                    for one in links[:4]
                ),
                "The link was up before the jump, and has not come up again within some seconds.",
                "Look at the cable, or connect to the access point again; dmesg may say more.",
            )
        )
    lost = (*(one.link for one in gone.addresses), *(one.link for one in gone.routes))
    if lost:
        words = (
            *(f"address {one.address} of {one.link}" for one in gone.addresses),
            *(f"{_way(one.to)} through {one.link}" for one in gone.routes),
        )
        alone = all(link in (*gone.links_down, *gone.links_gone) for link in lost)
        found.append(
            Finding(
                "addresses",
                f"Lost: {clip(words[0], 44)}{f' and {len(words) - 1} more' if len(words) > 1 else ''}",
                Verdict.ATTENTION,
                tuple(Evidence("/proc/net/route", clip(one, 80)) for one in words[:6]),
                "It went with its link." if alone else "It was there before the jump.",
                "It comes back with the link."
                if alone
                else "Have the network service configure the link anew.",
            )
        )
    return tuple(found)


def _way(to: str) -> str:
    return "default route" if to == "default" else f"route to {to}"


def clock(report: JumpReport) -> tuple[Finding, ...]:
    """Nothing is said where there is no second clock: the time away shows that the first went on."""
    off = report.clock_off
    if off is None:
        return ()
    shown = (
        Evidence("/sys/class/rtc/rtc0", f"against it this system's clock is {off:+.1f} s off since before"),
    )
    why = "The clock on the board runs on during the visit; the kernel sets its own by it on return."
    if abs(off) < CLOCK_SLACK:
        return (Finding("clock", "The wall clock is right", Verdict.READY, shown, why),)
    word = "ahead" if off > 0 else "behind"
    keeper = mending.time_keeper(report.after.around.services)
    cure = (
        f"{keeper} sets it by the network soon. If not, set it by the clock on the board: hwclock -s"
        if keeper
        else "Set it by the clock on the board: hwclock -s"
    )
    title = f"The wall clock is {_seconds(abs(off))} {word}"
    return (Finding("clock", title, Verdict.ATTENTION, shown, why, cure),)


def mended(report: JumpReport) -> tuple[Finding, ...]:
    """What was done by itself: in one line, and a line for each that did not work."""
    worked = [one.what for one in report.mended if not one.trouble]
    found = []
    if worked:
        what = "; ".join(worked)
        title = f"Done: {what if len(what) < MOST_DONE else f'{worked[0]}, and {len(worked) - 1} more'}"
        shown = tuple(Evidence("done", one) for one in worked)
        found.append(Finding("mended", title, Verdict.READY, shown, "This is done after each return."))
    found += [
        Finding(
            "not-mended",
            f"Did not work: {one.what}",
            Verdict.ATTENTION,
            (Evidence("this program", clip(one.trouble, 200)),),
            "It would have set right what is usual after a return.",
            "Try it by hand.",
        )
        for one in report.mended
        if one.trouble
    ]
    return tuple(found)


def _evidence(devices: Sequence[Device]) -> tuple[Evidence, ...]:
    return tuple(Evidence("/sys", clip(f"{one.kind} {one.name} {one.about}", 120)) for one in devices[:6])


def _names(report: JumpReport) -> str:
    around = report.before.around
    names = (*(one.name for one in around.devices), *(one.name for one in around.links))
    return named(names, 12, 150) if names else "nothing"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"
