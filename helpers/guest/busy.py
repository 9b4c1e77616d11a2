"""Jumps while programs write to the disk and one is bound to a processor; prints one line of JSON.

A write under way when the disks stop, or a processor that something holds, must neither hang a jump nor be
a reason to refuse it.
"""

import json
import os
import subprocess
import sys

from kjtui.backend.linux import LinuxMachine
from kjtui.errors import KjtuiError
from kjtui.model.choices import Choices, Purpose
from kjtui.wizard.session import Session

WRITERS = (
    "while :; do dd if=/dev/zero of=/root/small bs=4k count=1 conv=fsync 2>/dev/null; done",
    "while :; do dd if=/dev/zero of=/root/large bs=1M count=16 2>/dev/null; done",
)
LAST = 1  # the processor that one program is bound to


def main(jumps: int) -> None:
    """Load once, jump so many times."""
    programs = [subprocess.Popen(["sh", "-c", writer]) for writer in WRITERS]
    bound = subprocess.Popen(["sh", "-c", "while :; do :; done"])
    os.sched_setaffinity(bound.pid, {LAST})
    try:
        told = jumped(jumps)
        told["bound_to"] = sorted(os.sched_getaffinity(bound.pid))
        told["alive"] = [program.poll() is None for program in (*programs, bound)]
        print(json.dumps(told))
    finally:
        for program in (*programs, bound):  # or the machine would wait for them
            program.kill()


def jumped(jumps: int) -> dict[str, object]:
    """What came of each jump."""
    session = Session(LinuxMachine())
    session.choices = Choices(purpose=Purpose.QUICK, countdown=0)
    session.take_look(session.look())
    session.take_image(session.prepare(quiet))
    session.load(quiet)
    trips: list[bool] = []
    refusals: list[str] = []
    for _ in range(jumps):
        try:
            trips.append(session.jump().all_well)
        except KjtuiError as error:
            refusals.append(str(error))
    return {"trips": trips, "refusals": refusals}


def quiet(_what: str, _fraction: float) -> None:
    """Progress that nobody watches."""


if __name__ == "__main__":
    main(int(sys.argv[1]))
