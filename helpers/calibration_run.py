"""What helpers/calibrate.py does once its environment stands."""

import argparse
import contextlib
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import own_initramfs
import qemu
from common import REPO, KjtuiError, run, say
from guest_image import guest_image
from machines import kernel_for
from meminfo import cost_of_devices
from stage import JUMP, Stage, booted
from terminal import Broken

from kjtui.model.choices import Purpose

FILE = REPO / "kjtui/knowledge/calibration.json"
STEP = 2  # MiB by which sizes differ
LARGEST = 192  # MiB; far more than enough
CONFIRMED = 3  # times that the smallest size has to work: kernel B takes its place in it by chance
DISKS = 1  # of the rehearsal machine
WORDS = "kjtui.job=1 nokaslr"  # no wizard; kernel A lies low in memory, out of the way of what is lent
SHRINK = "python3 /usr/lib/rehearsal/shrink.py"
PYTHON = "/kjtui/lib/ld.so --library-path /kjtui/lib /kjtui/bin/python3"
CLEAR = r"printf '\033[H\033[J' >/dev/ttyS0"
HERE = "You are in kernel B"
# Signs that kernel B will not come back, or has lost a program.
DEATHS = ("Kernel panic - not syncing", "Out of memory", "the agent has ended", "It cannot go back")

Seen = Callable[[str], bool]


@dataclass(frozen=True)
class Step:
    """What is typed as soon as a screen shows something. optional: it works without this one, too."""

    seen: Seen
    typed: str
    optional: bool = False


@dataclass(frozen=True)
class Visit:
    """What a person does in kernel B for a purpose.

    A visit has worked if all that came to be seen and kernel B came home and left word.
    """

    purpose: Purpose
    steps: tuple[Step, ...] = ()
    prepare: Callable[[Stage], object] | None = None  # makes in kernel A what it needs, again at each attempt


def shows(words: str) -> Seen:
    """Whether a screen's text matches a regular expression."""
    return lambda text: re.search(words, text, re.MULTILINE) is not None


LOOKING = (
    Step(shows(HERE), "s"),
    Step(shows("#$"), f"{PYTHON} -I -S -c 'print(6 * 7)'\r"),
    Step(shows("^42$"), "exit\r"),
    # Leaving the shell may lead straight home.
    Step(lambda text: HERE in text and "6 * 7" not in text, "enter", optional=True),
)
PROGRAM = "/root/calibrate.sh"  # what helpers/guest/shrink.py runs in kernel B
VISITS = (
    Visit(Purpose.QUICK),  # it comes back by itself
    Visit(Purpose.LOOK, LOOKING),
    Visit(Purpose.RESCUE, (Step(shows(HERE), "m"), Step(shows("Any key goes on"), "x"), *LOOKING)),
    Visit(
        Purpose.PROGRAM,  # which brings 1 MiB home
        prepare=lambda stage: stage.shell.must(
            f"printf '#!/bin/sh\\ndd if=/dev/urandom of=result bs=64k count=16\\n' >{PROGRAM}; "
            f"chmod 755 {PROGRAM}"
        ),
    ),
    Visit(
        Purpose.CUSTOM,
        prepare=lambda stage: own_initramfs.make(stage, "sleep 1; /kjtui/bin/kjtui back; sleep 60"),
    ),
)


def attempt(stage: Stage, visit: Visit, mib: int) -> dict[str, Any] | None:
    """One jump into so many MiB; what helpers/guest/shrink.py told, None when kernel B did not come back.

    Then the machine is lost. "well" is false where kernel B was refused beforehand or came back with a loss.
    """
    person, port = stage.person, stage.guest.ports["kjtui.job"]
    stage.shell.must(CLEAR)
    if visit.prepare:
        visit.prepare(stage)
    while HERE in person.text:  # of the visit before
        person.read(0.5)
    port.send({"run": f"{SHRINK} {visit.purpose} {mib}"})
    said, steps, end = "", list(visit.steps), time.monotonic() + JUMP
    while time.monotonic() < end and stage.guest.running():
        person.read(0.1)
        if any(death in person.text for death in DEATHS):
            return None
        if steps and steps[0].seen(person.text):
            person.press(steps.pop(0).typed)
        message = port.receive(0.1) or {}
        said += str(message.get("out", ""))
        if "exit" in message:
            return judged(said, unfinished=any(not step.optional for step in steps))
    return None


def judged(said: str, *, unfinished: bool) -> dict[str, Any]:
    """What the script in the machine told, with "well" for all that has to hold."""
    try:
        told = json.loads(said.splitlines()[-1])
    except (ValueError, IndexError):
        return {"well": False, "said": said}
    assert isinstance(told, dict)
    return {**told, "well": told["well"] and told["word"] and not unfinished}


class Trials:
    """Jumps of decreasing size; the machine is started anew whenever one has been its last."""

    def __init__(self, spec: qemu.MachineSpec) -> None:
        self._spec = spec
        self._stack = contextlib.ExitStack()
        self._stage: Stage | None = None
        self.told: dict[str, Any] = {}  # of the last jump that went well

    def works(self, visit: Visit, mib: int) -> bool:
        """Whether kernel B gets by with so much."""
        start = time.monotonic()
        if self._stage is None:
            self._stage = self._stack.enter_context(booted(self._spec, "calibrate"))
        try:
            told = attempt(self._stage, visit, mib)
        except Broken:
            told = None
        if told is None:
            self.close()
        well = told is not None and told["well"] is True
        if well and told:
            self.told = told
        what = "works" if well else "lost" if told is None else "does not work"
        say(f"{visit.purpose}: {mib} MiB {what} ({time.monotonic() - start:.0f} s)")
        return well

    def close(self) -> None:
        """End the machine."""
        self._stack.close()
        self._stage = None


def smallest(works: Callable[[int], bool], largest: int = LARGEST) -> int:
    """The least multiple of STEP, in MiB, that works and is confirmed. Raises KjtuiError if largest fails."""
    low, high = 0, largest
    if not works(high):
        raise KjtuiError(f"Kernel B does not even work in {largest} MiB", "see the console log")
    while high - low > STEP:
        middle = (low + high) // 2 // STEP * STEP
        if works(middle):
            high = middle
        else:
            low = middle
    while not all(works(high) for _ in range(CONFIRMED)):
        high += STEP
    return high


def table(figures: dict[str, Any]) -> Sequence[str]:
    """The figures as lines for people."""
    packed, unpacked = (figures["initramfs"][name] / (1 << 20) for name in ("packed", "unpacked"))
    return (
        f"Linux {figures['kernel']}, QEMU {figures['qemu']}",
        f"{'kernel (init_size)':<24}{figures['init_size'] / (1 << 20):8.1f} MiB",
        f"{'initramfs as loaded':<24}{packed:8.1f} MiB",
        f"{'initramfs unpacked':<24}{unpacked:8.1f} MiB",
        *(f"{f'for each {name}':<24}{size / 1024:8.1f} KiB" for name, size in figures["devices"].items()),
        *(f"{f'smallest for {name}':<24}{mib:8d} MiB" for name, mib in figures["smallest"].items()),
    )


def run_all(options: argparse.Namespace) -> int:
    """Measure, print, write if told to."""
    kernel = kernel_for(options.kernel)
    accel = qemu.choose_accel(options.accel, kernel)
    spec = qemu.MachineSpec(kernel=kernel, image=guest_image(kernel), accel=accel, append=WORDS)
    unpacked, devices = cost_of_devices(kernel, accel)
    trials = Trials(spec)
    try:
        found = {
            visit.purpose: smallest(lambda mib, visit=visit: trials.works(visit, mib))  # type: ignore[misc]
            for visit in VISITS
        }
    finally:
        trials.close()
    version = re.search(r"version ([\d.]+)", run([qemu.qemu_program(), "--version"], "QEMU does not answer"))
    figures = {
        "kernel": trials.told["kernel"],
        "qemu": version[1] if version else "",
        "date": time.strftime("%Y-%m-%d"),
        "init_size": trials.told["init_size"],
        "initramfs": {"packed": trials.told["packed"], "unpacked": unpacked},
        "devices": devices,
        "disks": DISKS,
        "way_home": trials.told["way_home"],
        "smallest": found,
    }
    print("\n".join(table(figures)))
    if options.write:
        FILE.write_text(json.dumps(figures, indent=2) + "\n")
        say(f"Written: {FILE.relative_to(REPO)}")
    return 0
