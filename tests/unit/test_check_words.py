"""Names of any kind in the findings' texts, and the table of drivers that is quoted there."""

import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend.recording import read_recording
from kjtui.checks.words import ago, clip, named, reasons
from kjtui.knowledge.drivers import GRAPHICS, MODULES, Known
from kjtui.model.facts import Facts


@pytest.fixture
def facts() -> Facts:
    return read_recording(Path(__file__).parent.parent / "machines" / "ready.json").facts


@pytest.mark.parametrize(
    ("text", "most", "result"),
    [
        ("sda", 10, "sda"),
        ("", 10, "?"),
        (" \n\t", 10, "?"),
        ("two\nlines\x1b[31m", 20, "two lines [31m"),
        ("x" * 10, 10, "x" * 10),
        ("x" * 11, 10, "x" * 9 + "…"),
        ("x" * 10**7, 5, "xxxx…"),
        ("ﾃﾞｨｽｸ\udcff", 20, "ﾃﾞｨｽｸ"),
    ],
)
def test_clip(text: str, most: int, result: str) -> None:
    assert clip(text, most) == result


@pytest.mark.parametrize(
    ("words", "most", "room", "result"),
    [
        ((), 2, 20, "?"),
        (("a",), 2, 20, "a"),
        (("a", "b", "a"), 2, 20, "a, b"),
        (("a", "b", "c", "d"), 2, 20, "a, b and 2 more"),
        (("first", "second", "third"), 2, 16, "first and 2 more"),
        (("x" * 50, "second"), 1, 12, "x" * 11 + "…"),
    ],
)
def test_named(words: tuple[str, ...], most: int, room: int, result: str) -> None:
    told = named(words, most, room)
    assert told == result
    assert len(told) <= room


@pytest.mark.parametrize(
    ("seconds", "result"),
    [
        (0.0, "0 seconds"),
        (1.9, "1 second"),
        (60.0, "1 minute"),
        (7200.0, "2 hours"),
        (86400.0 * 400, "400 days"),
        (-1.0, "an unknown time"),
        (float("nan"), "an unknown time"),
        (float("inf"), "an unknown time"),
    ],
)
def test_ago(seconds: float, result: str) -> None:
    assert ago(seconds) == result


def test_reasons_are_those_of_the_place_and_below(facts: Facts) -> None:
    odd = replace(facts, unreadable={"/sys/a/b": "no such", "/sys/ab": "other", "/sys/a": "forbidden"})
    assert [(one.source, one.text) for one in reasons(odd, "/sys/a")] == [
        ("/sys/a", "forbidden"),
        ("/sys/a/b", "no such"),
    ]
    assert [(one.source, one.text) for one in reasons(odd, "/dev")] == [("/dev", "it could not be read")]


@pytest.mark.parametrize("known", [*GRAPHICS.values(), *MODULES.values()], ids=lambda known: known.called)
def test_what_is_known_of_a_driver_fits_a_finding(known: Known) -> None:
    assert known.source
    for text in (known.trouble, known.cure):
        assert text
        assert len(textwrap.wrap(text, 76)) <= 3
    starts = {True: "Refuses every jump: ", False: "Not asleep: "}
    start = "The screen may not come back: " if known in GRAPHICS.values() else starts[known.refuses]
    assert len(start + known.called) <= 60
