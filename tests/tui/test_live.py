"""The first step follows what is plugged in and out."""

import asyncio
import threading
from dataclasses import replace

import pytest
from person import MACHINES, Person, arrive

from kjtui.backend.recording import read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.tui import check
from kjtui.tui.app import KjtuiApp


class Watched(SimulatedMachine):
    """A ready machine into which a disk can be plugged. ends: how often a watch was ended."""

    def __init__(self):
        super().__init__(read_recording(MACHINES / "ready.json"))
        self.changed = None
        self.ends = 0
        self.looks = 0
        self.gate = threading.Event()
        self.gate.set()

    def facts(self):
        self.looks += 1
        self.gate.wait(20)
        return super().facts()

    def watch(self, changed):
        assert self.changed is None, "watched twice"
        self.changed = changed

        def end():
            self.changed = None
            self.ends += 1

        return end

    def lock_down(self):
        """Something happens that the checks see."""
        self._facts = replace(self._facts, kexec_loaded=True)

    def tell(self, *words):
        """A device comes or goes, in the thread that watches."""
        changed = self.changed
        thread = threading.Thread(target=lambda: [changed(one) for one in words])
        thread.start()
        thread.join()


@pytest.fixture
def watched(monkeypatch):
    monkeypatch.setattr(check, "SETTLE", 0.05)
    return Watched()


async def arrived(pilot) -> Person:
    person = await arrive(pilot)
    await person.step(1)
    machine = person.app.session.machine
    await person.until(lambda: machine.changed is not None, "the watch")
    return person


async def test_a_change_is_told_and_the_list_follows(watched):
    async with KjtuiApp(watched).run_test(size=(80, 24)) as pilot:
        person = await arrived(pilot)
        looks = watched.looks
        watched.lock_down()
        watched.tell("sdb was plugged in", "sdb1 was plugged in", "sdb1 was plugged in")
        await person.shows("Just now: sdb was plugged in; sdb1 was plugged in.", "[note]", "> Enter:")
        await person.pictured("plugged-in")
        assert watched.looks == looks + 1
        await person.press("r")
        await person.until(lambda: "Just now" not in person.text, "no news")
        await person.step(1)


async def test_nothing_is_watched_while_another_page_is_shown(watched):
    wizard = KjtuiApp(watched)
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrived(pilot)
        await person.press("e")
        await person.shows("evidence")
        await person.until(lambda: watched.changed is None, "the end of the watch")
        await person.press("b")
        await person.until(lambda: watched.changed is not None, "the watch again")
        await person.press("enter")
        await person.step(2)
        await person.until(lambda: watched.changed is None, "the end of the watch")
        await person.press("b", "b")
        await person.shows("Welcome to kjtui")
        await person.until(lambda: watched.changed is None, "the end of the watch")
        await person.press("enter")
        await arrived_again(person, watched)
    assert watched.changed is None


async def arrived_again(person, watched):
    await person.step(1)
    await person.until(lambda: watched.changed is not None, "the watch")


async def test_what_comes_while_the_machine_is_looked_at_is_looked_at_once_afterwards(watched):
    async with KjtuiApp(watched).run_test(size=(80, 24)) as pilot:
        person = await arrived(pilot)
        looks = watched.looks
        watched.gate.clear()
        await person.press("r")
        await person.shows("Please wait: looking again")
        watched.tell("sdb was plugged in")
        await asyncio.sleep(0.2)
        watched.lock_down()
        watched.tell("sdc was plugged in")
        await asyncio.sleep(0.2)
        assert watched.looks == looks + 1
        watched.gate.set()
        await person.shows("[note]", "sdc was plugged in", "> Enter:")
        assert watched.looks == looks + 2


async def test_nobody_waits_for_a_look_that_follows_a_change(watched):
    async with KjtuiApp(watched).run_test(size=(80, 24)) as pilot:
        person = await arrived(pilot)
        watched.gate.clear()
        watched.tell("sdb was plugged in")
        await person.until(lambda: watched.looks == 2, "a second look")
        await person.press("enter")
        await person.step(2)
        watched.gate.set()
        await person.press("b")
        await person.step(1)


async def test_what_has_grown_old_is_looked_at_again_when_the_step_is_shown_again(watched, monkeypatch):
    async with KjtuiApp(watched).run_test(size=(80, 24)) as pilot:
        person = await arrived(pilot)
        await person.press("e")
        await person.shows("evidence")
        watched.lock_down()
        monkeypatch.setattr("kjtui.wizard.session.FRESH", 0.0)
        await person.press("b")
        await person.shows("[note]", "> Enter:")
