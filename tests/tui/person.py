"""Reads what the app shows, and waits for it."""

import asyncio
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


def compare(shown: str, name: str) -> None:
    """Compare a screen with its picture; with --update-pictures, renew the picture."""
    file = Path(__file__).parent / "pictures" / f"{name}.txt"
    if os.environ.get("KJTUI_UPDATE_PICTURES"):
        file.write_text(shown + "\n", encoding="utf-8")
    assert file.exists(), f"{file.name} is missing: run the tests with --update-pictures"
    assert shown + "\n" == file.read_text(encoding="utf-8")
