"""Saves kernel A's memory to a partition, switches off, starts anew, and goes back to it."""

import argparse
import time

from hibernating import FOUND, PARTITION, off, prepared, switched_on
from stage import BOOT, LOAD

from scenarios.round_trip import judge

NAME = "hibernate-disk"
SUMMARY = "memory is saved to a partition, the machine switched off; the next start goes back to it"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One machine, two times on."""
    with prepared(options, "kjtui.job=1") as spec:
        with switched_on(spec, NAME) as stage:
            trips = [stage.witness.testimony()]
            begun = time.monotonic()
            words = f"--to {PARTITION} --region {options.region} --yes"
            stage.shell.send(f"python3 -m kjtui hibernate {words} 2>&1 | tee /tmp/said")
            off(stage)
            saving = time.monotonic() - begun
        with switched_on(spec, f"{NAME}-again") as stage:
            stage.person.wait_for(FOUND, "the offer to go back", BOOT)
            begun = time.monotonic()
            stage.person.press("enter")
            trips.append(stage.witness.testimony())
            restoring = time.monotonic() - begun
            _, said = stage.shell.run("cat /tmp/said", LOAD)
            result = judge(trips)
            return {
                **result,
                "off_s": round(saving, 1),
                "back_s": round(restoring, 1),
                "said": said[-2000:],
                "console_log": str(stage.log),
            }
