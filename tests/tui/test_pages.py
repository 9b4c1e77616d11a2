"""Help, evidence, scrolling, small and large screens, and being busy."""

import threading
from dataclasses import replace

import pytest
from person import MACHINES, Person, app, arrive, text

from kjtui.backend.recording import read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.tui.app import KjtuiApp


async def test_help_lists_keys_and_words():
    async with app("ready").run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.step(1)
        await person.press("h")
        await person.pictured("help", "Help", "Kernel B")
        await person.press("question_mark", "enter")
        await person.step(1)


async def test_evidence_names_what_was_read_and_scrolls():
    async with app("ready").run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.step(1)
        await person.press("e")
        first = await person.shows("evidence", "Read:", "-- 1 to")
        await person.press("pagedown")
        second = await person.shows("evidence")
        assert first != second
        await person.press("pageup")
        await person.shows("-- 1 to")
        await person.press("down", "down", "up")
        await person.shows("-- 2 to")
        await person.press("escape")
        await person.step(1)


@pytest.mark.parametrize("number", [2, 3, 4, 5])
async def test_every_step_has_evidence(number):
    async with app("ready").run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(number)
        await person.press("e")
        await person.shows(": evidence", "Read:")


@pytest.mark.parametrize("size", [(40, 12), (20, 5), (80, 25), (132, 50)])
@pytest.mark.parametrize("name", ["ready", "not-root"])
async def test_other_sizes_do_not_hurt(name, size):
    wizard = app(name)
    async with wizard.run_test(size=size) as pilot:
        person = await arrive(pilot)
        await person.until(lambda: wizard.session.seen is not None and "> " in text(wizard), "a finding")
        await person.press("e")
        await person.press("pagedown", "b", "h", "pagedown", "b")
        if name == "ready":
            for _ in range(5):
                await person.press("enter")
                await person.until(lambda: "> " in text(wizard), "ready for Enter")
            await person.shows("Return report")


async def test_probing_again_and_repainting():
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.step(1)
        first = wizard.session.seen
        await person.press("r")
        await person.until(lambda: wizard.session.seen is not first, "a new look")
        before = await person.step(1)
        await person.press("ctrl+l")
        assert await person.step(1) == before


async def test_enter_does_nothing_while_busy_and_back_gives_up(monkeypatch):
    wizard = app("ready")
    machine = wizard.session.machine
    gate = threading.Event()
    pack = machine.initramfs

    def slow(choices, release, progress):
        progress("packing slowly", 0.42)
        gate.wait(20)
        return pack(choices, release, progress)

    monkeypatch.setattr(machine, "initramfs", slow)
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(3)
        await person.press("enter")
        shown = await person.shows("Please wait: [########............] 40 % packing slowly")
        assert "Enter" not in shown.splitlines()[-1]
        await person.press("enter", "enter")
        await person.shows("Step 4 of 5", "Please wait:")
        await person.press("b")
        await person.step(3)
        gate.set()
        await person.press("enter")
        await person.step(4)
        assert wizard.session.loaded is None


async def test_loading_cannot_be_left_half_way(monkeypatch):
    wizard = app("ready")
    machine = wizard.session.machine
    gate = threading.Event()
    load = machine.load

    def slow(image):
        gate.wait(20)
        load(image)

    monkeypatch.setattr(machine, "load", slow)
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(4)
        await person.press("enter")
        await person.shows("Please wait:")
        await person.press("b", "q", "d", "f1", "escape", "enter")
        await person.shows("Step 4 of 5", "Please wait:")
        gate.set()
        await person.step(5)


@pytest.mark.parametrize(("key", "above"), [("h", "Help"), ("q", "Leave?")])
async def test_what_is_found_while_another_page_lies_above_is_shown_afterwards(monkeypatch, key, above):
    wizard = app("ready")
    machine = wizard.session.machine
    gate = threading.Event()
    facts = machine.facts
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(5)
        for number in (4, 3, 2, 1):
            await person.press("b")
            await person.step(number)
        monkeypatch.setattr(machine, "facts", lambda: gate.wait(20) and facts())
        before = wizard.session.seen
        await person.press("r")
        await person.shows("Please wait:")
        await person.press(key)
        await person.shows(above)
        gate.set()
        await person.until(lambda: wizard.session.seen is not before, "the findings")
        await person.press("b")
        await person.step(1)


async def test_a_mistake_in_a_page_ends_in_words(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    wizard = app("ready")

    async def walk():
        async with wizard.run_test(size=(80, 24)) as pilot:
            person = await arrive(pilot)
            await person.step(1)
            monkeypatch.setattr("kjtui.tui.step.content.step", lambda view: 1 // 0)
            await person.press("enter")
            await person.until(lambda: wizard.fault is not None, "the fault")

    with pytest.raises(ZeroDivisionError):
        await walk()
    assert wizard.fault is not None
    assert "report" in wizard.fault.hint
    assert "ZeroDivisionError" in (tmp_path / "kjtui" / "trouble.log").read_text()


@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+c"])
async def test_the_usual_ways_out_ask_as_well(key):
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(5)
        await person.press(key)
        await person.shows("Leave?")


async def test_only_glyphs_that_plain_consoles_have():
    async with app("not-root").run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        shown = await person.shows("[STOP]")
        await person.press("h")
        shown += await person.shows("Help")
        assert {char for char in shown if not char.isascii()} <= {"·", "─"}


async def test_narrow_screens_name_every_key_and_all_that_enter_does():
    async with app("not-root").run_test(size=(40, 14)) as pilot:
        person = await arrive(pilot)
        shown = await person.shows("this cannot go on, and\nwhat to do\nB back  E evidence  R  D/F1  H  Q")
        assert all(len(line) <= 40 for line in shown.splitlines())


async def test_control_characters_of_names_do_not_reach_the_terminal():
    recording = replace(read_recording(MACHINES / "ready.json"), name="\x1b[2Jevil\tname")
    wizard = KjtuiApp(SimulatedMachine(recording))
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = Person(pilot)
        shown = await person.shows("Welcome to kjtui", "Machine: ?[2Jevil name")
        assert "\x1b" not in shown
