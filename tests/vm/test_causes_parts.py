"""How the scenario of real causes judges, booting nothing."""

import sys
from pathlib import Path

import build_kernel
import pytest
from scenarios import causes
from scenarios.causes import Look, Named, Story

sys.path.insert(0, str(Path(build_kernel.__file__).parent / "guest"))
import hinder

READY = {cause.expected: Named("ready", "All is well", "vda") for cause in causes.ALL}


def named(check: str, verdict: str = "blocked", text: str = "sda") -> Look:
    return {**READY, check: Named(verdict, f"{check} stops it", text)}


def told() -> Story:
    """Everything was named as it should be."""
    return Story(
        looks={cause.name: named(cause.expected) for cause in causes.ALL},
        clean=[READY, READY],
        on_screen=dict.fromkeys(causes.SCREENS, "a title"),
        refusal=["stubborn would not be frozen"],
    )


def test_all_causes_named_is_not_broken() -> None:
    result = causes.judge(told())
    assert result["broken"] == []
    assert result["causes"] == {cause.name: cause.expected for cause in causes.ALL}
    assert "absent" not in result


@pytest.mark.parametrize("cause", causes.ALL, ids=lambda cause: cause.name)
def test_each_cause_must_be_named_by_its_own_check(cause: causes.Cause) -> None:
    story = told()
    story.looks[cause.name] = READY
    result = causes.judge(story)
    assert any(f"not named: {cause.name}" in fault for fault in result["broken"])  # type: ignore[attr-defined]
    assert result["causes"][cause.name] is None  # type: ignore[index]


@pytest.mark.parametrize("cause", causes.ALL, ids=lambda cause: cause.name)
def test_no_check_may_name_a_cause_that_is_not_there(cause: causes.Cause) -> None:
    story = told()
    story.clean.append(named(cause.expected))
    broken = causes.judge(story)["broken"]
    assert broken == [f"named without a cause (look 2): {cause.expected}: {cause.expected} stops it"]


def test_not_knowing_is_not_naming() -> None:
    story = told()
    story.looks[causes.STUCK.name] = named("stuck-tasks", "cannot tell")
    assert causes.judge(story)["broken"]


def test_a_disk_is_named_by_its_name_and_not_by_another() -> None:
    story = told()
    story.looks[causes.STICK_IN.name] = named("removable", "attention", "sdb")
    assert causes.judge(story)["broken"]


def test_cause_that_a_kernel_cannot_have_is_told_as_absent() -> None:
    story = told()
    limit = causes.LASTING[0].name
    del story.looks[limit]
    assert causes.judge(story)["broken"]
    story.absent[limit] = "this kernel counts no loads"
    result = causes.judge(story)
    assert result["broken"] == []
    assert result["absent"] == story.absent
    assert limit not in result["causes"]  # type: ignore[operator]


@pytest.mark.parametrize("name", causes.SCREENS)
def test_screens_and_refusal_count(name: str) -> None:
    story = told()
    del story.on_screen[name]
    assert causes.judge(story)["broken"] == [f"not on screen: {name}"]
    story = told()
    story.refusal = []
    assert causes.judge(story)["broken"] == ["the cause of the refused jump was not named"]


def test_hinder_says_what_it_does_not_understand() -> None:
    with pytest.raises(hinder.Refused, match="not understood: make trouble"):
        hinder.main(["make", "trouble"])
