"""Troubleshooting on screen: symptoms, questions, causes."""

import errno
from dataclasses import replace

import pytest
from person import MACHINES, Person

from kjtui.backend.recording import Failure, Faults, read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.backend.syscalls import explain_load
from kjtui.errors import KjtuiError
from kjtui.model.facts import JournalEntry, LogLine
from kjtui.tui.app import KjtuiApp
from kjtui.tui.trouble import SymptomsPage
from kjtui.wizard.trouble.symptoms import SYMPTOMS

LOST = (JournalEntry(1.0, "another boot", "jump", "begun", "Jump into kernel B"),)
STUCK = (
    LogLine(61.204118, "Freezing user space processes"),
    LogLine(
        81.21,
        "Freezing user space processes failed after 20.005 seconds (1 tasks refusing to freeze, wq_busy=0):",
    ),
    LogLine(81.210377, "task:holder          state:D stack:0     pid:345   ppid:1      flags:0x00004006"),
)
LIST = "What do you see?"
CAUSE = "Enter: back to what you see"


def app(name, **facts):
    recording = read_recording(MACHINES / f"{name}.json")
    return KjtuiApp(SimulatedMachine(replace(recording, facts=replace(recording.facts, **facts))))


async def choose(person, symptom):
    """From the list of symptoms, look into this one."""
    await person.shows(LIST, "> Enter: find the cause")
    for _ in range([one.id for one in SYMPTOMS].index(symptom)):
        await person.press("down")
    await person.press("enter")


async def test_the_list_of_symptoms_and_the_way_back():
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = Person(pilot)
        await person.shows("Welcome")
        await person.press("d")
        await person.pictured("trouble-symptoms", LIST, "> Enter: find the cause")
        await person.press("up")
        await person.shows("> (*) After coming back a disk is dead", "Files cannot be read")
        await person.press("d", "f1")
        await person.shows(LIST)
        await person.press("b")
        await person.shows("Welcome")


async def test_a_kernel_that_cannot_jump():
    wizard = app("debian")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = Person(pilot)
        await person.shows("Welcome")
        await person.press("f1")
        await choose(person, "cannot")
        await person.pictured("trouble-debian", "This is the cause: Debian", CAUSE)
        await person.press("d")
        await person.shows(CAUSE)
        await person.press("e")
        await person.shows("Everything that was read for this", "[STOP]")
        await person.press("b")
        await person.shows(CAUSE)
        await person.press("r")
        await person.shows(CAUSE)
        await person.press("enter")
        await person.shows(LIST)


async def test_questions_lead_to_the_cause_and_can_be_gone_back_from():
    wizard = app("ready", journal=LOST)
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = Person(pilot)
        await person.shows("Welcome")
        await person.press("d")
        await choose(person, "rebooted")
        await person.pictured("trouble-question", "question 1", "Who restarted the machine?", "I do not know")
        await person.press("d", "up")
        await person.shows("> (*) I do not know")
        await person.press("down", "enter")
        await person.shows("question 2", "When did it happen?")
        await person.press("b")
        await person.shows("question 1")
        await person.press("enter")
        await person.shows("question 2")
        await person.press("up", "enter")
        await person.pictured("trouble-cause", "Perhaps: The machine restarted without", CAUSE)
        await person.press("b")
        await person.shows("question 2")
        await person.press("b")
        await person.shows("question 1")
        await person.press("b")
        await person.shows(LIST)


async def test_what_can_be_set_right_is_set_right_from_the_cause():
    wizard = app("ready", journal=LOST)
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = Person(pilot)
        await person.shows("Welcome")
        await person.press("d")
        await choose(person, "rebooted")
        await person.shows("question 1")
        await person.press("down", "enter")
        await person.shows("This is the cause: It was restarted by hand", "X: set it right")
        await person.press("x")
        await person.shows("Set it right", "Do it?")
        await person.press("n")
        await person.shows("X: set it right")
        await person.press("x")
        await person.shows("Do it?")
        await person.press("y")
        await person.shows("question 1")
        await person.press("down", "enter")
        shown = await person.shows("This is the cause: It was restarted by hand", CAUSE)
        assert "X: set it right" not in shown
        await person.press("x")
        await person.shows(CAUSE)
    assert wizard.session.machine.facts().journal[-1].state == "settled"


async def test_a_refused_jump_leads_straight_to_who_stood_in_the_way():
    recording = read_recording(MACHINES / "ready.json")
    recording = replace(
        recording,
        faults=Faults(jump=Failure("EBUSY")),
        facts=replace(recording.facts, kernel_log=STUCK, boot_id="this boot", journal=()),
    )
    wizard = KjtuiApp(SimulatedMachine(recording))
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = Person(pilot)
        await person.shows("Welcome")
        await person.press("enter")
        for number in range(1, 6):
            await person.step(number)
            await person.press("enter")
        await person.shows("This did not work", "EBUSY")
        await person.press("d")
        await person.pictured("trouble-refused", "This is the cause", "holder", CAUSE)
        await person.press("enter")
        await person.shows(LIST, "> (*) The jump was refused", "It said: The jump did not take place.")
        await person.press("b")
        await person.shows("This did not work")


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"symptom": "cannot"}, "This kernel can jump"),
        ({"error": explain_load(errno.ENOMEM)}, "There were not enough free pages"),
    ],
)
async def test_what_is_known_beforehand_is_looked_into_at_once(known, words):
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = Person(pilot)
        await person.shows("Welcome")
        wizard.push_screen(SymptomsPage(**known))
        await person.shows(words, CAUSE)


async def test_an_error_that_tells_no_symptom_is_kept_in_mind():
    wizard = app("ready")
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = Person(pilot)
        await person.shows("Welcome")
        wizard.push_screen(
            SymptomsPage(error=KjtuiError("The file is damaged", "It ends too early.", "Fetch it."))
        )
        await person.shows(LIST, "It said: The file is damaged.")
        await choose(person, "load")
        await person.shows("Most likely: The file is damaged.", "It ends too early.", "Fetch it.")


async def test_without_the_log_it_says_what_could_not_be_seen_and_how():
    unreadable = {"/dev/kmsg": "not permitted; it takes more rights"}
    wizard = app("ready", kernel_log=None, unreadable=unreadable)
    async with wizard.run_test(size=(80, 24)) as pilot:
        person = Person(pilot)
        await person.shows("Welcome")
        await person.press("d")
        await choose(person, "refused")
        await person.shows("How long did it take")
        await person.press("enter")
        await person.pictured("trouble-unseen", "Most likely: A program would not be frozen", "sudo")


@pytest.mark.parametrize("size", [(40, 12), (20, 5), (132, 50)])
async def test_other_sizes_do_not_hurt(size):
    wizard = app("ready", journal=LOST)
    async with wizard.run_test(size=size) as pilot:
        person = Person(pilot)
        await person.until(lambda: "> " in person.text, "the welcome")
        await person.press("d")
        await person.until(lambda: isinstance(wizard.screen, SymptomsPage), "the symptoms")
        await person.press("up", "up", "up", "up", "enter")
        await person.shows("question 1"[: size[0]])
        await person.press("down", "enter")
        await person.shows(CAUSE[:14])
        await person.press("pagedown", "pageup", "enter")
        await person.until(lambda: isinstance(wizard.screen, SymptomsPage), "the symptoms")
