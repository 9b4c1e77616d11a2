"""A booted rehearsal machine as a scenario sees it: the person at its console, and the witness inside."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import qemu
from terminal import Broken, Terminal

# Seconds; each many times what an emulated machine on two slow processors needs.
BOOT = 240.0
SCREEN = 180.0
LOAD = 300.0
JUMP = 240.0
ANSWER = 120.0


@dataclass(frozen=True)
class Testimony:
    """What the witness saw at one moment. away: seconds that boot time is ahead of the monotonic clock."""

    pid: int
    memory_ok: bool
    damaged_mib: tuple[int, ...]
    file_ok: bool
    pipe_ok: bool
    tcp_ok: bool
    counter: int
    boot_id: str
    cpus_online: int
    kernel: str
    away: float
    kexec_loaded: str | None
    load_limit: str | None

    def lost(self) -> list[str]:
        """What is not as it was, in words."""
        parts = {
            "memory": self.memory_ok,
            "open file": self.file_ok,
            "pipe": self.pipe_ok,
            "TCP": self.tcp_ok,
        }
        return [f"{name} (MiB {list(self.damaged_mib)})" if name == "memory" else name
                for name, held in parts.items() if not held]  # fmt: skip


class Witness:
    """Asks the witness process in the guest, over its own serial port."""

    def __init__(self, guest: qemu.Guest, person: Terminal) -> None:
        self._guest = guest
        self._person = person
        self._port = guest.ports["kjtui.witness"]
        self._asked = 0

    def testimony(self) -> Testimony:
        """The state now. Raises Broken when no answer comes."""
        end = time.monotonic() + ANSWER
        while time.monotonic() < end and self._guest.running():
            # A question that was under way during a jump may be lost: ask again.
            self._asked += 1
            self._port.send({"ask": self._asked})
            again = time.monotonic() + 20
            while (left := again - time.monotonic()) > 0 and self._guest.running():
                answer = self._port.receive(min(left, 0.1))
                self._person.read(0)  # a serial line that nobody reads stops the guest
                if answer is not None and answer.get("answer") == self._asked:
                    names = Testimony.__dataclass_fields__
                    return Testimony(**{name: answer[name] for name in names})  # type: ignore[arg-type]
        raise Broken("The witness does not answer", "the process that holds the test data is gone or stuck")


class Shell:
    """Runs shell commands in the guest, beside the wizard or in its place, over a serial port of its own.

    The machine must have been booted with kjtui.job=1 (in place of the wizard) or kjtui.aside=1 (beside it).
    """

    def __init__(self, guest: qemu.Guest, person: Terminal) -> None:
        self._guest = guest
        self._person = person
        self._port = guest.ports["kjtui.job"]

    def run(self, command: str, limit: float = BOOT) -> tuple[int, str]:
        """The command's status and all it said. limit: seconds, from a cold start. Raises Broken."""
        self._port.send({"run": command})
        said: list[str] = []
        end = time.monotonic() + limit
        while time.monotonic() < end and self._guest.running():
            message = self._port.receive(0.1)
            self._person.read(0)  # a serial line that nobody reads stops the guest
            if message is not None and "exit" in message:
                return int(str(message["exit"])), "".join(said)
            if message is not None:
                said.append(str(message.get("out", "")))
        raise Broken(f"A command in the machine did not end: {command[:60]}", "".join(said)[-2000:])

    def send(self, command: str) -> None:
        """Begin a command and wait for nothing: the machine may be gone before it ends."""
        self._port.send({"run": command})

    def must(self, command: str) -> str:
        """What the command said. Raises Broken when it fails."""
        status, said = self.run(command)
        if status:
            title = f"A command in the machine failed: {command[:60]}"
            raise Broken(title, f"status {status}: {said[-2000:]}")
        return said


@dataclass(frozen=True)
class Stage:
    """The running machine."""

    guest: qemu.Guest
    person: Terminal
    witness: Witness
    shell: Shell
    log: Path


@contextlib.contextmanager
def booted(spec: qemu.MachineSpec, name: str) -> Iterator[Stage]:
    """Boot a machine with the wizard on its serial line. name: of the console log. Raises KjtuiError."""
    log = qemu.console_log(name)
    with qemu.started(spec, log, qemu.Line.SOCKET) as guest:
        person = Terminal(guest)
        stage = Stage(guest, person, Witness(guest, person), Shell(guest, person), log)
        try:
            yield stage
        except Broken as error:
            error.log = log
            raise
