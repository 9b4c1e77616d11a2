"""The welcome screen: the first of all, and the last on the way back."""

import threading

import pytest
from person import Person, app, arrive

from kjtui.tui.welcome import WelcomePage


async def test_it_says_what_this_is_and_offers_the_jump_first():
    async with app("ready").run_test(size=(80, 24)) as pilot:
        person = Person(pilot)
        await person.pictured("welcome", "Welcome to kjtui", "practice: ready", "> Enter:")
        await person.press("down")
        await person.shows("> (*) Hibernate: save all")
        await person.press("down")
        await person.shows("> (*) Snapshot: save all")
        await person.press("down")
        await person.pictured("welcome-trouble", "> (*) Something does not work")
        await person.press("tab")
        await person.shows("> (*) Jump to kernel B")
        await person.press("b", "escape")
        await person.shows("> (*) Jump to kernel B")
        await person.press("enter")
        await person.step(1)


async def test_the_machine_is_looked_at_meanwhile_but_only_once(monkeypatch):
    wizard = app("ready")
    looks = []
    look = wizard.session._look
    monkeypatch.setattr(wizard.session, "_look", lambda: looks.append(1) or look())
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = Person(pilot)
        await person.until(lambda: wizard.session._latest is not None, "a look")
        await person.press("enter")
        await person.step(1)
    assert len(looks) == 1


async def test_enter_does_not_wait_for_that_look(monkeypatch):
    wizard = app("ready")
    machine = wizard.session.machine
    gate = threading.Event()
    facts = machine.facts
    monkeypatch.setattr(machine, "facts", lambda: gate.wait(20) and facts())
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.shows("Please wait: looking at this machine")
        await person.press("b")
        await person.shows("Welcome to kjtui")
        await person.press("enter")
        await person.shows("Step 1 of 5", "Please wait:")
        gate.set()
        await person.step(1)


async def test_a_look_that_fails_is_told_where_it_is_waited_for(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    wizard = app("ready")
    machine = wizard.session.machine
    facts = machine.facts
    monkeypatch.setattr(machine, "facts", lambda: 1 // 0)
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = Person(pilot)
        await person.shows("Welcome to kjtui")
        await person.press("enter")
        await person.shows("This did not work", "did not expect")
        monkeypatch.setattr(machine, "facts", facts)
        await person.press("b")
        await person.shows("Welcome to kjtui")
        await person.press("enter")
        await person.step(1)


async def test_back_from_the_first_step_and_on_again():
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(2)
        await person.press("b")
        await person.step(1)
        await person.press("b")
        await person.shows("Welcome to kjtui")
        assert wizard.screen_stack == [wizard.screen]
        assert isinstance(wizard.screen, WelcomePage)
        await person.press("enter")
        await person.step(1)


async def test_something_does_not_work():
    async with app("ready").run_test(size=(80, 24)) as pilot:
        person = Person(pilot)
        await person.shows("Welcome to kjtui")
        await person.press("up", "enter")
        await person.shows("What do you see?")
        await person.press("b")
        await person.shows("Welcome to kjtui", "> (*) Something does not work")


@pytest.mark.parametrize("key", ["f1", "d"])
@pytest.mark.parametrize("above", ["", "e", "h"])
async def test_the_cause_is_looked_for_from_everywhere(key, above):
    async with app("ready").run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        before = await person.step(1)
        for one in above:
            await person.press(one)
            before = await person.shows("Enter: back")
        await person.press(key)
        await person.shows("What do you see?")
        await person.press("e", "h")
        await person.shows("Help")
        await person.press(key)
        await person.shows("What do you see?")
        await person.press("b")
        await person.until(lambda: person.text == before, "the page that the cause was asked from")


async def test_what_has_failed_is_looked_into():
    async with app("jump-refused").run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(5)
        await person.press("enter")
        await person.shows("This did not work", "D: find the cause")
        await person.press("d")
        await person.shows("The jump was refused")
        await person.until(lambda: "What do you see?" not in person.text, "a question or the cause")
        while "What do you see?" not in person.text:
            before = person.text
            await person.press("b")
            await person.until(lambda shown=before: person.text != shown, "one page back")
        await person.press("b")
        await person.shows("This did not work")
        await person.press("b")
        await person.step(5)


async def test_leaving_from_here():
    wizard = app("debian")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = Person(pilot)
        await person.shows("Welcome to kjtui")
        await person.press("q")
        await person.until(lambda: not wizard.is_running, "the end")
    assert wizard.return_value == 0
