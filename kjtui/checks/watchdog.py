"""Would a watchdog restart the machine while kernel B runs?"""

from kjtui.checks.check import listed
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts, Watchdog

_ID = "watchdog"
_FOLDER = "/sys/class/watchdog"
_SOFTWARE = "Software Watchdog"  # drivers/watchdog/softdog.c


def watchdog(facts: Facts) -> Finding:
    """A clock in hardware runs on while this system sleeps; softdog's clock sleeps with it."""
    why = "A watchdog restarts the machine unless it is reset in time. Kernel B does not reset it."
    evidence = tuple(
        Evidence(f"{_FOLDER}/{one.name}", f"{_called(one)}: {_state(one)}") for one in facts.watchdogs
    )
    armed = tuple(one for one in facts.watchdogs if one.active and one.identity != _SOFTWARE)
    if armed:
        names = listed(tuple(_called(one)[:30] for one in armed), most=1)
        title = f"A watchdog is armed: {names}"
        cure = (
            "Stop who feeds it: systemctl stop watchdog; with systemd, RuntimeWatchdogSec=off in "
            "/etc/systemd/system.conf, then systemctl daemon-reexec. Then look again."
        )
        return Finding(_ID, title, Verdict.BLOCKED, evidence, why, cure)
    hidden = tuple(source for source in facts.unreadable if source.startswith(_FOLDER))
    if hidden:
        evidence = (*evidence, *(Evidence(source, facts.unreadable[source]) for source in hidden[:2]))
        title = "Whether a watchdog is armed cannot be told"
        cure = "Go on if you know that none is: wdctl shows it, and so does fuser /dev/watchdog."
        return Finding(_ID, title, Verdict.UNKNOWN, evidence, why, cure)
    if any(one.active for one in facts.watchdogs):
        title = "Only the software watchdog is armed"
        why = (
            f"{why} The software one (softdog) has its clock in this kernel, and that stands still meanwhile."
        )
        cure = "Go on; to be quite safe stop who feeds it first (systemctl stop watchdog)."
        return Finding(_ID, title, Verdict.ATTENTION, evidence, why, cure)
    evidence = evidence or (Evidence(_FOLDER, "no watchdog"),)
    return Finding(_ID, "No watchdog is armed", Verdict.READY, evidence, why)


def _called(one: Watchdog) -> str:
    return one.identity or one.name


def _state(one: Watchdog) -> str:
    if not one.active:
        return "not armed"
    return "armed" if one.timeout is None else f"armed, restarts after {one.timeout} s"
