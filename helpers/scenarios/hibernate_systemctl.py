"""A system run by systemd: `systemctl hibernate` saves it by kjtui, and no more when that is undone."""

import argparse
import time

import hibernating
from disks.machine import boot_config
from hibernating import figures, lines_of, off, switched_on
from stage import Stage
from terminal import Broken

from scenarios.hibernate_debian import PARTITION, PATIENCE, differences, gone_back, with_images
from scenarios.round_trip import amiss, judge

NAME = "hibernate-systemctl"
SUMMARY = "systemctl hibernate saves a system that systemd runs, and the next start goes back to it"
UNIT = "systemd-hibernate.service"
HIBERNATE = (
    f"systemctl hibernate 2>&1; sleep 10; "
    f"while [ $(systemctl is-active {UNIT}) = activating ]; do sleep 1; done; "
    f"systemctl show -P Result {UNIT}"
)


def play(options: argparse.Namespace) -> dict[str, object]:
    """Enable by commands, save by systemd, switch on, go back; undo both, and compare with the start."""
    with with_images(options, "systemd") as machine:
        with machine.booted(NAME) as stage:
            first = stage.shell.must("readlink /proc/1/exe").strip()
            before = boot_config(stage)
            own = stage.shell.must(f"systemctl cat {UNIT}")
            _enable(stage, "enable-resume --yes")
            _enable(stage, f"enable-sleep --to {PARTITION} --yes")
            stage.shell.must("systemctl restart systemd-logind")  # as it says at its end
            trips = [stage.witness.testimony()]
            begun = time.monotonic()
            stage.shell.send(HIBERNATE)
            off(stage)
            off_s = time.monotonic() - begun
            saving = lines_of(stage, "Saved: ")
        with switched_on(machine.spec, f"{NAME}-again") as again:
            trip, back_s = gone_back(again)
            trips.append(trip)
            unit_said = hibernating.ended(again).split()[-1]
            journal = again.shell.must(f"journalctl -b -u {UNIT} --no-pager -o cat || true")
            undone = [again.shell.run("python3 -m kjtui undo --yes", PATIENCE) for _ in range(2)]
            after = boot_config(again)
            own_again = again.shell.must(f"systemctl cat {UNIT}") == own
        result = judge(trips)
        broken = amiss(result)
        broken += [] if first.endswith("systemd") else [f"the first process is {first}"]
        broken += [] if unit_said == "success" else [f"the unit ended with {unit_said}"]
        broken += (
            [] if "nothing was lost" in " ".join(journal.split()) else ["the journal has no good report"]
        )
        broken += ["undoing failed"] if any(status for status, _ in undone) else []
        broken += [] if own_again else ["the unit is not as it was"]
        changed = differences(before, after)
        broken += [f"not as before: {path}" for path in changed]
        return {
            **result,
            "first_process": first,
            "to": PARTITION,
            **figures(saving),
            "off_s": round(off_s, 1),
            "back_s": round(back_s, 1),
            "unit": unit_said,
            "unit_as_before_after_undo": own_again,
            "config_identical_after_undo": not changed,
            "broken": broken,
            "console_log": str(stage.log),
            **({"detail": f"{journal[-3000:]}\n{undone}"[-5000:]} if broken else {}),
        }


def _enable(stage: Stage, words: str) -> None:
    status, said = stage.shell.run(f"python3 -m kjtui {words} 2>&1", PATIENCE)
    if status:
        raise Broken(f"kjtui {words} failed", said[-3000:])
