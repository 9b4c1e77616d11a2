"""Reserving memory on screen: the preview, the yes, the restart, keeping it, taking it back."""

from dataclasses import replace
from pathlib import Path

import pytest
from person import MACHINES, Person, app, arrive

from kjtui.backend.recording import CallFault, read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.backend.simulatedboot import PowerCut
from kjtui.tui.app import KjtuiApp
from kjtui.wizard import changing
from kjtui.wizard.session import Session

SIZE = (80, 24)


def with_faults(name: str, *faults: CallFault) -> SimulatedMachine:
    recording = read_recording(Path(MACHINES / f"{name}.json"))
    return SimulatedMachine(replace(recording, faults=replace(recording.faults, calls=faults)))


async def to_step_2(pilot) -> Person:
    person = await arrive(pilot)
    await person.walk_to(2)
    return person


async def straight_to_step_2(pilot) -> Person:
    """On a machine whose kernel cannot jump, past what step 1 says."""
    person = await arrive(pilot)
    await person.step(1)
    person.app.go(1)
    await person.step(2)
    return person


async def choose_reserve(person: Person) -> None:
    await person.press("down")
    await person.shows("see what that changes")
    await person.press("enter")
    await person.shows("Sets 192 MiB aside", "Do it?")


async def test_from_the_preview_to_the_region_and_back():
    wizard = app("ready")
    async with wizard.run_test(size=SIZE) as pilot:
        person = await to_step_2(pilot)
        before = {path: file.data for path, file in wizard.session.machine.disk.files.items()}
        await choose_reserve(person)
        await person.pictured("reserve-preview")
        await person.press("enter")  # no yes by mistake
        await person.shows("Do it?")
        await person.press("y")
        await person.pictured("restart", "A restart is needed", "R: restart")
        await person.press("r")
        await person.pictured(
            "reserved-trial", "Step 2 of 5", "Reserved: 192 MiB at", "> Enter: see what keeping"
        )
        await person.press("enter")
        await person.shows("Keeps the reservation", "Do it?")
        await person.press("y")
        await person.shows("Use the reserved memory, 192 MiB", "> Enter: go on to Choose kernel B")
        assert "Keep the reservation" not in person.text
        await person.press("enter")
        await person.step(3)
        await person.press("enter")
        await person.step(4)
        await person.press("b", "b")
        await person.step(2)
        await person.press("u")
        await person.pictured("undo", "Take back what kjtui has changed", "Do it?")
        await person.press("y")
        await person.shows("A restart is needed", "as it was before")
        await person.press("r")
        await person.shows("Step 2 of 5", "The reservation is taken back", "> Enter:")
        assert {path: file.data for path, file in wizard.session.machine.disk.files.items() if file.data} == {
            path: data for path, data in before.items() if data
        }


async def test_no_changes_nothing():
    wizard = app("ready")
    async with wizard.run_test(size=SIZE) as pilot:
        person = await to_step_2(pilot)
        await choose_reserve(person)
        await person.press("n")
        await person.shows("Step 2 of 5", "> Enter:")
        assert not wizard.session.machine.changes()
        assert "U undo" not in person.text


async def test_the_size_is_changed_with_plus_and_minus_and_one_that_cannot_work_is_refused():
    wizard = app("ready")
    async with wizard.run_test(size=SIZE) as pilot:
        person = await to_step_2(pilot)
        await person.press("plus")
        await person.shows("Borrow 224 MiB")
        await person.press("minus", "minus", "minus", "minus", "minus")
        await person.shows("Borrow 64 MiB", "[STOP]")
        await person.press("down")
        await person.shows("see what that changes")
        await person.press("enter")
        shown = await person.shows("[STOP]", "64 MiB", "> B: back")
        assert "Do it?" not in shown
        for mib in (96, 128, 160, 192):
            await person.press("plus")
            await person.shows(f"Sets {mib} MiB aside", "Do it?")


async def test_a_failure_is_told_with_cause_and_cure_and_nothing_is_left():
    machine = with_faults("ready", CallFault("write_file", 2, "ENOSPC"))
    before = {path: file.data for path, file in machine.disk.files.items()}
    wizard = KjtuiApp(machine)
    async with wizard.run_test(size=SIZE) as pilot:
        person = await to_step_2(pilot)
        await choose_reserve(person)
        await person.press("y")
        await person.shows("This did not work", "full", "What to do")
        await person.press("enter")
        await person.shows("Do it?")
    assert {path: file.data for path, file in machine.disk.files.items()} == before


async def test_a_command_that_hangs_is_cancelled_and_undone():
    machine = with_faults("opensuse", CallFault("run_tool", 1, "hangs"))
    machine._pace = 0.0
    before = {path: file.data for path, file in machine.disk.files.items()}
    import time

    real = machine.disk.run

    def slow(argv, what, progress):
        def patient(said, fraction):
            time.sleep(0.01)
            progress(said, fraction)

        return real(argv, what, patient)

    machine.disk.run = slow
    wizard = KjtuiApp(machine)
    async with wizard.run_test(size=SIZE) as pilot:
        person = await straight_to_step_2(pilot)
        await choose_reserve(person)
        await person.press("y")
        await person.shows("C cancel")
        await person.press("c")
        await person.shows("You have cancelled it")
    assert {path: file.data for path, file in machine.disk.files.items()} == before


@pytest.mark.parametrize(("key", "finished"), [("u", False), ("f", True)])
async def test_after_a_power_cut_the_next_start_offers_to_finish_or_undo(key, finished):
    machine = with_faults("ready", CallFault("write_file", 2, "lost"))
    before = {path: file.data for path, file in machine.disk.files.items()}
    walk = Session(machine)
    walk.take_look(walk.look())
    with pytest.raises(PowerCut):
        changing.reserve(walk, changing.reservation(walk, keep=False), lambda _what, _fraction: None)
    machine.disk.power()
    wizard = KjtuiApp(machine)
    async with wizard.run_test(size=SIZE) as pilot:
        person = Person(pilot)
        await person.shows("A change was cut off", "> U: undo it   F: finish it")
        if not finished:
            await person.pictured("cut-off")
        await person.press(key)
        await person.shows("Step 2 of 5", "> Enter:")
        assert ("The next start tries" in person.text) == finished
    same = {path: file.data for path, file in machine.disk.files.items()} == before
    assert same != finished


async def test_a_system_that_is_not_changed_gets_its_lines():
    async with app("nixos").run_test(size=SIZE) as pilot:
        person = await straight_to_step_2(pilot)
        await person.press("down")
        await person.shows("see what that changes")
        await person.press("enter")
        await person.shows("does not change", "boot.kernelParams", "> B: back")
        await person.pictured("reserve-by-hand")


async def test_undoing_is_offered_at_the_welcome():
    wizard = app("opensuse")
    async with wizard.run_test(size=SIZE) as pilot:
        person = await straight_to_step_2(pilot)
        await choose_reserve(person)
        await person.press("y")
        await person.shows("A restart is needed")
        await person.press("enter")
        await person.shows("From the next start on, 192 MiB are reserved")
        await person.press("b")
        await person.shows("Step 1 of 5", "> Enter:")
        await person.press("b")
        await person.shows("Take back what kjtui has changed")
        await person.press("up", "enter")
        await person.shows("Takes back: Set crashkernel=192M", "Do it?")
        await person.press("y")
        await person.shows("Welcome to kjtui")
        await person.until(lambda: "Take back" not in person.text, "nothing more to take back")
