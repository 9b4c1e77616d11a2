"""Kernel B that saves and then switches the machine off: what it looks at first, and what if refused."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from test_saved_image import ENTRY, ERRAND, filled

from kjtui.agent import save
from kjtui.agent.consoles import Consoles
from kjtui.agent.place import Place
from kjtui.agent.saver import Saver
from kjtui.agent.visit import GoHome, Visit
from kjtui.backend import images, syscalls
from kjtui.backend.medium import Medium
from kjtui.errors import KjtuiError
from kjtui.imagefile.header import State
from kjtui.model.saved import Errand, Task
from kjtui.model.word import VisitorWord, WayHome


class Here:
    """As much of a visit as saving asks for."""

    def __init__(self) -> None:
        self.said = ""
        self.consoles = cast("Consoles", self)
        self.letter = SimpleNamespace(text=VisitorWord("6.12.117", 1.0, "", True))

    def write(self, text: str) -> None:
        self.said += text


@pytest.fixture
def visit() -> Visit:
    return cast("Visit", Here())


def no_place(_visit: Visit, _errand: Errand) -> Place:
    raise KjtuiError("The place was opened")


@pytest.mark.parametrize(
    ("task", "acpi", "said"),
    [
        (Task.HIBERNATE, False, "Kernel B cannot switch the machine off"),
        (Task.HIBERNATE, True, "The place was opened"),
        (Task.SNAPSHOT, False, "The place was opened"),
    ],
)
def test_the_place_is_touched_only_by_who_can_switch_off(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, task: Task, acpi: bool, said: str
) -> None:
    monkeypatch.setattr(save, "_ACPI", str(tmp_path if acpi else tmp_path / "missing"))
    monkeypatch.setattr(save, "read_errand", lambda: Errand(task, ERRAND.target, ERRAND.manifest))
    monkeypatch.setattr(save, "open_place", no_place)
    with pytest.raises(GoHome) as leaving:
        save.run(visit)
    assert leaving.value.way is WayHome.ERROR
    assert leaving.value.error.startswith(said)


def test_an_image_of_a_machine_that_refuses_to_go_off_is_thrown_away(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "partition"
    monkeypatch.setattr(save, "_ACPI", str(tmp_path))
    monkeypatch.setattr(save, "read_errand", lambda: ERRAND)
    monkeypatch.setattr(save, "open_place", lambda _visit, _errand: Place(str(path)))
    states = []

    def saved(_visit: Visit, _errand: Errand, medium: Medium) -> str:
        fill(medium)
        return "all of it"

    def refused() -> None:
        states.append(state(path))

    monkeypatch.setattr(save, "_save", saved)
    monkeypatch.setattr(syscalls, "power_off", refused)
    path.write_bytes(bytes(8 << 20))
    with pytest.raises(GoHome) as leaving:
        save.run(visit)
    assert leaving.value.way is WayHome.ERROR
    assert "could not be switched off" in leaving.value.error
    assert states == [State.VALID]
    assert visit.letter.text.saved == "all of it"  # whether it could be thrown away or not
    assert state(path) is State.EMPTY


def fill(medium: Medium) -> None:
    """An image, as kernel B's saver writes it."""
    Saver(ERRAND, medium, filled(5), ENTRY, lambda _text: None, lambda: None).save()  # type: ignore[arg-type]


def state(path: Path) -> State | None:
    head = images.head(str(path))
    return head.state if head else None
