"""The command line: picks the machine and the way of showing it, and turns errors into words."""

import argparse
import io
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from kjtui import __version__
from kjtui.errors import KjtuiError

if TYPE_CHECKING:
    from kjtui.backend.machine import Writer

# Terminals on which no screen can be drawn: line by line there.
_BARE = ("", "dumb", "unknown")
# Seconds per step of a simulated machine: slow enough to see what happens.
PACE = 0.05


def run() -> None:
    """The console script."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run the program. Returns 0 when all went well, 1 when something blocks or failed.

    A command that cannot be carried out returns 2. Mistakes in the command line itself exit with 2, as
    argparse has it.
    """
    options = _parser().parse_args(argv)
    if options.version:
        print(f"kjtui {__version__}")
        return 0
    if sys.stderr is None:
        sys.stderr = io.StringIO()  # closed: nobody wants to be told
    if options.command:
        return _command(options)
    try:
        _look_at_streams(options.command)
        machine = _machine(options.machine, PACE)
        return _plain(machine) if options.plain or not _screen() else _full(machine)
    except BrokenPipeError:
        return _unread()
    except KeyboardInterrupt:
        return 1
    except Exception as error:
        _complain(_in_words(error))
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kjtui",
        description="Boot a second Linux kernel from this one, work in it, and jump back, everything intact.",
        epilog="Without a command: a full-screen wizard for this machine. Nothing is changed before it asks.",
    )
    practise = "practise on a recorded machine; changes nothing"
    parser.add_argument("--machine", metavar="FILE.json", help=practise)
    parser.add_argument("--plain", action="store_true", help="questions and answers line by line, no screen")
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    everywhere = argparse.ArgumentParser(add_help=False)
    # Given before the command, it must not be forgotten behind it.
    everywhere.add_argument(
        "--machine", metavar="FILE.json", default=argparse.SUPPRESS, help="look at a recorded machine"
    )
    commands = parser.add_subparsers(dest="command", title="commands, of which only undo changes something")

    def command(name: str, about: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name, parents=[everywhere], help=about, description=f"{about[0].upper()}{about[1:]}."
        )

    check = command("check", "tell whether this machine can jump; status 0 ready, 1 blocked, 2 error")
    check.add_argument("-v", "--all", action="store_true", help="show each check and what was read")
    check.add_argument(
        "--json", action="store_true", help="for programs, see kjtui/commands/check.schema.json"
    )
    explain = command("explain", "tell more about a check or an error number; without a word list them all")
    explain.add_argument("word", nargs="?", metavar="CHECK|ERRNO", help="such as lockdown, EPERM or 1")
    record = command("record", "write this machine as one to practise on, without what is private")
    record.add_argument("file", metavar="FILE.json", help="the file to write; - for standard output")
    record.add_argument("--force", action="store_true", help="overwrite the file")
    report = command("report", "pack all that somebody needs who shall help, without what is private")
    report.add_argument("file", metavar="FILE.tar.zst", help="the file to write; - for standard output")
    report.add_argument("--force", action="store_true", help="overwrite the file")
    report.add_argument("--yes", action="store_true", help="write it without being asked")
    pack = command("pack-agent", "put kernel B's agent, with the way home, into an initramfs of your own")
    pack.add_argument("source", metavar="INITRAMFS", help="the file to start from, which stays as it is")
    pack.add_argument("file", metavar="NEW", help="the file to write; - for standard output")
    pack.add_argument("--force", action="store_true", help="overwrite the file")
    undo = command("undo", "take back what kjtui has changed on this machine, the newest first")
    undo.add_argument("--list", action="store_true", help="only tell what was changed when")
    undo.add_argument("--yes", action="store_true", help="do it without being asked")
    return parser


def _command(options: argparse.Namespace) -> int:
    """A command, with its errors: as JSON where JSON was asked for, on standard error otherwise."""
    sys.dont_write_bytecode = True  # a command writes nothing unasked, not even Python's caches
    try:
        _look_at_streams(options.command)
        status = _carry_out(options)
        _flush()
        return status
    except BrokenPipeError:
        return _unread()
    except KeyboardInterrupt:
        return 2
    except Exception as error:
        _complain(_in_words(error), as_json=options.command == "check" and options.json)
        return 2


def _unread() -> int:
    """Whoever read us has seen enough (kjtui check | head). What is left must not fail at the exit, too."""
    _mute()
    return 128 + signal.SIGPIPE


def _mute() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _look_at_streams(command: str | None) -> None:
    """Refuse to work where the answers would be lost, or the questions. Raises KjtuiError."""
    if sys.stdout is None:
        raise KjtuiError(
            "There is nowhere to write to", "Standard output is closed.", "Leave it open, or write to a file."
        )
    if sys.stdin is None and command in (None, "report", "undo"):
        raise KjtuiError("Nobody can be asked", "Standard input is closed.", "Start kjtui on a terminal.")


def _flush() -> None:
    from kjtui.commands.output import writing

    with writing():
        sys.stdout.flush()


def _complain(told: KjtuiError, *, as_json: bool = False) -> None:
    """Say what went wrong, on whichever stream takes it."""
    try:
        if as_json and sys.stdout is not None:
            from kjtui.commands.check import as_text, failure

            print(as_text(failure(told)), flush=True)
            return
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _mute()
    with suppress(OSError):
        print(f"kjtui: {told}", file=sys.stderr)


def _carry_out(options: argparse.Namespace) -> int:
    from kjtui.commands.output import Streams

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter is no reason to stop
    streams = Streams(sys.stdin, sys.stdout, sys.stderr)
    if options.command == "check":
        from kjtui.commands import check

        return check.run(_machine(options.machine), streams, as_json=options.json, every=options.all)
    if options.command == "explain":
        from kjtui.commands import explain

        return explain.run(options.word, lambda: _machine(options.machine), streams)
    if options.command == "undo":
        from kjtui.commands import undo

        return undo.run(_machine(options.machine), streams, listing=options.list, yes=options.yes)
    if options.command == "pack-agent":
        from kjtui.commands import pack_agent

        def progress(_what: str, _fraction: float) -> None: ...

        return pack_agent.run(options.source, options.file, streams, progress, force=options.force)
    from kjtui.backend import private

    machine, secrets = _machine(options.machine), private.gather()
    if options.command == "record":
        from kjtui.commands import record

        return record.run(machine, secrets, options.file, streams, force=options.force)
    from kjtui.commands import report

    return report.run(machine, secrets, options.file, streams, force=options.force, yes=options.yes)


def _in_words(error: Exception) -> KjtuiError:
    """Any error as one that a person may see."""
    if isinstance(error, KjtuiError):
        return error
    if isinstance(error, ModuleNotFoundError):
        return KjtuiError(f"The library {error.name} is missing", hint="Install kjtui with pip.")
    from kjtui.wizard.faults import unexpected

    return unexpected(error)


def _machine(recorded: str | None, pace: float = 0.0) -> "Writer":
    if recorded is not None:
        from pathlib import Path

        from kjtui.backend.simulated import SimulatedMachine

        return SimulatedMachine.from_file(Path(recorded), pace)
    from kjtui.backend.linux import LinuxMachine

    return LinuxMachine()


def _screen() -> bool:
    """Whether there is a terminal that a screen can be drawn on."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "") not in _BARE


def _plain(machine: "Writer") -> int:
    from kjtui.plain.walk import walk
    from kjtui.wizard.session import Session

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter is no reason to stop
    return walk(Session(machine), _ask, _say)


def _ask(prompt: str) -> str:
    from kjtui.commands.output import writing

    with writing():
        print(prompt, end="", flush=True)
    try:
        return input()
    except OSError as error:
        raise EOFError from error  # the terminal is gone


def _say(line: str) -> None:
    from kjtui.commands.output import writing

    with writing():
        print(line, flush=True)


def _full(machine: "Writer") -> int:
    from kjtui.tui.app import KjtuiApp
    from kjtui.tui.console.driver import ConsoleDriver

    app = KjtuiApp(machine, driver_class=ConsoleDriver, announce=lambda line: print(line, flush=True))
    status = app.run(mouse=False)
    if status is not None:
        return status
    # Nobody chose to leave: a mistake, a signal, or the terminal is gone. Nothing of ours stays behind.
    app.session.unload(lambda _what, _fraction: None)
    if app.fault is not None:
        raise app.fault
    return app.return_code or 0


if __name__ == "__main__":
    run()
