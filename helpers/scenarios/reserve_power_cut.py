"""Power cuts while the boot configuration is changed: the machine starts, the wizard finishes or undoes."""

import argparse
import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from common import cache_dir, say
from disks.machine import DiskMachine, DiskStage, boot_config, disk_machine
from reserving import PATIENCE
from stage import BOOT
from terminal import Broken

NAME = "reserve-power-cut"
SUMMARY = "cut the power at every moment of a change (--cuts N: at N of them), start again, finish or undo"
KIND = "grub"
PHASES = ("trial", "keep")
CUT_OFF = "A change was cut off"
SCRIPT = "python3 -I /usr/lib/rehearsal/cut.py"
OURS = ".kjtui"  # in the names of what is being written beside a file
ENVIRONMENT = "/grubenv"


@dataclass
class Tally:
    """What came of all cuts."""

    cuts: int = 0
    started: int = 0
    finished: int = 0
    undone: int = 0
    nothing_to_do: int = 0
    neither: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def play(options: argparse.Namespace) -> dict[str, object]:
    """Both phases: the trial is prepared; the trial that came up is made to last."""
    tally = Tally()
    with tempfile.TemporaryDirectory(dir=cache_dir("disks"), prefix="run-cut-") as name:
        fresh, armed = None, Path(name, "armed.qcow2")
        places: dict[str, list[str]] = {}
        with machine(options, fresh) as first:
            before, tried, places["trial"] = whole(first, "trial")
            shutil.copyfile(first.spec.image, armed)
        with machine(options, armed) as second:
            up, kept, places["keep"] = whole(second, "keep")
        for phase, start, old, new in (("trial", fresh, before, tried), ("keep", armed, up, kept)):
            for moment in chosen(places[phase], options.cuts, options.at):
                with machine(options, start) as cut:
                    one(cut, phase, moment, finish=moment % 2 == 0, old=old, new=new, tally=tally)
    broken = [*tally.broken, *(f"neither old nor new: {path}" for path in tally.neither)]
    return {
        "loader": KIND,
        "moments": {phase: len(here) for phase, here in places.items()},
        "cuts": tally.cuts,
        "started": tally.started,
        "finished": tally.finished,
        "undone": tally.undone,
        "nothing_to_do": tally.nothing_to_do,
        "neither_old_nor_new": len(tally.neither),
        "broken": broken,
        "console_log": "",
    }


def chosen(places: list[str], cuts: int, at: str) -> list[int]:
    """Which moments, by their places: all, or so many spread over them; only those with `at` in it."""
    moments = len(places)
    numbers = list(range(1, moments + 1))
    if 0 < cuts < moments:
        numbers = sorted({1 + (2 * number + 1) * moments // (2 * cuts) for number in range(cuts)})
    return [number for number in numbers if at in places[number - 1]]


@contextlib.contextmanager
def machine(options: argparse.Namespace, start: Path | None) -> Iterator[DiskMachine]:
    """A machine that is off. start: its disk, None for one that was never started."""
    with disk_machine(KIND, 1024, options.cpus, options.accel) as made:
        if start is not None:
            shutil.copyfile(start, made.spec.image)
        yield made


def whole(off: DiskMachine, phase: str) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """The change without a cut: the configuration before and after it, and the places of its moments."""
    with off.booted(f"whole-{phase}") as stage:
        before = boot_config(stage)
        told = json.loads(stage.shell.must(f"{SCRIPT} {phase} 0").splitlines()[-1])
        after = boot_config(stage)
        stage.shell.must("sync")
        stage.guest.cut_power()
    return before, after, told["moments"]


def one(
    off: DiskMachine,
    phase: str,
    moment: int,
    *,
    finish: bool,
    old: dict[str, str],
    new: dict[str, str],
    tally: Tally,
) -> None:
    """Cut the power at one moment, start again, settle what was cut off, and look."""
    begun = time.monotonic()
    with off.booted(f"cut-{phase}-{moment}") as stage:
        where = until_cut(stage, phase, moment)
        stage.guest.cut_power()
    tally.cuts += 1
    name = f"{phase} {moment} ({where})"
    try:
        with off.booted(f"after-{phase}-{moment}") as stage:
            tally.started += 1
            found = boot_config(stage)
            tally.neither += [f"{name}: {path}" for path in odd(found, old, new)]
            what = settle(stage, finish=finish)
            setattr(tally, what, getattr(tally, what) + 1)
            left = boot_config(stage)
            wrong = amiss(left, what, old, new)
            tally.broken += [f"{name}, {what}: {path}" for path in wrong]
            say(f"{name}: {what} ({time.monotonic() - begun:.0f} s){' WRONG ' + str(wrong) if wrong else ''}")
    except Broken as error:
        tally.broken.append(f"{name}: {error.title}: {' | '.join(line for line in error.screen if line)}")
        say(f"{name}: {error.title}")


def until_cut(stage: DiskStage, phase: str, moment: int) -> str:
    """Run the change until it stops; where it does."""
    port = stage.guest.ports["kjtui.job"]
    port.send({"run": f"{SCRIPT} {phase} {moment}"})
    said, end = "", time.monotonic() + PATIENCE
    while time.monotonic() < end:
        message = port.receive(0.1) or {}
        stage.person.read(0)
        said += str(message.get("out", ""))
        if '"cut"' in said and said.endswith("\n"):
            return str(json.loads(said.splitlines()[-1])["where"])
        if "exit" in message:
            break
    raise Broken(f"The change did not stop at moment {moment}", said[-2000:])


def settle(stage: DiskStage, *, finish: bool) -> str:
    """What the wizard offers after the start is done: "finished", "undone", or "nothing_to_do"."""
    person = stage.person
    if ": cut off" not in stage.shell.must("python3 -m kjtui undo --list"):
        text = person.wait_for(r"(?s)(Welcome to kjtui|Step 2 of 5).*> Enter:", "the wizard", BOOT)
        if CUT_OFF in text:
            raise Broken("The wizard and `kjtui undo` do not agree", "only the one tells of a change cut off")
        return "nothing_to_do"
    text = person.wait_for(rf"(?s){CUT_OFF}.*> U:", "the wizard to tell of the change", BOOT)
    can_finish = "F: finish" in text
    person.press("f" if finish and can_finish else "u")
    person.wait_for(r"(?s)Step 2 of 5.*> Enter:", "the change to be settled", PATIENCE)
    return "finished" if finish and can_finish else "undone"


def odd(found: dict[str, str], old: dict[str, str], new: dict[str, str]) -> list[str]:
    """Names that are neither as before the change nor as after it.

    What is being written beside a file is read by nobody. GRUB itself empties a variable of grubenv.
    """
    return [
        path
        for path in sorted({*found, *old, *new})
        if OURS not in path
        and not path.endswith(ENVIRONMENT)
        and found.get(path) not in (old.get(path), new.get(path))
    ]


def amiss(left: dict[str, str], what: str, old: dict[str, str], new: dict[str, str]) -> list[str]:
    """What is wrong when all is settled: everything must be old, or everything new, and nothing left beside.

    The entry of a trial goes with the change that makes it last, also where that is undone.
    """
    paths = sorted({*left, *old, *new})
    goals = {"undone": (old,), "finished": (new,), "nothing_to_do": (old, new)}[what]
    failures = []
    for goal in goals:
        failures.append(
            [
                path
                for path in paths
                if left.get(path) != goal.get(path)
                and not path.endswith((ENVIRONMENT, "/custom.cfg"))
                and not folder_of_ours(path)
            ]
        )
    return min(failures, key=len)


def folder_of_ours(path: str) -> bool:
    """Whether it is the folder that a change may have made, which has a time of its own only."""
    return path == "/etc/default/grub.d"
