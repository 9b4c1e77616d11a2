"""The whole walk, by keyboard."""

import pytest
from person import app, arrive

from kjtui.model.choices import Purpose


async def test_five_keys_lead_to_the_report():
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        for number in range(1, 6):
            await person.step(number)
            await person.pictured(f"ready-{number}")
            await person.press("enter")
        report = await person.shows("Return report", "> J: jump again")
        assert "nothing was lost" in report
        assert person.presses <= 8
        await person.pictured("ready-report")


async def test_quick_test_is_the_default_and_down_selects_look_around():
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        assert "> (*) Quick test" in await person.walk_to(3)
        await person.press("down")
        await person.shows("> (*) Look around")
        await person.press("up", "shift+tab")
        await person.shows("> (*) Own initramfs")
        await person.press("tab")
        await person.shows("> (*) Quick test")
        await person.press("down", "enter")
        await person.step(4)
        assert wizard.session.choices.purpose is Purpose.LOOK


async def test_reserved_memory_is_preferred_where_it_can_be_had():
    wizard = app("reserved")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        shown = await person.walk_to(2)
        assert "> (*) Use the reserved memory, 256 MiB" in shown
        await person.pictured("reserved-2")
        await person.press("enter")
        await person.step(3)
        await person.press("enter")
        assert "reserved" in await person.step(4)


async def test_memory_that_cannot_be_had_blocks_with_reason_and_cure():
    wizard = app("crash-loaded")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.step(1)
        await person.press("enter")
        await person.shows("Go on anyway?")
        await person.press("y")
        await person.step(2)
        await person.press("down")
        await person.shows("> (*) Use the reserved memory", "Enter: read why")
        await person.pictured("region-blocked")
        await person.press("enter")
        why = await person.shows("Why this cannot go on", "To do:", "stop kdump")
        assert "Step 3" not in why


async def test_back_works_from_every_step():
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(5)
        for number in (4, 3, 2, 1):
            await person.press("b")
            await person.step(number)
        await person.walk_to(5)


async def test_going_back_keeps_the_loaded_kernel_and_a_changed_choice_loads_anew():
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(5)
        await person.press("b")
        await person.shows(
            "Kernel B is loaded already", "What has been done:", "Enter: go on to Jump and return"
        )
        await person.press("escape")
        await person.step(3)
        await person.press("down", "enter")
        await person.shows("Your choices have changed", "Enter: load kernel B")
        await person.press("enter")
        await person.shows("Step 5 of 5", "You come back by pressing Enter in kernel B")


async def test_a_double_enter_jumps_once(monkeypatch):
    wizard = app("ready")
    jumps = []
    jump = wizard.session.jump
    monkeypatch.setattr(wizard.session, "jump", lambda: jumps.append(1) or jump())
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(5)
        page = wizard.screen
        page.action_forward()
        page.action_forward()
        await person.shows("Return report", "> J: jump again")
        report = wizard.screen
        report.action_again()
        report.action_again()
        await person.until(lambda: len(jumps) > 1, "a second jump")
        await person.shows("Return report", "> J: jump again")
    assert len(jumps) == 2


@pytest.mark.parametrize("name", ["ready", "old-kernel"])
async def test_jump_again(name):
    wizard = app(name)
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(5)
        await person.press("enter")
        await person.shows("Return report", "> J: jump again")
        first = wizard.session.report
        await person.press("j")
        if name == "old-kernel":
            # Its kernel B cannot be entered twice, so that loading comes first, and says why.
            await person.shows("Step 4 of 5", "cannot be entered a second time", "Enter: load kernel B")
            await person.press("enter")
            await person.step(5)
            await person.press("enter")
        await person.until(lambda: wizard.session.report is not first, "a second report")
        await person.shows("Return report", "nothing was lost")


async def test_leaving_unloads_by_default():
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(5)
        await person.press("q")
        await person.pictured("leave", "Leave?", "> Enter: unload")
        await person.press("b")
        await person.step(5)
        await person.press("q")
        await person.shows("Leave?")
        await person.press("enter")
        await person.until(lambda: not wizard.is_running, "the end")
    assert wizard.return_value == 0
    assert wizard.session.machine.facts().kexec_loaded is False


async def test_leaving_can_keep_the_kernel():
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(5)
        await person.press("f10")
        await person.shows("Leave?")
        await person.press("k")
        await person.until(lambda: not wizard.is_running, "the end")
    assert wizard.session.machine.facts().kexec_loaded is True


async def test_memory_lost_is_told():
    wizard = app("memory-lost")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(5)
        await person.press("enter")
        await person.shows("Return report", "[STOP] Memory has changed", "> D: find the cause")
        await person.pictured("memory-lost-report")
        await person.press("e")
        await person.shows("Return report: evidence", "canary: before")
        assert wizard.session.exit_status == 1
