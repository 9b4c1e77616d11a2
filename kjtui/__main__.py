"""The command line: picks the machine and the way of showing it, and turns errors into words."""

import argparse
import io
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from kjtui import __version__
from kjtui.errors import KjtuiError

if TYPE_CHECKING:
    from kjtui.backend.machine import Writer
    from kjtui.commands.output import Streams

# Terminals on which no screen can be drawn: line by line there.
_BARE = ("", "dumb", "unknown")
# Seconds per step of a simulated machine: slow enough to see what happens.
PACE = 0.05
_RUN_FAILED = 125  # where the status is the program's otherwise, see kjtui.commands.jump


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
    commands = parser.add_subparsers(
        dest="command", title="commands; those that change something show it first, and ask"
    )

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
    _add_jump(command("jump", "jump to kernel B and come back in one go, as the wizard does"))
    for name, about in (
        ("hibernate", "save this system's memory to a medium and switch the machine off"),
        ("snapshot", "save this system's memory to a medium and go on working"),
    ):
        _add_saving(command(name, about))
    enable = command("enable-resume", "have the starts of this machine look for saved systems")
    enable.add_argument("--server", metavar="HOST:/DIR", help="look on this NFS export, too")
    enable.add_argument("--yes", action="store_true", help="do it without being asked")
    sleep = command("enable-sleep", "have systemctl hibernate save this system by kjtui")
    sleep.add_argument("--to", metavar="TARGET", required=True, help="where to, see kjtui hibernate --help")
    sleep.add_argument("--passphrase-file", metavar="FILE", help="seal the image; a file of root's alone")
    sleep.add_argument("--yes", action="store_true", help="do it without being asked")
    resume = command("pack-resume", "put what looks for saved systems into the root of an initramfs")
    resume.add_argument("folder", metavar="DIR", help="the initramfs's root, as it is being made")
    resume.add_argument("release", metavar="RELEASE", help="the kernel that it is for, such as 6.12.0")
    image = command("image", "the images of saved systems on this machine's disks")
    image.add_argument("action", choices=("list", "show", "verify", "discard", "export"))
    image.add_argument("target", nargs="?", metavar="TARGET", help="where it is, such as /dev/sdb1")
    image.add_argument("--elf", metavar="FILE", help="export: write its memory there, for crash and drgn")
    image.add_argument("--passphrase-file", metavar="FILE", help="of a sealed image, from its first line")
    image.add_argument("--yes", action="store_true", help="discard or overwrite without being asked")
    undo = command("undo", "take back what kjtui has changed on this machine, the newest first")
    undo.add_argument("--list", action="store_true", help="only tell what was changed when")
    undo.add_argument("--yes", action="store_true", help="do it without being asked")
    return parser


def _add_jump(jump: argparse.ArgumentParser) -> None:
    """The options of jump. What is not given is None: a file of answers may say it."""
    purposes = ("quick", "look", "rescue", "program", "custom")
    what = jump.add_argument_group("what kernel B is and does")
    what.add_argument("--purpose", choices=purposes, help="default quick; program with --run")
    what.add_argument("--run", metavar="FILE", help="run this program or script there, and come back")
    what.add_argument(
        "--bring-back", metavar="NAME", action="append", help="a file that it makes in its folder; repeatable"
    )
    what.add_argument("--into", metavar="DIR", help="where these files go (default: here)")
    what.add_argument("--kernel", metavar="FILE", help="kernel B (default: the running kernel's file)")
    what.add_argument("--initramfs", metavar="FILE", help="start an initramfs of your own")
    what.add_argument("--words", metavar='"…"', help="words for kernel B's command line")
    what.add_argument("--network", action=argparse.BooleanOptionalAction, help="ask for an address by DHCP")
    what.add_argument(
        "--timer", type=int, metavar="MINUTES", help="back without a key press for so long; 0: never"
    )
    what.add_argument(
        "--limit",
        type=int,
        metavar="MINUTES",
        help="how long the program may run (default: an hour at least)",
    )
    how = _add_how(jump)
    how.add_argument("--times", type=int, metavar="N", help="jump so many times")
    how.add_argument("--keep", action="store_true", default=None, help="leave kernel B loaded afterwards")
    how.add_argument("--force", action="store_true", default=None, help="overwrite files that are there")


def _add_saving(saving: argparse.ArgumentParser) -> None:
    """The options of hibernate and snapshot."""
    what = saving.add_argument_group("where to, and by which kernel")
    what.add_argument(
        "--to", metavar="TARGET", help="a partition, disk or swap area that is free, or HOST:/DIR (NFS)"
    )
    what.add_argument("--kernel", metavar="FILE", help="kernel B (default: the running kernel's file)")
    what.add_argument(
        "--passphrase", action="store_true", default=None, help="ask for one, and seal the image with it"
    )
    what.add_argument("--passphrase-file", metavar="FILE", help="read it from the first line of a file")
    what.add_argument(
        "--keep-caches",
        action="store_true",
        default=None,
        help="save the kernel's copies of files too, in place of giving that memory back first",
    )
    _add_how(saving)


def _add_how(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    memory = parser.add_argument_group("kernel B's memory")
    memory.add_argument("--region", choices=("borrowed", "reserved"), help="default: reserved where it is")
    memory.add_argument("--size", type=int, metavar="MIB", help="how much is borrowed")
    how = parser.add_argument_group("how")
    how.add_argument("--answers", metavar="FILE.toml", help="the same options from a file; these here win")
    how.add_argument("--yes", action="store_true", default=None, help="say yes to everything that asks")
    how.add_argument(
        "--json", action="store_true", default=None, help="for programs, see kjtui/commands/jump.schema.json"
    )
    return how


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
        _complain(_in_words(error), as_json=bool(getattr(options, "json", False)))
        return 2 if getattr(options, "run", None) is None else _RUN_FAILED


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
    if sys.stdin is None and command in (None, "report", "undo", "enable-resume", "enable-sleep"):
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
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="ascii")  # noqa: SIM115 - it stays open: nobody answers
    streams = Streams(sys.stdin, sys.stdout, sys.stderr)
    if options.command == "check":
        from kjtui.commands import check

        return check.run(_machine(options.machine), streams, as_json=options.json, every=options.all)
    if options.command == "explain":
        from kjtui.commands import explain

        return explain.run(options.word, lambda: _machine(options.machine), streams)
    if options.command in ("jump", "hibernate", "snapshot"):
        return _jump(options, streams)
    if options.command == "undo":
        from kjtui.commands import undo

        return undo.run(_machine(options.machine), streams, listing=options.list, yes=options.yes)
    if options.command == "image":
        from kjtui.commands import image

        wanted = image.Wanted(options.action, options.target, options.elf, options.passphrase_file)
        return image.run(wanted, streams, yes=options.yes)
    if options.command == "enable-resume":
        from kjtui.commands import enable_resume

        return enable_resume.run(_machine(options.machine), streams, options.server or "", yes=options.yes)
    if options.command == "enable-sleep":
        from kjtui.commands import enable_sleep

        machine, file = _machine(options.machine), options.passphrase_file or ""
        return enable_sleep.run(machine, streams, options.to, file, yes=options.yes)
    if options.command == "pack-resume":
        from kjtui.commands import pack_resume

        return pack_resume.run(options.folder, options.release, streams, lambda _what, _done: None)
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


def _jump(options: argparse.Namespace, streams: "Streams") -> int:
    from kjtui.commands import answers, jump

    wishes = answers.from_line(vars(options))
    if options.answers is not None:
        wishes = answers.over(wishes, answers.read(options.answers))
    if options.command != "jump":
        wishes = replace(wishes, snapshot=options.command == "snapshot")
    practice = options.machine is not None
    machine = _machine(options.machine)
    return jump.run(machine, streams, wishes, practice=practice, plain=not _screen())


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
    return walk(Session(machine), _ask, _say, _ask_unseen)


def _ask(prompt: str) -> str:
    from kjtui.commands.output import writing

    with writing():
        print(prompt, end="", flush=True)
    try:
        return input()
    except OSError as error:
        raise EOFError from error  # the terminal is gone


def _ask_unseen(prompt: str) -> str:
    from getpass import getpass

    try:
        return getpass(prompt)
    except OSError as error:
        raise EOFError from error


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
