"""Step 3 on screen: the list of kernels and the form."""

import threading

import pytest
from person import Person, app, arrive
from textual.pilot import Pilot

from kjtui.model.choices import Purpose
from kjtui.tui.form import FormPage

NAMES = {"/": "slash", ".": "full_stop", " ": "space", "-": "minus", "=": "equals_sign", ",": "comma"}
DOWN = {purpose: number for number, purpose in enumerate(Purpose)}


def keys(text: str) -> list[str]:
    return [NAMES.get(one, one) for one in text]


async def form(pilot: Pilot[int], purpose: Purpose) -> Person:
    """A person in the form of a purpose."""
    person = await arrive(pilot)
    await person.walk_to(3)
    await person.press(*["down"] * DOWN[purpose], "o")
    await person.shows("Options of kernel B", "> Enter:")
    return person


async def test_the_kernels_are_listed_with_what_each_can():
    async with app("ready").run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(3)
        await person.press("k")
        await person.pictured("choose-kernels", "Which kernel", "> Enter: take this kernel")


async def test_another_kernel_is_taken_with_enter():
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(3)
        await person.press("k")
        await person.shows("> Enter: take")
        await person.press("down", "enter")
        await person.step(3)
        await person.shows("Linux 6.12.48-jump can be kernel B and come back, with less")
        assert wizard.session.choices.kernel == "/boot/vmlinuz-6.12.48-jump"
        await person.press("k")
        await person.shows("> (*) Linux 6.12.48-jump", "> Enter: take")
        await person.press("b")
        await person.step(3)
        assert wizard.session.choices.kernel == "/boot/vmlinuz-6.12.48-jump"


async def test_a_kernel_that_cannot_come_back_is_not_taken_and_says_why():
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(3)
        await person.press("k")
        await person.shows("> Enter: take")
        await person.press("up")
        await person.shows("> Enter: read why this one cannot be taken", "built without the jump")
        await person.press("enter")
        await person.shows("Linux 6.1.0-40-amd64 cannot come back", "Read: /boot/config-6.1.0-40-amd64")
        assert wizard.session.choices.kernel == ""


async def test_one_of_which_nothing_can_be_told_is_looked_into_and_asked_about():
    wizard = app("ready")
    machine = wizard.session.machine
    calls = []
    examine = machine.examine_kernel

    def examined(path, *, thorough):
        calls.append((path, thorough))
        return examine(path, thorough=thorough)

    machine.examine_kernel = examined
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(3)
        await person.press("k")
        await person.shows("> Enter: take")
        await person.press("down", "down", "enter")
        await person.shows("Step 3", "> Enter: go on to Load (asks first)")
        assert calls == [("/boot/efi/EFI/Linux/rescue-6.11.10.efi", True)]


async def test_looking_for_kernels_does_not_hold_up_and_can_be_left(monkeypatch):
    wizard = app("ready")
    machine = wizard.session.machine
    gate = threading.Event()
    real = machine.installed_kernels
    monkeypatch.setattr(machine, "installed_kernels", lambda: gate.wait(20) and real())
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(3)
        await person.press("k")
        await person.shows("Please wait: [....")
        await person.press("enter", "down", "f", "r", "e")
        await person.press("b")
        await person.step(3)
        gate.set()
        await person.press("k")
        await person.shows("6.12.48-jump")


async def test_the_form_names_no_letters_as_keys_and_types_them():
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await form(pilot, Purpose.PROGRAM)
        await person.press(*"bqhedkorxBQ", *keys("? /"))
        await person.shows("bqhedkorxBQ")
        assert isinstance(wizard.screen, FormPage)
        assert person.text.splitlines()[-1].split("  ") == [
            *("Tab/arrows field", "Esc back", "F1 trouble", "F2 help", "F10 quit")
        ]


async def test_what_is_typed_is_judged_and_the_picture_is_right():
    async with app("ready").run_test(size=(80, 24)) as pilot:
        person = await form(pilot, Purpose.PROGRAM)
        await person.press(*keys("/root/measure.sh"))
        await person.shows("[ ok ] A script for the shell")
        await person.press("enter", *keys("a/b"))
        await person.shows("[STOP] Names only, without folders")
        await person.pictured("choose-options")


async def test_enter_leads_through_the_form_and_out():
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await form(pilot, Purpose.PROGRAM)
        await person.press(*keys("/root/measure.sh"), "enter", *keys("meminfo.txt"), "enter")
        await person.press(*"yes", "enter", *"12", "enter", "enter")
        await person.shows("> Enter: take these options")
        await person.press(*"debug", "enter")
        await person.step(3)
        choices = wizard.session.choices
        assert (choices.program, choices.bring_back) == ("/root/measure.sh", ("meminfo.txt",))
        assert (choices.network, choices.timer, choices.words) == (True, 720, "debug")
        await person.shows("Runs measure.sh in kernel B and brings home 1 of its files.")


async def test_what_is_wrong_is_not_taken_and_not_lost():
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await form(pilot, Purpose.RESCUE)
        await person.press("pagedown", *keys("rdinit=/bin/sh"), "enter")
        await person.shows("Options of kernel B", "[STOP] rdinit=/bin/sh is refused")
        await person.press("escape")
        await person.shows("Step 3", "> Enter: read why this cannot go on")
        assert wizard.session.choices.words == ""
        await person.press("o")
        await person.shows("rdinit=/bin/sh", "[STOP]")
        await person.press("pagedown", "ctrl+u", "enter")
        await person.step(3)


async def test_a_purpose_without_its_file_stops_with_the_way_on():
    async with app("ready").run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(3)
        await person.press("up")
        await person.shows("> (*) Own initramfs", "> Enter: read why")
        await person.press("enter")
        await person.shows("Initramfs: No initramfs is named yet", "Press O to change it.")


async def test_f_in_the_list_leads_to_the_field_of_the_file():
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(3)
        await person.press("k")
        await person.shows("> Enter: take")
        await person.press("f")
        await person.shows("Options of kernel B", ">Kernel file")
        await person.press(*keys("/root/own.cpio"))
        await person.shows("[STOP] This is an initramfs")
        await person.press("ctrl+u", *keys("/boot/vmlinuz-6.12.48-jump"), "enter", "enter")
        await person.step(3)
        assert wizard.session.choices.kernel == "/boot/vmlinuz-6.12.48-jump"


async def test_slow_files_do_not_hold_up_typing_and_old_answers_are_dropped(monkeypatch):
    wizard = app("ready")
    machine = wizard.session.machine
    gate = threading.Event()
    read = machine.read_head
    asked = []

    def slow(path, size):
        asked.append(path)
        if path == "/root/m":
            gate.wait(20)
        return read(path, size)

    monkeypatch.setattr(machine, "read_head", slow)
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await form(pilot, Purpose.PROGRAM)
        await person.press(*keys("/root/m"))
        await person.until(lambda: "/root/m" in asked, "the file is looked at")
        await person.press(*keys("easure.sh"))
        await person.shows("[ ok ] A script for the shell")
        gate.set()
        await person.press("end", "backspace")
        await person.shows("[STOP] The file cannot be read")


async def test_the_function_keys_work_in_the_form():
    async with app("ready").run_test(size=(80, 24)) as pilot:
        person = await form(pilot, Purpose.LOOK)
        await person.press("f2")
        await person.shows("Help", "Words")
        await person.press("escape")
        await person.shows("Options of kernel B")
        await person.press("f1")
        await person.shows("What do you see?")
        await person.press("escape")
        await person.shows("Options of kernel B")
        await person.press("tab", "tab", "shift+tab", "down", "up")
        await person.shows(">Kernel file")


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (20, 5), (132, 50)])
async def test_other_sizes_do_not_hurt(size):
    async with app("ready").run_test(size=size) as pilot:
        person = await arrive(pilot)
        for _ in range(2):
            await person.until(lambda: "> " in person.text, "ready for Enter")
            await person.press("enter")
        await person.until(lambda: "> " in person.text, "ready for Enter")
        await person.press("down", "down", "down", "k")
        await person.until(lambda: "> " in person.text, "the list")
        await person.press("down", "b", "o")
        await person.until(lambda: isinstance(person.app.screen, FormPage), "the form")
        await person.press(*keys("/x"), *["down"] * 5)
        await person.until(lambda: "> " in person.text, "ready for Enter")
        await person.press("escape")
