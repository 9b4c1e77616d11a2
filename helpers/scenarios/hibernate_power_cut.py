"""Power cuts while memory is saved or put back: all comes back, or an ordinary start is clean."""

import argparse
import random
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import attached
import qemu
import resuming
from afterwards import checked, switch_off
from common import cache_dir, say
from hibernating import FOUND, Way, off, prepared, report, switched_on, to_the_jump
from powercut import branch, freeze, live, thawed
from stage import BOOT, Stage, Testimony
from terminal import Broken

from scenarios.round_trip import amiss, judge

NAME = "hibernate-power-cut"
SUMMARY = "cut the power at --cuts N random moments of saving, and as many of going back; start again, look"
CUTS = 50
LOST = "The last jump did not come back"
STARTED = rf"(?s){FOUND}|Welcome to kjtui.*> Enter:"


@dataclass
class Tally:
    """What came of all cuts in one phase.

    off_before: how often the machine was off already; cut_off: how often an image was left unfinished.
    """

    cuts: int = 0
    came_back: int = 0
    ordinary: int = 0
    off_before: int = 0
    cut_off: int = 0
    broken: list[str] = field(default_factory=list)

    def told(self) -> dict[str, int]:
        """For the line of JSON."""
        return {name: value for name, value in vars(self).items() if isinstance(value, int)}


def play(options: argparse.Namespace) -> dict[str, object]:
    """One machine, brought to the jump once; every cut starts from there, or from the saved system."""
    seed = options.seed or random.randrange(1, 1 << 31)
    chance = random.Random(seed)
    to = f"{attached.spare_disk(options.disk)}1"
    cuts = options.cuts or CUTS
    saving, restoring = Tally(), Tally()
    with (
        prepared(options, Way(to=to)) as spec,
        tempfile.TemporaryDirectory(dir=cache_dir("images"), prefix="cut-") as name,
    ):
        home = Path(name)
        with switched_on(spec, NAME) as stage:
            to_the_jump(stage.person, options.region, to)
            first = stage.witness.testimony()
            freeze(stage, home / "state")
        saved = branch(spec, home / "saved")
        save_s = whole_saving(saved, home / "state")
        trial = branch(saved, home / "trial")
        back_s = whole_restoring(trial, first)
        shutil.rmtree(home / "trial")
        say(f"Seed {seed}: saving takes {save_s:.1f} s, going back {back_s:.1f} s")
        for number in range(cuts):
            moment = chance.uniform(0, save_s)
            here = branch(spec, home / "cut")
            with thawed(here, home / "state", f"{NAME}-saving") as stage:
                stage.person.press("enter")
                saving.off_before += not live(stage, moment)
            look(here, options, first, saving, f"saving {number}, {moment:.2f} s")
            shutil.rmtree(home / "cut")
            moment = chance.uniform(0, back_s)
            here = branch(saved, home / "cut")
            with switched_on(here, f"{NAME}-restoring") as stage:
                stage.person.wait_for(FOUND, "the offer to go back", BOOT)
                stage.person.press("enter")
                restoring.off_before += not live(stage, moment)
            look(here, options, first, restoring, f"going back {number}, {moment:.2f} s")
            shutil.rmtree(home / "cut")
    return {
        "seed": seed,
        "save_s": round(save_s, 1),
        "back_s": round(back_s, 1),
        "saving": saving.told(),
        "restoring": restoring.told(),
        "broken": [*saving.broken, *restoring.broken],
        "console_log": "",
    }


def whole_saving(spec: qemu.MachineSpec, state: Path) -> float:
    """Saving without a cut; the seconds that it takes. Raises Broken."""
    with thawed(spec, state, f"{NAME}-whole") as stage:
        begun = time.monotonic()
        stage.person.press("enter")
        off(stage)
        return time.monotonic() - begun


def whole_restoring(spec: qemu.MachineSpec, first: Testimony) -> float:
    """Going back without a cut; the seconds until the system answers. Raises Broken."""
    with switched_on(spec, f"{NAME}-back") as stage:
        stage.person.wait_for(FOUND, "the offer to go back", BOOT)
        begun = time.monotonic()
        stage.person.press("enter")
        if broken := wrong(first, stage):
            raise Broken("Going back did not work without a cut either", ", ".join(broken))
        return time.monotonic() - begun


def look(
    spec: qemu.MachineSpec, options: argparse.Namespace, first: Testimony, tally: Tally, name: str
) -> None:
    """Start again behind a cut: what comes of it joins the tally."""
    tally.cuts += 1
    assert spec.spare is not None
    unfinished = resuming.worth(spec.spare) == "EMPTY"
    tally.cut_off += unfinished
    try:
        with switched_on(spec, f"{NAME}-after") as stage:
            text = stage.person.wait_for(STARTED, "a start", BOOT)
            if FOUND in text:
                stage.person.press("enter")
                broken = wrong(first, stage)
                report(stage)  # the wizard takes keys when it has compared all
                tally.came_back += not broken
                what = "came back"
            else:
                fresh = stage.witness.testimony()
                listed = stage.shell.run("python3 -m kjtui image list")[1]
                broken = [] if fresh.boot_id != first.boot_id else ["half of the old system is there"]
                broken += ["an image waits and was not offered"] if "waits" in listed else []
                if unfinished:
                    checks = " ".join(stage.shell.run("python3 -m kjtui check")[1].split())
                    broken += [] if "never finished" in listed else ["the image is not said to be unfinished"]
                    broken += [] if LOST in checks else ["it is not told that the system did not come back"]
                tally.ordinary += not broken
                what = "an ordinary start"
            switch_off(stage)
        broken += [] if checked(spec, options.root).clean else ["the root file system is not clean"]
    except Broken as error:
        what, broken = "no start", [f"{error.title}: {' | '.join(line for line in error.screen if line)}"]
    say(f"{name}: {what}{', '.join(['', *broken])}")
    tally.broken += [f"{name}: {one}" for one in broken]


def wrong(first: Testimony, stage: Stage) -> list[str]:
    """What of a system that came back is not as it was."""
    return amiss(judge([first, stage.witness.testimony()]))
