"""The file of a simulated machine, a recorded one.

The file is an object:

    name     what the machine is called on screen
    facts    as kjtui.model.facts has them (see recorded.py for the form)
    faults   what goes wrong, see Faults; nothing if left out
    visitor  how long kernel B stays and what it tells, see Visitor; null if it leaves no word
    kernels  the kernels on its disk; none if left out
    files    files that a person may name, by their paths, each with how it begins (Latin-1); none if left out
    before   what is left of the log of the boot before; nothing if left out
    boot     its boot loaders with their files (kjtui.model.boot); one that is not recognised if left out
    services programs that keep the time or lend addresses, see Surroundings; systemd-timesyncd if left out
"""

import errno
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kjtui.backend.recorded import decode
from kjtui.errors import KjtuiError
from kjtui.model.boot import BootSetup
from kjtui.model.facts import Facts, InstalledKernel, LogLine
from kjtui.model.word import WayHome


@dataclass(frozen=True)
class CallFault:
    """A call that goes wrong. call: the method that changes the machine; number: which time, from 1.

    how: the name of an errno; "fails" for a program that ends with an error, "hangs" for one that never
    ends, "lost" for a power cut: neither this call nor any later one happens, until the power is back.
    """

    call: str
    number: int
    how: str


@dataclass(frozen=True)
class Failure:
    """A system call that fails: the name of its errno, e.g. "EBUSY"."""

    errno: str


@dataclass(frozen=True)
class Damage:
    """What is wrong after a jump. cpus_online: how many are left, None for all.

    links_down: links without a cable; after links_late looks it is there again, with 0 it stays away.
    addresses_gone: links that have lost their addresses and routes. devices_gone and mounts_gone: by name
    and by where it was mounted. clock_off: seconds by which the wall clock is ahead.
    """

    cpus_online: int | None = None
    memory_intact: bool = True
    same_boot: bool = True
    links_down: tuple[str, ...] = ()
    links_late: int = 0
    addresses_gone: tuple[str, ...] = ()
    devices_gone: tuple[str, ...] = ()
    mounts_gone: tuple[str, ...] = ()
    clock_off: float = 0.0


@dataclass(frozen=True)
class Faults:
    """What goes wrong on this machine. hanging: where something is mounted that does not answer."""

    load: Failure | None = None
    jump: Failure | None = None
    after: Damage = field(default_factory=Damage)
    calls: tuple[CallFault, ...] = ()
    hanging: tuple[str, ...] = ()


@dataclass(frozen=True)
class Visitor:
    """Kernel B. away: seconds a visit takes; uptime: how long it ran by its own clock at the first return.

    kernel_version: the running kernel's own release if left out. way_home: as its purpose has it if left out.
    panic, error, log: as VisitorWord has them. damaged: why its word cannot be read, "" where it can.
    output: what a program of the person's own says, files: what it makes, both in Latin-1; status: how it
    ends.
    """

    away: float = 11.5
    uptime: float = 9.0
    kernel_version: str | None = None
    way_home: WayHome | None = None
    panic: str = ""
    error: str = ""
    log: tuple[str, ...] = ()
    damaged: str = ""
    output: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    status: int = 0


@dataclass(frozen=True)
class Recording:
    """The whole file."""

    name: str
    facts: Facts
    faults: Faults = field(default_factory=Faults)
    visitor: Visitor | None = field(default_factory=Visitor)
    kernels: tuple[InstalledKernel, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    before: tuple[LogLine, ...] = ()
    boot: tuple[BootSetup, ...] = ()
    services: tuple[str, ...] = ("systemd-timesyn",)


def read_recording(path: Path) -> Recording:
    """A recorded machine from its file. Raises KjtuiError that names the mistake."""
    hint = "Choose a file that describes a machine; the ones in tests/machines show the form."
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise KjtuiError(
            "The recorded machine cannot be read", f"{path}: {error.strerror or error}.", hint
        ) from error
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, json.JSONDecodeError) else "it is no text, or nested too deeply"
        raise KjtuiError("The recorded machine is no JSON file", f"{path}: {why}.", hint) from error
    recording: Recording = decode(Recording, value, path.name)
    for fault, where in ((recording.faults.load, "faults.load"), (recording.faults.jump, "faults.jump")):
        if fault:
            errno_number(fault, where)
    return recording


def errno_number(fault: Failure, where: str) -> int:
    """The number of a failure's errno. Raises KjtuiError; where is its place in the file."""
    number = getattr(errno, fault.errno, None)
    if not isinstance(number, int):
        raise KjtuiError(
            "The recorded machine cannot be read",
            f"{where}.errno is {fault.errno[:40]!r}. The name of an errno is expected, such as EBUSY.",
            "Correct the file; the ones in tests/machines show the form.",
        )
    return number
