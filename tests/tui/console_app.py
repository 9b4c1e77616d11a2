"""The app that the console driver's tests run on a pseudo-terminal; its argument is the file for F3's answer.

F2 hands the terminal over until a line is typed, F3 writes down what the terminal should show, F4 fails, F5
rings the bell, F6 leaves with status 3, Ctrl-L repaints, n and i bring other screens.
"""

import json
import os
import sys
from pathlib import Path

from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Button, Footer, Input, OptionList, ProgressBar, Static

from kjtui.tui.console.driver import ConsoleDriver, repaint

DUMP = Path(sys.argv[1])


class Step(Screen):
    BINDINGS = [("n", "app.next", "Next"), ("i", "app.field", "Field")]

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title_text = title

    def compose(self) -> ComposeResult:
        yield Static(f"{self.title_text} [b]bold[/] [u]under[/] [red on blue]red[/] [reverse]back[/]")
        yield OptionList(*[f"{self.title_text} entry {number}" for number in range(1, 9)])
        bar = ProgressBar(total=10, show_eta=False)
        bar.progress = 4
        yield bar
        yield Static("✓ ready ✗ failed ● é … ⭘ 漢字 e\u0301 ░▒▓█ ╔═╗ ╭╮ ⠋")
        yield Button("Go on", variant="primary")
        yield Footer()


class Field(Screen):
    def compose(self) -> ComposeResult:
        yield Static("Field")
        yield Input("typed text", select_on_focus=False)


class Toy(App):
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [("ctrl+l", "repaint", "Repaint")]
    number = 1

    def __init__(self, **options) -> None:
        super().__init__(**options)
        self.keys = []

    def on_mount(self) -> None:
        self.push_screen(Step("First"))

    def action_next(self) -> None:
        self.number += 1
        self.switch_screen(Step(f"Number {self.number}"))

    def action_field(self) -> None:
        self.switch_screen(Field())

    def action_repaint(self) -> None:
        repaint(self)

    def on_key(self, event) -> None:
        self.keys.append(event.key)
        action = getattr(self, f"press_{event.key}", None)
        if action:
            action()

    def press_f2(self) -> None:
        with self.suspend():
            print("plain text", flush=True)
            line = sys.__stdin__.readline()
            print("heard", line, *range(100), sep="\n", flush=True)

    def press_f3(self) -> None:
        screen = self._driver._screen
        answer = {
            "cells": [screen.row(y) for y in range(screen.lines)],
            "size": list(self.size),
            "keys": self.keys,
        }
        DUMP.with_suffix(".new").write_text(json.dumps(answer))
        os.replace(DUMP.with_suffix(".new"), DUMP)

    def press_f4(self) -> None:
        raise RuntimeError("a failure on purpose")

    def press_f5(self) -> None:
        self.bell()

    def press_f6(self) -> None:
        self.exit(return_code=3)


if __name__ == "__main__":
    app = Toy(driver_class=ConsoleDriver)
    app.run()
    sys.exit(app.return_code)
