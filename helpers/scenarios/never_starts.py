"""A kernel B that fails before it is up: the machine restarts by itself, and kjtui says what happened."""

import argparse
from dataclasses import replace

from afterwards import KeptStage, fsck, kept
from machines import machine
from stage import BOOT, JUMP, booted
from walk import step, welcome

NAME = "never-starts"
SUMMARY = "kernel B fails before it is up: an ordinary restart by itself, and the wizard tells of it"
DIED = b"Kernel panic - not syncing: VFS: Unable to mount root fs"
TOLD = "The last jump did not come back"


def play(options: argparse.Namespace) -> dict[str, object]:
    """Two starts of kernel A from one disk."""
    spec = replace(machine(options, "kjtui.aside=1"), resets=True)
    with kept(spec) as own, booted(own, NAME) as plain:
        stage = KeptStage(**vars(plain), spec=own, root=options.root)
        person = stage.person
        person.may_panic = True
        welcome(person)
        step(person, 1)
        first = stage.witness.testimony()
        stage.shell.send("python3 /usr/lib/rehearsal/misfire.py")
        person.wait_for(lambda _text: DIED in person.heard, "kernel B to fail", JUMP)
        person.wipe()
        welcome(person)
        person.wait_for(TOLD, "the wizard to tell of it", BOOT)
        second = stage.witness.testimony()
        held = {"restarted_by_itself": second.boot_id != first.boot_id, "told": True}
        verdict = fsck(stage)
        held["fsck_clean"] = verdict.clean
        return {
            **held,
            "fsck_said": list(verdict.said[-6:]),
            "broken": [name for name, well in held.items() if not well],
            "console_log": str(stage.log),
        }
