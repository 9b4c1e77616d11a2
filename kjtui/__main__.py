"""The command line: picks the machine and the way of showing it, and turns errors into words."""

import argparse
import io
import os
import sys
from collections.abc import Sequence
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

    Mistakes in the command line itself exit with 2, as argparse has it.
    """
    options = _parser().parse_args(argv)
    if options.version:
        print(f"kjtui {__version__}")
        return 0
    try:
        machine = _machine(options.machine)
        return _plain(machine) if options.plain or not _screen() else _full(machine)
    except KjtuiError as error:
        print(f"kjtui: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1
    except ModuleNotFoundError as error:
        print(f"kjtui: The library {error.name} is missing. Install kjtui with pip.", file=sys.stderr)
        return 1
    except Exception as error:
        from kjtui.wizard.faults import unexpected

        print(f"kjtui: {unexpected(error)}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kjtui",
        description="Boot a second Linux kernel from this one, work in it, and jump back, everything intact.",
        epilog="Without options: a full-screen wizard for this machine. Nothing is changed before it asks.",
    )
    parser.add_argument(
        "--machine", metavar="FILE.json", help="practise on a recorded machine; changes nothing"
    )
    parser.add_argument("--plain", action="store_true", help="questions and answers line by line, no screen")
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    return parser


def _machine(recorded: str | None) -> "Writer":
    if recorded is not None:
        from pathlib import Path

        from kjtui.backend.simulated import SimulatedMachine

        return SimulatedMachine.from_file(Path(recorded), PACE)
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
    return walk(Session(machine), input, lambda line: print(line, flush=True))


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
