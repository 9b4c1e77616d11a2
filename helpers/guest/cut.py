"""Makes a lasting change with kjtui's own code, and stops dead at one moment of it, for a power cut there.

cut.py PHASE NUMBER    PHASE: "trial" (reserve memory, tried once) or "keep" (make the trial last)
                       NUMBER: at which moment, from 1; 0: at none, which tells how many there are
Prints one line of JSON: {"cut": NUMBER, "where": …} and then waits for the end, or {"moments": [WHERE, …]}.

Moments are: before each system call that kjtui.backend.files makes to change something, each write half done,
and before, during and after each program that is run.
"""

import json
import os
import sys
import threading
import time
from types import ModuleType
from typing import Any

from kjtui.backend import files
from kjtui.backend.linux import LinuxMachine
from kjtui.wizard import changing
from kjtui.wizard.session import Session

CALLS = ("write", "fsync", "replace", "unlink")
INTO_IT = 1.5  # seconds that a program runs before the cut


class Moments:
    """Counts moments, and stops at the one that was asked for."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.count = 0
        self.places: list[str] = []

    def here(self, where: str, half_way: Any = None) -> None:
        """A moment; half_way does half of what follows."""
        self.count += 1
        self.places.append(where)
        if self.count != self.wanted:
            return
        if half_way is not None:
            half_way()
        print(json.dumps({"cut": self.count, "where": where}), flush=True)
        time.sleep(1e6)


class Watched(ModuleType):
    """The module os, with moments before its calls."""

    def __init__(self, moments: Moments) -> None:
        super().__init__("os")
        self._moments = moments

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in CALLS:
            return real

        def call(*arguments: Any, **options: Any) -> Any:
            where = f"{name} {_place(arguments[0])}"
            half = (
                (lambda: real(arguments[0], arguments[1][: len(arguments[1]) // 2]))
                if name == "write"
                else None
            )
            self._moments.here(where, half)
            return real(*arguments, **options)

        return call


def _place(what: object) -> str:
    return os.readlink(f"/proc/self/fd/{what}") if isinstance(what, int) else str(what)


class Machine(LinuxMachine):
    """This machine, with moments around the programs that are run."""

    moments: Moments

    def run_tool(self, argv: Any, what: Any, progress: Any) -> str:
        """Before, during, after."""
        name = " ".join(argv)
        self.moments.here(f"before {name}")
        self.moments.count += 1
        self.moments.places.append(f"during {name}")
        if self.moments.count == self.moments.wanted:
            threading.Thread(
                target=lambda: super(Machine, self).run_tool(argv, what, progress), daemon=True
            ).start()
            time.sleep(INTO_IT)
            print(json.dumps({"cut": self.moments.count, "where": f"during {name}"}), flush=True)
            time.sleep(1e6)
        said = super().run_tool(argv, what, progress)
        self.moments.here(f"after {name}")
        return said


def main(phase: str, number: int) -> None:
    """Make the change."""
    machine = Machine()
    machine.moments = Moments(number)
    session = Session(machine)
    session.reservation.recall()
    session.take_look(session.look())
    plan = changing.reservation(session, keep=phase == "keep")
    if plan.blocked:
        raise SystemExit(f"{plan.blocked.title}: {plan.blocked.why}")
    vars(files)["os"] = Watched(machine.moments)
    changing.reserve(session, plan, lambda _what, _fraction: None)
    print(json.dumps({"moments": machine.moments.places}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
