"""A system that is saved, switched off and gone back to, as scenarios see it."""

import argparse
import contextlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import attached
import qemu
import resuming
from afterwards import checked, kept, switch_off
from machines import machine
from scenarios.round_trip import REPORT, amiss, judge
from stage import BOOT, JUMP, LOAD, Stage, booted
from terminal import Broken, Terminal
from walk import choose, fill, go_on, to_the_choice

DISK = 1536  # MiB
OFF = 600.0  # seconds from the jump to the machine's being off
FOUND = "A saved system was found"


@dataclass(frozen=True)
class Way:
    """How a system is saved and gone back to.

    keys: whether it is done in the wizard, by key presses, rather than by the command. to: the place for the
    image, "" for the first partition of the disk for images. words: further ones of the command. passphrase:
    "" for none. disk: MiB of the disk for images; content: what is on it beforehand, see resuming.empty_disk;
    usb: whether it is a stick; fault: what fails on it, see attached.further. server: what the start knows of
    an NFS server, see nfs_server.TOLD. typed: label of a field of step 3 → text. append, extra: for kernel
    A's command line and QEMU's. before: done in kernel A first; after: looked at in the end, what comes of it
    joins the result.
    """

    keys: bool = True
    to: str = ""
    words: str = ""
    passphrase: str = ""
    disk: int = DISK
    content: str = ""
    usb: bool = False
    server: str = ""
    fault: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    append: str = ""
    extra: tuple[str, ...] = ()
    before: Callable[[Stage], object] = lambda _stage: None
    after: Callable[[Stage], dict[str, object]] = lambda _stage: {}


@contextlib.contextmanager
def prepared(options: argparse.Namespace, way: Way) -> Iterator[qemu.MachineSpec]:
    """A machine whose disks outlast its being switched off, with a place for images. Raises KjtuiError."""
    spec = machine(options, f"kjtui.{'aside' if way.keys else 'job'}=1 {way.append}".strip(), way.extra)
    assert spec.kernel is not None
    kernel = replace(spec.kernel, initramfs=resuming.initramfs(spec.kernel, way.server))
    disk = resuming.empty_disk(way.disk, way.content)
    with kept(replace(spec, kernel=kernel, spare=disk, spare_usb=way.usb, spare_fault=way.fault)) as lasting:
        yield lasting


@contextlib.contextmanager
def switched_on(spec: qemu.MachineSpec, name: str) -> Iterator[Stage]:
    """The machine from its being switched on. name: of the console log."""
    with booted(spec, name) as stage:
        stage.person.may_panic = True  # what other kernels say on its console is not its end
        yield stage


def off(stage: Stage, limit: float = OFF) -> None:
    """Wait until the machine has switched itself off. Raises Broken; also when its shell's command ends."""
    end = time.monotonic() + limit
    said = ""
    while stage.guest.running():
        message = stage.guest.ports["kjtui.job"].receive(0.1) or {}
        said += str(message.get("out", ""))
        if "exit" in message or time.monotonic() > end:
            raise Broken("The machine did not switch itself off", said[-3000:], stage.person.lines)
        stage.person.read(0.1)


def play(options: argparse.Namespace, name: str, way: Way) -> dict[str, object]:
    """Save, switch off, switch on, go back; then switch off in order, and check the root file system."""
    way = replace(way, to=way.to or f"{attached.spare_disk(options.disk, way.usb)}1")
    with prepared(options, way) as spec:
        with switched_on(spec, name) as stage:
            way.before(stage)
            if way.keys:
                to_the_jump(stage.person, options.region, way.to, way.typed)
            trips = [stage.witness.testimony()]
            off_s = by_keys(stage) if way.keys else by_command(stage, options, way)
            saving = lines_of(stage, "Saved: ")
            keys = stage.person.keys_pressed
        with switched_on(spec, f"{name}-again") as stage:
            stage.person.wait_for(FOUND, "the offer to go back", BOOT)
            begun = time.monotonic()
            come_back(stage, way)
            trips.append(stage.witness.testimony())
            back_s = time.monotonic() - begun
            said = report(stage) if way.keys else ended(stage)
            keys += stage.person.keys_pressed
            more = way.after(stage)
            result = judge(trips)
            broken = amiss(result)
            broken += [] if "nothing was lost" in said else ["the report does not say that all is well"]
            broken += [name for name, held in more.items() if held is False]
            log = stage.log
            if way.keys:
                switch_off(stage)
            else:
                stage.guest.ports["kjtui.job"].send({"end": True})
                off(stage)
        verdict = checked(spec, options.root)
        broken += [] if verdict.clean else ["the root file system is not clean"]
        return {
            **result,
            "to": way.to,
            "keys_pressed": keys,
            **more,
            **figures(saving),
            "off_s": round(off_s, 1),
            "back_s": round(back_s, 1),
            **verdict.told(),
            "broken": broken,
            "console_log": str(log),
            **({"detail": said[-3000:]} if broken else {}),
        }


def to_the_jump(person: Terminal, region: str, to: str, typed: Mapping[str, str] | None = None) -> None:
    """From the start of the machine to step 5, with kernel B loaded that will save to this place.

    typed: label of a field of step 3 → text.
    """
    to_the_choice(person, region, "Hibernate")
    choose(person, to)
    if typed:
        fill(person, typed)
    go_on(person, 4, LOAD)
    go_on(person, 5, LOAD)


def by_keys(stage: Stage) -> float:
    """At step 5: have memory saved; the seconds until the machine is off."""
    begun = time.monotonic()
    stage.person.press("enter")
    off(stage)
    return time.monotonic() - begun


def report(stage: Stage) -> str:
    """The return report, on the screen of a machine that was gone back to."""
    return stage.person.wait_for(rf"(?s){REPORT}.*> J:", "the return report", JUMP)


def by_command(stage: Stage, options: argparse.Namespace, way: Way) -> float:
    """Have memory saved; the seconds until the machine is off."""
    words = f"--to {way.to} --region {options.region} {way.words} --yes"
    if way.passphrase:
        stage.shell.must(f"echo '{way.passphrase}' >/tmp/passphrase")
        words += " --passphrase-file /tmp/passphrase"
    begun = time.monotonic()
    stage.shell.send(f"python3 -m kjtui hibernate {words} 2>&1")
    off(stage)
    return time.monotonic() - begun


def come_back(stage: Stage, way: Way) -> None:
    """At the offer: go back."""
    stage.person.press("enter")
    if way.passphrase:
        stage.person.wait_for("Passphrase", "the question for the passphrase", JUMP)
        stage.person.type(f"{way.passphrase}\r")


def ended(stage: Stage, limit: float = JUMP) -> str:
    """What the command says that has saved the system, from the return on to its end. Raises Broken."""
    said = ""
    end = time.monotonic() + limit
    while stage.guest.running() and time.monotonic() < end:
        message = stage.guest.ports["kjtui.job"].receive(0.1) or {}
        stage.person.read(0)
        said += str(message.get("out", ""))
        if "exit" in message:
            return said
    raise Broken("The command that saved the system did not end after the return", said[-2000:])


def lines_of(stage: Stage, sign: str) -> str:
    """The last line of the console that has a sign in it."""
    stage.person.read(0)
    text = stage.person.heard.decode("utf-8", "replace").replace("\r", "\n")
    return next((line for line in reversed(text.splitlines()) if sign in line), "")


def figures(line: str) -> dict[str, object]:
    """What kernel B said of an image that it has saved."""
    found = re.search(r"(\d+) MiB of memory, an image of (\d+) MiB, ([\d.]+) s", line)
    if found is None:
        return {}
    memory, image, seconds = int(found[1]), int(found[2]), float(found[3])
    return {"memory_mib": memory, "image_mib": image, "save_s": seconds, "rate": round(memory / seconds, 1)}
