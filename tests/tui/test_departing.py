"""The last look before the jump, and the report that settles, on screen."""

from dataclasses import replace

import pytest
from person import MACHINES, Person, arrive, text

from kjtui.backend.recording import Damage, Faults, Recording, read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.model.facts import PowerSupply, Task, Watchdog
from kjtui.tui.app import KjtuiApp
from kjtui.wizard import settling

LINK = "enp3s0"


def ready(**changes: object) -> Recording:
    return replace(read_recording(MACHINES / "ready.json"), **changes)


def change(wizard: KjtuiApp, **facts: object) -> None:
    """Something happens to the machine."""
    machine = wizard.session.machine
    assert isinstance(machine, SimulatedMachine)
    machine._facts = replace(machine._facts, **facts)


async def reported(person: Person) -> str:
    return await person.shows("Return report", "J: jump again   Q: quit")


async def test_what_blocks_now_is_told_and_the_jump_is_not_begun():
    wizard = KjtuiApp(SimulatedMachine(ready()))
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(5)
        change(wizard, watchdogs=(Watchdog("watchdog0", "iTCO_wdt", True, 10),))
        await person.press("enter")
        await person.shows("The jump was not begun", "[STOP] A watchdog", "restarts after 10 s")
        await person.pictured("preflight-blocked")
        await person.press("enter")
        await person.step(5)
        assert wizard.session.report is None
        change(wizard, watchdogs=())
        await person.press("enter")
        await reported(person)


async def test_what_asks_is_asked_once_more_and_a_yes_jumps():
    wizard = KjtuiApp(SimulatedMachine(ready()))
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(5)
        change(wizard, stuck=(Task(812, "dd", "D", "percpu_rwsem_wait"),))
        await person.press("enter")
        await person.shows("Cannot be stopped now: dd (process 812)", "Go on anyway?")
        await person.press("n")
        await person.step(5)
        assert wizard.session.report is None
        await person.press("enter")
        await person.shows("Go on anyway?")
        await person.press("y")
        await reported(person)
        first = wizard.session.report
        await person.press("j")  # what has got a yes is not asked again
        await person.until(lambda: wizard.session.report is not first, "a second jump")
        change(wizard, power=(PowerSupply("BAT0", "Battery", charge=4, status="Discharging"),))
        await reported(person)
        await person.press("j")
        await person.shows("The jump was not begun", "nearly empty: 4 %")
        await person.press("enter")
        await reported(person)


async def test_a_kernel_that_somebody_has_dropped_is_loaded_anew():
    wizard = KjtuiApp(SimulatedMachine(ready()))
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(5)
        change(wizard, kexec_loaded=False)
        await person.press("enter")
        await person.shows("The jump was not begun", "Kernel B is loaded no longer")
        await person.press("enter")
        await person.shows("Step 5 of 5", "Kernel B is not loaded")
        await person.press("b")
        await person.shows("Step 4 of 5", "Enter: load kernel B")
        await person.press("enter")
        await person.step(5)
        await person.press("enter")
        await reported(person)


async def test_a_link_that_is_down_since_is_named_and_can_be_switched_on_anew(monkeypatch):
    monkeypatch.setattr(settling, "COMES", 0.5)
    wizard = KjtuiApp(SimulatedMachine(ready(faults=Faults(after=Damage(links_down=(LINK,))))))
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(5)
        await person.press("enter")
        await person.shows("not everything around you is back yet", "waiting for the network")
        assert "X set right" not in text(wizard)
        shown = await person.shows(f"[note] No network on: {LINK}", "X: set right")
        await person.pictured("link-down-report")
        assert wizard.session.exit_status == 1
        await person.press("x")
        await person.shows("Set it right", f"ip link set {LINK} up", "Do it?")
        await person.press("y")
        shown = await person.shows("nothing was lost", f"{LINK} was switched on", "> J: jump again")
        assert "X: set right" not in shown
    assert wizard.session.exit_status == 0


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 15)])
async def test_what_was_mended_and_looked_at_can_be_read(width, height):
    damage = Faults(after=Damage(addresses_gone=(LINK,), clock_off=-30.0))
    recording = ready(faults=damage, services=("NetworkManager", "chronyd"))
    wizard = KjtuiApp(SimulatedMachine(recording))
    settling_wait, settling.COMES = settling.COMES, 0.25
    try:
        async with wizard.run_test(size=(width, height)) as pilot:
            person = await arrive(pilot)
            await person.walk_to(5)
            await person.press("enter")
            await person.until(
                lambda: bool(wizard.session.report and wizard.session.report.settled), "the settled report"
            )
            await person.shows("Return report", "J: jump again")
            if width == 80:
                await reported(person)
                await person.pictured("mended-report")
            await person.press("e")
            await person.shows("Return report: evidence", "After the return")
            await person.press("tab")
            await person.shows("Just before the jump")
    finally:
        settling.COMES = settling_wait
