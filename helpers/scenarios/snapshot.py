"""Saves kernel A's memory and goes on; the image is whole, and none that a start would go back to."""

import argparse
import tempfile
from pathlib import Path

import attached
import debugging
import hibernating

from scenarios.round_trip import amiss, judge

NAME = "snapshot"
SUMMARY = "memory is saved to a partition and the system goes on; the image is not offered at a start"
STATE = "from kjtui.backend import images; print(images.head('{}').state.name)"
BUILD = "Kernel's build ID: "
NOTES = "print(open('/sys/kernel/notes', 'rb').read().hex())"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One machine, two times on."""
    place = f"{attached.spare_disk(options.disk)}1"
    way = hibernating.Way(keys=False, to=place)
    with hibernating.prepared(options, way) as spec:
        with hibernating.switched_on(spec, NAME) as stage:
            trips = [stage.witness.testimony()]
            known = debugging.addresses(stage)
            held = debugging.pages(stage, trips[0].pid)
            version = stage.shell.must("cat /proc/version")
            words = f"--to {place} --region {options.region} --yes"
            status, said = stage.shell.run(f"python3 -m kjtui snapshot {words} 2>&1", hibernating.OFF)
            trips.append(stage.witness.testimony())
            state = stage.shell.must(f'python3 -c "{STATE.format(place)}"').strip()
            shown = stage.shell.must(f"python3 -m kjtui image show {place}")
            build = shown.partition(BUILD)[2].split("\n")[0].strip()
            notes = stage.shell.must(f'python3 -c "{NOTES}"')
            saved = hibernating.figures(hibernating.lines_of(stage, "Saved: "))
            stage.guest.ports["kjtui.job"].send({"end": True})
            hibernating.off(stage)
        with hibernating.switched_on(spec, f"{NAME}-again") as again:
            fresh = again.witness.testimony()
            offered = hibernating.FOUND.encode() in again.person.heard
        assert spec.spare is not None
        with tempfile.TemporaryDirectory(dir=spec.spare.parent, prefix="core-") as name:
            core = debugging.export(spec.spare, Path(name))
            debugged = debugging.seen(core, known, held, version, "rehearsal")
        result = judge(trips)
        broken = amiss(result)
        wrong = {
            f"the command ended with {status}": status != 0,
            f"the image is {state}": state != "SNAPSHOT",
            f"the image knows another kernel: {build}": len(build) != 40 or build not in notes,
            "the next start offered to go back": offered or fresh.boot_id == trips[0].boot_id,
        }
        broken += [what for what, is_wrong in wrong.items() if is_wrong]
        broken += [f"the debugger: {what}" for what, held in debugged.items() if not held]
        return {
            **result,
            **saved,
            "state": state,
            "offered": offered,
            "debugger": debugged,
            "broken": broken,
            "console_log": str(again.log),
            **({"detail": said[-3000:]} if broken else {}),
        }
