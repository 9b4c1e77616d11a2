"""A Debian system with its own GRUB and initramfs: it learns to look for saved systems, and forgets it."""

import argparse
import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import resuming
from afterwards import copied
from common import cache_dir
from disks.machine import DiskMachine, boot_config, disk_machine
from hibernating import FOUND, by_keys, figures, lines_of, report, switched_on
from stage import BOOT, LOAD, SCREEN, Stage, Testimony
from terminal import Terminal
from walk import choose, go_on, to_the_choice

from scenarios.round_trip import amiss, judge

NAME = "hibernate-debian"
SUMMARY = "a Debian with GRUB and initramfs-tools learns to look for saved systems, is saved and gone back to"
PARTITION = "/dev/vdc1"
PATIENCE = 900.0  # seconds for making an initramfs in an emulated machine


def play(options: argparse.Namespace) -> dict[str, object]:
    """Enable and save by key presses, switch on, go back; undo, and compare with the start."""
    return played(options, NAME, "initramfs", "lsinitramfs")


def played(options: argparse.Namespace, name: str, kind: str, lists: str) -> dict[str, object]:
    """The same on another kind of disk. name: of the scenario; lists: tells what is in its initramfs."""
    with with_images(options, kind) as machine:
        with machine.booted(name) as stage:
            before = boot_config(stage)
            to_the_choice(stage.person, "borrowed", "Hibernate")
            enable(stage.person)
            choose(stage.person, PARTITION)
            go_on(stage.person, 4, LOAD)
            go_on(stage.person, 5, LOAD)
            trips = [stage.witness.testimony()]
            off_s = by_keys(stage)
            saving = lines_of(stage, "Saved: ")
        with switched_on(machine.spec, f"{name}-again") as again:
            trip, back_s = gone_back(again)
            trips.append(trip)
            said = report(again)
            undone = again.shell.run("python3 -m kjtui undo --yes", PATIENCE)
            after = boot_config(again)
            left = again.shell.must(f"{lists} /boot/initrd.img-* | grep -c kjtui || true").strip()
        result = judge(trips)
        broken = amiss(result)
        broken += [] if "nothing was lost" in said else ["the report does not say that all is well"]
        broken += ["undoing failed"] if undone[0] else []
        broken += [f"{left} files of kjtui's are still in the initramfs"] if left != "0" else []
        changed = differences(before, after)
        broken += [f"not as before: {path}" for path in changed]
        return {
            **result,
            "to": PARTITION,
            **figures(saving),
            "off_s": round(off_s, 1),
            "back_s": round(back_s, 1),
            "config_identical_after_undo": not changed,
            "broken": broken,
            "console_log": str(stage.log),
            **({"detail": undone[1][-3000:]} if broken else {}),
        }


@contextlib.contextmanager
def with_images(options: argparse.Namespace, kind: str) -> Iterator[DiskMachine]:
    """A machine with a disk of this kind, and an empty one for images at PARTITION."""
    with tempfile.TemporaryDirectory(dir=cache_dir("images"), prefix="images-") as home:
        images = copied(resuming.empty_disk(1536), Path(home), "images")
        extra: tuple[str, ...] = ("-drive", f"file={images},if=none,id=images,format=qcow2")
        extra = (*extra, "-device", "virtio-blk-pci,drive=images,serial=kjtui-images")
        with disk_machine(kind, options.memory, options.cpus, options.accel, extra) as machine:
            yield machine


def gone_back(stage: Stage) -> tuple[Testimony, float]:
    """At the start's offer: go back. What the witness says then, and the seconds until it does."""
    stage.person.wait_for(FOUND, "the offer to go back", BOOT)
    begun = time.monotonic()
    stage.person.press("enter")
    return stage.witness.testimony(), time.monotonic() - begun


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Files of the boot configuration that are not as before; initramfs are made anew, with other times."""
    return sorted({path for path, _ in after.items() ^ before.items() if "initrd" not in path})


def enable(person: Terminal) -> None:
    """At step 3: have the starts of this machine look for saved systems."""
    person.wait_for("X set right", "the key that sets it right", SCREEN)
    person.press("x")
    person.wait_for(r"(?s)Look for saved systems.*> Do it", "what will be done", PATIENCE)
    person.press("y")
    person.wait_for(r"(?s)Step 3 of 5.*> Enter: go on to Load", "the initramfs", PATIENCE)
