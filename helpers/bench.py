"""Measures what kjtui costs, each figure beside what it is to be compared with, in the same run.

python3 helpers/bench.py           everything
python3 helpers/bench.py --console without the rehearsal machine
python3 helpers/bench.py --checks  only how long a full check takes
python3 helpers/bench.py --hibernate  only saving and going back, beside the kernel's own hibernation
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from common import REPO, KjtuiError, guarded, say
from rehearse import PACKAGES, arguments
from setup_env import ensure

if TYPE_CHECKING:
    from console_bytes import Cost

TERMS = ("linux", "vt220")
MORE_DISKS = 19  # beside the disk that the machine runs from
CHECK_AIM = 150  # milliseconds
INITRAMFS_AIM = 16  # MiB
PAGE, MIB = 4096, 1 << 20
AGENT_SCREEN = b"started by itself"
EMPTY_APP = (
    "from textual.app import App\n"
    "from textual.widgets import Static\n"
    "class Empty(App):\n"
    "    def compose(self):\n"
    "        yield Static('here I am')\n"
    "Empty().run()\n"
)


def row(name: str, ours: float, beside: str, theirs: float, aim: float | None, unit: str = "s") -> None:
    """One line of the table: two figures, their ratio, and the ratio aimed at."""
    digits = 2 if unit == "s" else 0
    ratio = f"{ours / theirs:5.2f}x" if theirs else "     -"
    goal = (
        "" if aim is None else f"  aim <= {aim}x {'ok' if not theirs or ours <= aim * theirs else 'MISSED'}"
    )
    print(
        f"{name:<34}{ours:>9.{digits}f} {unit:<2} {beside:<30}{theirs:>8.{digits}f} {unit:<2} {ratio}{goal}"
    )


def in_rehearsal(rounds: int) -> None:
    """Load, cold trip and warm switch, in the rehearsal machine, borrowed and reserved."""
    import qemu
    from machines import kernel_for

    kernel = kernel_for("")
    accel = qemu.choose_accel("auto", kernel)
    alone = statistics.median(boots_alone(kernel.image, accel) for _ in range(rounds))
    for region in ("borrowed", "reserved"):
        figures = measured_in_guest(region, accel, rounds)
        middle = {name: statistics.median(v) for name, v in figures.items() if isinstance(v, list)}
        swapped = int(str(figures["bytes_swapped"])) >> 20
        loaded = int(str(figures["bytes_loaded"])) >> 20
        print(f"\nRehearsal machine, {accel}, {region} memory, {loaded} MiB loaded, {swapped} MiB swapped")
        row("load, after the yes", middle["load"], "one raw kexec_load", middle["raw_load"], 1.2)
        row("  with laying out before it", middle["both"], "one raw kexec_load", middle["raw_load"], None)
        row("cold round trip", middle["cold"], "kernel B booted alone", alone, 1.5)
        row(
            "  of it A was frozen",
            middle["frozen_cold"],
            "B from its start to leaving",
            middle["visitor"],
            None,
        )
        row("warm switch (B was up already)", middle["warm"], "cold round trip", middle["cold"], None)
        row("parked switch: A was frozen", middle["frozen_warm"], "cold", middle["frozen_cold"], None)
        row("kernel B up, by its own clock", middle["ready"], "its kernel alone", middle["started"], 1.5)
        pages = [int(str(figures[f"bytes_{name}"])) // PAGE for name in ("swapped", "loaded")]
        row("pages swapped at each jump", pages[0], "pages that hold something", pages[1], None, "")
        packed = int(str(figures["bytes_initramfs"])) / MIB
        verdict = "ok" if packed <= INITRAMFS_AIM else "MISSED"
        print(f"{'initramfs of the quick test':<34}{packed:>9.1f} MiB  aim <= {INITRAMFS_AIM} MiB {verdict}")
        print(f"{'packing kernel B, once':<34}{middle['packing']:>9.2f} s")


def measured_in_guest(region: str, accel: str, rounds: int) -> dict[str, object]:
    """The figures of helpers/guest/measure.py."""
    command = [sys.executable, str(REPO / "helpers/rehearse.py"), "--region", region, "--accel", accel]
    command += ["--run", f"python3 /usr/lib/rehearsal/measure.py {rounds}"]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        raise KjtuiError("Measuring in the rehearsal machine failed", result.stdout[-2000:])
    figures = json.loads(result.stdout.strip().splitlines()[-1])
    assert isinstance(figures, dict)
    return figures


def boots_alone(kernel: Path, accel: str) -> float:
    """Seconds from starting QEMU with kernel B's own kernel and initramfs to the screen of its agent."""
    import qemu
    import visitor_initramfs

    from kjtui.model.choices import Purpose
    from kjtui.model.visit import Orders

    with tempfile.TemporaryDirectory() as scratch:
        initramfs = visitor_initramfs.write(Path(scratch), Orders(purpose=Purpose.LOOK))
        command = [qemu.qemu_program(), "-nodefaults", "-display", "none", "-accel", accel, "-m", "256"]
        command += ["-serial", "stdio", "-no-reboot", "-kernel", str(kernel), "-initrd", str(initramfs)]
        command += ["-append", "console=ttyS0,115200 quiet reset_devices rdinit=/init"]
        start = time.perf_counter()
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            seen = b""
            try:
                while AGENT_SCREEN not in seen:
                    piece = os.read(process.stdout.fileno(), 4096)
                    if not piece:
                        raise KjtuiError(
                            "Kernel B does not boot alone", seen.decode("ascii", "replace")[-500:]
                        )
                    seen += piece
                return time.perf_counter() - start
            finally:
                process.kill()


def checking(rounds: int) -> None:
    """The first full check after start-up, in the rehearsal machine with many disks and processes."""
    looks = [json.loads(line) for line in looked(rounds).splitlines() if line.startswith("{")]
    middle = {name: statistics.median(look[name] for look in looks) for name in looks[0]}
    firsts = sorted(look["first"] * 1000 for look in looks)
    first = statistics.median(firsts)
    print(
        f"\nA full check in the rehearsal machine: {middle['checks']:.0f} checks, {middle['processes']:.0f} "
        f"processes, {middle['block_devices']:.0f} block devices, {middle['files']:.0f} files"
    )
    row("the first after start-up", first, "the same files read raw", middle["raw"] * 1000, None, "ms")
    row("later ones", middle["median"] * 1000, "the same files read raw", middle["raw"] * 1000, None, "ms")
    print(
        f"{'':<34}aim <= {CHECK_AIM} ms for the first  {'ok' if first <= CHECK_AIM else 'MISSED'} "
        f"(of {len(firsts)}: {firsts[0]:.0f} to {firsts[-1]:.0f} ms)"
    )
    print(f"{'start-up: reading in its modules':<34}{middle['imports'] * 1000:>9.0f} ms")


def looked(rounds: int) -> str:
    """What helpers/guest/look.py prints in so many runs, each a program of its own."""
    import qemu
    from guest_image import guest_image
    from machines import kernel_for

    kernel = kernel_for("")
    extra = ["-device", "virtio-scsi-pci"]
    for number in range(MORE_DISKS):
        extra += ["-drive", f"if=none,id=disk{number},driver=null-co,read-zeroes=on,size={1 << 30}"]
        extra += ["-device", f"scsi-hd,drive=disk{number}"]
    spec = qemu.MachineSpec(
        kernel=kernel,
        image=guest_image(kernel),
        accel=qemu.choose_accel("auto", kernel),
        append="kjtui.job=1",
        extra=tuple(extra),
    )
    command = "; ".join(["python3 /usr/lib/rehearsal/look.py 5"] * rounds)
    log = qemu.console_log("checking")
    output = ""
    with qemu.started(spec, log, qemu.Line.LOG) as guest:
        port = guest.ports["kjtui.job"]
        port.send({"run": command})
        while guest.running():
            message = port.receive(1.0) or {}
            output += str(message.get("out", ""))
            if message.get("exit") == 0:
                return output
            if "exit" in message:
                break
    raise KjtuiError("Measuring a check failed", f"{output[-1000:]}\nConsole log: {log}")


def on_consoles(rounds: int) -> None:
    """Start-up, and bytes for each screen and key, on this machine."""
    import console_bytes

    wizard = wizard_command()
    print("\nStart-up to the first paint, on this machine")
    pairs = [
        (paints(wizard, b"Welcome to kjtui"), paints(empty_command(), b"here I am")) for _ in range(rounds)
    ]
    ours, empty = (statistics.median(times) for times in zip(*pairs, strict=True))
    row("wizard", ours, "empty Textual app", empty, 1.5)
    for term in TERMS:
        print(f"\nBytes at 80x24, TERM={term}, the same menu of eight")
        costs = {cost.program: cost for cost in console_bytes.compare(term)}
        if theirs := costs.get("whiptail"):
            mine = costs["kjtui"]
            row("first paint", mine.first_paint, "whiptail", theirs.first_paint, 1.2, "B")
            row("next screen", mine.next_screen, "whiptail", theirs.next_screen, 1.2, "B")
            row("arrow key", mine.arrow_key, "whiptail", theirs.arrow_key, 2, "B")
            print(f"{'idle for a second':<34}{mine.idle_second:>9} B")
            wizard_bytes(wizard, term, theirs)
        print(console_bytes.table(list(costs.values())))


def wizard_bytes(command: list[str], term: str, whiptail: "Cost") -> None:
    """The real wizard's screens, walked through as a person does: far more text than the menu has."""
    import console_bytes

    console = console_bytes.Console(command, console_bytes.environment(term))
    try:
        sizes = [len(console.read(1.0))]
        for _ in range(4):
            console.press(b"\r")
            sizes.append(len(console.read(1.0, first=5)))
        console.press(b"b")
        console.read(1.0, first=5)
        console.press(console.down)
        arrow = len(console.read(1.0, first=5))
        idle = len(console.read(1.0, limit=1.0))
    finally:
        console.close()
    row("wizard: first paint", sizes[0], "whiptail's menu", whiptail.first_paint, None, "B")
    row("wizard: largest next screen", max(sizes[1:]), "whiptail's menu", whiptail.next_screen, None, "B")
    row("wizard: arrow key", arrow, "whiptail", whiptail.arrow_key, 2, "B")
    print(f"{'wizard: idle for a second':<34}{idle:>9} B")


def wizard_command() -> list[str]:
    """The wizard on a simulated machine."""
    return [sys.executable, "-m", "kjtui", "--machine", str(REPO / "tests/machines/ready.json")]


def empty_command() -> list[str]:
    """A Textual app with one line of text and nothing else."""
    return [sys.executable, "-c", EMPTY_APP]


def paints(command: list[str], words: bytes) -> float:
    """Seconds from starting a program to these words on its terminal."""
    import console_bytes

    start = time.perf_counter()
    console = console_bytes.Console(command, console_bytes.environment("linux"))
    try:
        while words not in console.output:
            if not console.read(0.001, limit=20, first=20):
                raise KjtuiError("A program did not show itself", " ".join(command))
        return time.perf_counter() - start
    finally:
        console.close()


def saving(memory: int, fills: list[int]) -> None:
    """Saving a system of so many MiB, and going back to it."""
    import bench_hibernate

    bench_hibernate.compare(arguments(["--memory", str(memory)]), fills, row)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--rounds", type=int, default=5, help="of each figure; the median is printed (default 5)"
    )
    parser.add_argument("--console", action="store_true", help="only what needs no rehearsal machine")
    parser.add_argument("--checks", action="store_true", help="only how long a full check takes")
    parser.add_argument("--hibernate", action="store_true", help="only saving a system and going back")
    parser.add_argument(
        "--fills", default="10,40,75", metavar="N,N", help="%% of memory held for that (default 10,40,75)"
    )
    parser.add_argument("--memory", type=int, default=1024, metavar="MIB", help="memory for that")
    options = parser.parse_args()
    if options.hibernate:
        ensure(packages=PACKAGES)
        saving(options.memory, [int(fill) for fill in options.fills.split(",")])
        return 0
    if options.checks:
        ensure(packages=PACKAGES)
        checking(options.rounds)
        return 0
    ensure(packages={**PACKAGES, "whiptail": "whiptail", "dialog": "dialog"})
    on_consoles(options.rounds)
    if not options.console:
        say("Booting the rehearsal machine three times …")
        in_rehearsal(options.rounds)
        checking(options.rounds)
    return 0


if __name__ == "__main__":
    guarded(main)
