"""Step 3 of hibernating on screen, where the next start would not look for the saved system."""

from dataclasses import replace
from pathlib import Path

from person import MACHINES, Person

from kjtui.backend.recording import read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.model.boot import BootFile
from kjtui.tui.app import KjtuiApp

TOOL = "/usr/sbin/update-initramfs"


def machine() -> SimulatedMachine:
    recording = read_recording(Path(MACHINES / "hibernate.json"))
    made = SimulatedMachine(replace(recording, facts=replace(recording.facts, looks_for_saved="")))
    made.disk.files[TOOL] = BootFile(TOOL, "a program", 0o755)
    return made


async def test_the_next_start_is_made_to_look():
    wizard = KjtuiApp(machine())
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = Person(pilot)
        await person.shows("Welcome to kjtui", "> Enter:")
        await person.press("down")
        await person.shows("> (*) Hibernate: save all")
        await person.press("enter")
        await person.step(1)
        await person.press("enter")
        await person.step(2)
        await person.press("enter")
        await person.shows("Step 3 of 5", "would not look for the saved", "X set right")
        await person.press("x")
        await person.shows("Look for saved systems", "update-initramfs -u -k all", "Do it?")
        await person.press("n")
        await person.shows("Step 3 of 5", "X set right")
        await person.press("x")
        await person.shows("Do it?")
        await person.press("y")
        await person.shows("Step 3 of 5", "> Enter: go on to Load")
        assert "X set right" not in person.text
        assert wizard.session.reservation.standing
