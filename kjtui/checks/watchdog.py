"""Would a watchdog restart the machine while kernel B runs?"""

from kjtui.checks.words import clip, named
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts, Watchdog

_ID = "watchdog"
_FOLDER = "/sys/class/watchdog"
ENOUGH = 20  # seconds: kernel B takes a few to start, and this system a few to go and to come
_SOFTWARE = "Software Watchdog"  # drivers/watchdog/softdog.c


def watchdog(facts: Facts) -> Finding:
    """A clock in hardware runs on while this system sleeps; softdog's clock sleeps with it."""
    why = "A watchdog restarts the machine unless it is reset in time. Kernel B can do so once it is up."
    evidence = tuple(
        Evidence(f"{_FOLDER}/{clip(one.name, 20)}", f"{_called(one)}: {_state(one)}")
        for one in facts.watchdogs[:6]
    )
    armed = tuple(one for one in facts.watchdogs if one.active and one.identity != _SOFTWARE)
    hasty = tuple(one for one in armed if one.timeout is None or one.timeout < ENOUGH)
    if hasty:
        title = f"A watchdog is armed: {named((_called(one) for one in hasty), 1, 38)}"
        known = f"It must leave {ENOUGH} s: kernel B has to start and to come home within that."
        return Finding(_ID, title, Verdict.BLOCKED, evidence, f"{why} {known}", _stop(facts))
    if armed:
        title = f"Kernel B will feed a watchdog: {named((_called(one) for one in armed), 1, 29)}"
        cure = (
            "Go on; should kernel B not find it, it comes back at once. To be quite safe stop who feeds it."
        )
        return Finding(_ID, title, Verdict.ATTENTION, evidence, why, cure)
    unread = tuple(source for source in facts.unreadable if source.startswith(_FOLDER))
    if unread:
        noted = tuple(
            Evidence(clip(source, 80), clip(facts.unreadable[source], 100)) for source in unread[:2]
        )
        title = "Whether a watchdog is armed cannot be told"
        cure = "Go on if you know that none is: wdctl shows it, and so does fuser /dev/watchdog."
        return Finding(_ID, title, Verdict.UNKNOWN, (*evidence, *noted), why, cure)
    if any(one.active for one in facts.watchdogs):
        title = "Only the software watchdog is armed"
        why = (
            f"{why} The software one (softdog) has its clock in this kernel, and that stands still meanwhile."
        )
        cure = "Go on; to be quite safe stop who feeds it first (systemctl stop watchdog)."
        return Finding(_ID, title, Verdict.ATTENTION, evidence, why, cure)
    evidence = evidence or (Evidence(_FOLDER, "no watchdog"),)
    return Finding(_ID, "No watchdog is armed", Verdict.READY, evidence, why)


def _stop(facts: Facts) -> str:
    """How its feeder is stopped: with systemd that is often the service manager itself."""
    if facts.service_manager in ("systemd", ""):
        return (
            "Stop who feeds it: systemctl stop watchdog; with systemd, RuntimeWatchdogSec=off in "
            "/etc/systemd/system.conf, then systemctl daemon-reexec. Then look again."
        )
    return (
        "Stop who feeds it, so that it is disarmed: fuser -v /dev/watchdog* shows who that is; usually "
        "service watchdog stop, or rc-service watchdog stop. Then look again."
    )


def _called(one: Watchdog) -> str:
    return clip(one.identity if one.identity.strip() else one.name, 30)


def _state(one: Watchdog) -> str:
    if not one.active:
        return "not armed"
    return "armed" if one.timeout is None else f"armed, restarts after {clip(str(one.timeout), 20)} s"
