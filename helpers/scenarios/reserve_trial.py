"""A reservation that leaves too little memory: the trial start fails, and the machine is back by itself."""

import argparse

import reserving
from disks.machine import boot_config, disk_machine
from stage import BOOT, SCREEN
from terminal import Terminal
from walk import choose, go_on, step, welcome

NAME = "reserve-trial"
SUMMARY = "reserve nearly all memory: the trial start fails, the next one is the old one, by itself"
KIND = "grub"
STEPS = 20  # of 32 MiB, from 192
ASKED = "832M"
BACK = f"trial start with crashkernel={ASKED} did not come up"
BOOTED = f"Booting `kjtui: trial start with crashkernel={ASKED}'"  # GRUB's words
DIED = "Kernel panic - not syncing"


def play(options: argparse.Namespace) -> dict[str, object]:
    """By key presses, as far as keys are pressed at all: the way back needs none."""
    with disk_machine(KIND, 1024, options.cpus, options.accel) as machine, machine.booted(NAME) as stage:
        person = stage.person
        # A kernel that lies anywhere may leave no piece of that size: nothing would be reserved then.
        stage.shell.must("sed -i 's/^GRUB_CMDLINE_LINUX=\"/&nokaslr /' /etc/default/grub && update-grub")
        stage.restart()
        welcome(person)
        step(person, 1)
        before = boot_config(stage)
        go_on(person, 2)
        ask_for_much(person)
        person.press("y")
        person.wait_for("A restart is needed", "the change to be made", reserving.PATIENCE)
        pressed = person.keys_pressed + 1
        person.may_panic = True
        person.press("r")
        text = person.wait_for(
            lambda text: BACK in " ".join(text.split()), "the old setting to be back", 3 * BOOT
        )
        alone = person.keys_pressed == pressed
        log = person.heard.decode("utf-8", "replace")
        region = reserving.region(stage)
        step(person, 2)
        person.press("u")
        person.wait_for(r"(?s)Takes back.*> Do it\?", "the preview of the undo", SCREEN)
        person.press("y")
        person.wait_for(
            r"(?s)Step 2 of 5.*> Enter:", "the entry of the trial to be removed", reserving.PATIENCE
        )
        held = {
            "trial_started": BOOTED in log,
            "trial_failed": DIED in log[log.index(BOOTED) :] if BOOTED in log else False,
            "back_by_itself": alone and bool(text),
            "nothing_reserved": not region,
            "config_identical_after_undo": boot_config(stage) == before,
        }
        return {
            "loader": KIND,
            "asked": ASKED,
            **held,
            "keys_pressed": person.keys_pressed,
            "broken": [name for name, well in held.items() if not well],
            "console_log": str(stage.log),
        }


def ask_for_much(person: Terminal) -> None:
    """From step 2 to the preview of a reservation that is too large."""
    choose(person, "Reserve ")
    for number in range(1, STEPS + 1):
        person.press("+")
        person.wait_for(f"Reserve {192 + 32 * number} MiB", "the size to change", SCREEN)
    person.press("enter")
    person.wait_for(rf"(?s)crashkernel={ASKED}.*probably too much.*> Do it\?", "the warning", SCREEN)
