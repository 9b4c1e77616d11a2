"""Measures loading and jumping inside the rehearsal machine; prints one line of JSON.

Loading is timed beside one raw kexec_load of the same bytes, turn by turn; kernel B counts down from 0, so
that a trip's time is the machine's alone. Each figure is a list of seconds, one for each round.
"""

import dataclasses
import functools
import json
import os
import sys
import time
from collections.abc import Callable

from kjtui.backend import syscalls
from kjtui.backend.linux import LinuxMachine
from kjtui.model.choices import Choices, Purpose
from kjtui.model.image import LoadImage
from kjtui.wizard.session import Session


def main(rounds: int) -> None:
    """Load, jump cold, jump warm, so many times each."""
    machine = LinuxMachine()
    session = Session(machine)
    session.choices = Choices(purpose=Purpose.QUICK, countdown=0)
    session.take_look(session.look())
    packing = timed(lambda: machine.initramfs(session.choices, os.uname().release, quiet))
    figures: dict[str, list[float]] = {
        name: []
        for name in (
            "load",
            "both",
            "raw_load",
            "cold",
            "warm",
            "visitor",
            "started",
            "ready",
            "frozen_cold",
            "frozen_warm",
        )
    }
    for _ in range(rounds):
        image = prepared(session)
        figures["raw_load"].append(timed(functools.partial(syscalls.kexec_load, image.entry, image.segments)))
        machine.unload()
        figures["both"].append(timed(functools.partial(prepare_and_load, session)))
        session.unload(quiet)
        figures["load"].append(timed(functools.partial(session.load, quiet)))
        for kind in ("cold", "warm"):
            figures[kind].append(timed(session.jump))
            assert session.report is not None
            assert session.report.all_well
            figures[f"frozen_{kind}"].append(session.report.away)
            if kind == "cold":
                assert session.report.word is not None
                word = session.report.word
                figures["visitor"].append(word.uptime)
                figures["started"].append(word.started)
                figures["ready"].append(word.ready)
        session.unload(quiet)
    image = prepared(session)
    told = {"packing": [packing], **figures}
    packed = next(len(part.data) for part in image.segments if part.name == "initramfs")
    sizes = {
        "bytes_loaded": image.bytes_loaded,
        "bytes_swapped": image.bytes_swapped,
        "bytes_initramfs": packed,
    }
    print(json.dumps({**told, **sizes, "region": str(dataclasses.asdict(image.region))}))


def prepare_and_load(session: Session) -> None:
    """What the wizard's step Load does, before and after the person's yes."""
    session.take_image(session.prepare(quiet))
    session.load(quiet)


def prepared(session: Session) -> LoadImage:
    """Kernel B, laid out and not loaded."""
    return session.prepare(quiet)


def timed(action: Callable[[], object]) -> float:
    """Seconds that a call takes, those in which this kernel sleeps included."""
    start = time.clock_gettime(time.CLOCK_BOOTTIME)
    action()
    return time.clock_gettime(time.CLOCK_BOOTTIME) - start


def quiet(_what: str, _fraction: float) -> None:
    """Progress that nobody watches."""


if __name__ == "__main__":
    main(int(sys.argv[1]))
