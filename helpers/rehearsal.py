"""What helpers/rehearse.py does once its environment stands."""

import argparse
import sys
import termios
import time
from pathlib import Path

import kernels
import qemu
from common import KjtuiError, say
from guest_image import guest_image

RESERVATION = "crashkernel=256M"  # what --region reserved sets aside in kernel A for kernel B


def machine(options: argparse.Namespace, words: str = "") -> qemu.MachineSpec:
    """The machine for the command line's options; words are added to kernel A's command line."""
    kernel = kernels.from_file(options.kernel)
    append = [words, RESERVATION if options.region == "reserved" else "", options.append]
    return qemu.MachineSpec(
        kernel=kernel,
        image=guest_image(kernel),
        memory=options.memory,
        cpus=options.cpus,
        machine=options.machine,
        cpu=options.cpu,
        firmware=options.firmware,
        accel=qemu.choose_accel(options.accel, kernel),
        append=" ".join(part for part in append if part),
    )


def interactive(options: argparse.Namespace) -> int:
    """The wizard on this terminal. Returns when the machine is switched off or the person leaves with Ctrl-A X."""
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
    before = termios.tcgetattr(sys.stdin)
    try:
        with qemu.started(spec, log, qemu.Line.TERMINAL) as guest:
            return guest.process.wait()
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
        print("\x1b[0m\x1b[?25h", flush=True)


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
