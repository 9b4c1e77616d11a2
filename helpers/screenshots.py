"""Renders every screen of the wizard into screenshots/, as SVG and from the real app on recorded machines.

python3 helpers/screenshots.py [DIRECTORY]
"""

import asyncio
import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from common import REPO, guarded
from setup_env import ensure

if TYPE_CHECKING:
    from kjtui.tui.app import KjtuiApp

SIZE = (80, 24)
PATIENCE = 30.0  # seconds for one screen


@dataclass(frozen=True)
class Shot:
    """One picture: the keys that lead to it, each pressed when the screen is ready for it."""

    name: str
    machine: str
    keys: tuple[str, ...]


ENTER = "enter"
_KEYS = {"/": "slash", ".": "full_stop"}


def _typed(text: str) -> tuple[str, ...]:
    """The keys of a text, as Textual calls them."""
    return tuple(_KEYS.get(one, one) for one in text)


SHOTS = (
    Shot("0-welcome", "ready", ()),
    Shot("1-check", "ready", (ENTER,)),
    Shot("1-check-blocked", "debian", (ENTER,)),
    Shot("1-check-warning", "warning", (ENTER,)),
    Shot("2-reserve", "reserved", (ENTER,) * 2),
    Shot("2-reserve-preview", "ready", (ENTER, ENTER, "down", ENTER)),
    Shot("2-reserve-restart", "ready", (ENTER, ENTER, "down", ENTER, "y")),
    Shot("2-reserve-region", "ready", (ENTER, ENTER, "down", ENTER, "y", "r")),
    Shot("2-undo", "ready", (ENTER, ENTER, "down", ENTER, "y", "r", "u")),
    Shot("3-choose", "ready", (ENTER,) * 3),
    Shot("3-choose-kernels", "ready", (*(ENTER,) * 3, "k", "down")),
    Shot(
        "3-choose-options",
        "ready",
        (
            *(ENTER,) * 3,
            *("down",) * 3,
            "o",
            *_typed("/root/measure.sh"),
            ENTER,
            *_typed("../meminfo.txt"),
            ENTER,
        ),
    ),
    Shot("3-choose-place", "hibernate", ("down", *(ENTER,) * 3)),
    Shot("4-load", "ready", (ENTER,) * 4),
    Shot("5-jump", "ready", (ENTER,) * 5),
    Shot("5-jump-save", "hibernate", ("down", *(ENTER,) * 4, "y", ENTER)),
    Shot("6-return-report", "ready", (ENTER,) * 6),
    Shot("evidence", "debian", (ENTER, "e")),
    Shot("help", "ready", ("h",)),
    Shot("question", "warning", (ENTER,) * 2),
    Shot("set-right", "warning", (ENTER, "x")),
    Shot("refused", "jump-refused", (ENTER,) * 6),
    Shot("trouble", "ready", ("up", ENTER)),
    Shot("trouble-cause", "debian", ("up", ENTER, ENTER)),
    Shot("leave", "ready", (*(ENTER,) * 5, "q")),
)


def ready(app: "KjtuiApp") -> bool:
    """Whether the last action line waits for a key, and nothing is being looked at any more."""
    if any(not worker.is_finished for worker in app.workers):
        return False
    strips = app.screen._compositor.render_strips()
    return any(segment.text.startswith("> ") for strip in strips[-3:] for segment in strip)


async def wait(app: "KjtuiApp") -> None:
    """Wait until a key may be pressed."""
    async with asyncio.timeout(PATIENCE):
        while not ready(app):
            await asyncio.sleep(0.01)


async def render(shot: Shot) -> str:
    """The picture as SVG, with element ids that stay the same when the content changes."""
    from kjtui.backend.simulated import SimulatedMachine
    from kjtui.tui.app import KjtuiApp

    machine = SimulatedMachine.from_file(REPO / "tests" / "machines" / f"{shot.machine}.json")
    app = KjtuiApp(machine)
    async with app.run_test(size=SIZE) as pilot:
        for key in shot.keys:
            await wait(app)
            await pilot.press(key)
            await pilot.pause()
        await wait(app)
        svg = app.export_screenshot(title="kjtui")
    return re.sub(r"terminal-\d+", "terminal", svg)


def main() -> int:
    """Render all."""
    ensure()
    os.environ["TZ"] = "UTC"  # moments are shown in local time
    time.tzset()
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else REPO / "screenshots"
    target.mkdir(parents=True, exist_ok=True)
    for shot in SHOTS:
        (target / f"{shot.name}.svg").write_text(asyncio.run(render(shot)), encoding="utf-8")
        print(target / f"{shot.name}.svg")
    return 0


if __name__ == "__main__":
    guarded(main)
