"""What is left on the disks when kernel A has been switched off: a check that needs no word of the guest's.

    with booted_on_disk(options, "my-scenario") as stage:  # --root, --disk, --spare-disk
        ...  # walk, jump, come back
        verdict = fsck(stage)  # switches A off, then looks at its root
        result |= verdict.told()  # {"fsck_clean": True, "fsck_said": […]}
        result["spare_untouched"] = untouched(stage.spec.spare)

Both disks are written to work copies, which are thrown away when the block is left. staged() and proof() are
the same for a scenario that does this only when it is asked to by --fsck.
"""

import argparse
import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import luks
import qemu
from common import KjtuiError, cache_dir, locked, run
from machines import machine
from stage import LOAD, SCREEN, Stage, booted
from terminal import Broken

LINES = 12  # of what the checking program said; a broken file system has thousands
OFF = 120.0  # seconds from the key to the machine's being off
ENDED = "The wizard has ended"
RUN, IN_USE = "run-", "in-use"  # a run's directory begins with it; the lock in it
BASE = ".base"  # ending of the name under which a copy's origin lies beside it
UNCLEAN = ("skipping journal recovery", "not cleanly unmounted", "still has errors")  # e2fsck says so


@dataclass(frozen=True)
class KeptStage(Stage):
    """A running machine whose disks are kept. spec.image, spec.spare: the work copies, qcow2.

    root: what the root file system is made of, as --root says it.
    """

    spec: qemu.MachineSpec
    root: str


@dataclass(frozen=True)
class Verdict:
    """Whether the root file system was clean, the checking program's words, and its exit status."""

    clean: bool
    said: tuple[str, ...]
    status: int

    def told(self) -> dict[str, object]:
        """The part of a scenario's result."""
        return {"fsck_clean": self.clean, "fsck_said": list(self.said[-LINES:])}


@contextlib.contextmanager
def booted_on_disk(
    options: argparse.Namespace, name: str, words: str = "", extra: tuple[str, ...] = ()
) -> Iterator[KeptStage]:
    """Boot a machine with disks that are kept, with the wizard on its serial line.

    options: rehearse.py's; name: of the console log; words are added to kernel A's command line, extra to
    QEMU's. Raises KjtuiError.
    """
    with kept(machine(options, words, extra)) as spec, booted(spec, name) as stage:
        yield KeptStage(**vars(stage), spec=spec, root=options.root)


@contextlib.contextmanager
def staged(
    options: argparse.Namespace, name: str, words: str = "", extra: tuple[str, ...] = ()
) -> Iterator[Stage]:
    """booted_on_disk() with --fsck, otherwise booted(), whose disks are thrown away. Raises KjtuiError."""
    if options.fsck:
        with booted_on_disk(options, name, words, extra) as stage:
            yield stage
    else:
        with booted(machine(options, words, extra), name) as thrown_away:
            yield thrown_away


def proof(stage: Stage, broken: list[str]) -> dict[str, object]:
    """The end of a scenario that began with staged(): its part of the result; what did not hold joins broken.

    Without --fsck nothing is done. Otherwise kernel A is switched off: {"root", "disk", "fsck_clean",
    "fsck_said", and with --spare-disk "spare_untouched"}. Raises KjtuiError.
    """
    if not isinstance(stage, KeptStage):
        return {}
    verdict = fsck(stage)
    result: dict[str, object] = {"root": stage.root, "disk": stage.spec.disk, **verdict.told()}
    broken += [] if verdict.clean else ["the root file system is not clean"]
    if stage.spec.spare:
        result["spare_untouched"] = untouched(stage.spec.spare)
        broken += [] if result["spare_untouched"] else ["somebody has written to the spare disk"]
    return result


@contextlib.contextmanager
def kept(spec: qemu.MachineSpec) -> Iterator[qemu.MachineSpec]:
    """The same machine with work copies of its disks, which last as long as the block. Raises KjtuiError."""
    home = cache_dir("images")
    with contextlib.ExitStack() as stack:
        with locked(home / "run.lock", "Waiting for another run that copies the machine's disk …"):
            _sweep(home)
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=home, prefix=RUN)))
            stack.enter_context(locked(place / IN_USE, ""))
        spare = copied(spec.spare, place, "spare") if spec.spare else None
        image = copied(spec.image, place, "root")
        yield replace(spec, image=image, spare=spare, writable=True)


def _sweep(home: Path) -> None:
    """Remove what runs have left that were killed: nobody holds its lock."""
    for left in home.glob(f"{RUN}*/"):
        with (left / IN_USE).open("w") as file, contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left)


def copied(image: Path, home: Path, name: str) -> Path:
    """A copy that holds what differs only. The image itself may be swept from the cache meanwhile."""
    base, copy = home / f"{name}{BASE}", home / f"{name}.qcow2"
    os.link(image, base)
    run(
        ["qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "raw", copy],
        "The machine's disk cannot be made",
    )
    return copy


def switch_off(stage: Stage) -> None:
    """Leave the wizard, if it has not ended yet, and switch kernel A off in order. Raises Broken."""
    person = stage.person
    if not stage.guest.running():
        raise Broken("The machine went down before it was switched off", stage.guest.errors(), person.lines)
    if ENDED not in person.text:
        person.press("q")
        asked = "unload kernel B and quit"
        if asked in person.wait_for(f"{ENDED}|{asked}", "the wizard to end, or to ask", SCREEN):
            person.press("enter")
        person.wait_for(ENDED, "the wizard to end", LOAD)
    person.press("p")
    try:
        stage.guest.process.wait(OFF)
    except subprocess.TimeoutExpired as error:
        person.read(1)
        title = "The machine did not switch itself off"
        raise Broken(title, f"{OFF:.0f} seconds after the key", person.lines) from error


def fsck(stage: KeptStage) -> Verdict:
    """Switch kernel A off, and check its root file system, changing nothing. Raises KjtuiError."""
    if stage.guest.running():
        switch_off(stage)
    return checked(stage.spec, stage.root)


def checked(spec: qemu.MachineSpec, root: str) -> Verdict:
    """Check the root file system of a machine that is off. root: as --root says it. Raises KjtuiError."""
    if root == "luks":
        told = luks.check(spec)
        return _verdict(told.status, told.said)
    with tempfile.TemporaryDirectory(dir=spec.image.parent, prefix="check-") as name:
        image = Path(name, "image")
        run(
            ["qemu-img", "convert", "-O", "raw", spec.image, image],
            "The machine's disk cannot be read",
        )
        program = ["btrfs", "check", "--readonly"] if root == "btrfs" else ["e2fsck", "-fn"]
        result = subprocess.run(
            [*program, str(image)],
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin", "LC_ALL": "C"},
        )
    return _verdict(result.returncode, result.stdout + result.stderr)


def _verdict(status: int, said: str) -> Verdict:
    """e2fsck(8), btrfs-check(8): 0 when there is nothing to mend."""
    lines = tuple(line.strip() for line in said.splitlines() if line.strip())
    return Verdict(status == 0 and not any(sign in said for sign in UNCLEAN), lines, status)


def untouched(copy: Path) -> bool:
    """Whether a work copy still holds byte for byte what it began with. The machine must be off."""
    base = copy.with_suffix(BASE)
    result = subprocess.run(
        ["qemu-img", "compare", "-f", "qcow2", "-F", "raw", str(copy), str(base)],
        capture_output=True,
        text=True,
    )
    if result.returncode not in (0, 1):  # qemu-img(1): the same, different; more is a failure
        raise KjtuiError("The machine's disk cannot be compared", result.stderr.strip())
    return result.returncode == 0
