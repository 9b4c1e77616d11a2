"""What the wizard can set right itself, from the first step."""

from dataclasses import replace

from person import app, arrive, machine

from kjtui.backend.recording import Recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.errors import KjtuiError
from kjtui.tui.app import KjtuiApp


async def test_what_will_be_done_is_shown_and_done_after_a_yes():
    wizard = app("warning")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        shown = await person.shows("X: Drop the kernel that is loaded", "> Enter:")
        assert "X set right" in shown.splitlines()[-1]
        await person.press("x")
        await person.pictured("set-right", "Set it right", "How it is undone:", "Do it?")
        await person.press("enter")
        await person.shows("Do it?")
        await person.press("n")
        await person.step(1)
        assert wizard.session.machine.facts().kexec_loaded is True
        await person.press("x")
        await person.shows("Do it?")
        await person.press("y")
        await person.until(lambda: "X set right" not in person.text, "nothing more to set right")
        assert "Drop the kernel" not in await person.step(1)
    assert wizard.session.machine.facts().kexec_loaded is False


async def test_nothing_is_offered_where_all_is_well():
    async with app("ready").run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        assert "X set right" not in await person.step(1)
        await person.press("x")
        await person.step(1)


async def test_several_are_chosen_among():
    facts = replace(machine("ready").facts(), kexec_loaded=True, cpus_online=1)
    wizard = KjtuiApp(SimulatedMachine(Recording("two things", facts)))
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.shows("> Enter:")
        await person.press("x")
        shown = await person.shows("Your choice (arrows):", "Do it?", "arrows choose")
        await person.pictured("set-right-which")
        await person.press("down")
        await person.shows("> (*) Drop the kernel that is loaded", "kexec_load with no segments")
        await person.press("y")
        shown = await person.shows("Step 1 of 5", "X: Bring all processors online", "> Enter:")
        await person.until(lambda: "X: Drop" not in person.text, "one thing less")
        await person.press("x")
        shown = await person.shows("Do it?", "write 1 to")
        assert "Your choice" not in shown
        await person.press("y")
        await person.until(lambda: "> Enter:" in person.text and "X: " not in person.text, "all set right")
    after = wizard.session.machine.facts()
    assert (after.cpus_online, after.kexec_loaded) == (facts.cpus_present, False)


async def test_what_cannot_be_set_right_is_told(monkeypatch):
    wizard = app("warning")

    def refuse():
        raise KjtuiError("The kernel refused", "EBUSY: another load is running.", "Try again in a moment.")

    monkeypatch.setattr(wizard.session.machine, "unload", refuse)
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = await arrive(pilot)
        await person.shows("> Enter:")
        await person.press("x")
        await person.shows("Do it?")
        await person.press("y")
        await person.shows("This did not work", "The kernel refused", "D: find the cause")
        await person.press("t")
        await person.shows("This did not work")
        await person.press("b")
        await person.shows("Set it right", "Do it?")
        await person.press("b")
        await person.step(1)
