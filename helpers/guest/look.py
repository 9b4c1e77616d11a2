"""Measures one look and all checks inside the rehearsal machine; prints one line of JSON.

100 processes sleep meanwhile. Beside it the files that the look opened are read raw, by a program that does
nothing else. Times are in seconds; "first" is the first look of this program, after all imports.
"""

import importlib
import json
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable, Sequence

from kjtui.backend.linux import LinuxMachine
from kjtui.checks.registry import CHECKS, run_all

# What the probes import when they first need it belongs to the start-up.
LATE = ("psutil", "kjtui.backend.probe.gather", "kjtui.knowledge.messages")

PROCESSES = 100
SLEEP = "/bin/sleep"


def main(rounds: int) -> None:
    """Look so many times, then read the same files so many times."""
    imports = timed(lambda: [importlib.import_module(name) for name in LATE])
    sleepers = [asleep() for _ in range(PROCESSES)]
    try:
        machine = LinuxMachine()
        looks = [timed(lambda: run_all(machine.facts())) for _ in range(rounds)]
        files = opened_by(machine.facts)
        raw = [timed(lambda: read_raw(files)) for _ in range(rounds)]
        facts = machine.facts()
    finally:
        for pid in sleepers:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    told = {
        "imports": imports,
        "first": looks[0],
        "median": statistics.median(looks),
        "raw_first": raw[0],
        "raw": statistics.median(raw),
        "files": len(files),
        "checks": len(CHECKS),
        "processes": facts.processes,
        "block_devices": len(facts.block_devices),
    }
    print(json.dumps(told))


def asleep() -> int:
    """A program that does nothing; its number.

    A fork of this one would share its memory, which would then be copied bit by bit while it is measured.
    """
    return os.posix_spawn(SLEEP, [SLEEP, "1000000"], os.environ)


def opened_by(look: Callable[[], object]) -> list[str]:
    """The files that a look opens for reading, each once."""
    names: dict[str, None] = {}
    watching = True

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event == "open" and isinstance(arguments[0], str) and arguments[0].startswith("/"):
            names[arguments[0]] = None

    sys.addaudithook(note)
    look()
    watching = False
    return [name for name in names if os.path.isfile(name)]


def read_raw(files: Sequence[str]) -> None:
    """Open, read to the end, close. What is endless is read as far as a probe goes."""
    for name in files:
        try:
            file = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            most = 64 << 10 if name == "/proc/kcore" else 64 << 20
            while most > 0 and (piece := os.read(file, 64 << 10)):
                most -= len(piece)
        except OSError:
            pass  # some files of the kernel give an error instead of a value
        finally:
            os.close(file)


def timed(action: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(int(sys.argv[1]))
