"""What helpers/rehearse.py does once its environment stands."""

import argparse
import contextlib
import json
import sys
import termios
from collections.abc import Callable, Iterator

import qemu
from common import KjtuiError, say
from machines import machine
from scenarios import scenarios
from terminal import Broken


def interactive(options: argparse.Namespace) -> int:
    """The wizard on this terminal, until the machine is switched off or the person leaves with Ctrl-A X."""
    if not sys.stdin.isatty():
        raise KjtuiError(
            "There is no terminal for the wizard here",
            "standard input is not a terminal",
            "Run this in a terminal, or use --auto.",
        )
    spec = machine(options, "quiet loglevel=4")
    log = qemu.console_log("rehearsal")
    say("Starting the rehearsal machine. The wizard appears here in a moment.")
    say("To leave: end the wizard, then p. At any time: Ctrl-A, then X.")
    with lent(sys.stdin.fileno()):
        try:
            with qemu.started(spec, log, qemu.Line.TERMINAL) as guest:
                return guest.process.wait()
        finally:
            print("\x1b[0m\x1b[?25h", flush=True)


@contextlib.contextmanager
def lent(terminal: int) -> Iterator[None]:
    """A terminal as QEMU needs it for a guest's serial line, and afterwards as it was. terminal: its file.

    QEMU leaves it to the terminal what becomes of a line feed (chardev/char-stdio.c): it must move straight
    down, as on a serial line, and not to the line's beginning.
    """
    before = termios.tcgetattr(terminal)
    straight = [*before]
    straight[1] &= ~termios.ONLCR
    termios.tcsetattr(terminal, termios.TCSADRAIN, straight)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def run_command(options: argparse.Namespace) -> int:
    """A shell command in kernel A, its output on standard output. The command's own exit status."""
    spec = machine(options, "kjtui.job=1")
    log = qemu.console_log("run")
    with qemu.started(spec, log, qemu.Line.LOG) as guest:
        port = guest.ports["kjtui.job"]
        port.send({"run": options.run})
        while True:
            message = port.receive(1.0)
            if message is None:
                if not guest.running():
                    say(f"The machine stopped before the command ended. Console log: {log}")
                    return 1
                continue
            if "exit" in message:
                return int(str(message["exit"]))
            sys.stdout.write(str(message.get("out", "")))
            sys.stdout.flush()


def list_scenarios() -> int:
    """Name the scenarios."""
    for name, scenario in scenarios().items():
        print(f"{name:16} {scenario.SUMMARY}")
    return 0


def auto(options: argparse.Namespace) -> int:
    """Play a scenario; one line of JSON on standard output. 0 only if everything held."""
    scenario = scenarios().get(options.auto)
    if scenario is None:
        raise KjtuiError(f"There is no scenario {options.auto}", f"there are: {', '.join(scenarios())}")
    result, held = play(scenario.play, options)
    print(json.dumps(result, ensure_ascii=False), flush=True)
    return 0 if held else 1


def play(
    scenario: Callable[[argparse.Namespace], dict[str, object]], options: argparse.Namespace
) -> tuple[dict[str, object], bool]:
    """A scenario's result, and whether all held. What broke is told on standard error."""
    try:
        result = scenario(options)
    except Broken as error:
        result = {"broken": [error.title], "detail": error.detail, "screen": list(error.screen)}
        result["console_log"] = str(error.log)
    except KjtuiError as error:
        # The machine was not even started: say so in the line of JSON as well.
        result = {
            "broken": [error.title],
            "detail": f"{error.detail}\n{error.hint}".strip(),
            "console_log": "",
        }
    broken, log = result["broken"], result["console_log"]
    if not broken:
        return {key: value for key, value in result.items() if key not in ("broken", "console_log")}, True
    say(f"Broken: {broken}. {result.get('detail', '')}")
    screen = result.get("screen")
    for line in screen if isinstance(screen, list) else ():
        say(f"  | {line}")
    if log:
        say(f"Console log: {log}")
    return result, False
