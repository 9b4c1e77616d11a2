"""A hardware watchdog that A has armed runs on while kernel B is there: B feeds it, and A afterwards."""

import argparse
import time

from stage import Stage
from visiting import play as visit

NAME = "watchdog"
SUMMARY = "an armed hardware watchdog is fed in kernel B for longer than its time, and resets nothing"
TIMEOUT = 30  # seconds, that of the driver (i6300esb)
LONGER = TIMEOUT + 25
HINDER = "python3 -I /usr/lib/rehearsal/hinder.py"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One visit, longer than the watchdog waits. A reset would end QEMU."""
    return visit(
        options,
        NAME,
        linger,
        ("you pressed a key there",),
        words="kjtui.aside=1",
        extra=("-device", "i6300esb", "-action", "watchdog=reset"),
        before=arm,
    )


def arm(stage: Stage) -> None:
    """Have somebody in kernel A open the watchdog and feed it."""
    stage.shell.must(
        f"{HINDER} watchdog >/dev/null 2>&1 & "
        "until grep -qx active /sys/class/watchdog/watchdog0/state; do usleep 200000; done"
    )


def linger(stage: Stage) -> dict[str, object]:
    """Stay in kernel B for longer than the watchdog's time."""
    end = time.monotonic() + LONGER
    while time.monotonic() < end:
        stage.person.read(1.0)
    stage.person.press("enter")
    return {"stayed_s": LONGER, "timeout_s": TIMEOUT}
