"""The USB stick is pulled out, while memory is saved to it, and while it is put back from it."""

import argparse

import attached
import disturbing
import qemu
from hibernating import FOUND, Way, by_keys, off, prepared, report, switched_on, to_the_jump
from stage import BOOT, Stage

from scenarios.round_trip import amiss, judge

NAME = "hibernate-pulled"
SUMMARY = "the stick is pulled while memory is saved, and while it is put back: nothing is lost"
RESTORING = r"Restoring: +\d+ %"
KEPT = "The image is kept"


def play(options: argparse.Namespace) -> dict[str, object]:
    """Two machines: one that goes on, and one that is gone back to when the stick is in again."""
    writing = disturbing.play(options, NAME, Way(usb=True), pull, "medium of the image does not")
    broken = list(writing["broken"]) if isinstance(writing["broken"], list) else []
    to = f"{attached.spare_disk(options.disk, usb=True)}1"
    with prepared(options, Way(to=to, usb=True)) as spec:
        with switched_on(spec, f"{NAME}-saved") as stage:
            to_the_jump(stage.person, options.region, to)
            trips = [stage.witness.testimony()]
            by_keys(stage)
        kept = pulled_out(spec)
        with switched_on(spec, f"{NAME}-again") as stage:
            stage.person.wait_for(FOUND, "the offer to go back once more", BOOT)
            stage.person.press("enter")
            trips.append(stage.witness.testimony())
            said = report(stage)
            result = judge(trips)
            log = stage.log
    broken += amiss(result)
    broken += [] if kept else ["it is not said that the image is kept"]
    return {
        **writing,
        "kept": kept,
        "came_back": not result["broken"],
        "broken": broken,
        "console_log": str(log),
        **({"detail": f"{writing.get('detail', '')}\n{said}"[-3000:]} if broken else {}),
    }


def pull(stage: Stage) -> None:
    """Out it is, without a word to the machine beforehand."""
    stage.guest.monitor.do("device_del", id="spare")


def pulled_out(spec: qemu.MachineSpec) -> bool:
    """Begin to go back, and pull the stick; whether the machine says that all is kept, before it restarts."""
    with switched_on(spec, f"{NAME}-restoring") as stage:
        stage.person.wait_for(FOUND, "the offer to go back", BOOT)
        stage.person.press("enter")
        stage.person.wait_for(RESTORING, "the restoring", BOOT)
        pull(stage)
        stage.person.wait_for(KEPT, "the reason on the screen", BOOT)
        off(stage)  # a machine that restarts itself is off here
        return True
