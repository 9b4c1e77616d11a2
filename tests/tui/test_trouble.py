"""What blocks, what asks, what fails."""

import pytest
from person import app, arrive

BLOCKED = {
    "debian": "KEXEC_JUMP",
    "lockdown": "locked the kernel down",
    "not-root": "CAP_SYS_BOOT",
    "little-memory": "Too little memory",
    "watchdog": "A watchdog is armed",
}


@pytest.mark.parametrize("name", BLOCKED)
async def test_a_blocking_check_explains_and_goes_no_further(name):
    wizard = app(name)
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.pictured(f"{name}-1", "[STOP]", BLOCKED[name], "To do:", "Enter: read why")
        await person.press("enter")
        await person.shows("Why this cannot go on", "Read:", "Enter: back")
        await person.press("enter")
        await person.shows("Step 1 of 5")
        await person.press("q")
        await person.until(lambda: not wizard.is_running, "the end")
    assert wizard.return_value == 1


@pytest.mark.parametrize("name", ["warning", "crash-loaded"])
async def test_a_warning_wants_a_yes(name):
    wizard = app(name)
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.pictured(f"{name}-1", "[note]", "(asks first)")
        await person.press("enter")
        await person.pictured(f"{name}-asks", "Go on anyway?")
        await person.press("enter", "enter")
        await person.shows("Go on anyway?")
        await person.press("n")
        await person.shows("Step 1 of 5", "(asks first)")
        await person.press("enter")
        await person.shows("Go on anyway?")
        await person.press("y")
        await person.step(2)
        await person.press("b")
        assert "(asks first)" not in await person.step(1)


async def test_an_image_of_someone_else_is_not_dropped_silently():
    wizard = app("warning")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.step(1)
        await person.press("enter")
        await person.shows("Go on anyway?")
        await person.press("y")
        for number in (2, 3, 4):
            await person.step(number)
            await person.press("enter")
        await person.shows("Another kernel is already loaded", "Go on anyway?")
        await person.press("n")
        await person.step(4)
        assert wizard.session.loaded is None
        await person.press("enter")
        await person.shows("Go on anyway?")
        await person.press("y")
        await person.step(5)
        assert wizard.session.loaded is not None


async def test_leaving_with_only_a_foreign_image_does_not_touch_it():
    wizard = app("warning")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.step(1)
        await person.press("q")
        await person.until(lambda: not wizard.is_running, "the end")
    assert wizard.session.machine.facts().kexec_loaded is True


async def test_a_load_that_fails_is_explained_and_can_be_tried_again():
    wizard = app("load-fails")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(4)
        await person.press("enter")
        await person.pictured("load-fails", "This did not work", "What to do:")
        await person.press("t")
        await person.shows("This did not work")
        await person.press("b")
        await person.step(4)
        await person.press("b")
        await person.step(3)


async def test_a_refused_jump_leaves_everything_as_it_was():
    wizard = app("jump-refused")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.walk_to(5)
        await person.press("enter")
        await person.pictured("jump-refused", "This did not work", "EBUSY")
        await person.press("t")
        await person.shows("This did not work")
        await person.press("b")
        await person.step(5)
        assert wizard.session.can_jump


async def test_something_unforeseen_is_told_without_a_traceback(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    wizard = app("ready")

    def broken(choices, release, progress):
        raise ZeroDivisionError("nobody expected this")

    monkeypatch.setattr(wizard.session.machine, "initramfs", broken)
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        for number in (1, 2, 3):
            await person.step(number)
            await person.press("enter")
        shown = await person.shows("This did not work", "did not expect", "please report it")
        assert "Traceback" not in shown
        await person.press("b")
        await person.step(3)
    assert "ZeroDivisionError" in (tmp_path / "kjtui" / "trouble.log").read_text()
