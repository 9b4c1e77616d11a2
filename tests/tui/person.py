"""Reads what the app shows, and waits for it."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from kjtui.backend.simulated import SimulatedMachine
from kjtui.tui.app import KjtuiApp

MACHINES = Path(__file__).parent.parent / "machines"
PATIENCE = 30.0  # seconds until a condition that never comes true fails the test


def machine(name: str) -> SimulatedMachine:
    """A recorded machine by its file name."""
    return SimulatedMachine.from_file(MACHINES / f"{name}.json")


def app(name: str) -> KjtuiApp:
    """The app on a recorded machine."""
    return KjtuiApp(machine(name))


def text(app: KjtuiApp) -> str:
    """The screen as lines of text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


class Person:
    """A person before the screen: waits until it says something, presses a key, reads."""

    def __init__(self, pilot: Pilot[Any]) -> None:
        self.pilot = pilot
        self.app: KjtuiApp = pilot.app  # type: ignore[assignment]
        self.presses = 0

    @property
    def text(self) -> str:
        """What is to be read now."""
        return text(self.app)

    async def until(self, condition: Callable[[], bool], what: str = "") -> None:
        """Wait for a condition."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not condition():
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"never came true: {what}; on screen:\n{self.text}")
            await self.pilot.pause()
            await asyncio.sleep(0.005)

    async def shows(self, *wanted: str) -> str:
        """Wait until all of these can be read. Returns the whole screen."""
        await self.until(lambda: all(one in self.text for one in wanted), " and ".join(wanted))
        return self.text

    async def pictured(self, name: str, *wanted: str) -> None:
        """Wait until the screen is its stored picture; with --update-pictures, renew the picture.

        ``wanted`` is what can be read on it: what is waited for where the picture is renewed.
        """
        await self.shows(*wanted)
        file = Path(__file__).parent / "pictures" / f"{name}.txt"
        if os.environ.get("KJTUI_UPDATE_PICTURES"):
            await asyncio.sleep(0.5)  # what is still being found out belongs to the picture
            file.write_text(self.text + "\n", encoding="utf-8")
        assert file.exists(), f"{file.name} is missing: run the tests with --update-pictures"
        picture = file.read_text(encoding="utf-8")
        with contextlib.suppress(AssertionError):  # what differs is shown below, line by line
            await self.until(lambda: self.text + "\n" == picture)
        assert (self.text + "\n").splitlines() == picture.splitlines()

    async def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.presses += 1
            await self.pilot.press(key)

    async def step(self, number: int) -> str:
        """Wait until this step is shown and Enter can be pressed."""
        return await self.shows(f"Step {number} of 5", "> Enter:")

    async def walk_to(self, number: int) -> str:
        """From the first step: press Enter until this step is ready."""
        for here in range(1, number):
            await self.step(here)
            await self.press("enter")
        return await self.step(number)


async def arrive(pilot: Pilot[Any]) -> Person:
    """A person who has pressed Enter at the welcome screen, before the first step, ready or not."""
    person = Person(pilot)
    await person.shows("Welcome to kjtui", "> Enter:")
    await person.press("enter")
    await person.shows("Step 1 of 5")
    return person
