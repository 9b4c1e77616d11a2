"""The session and the steps, without a screen."""

from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend.simulated import SimulatedMachine
from kjtui.checks import run_all
from kjtui.errors import KjtuiError
from kjtui.model.checks import Verdict
from kjtui.model.choices import Purpose
from kjtui.model.facts import BlockDevice
from kjtui.model.memory import RegionKind
from kjtui.model.word import VisitorWord
from kjtui.wizard import choose, returned
from kjtui.wizard.faults import unexpected
from kjtui.wizard.regions import offers
from kjtui.wizard.session import Session, Way
from kjtui.wizard.steps import STEPS, heading
from kjtui.wizard.view import Act, Need

MACHINES = Path(__file__).parent.parent / "machines"
NAMES = sorted(file.stem for file in MACHINES.glob("*.json"))


def quiet(what: str, fraction: float) -> None:
    assert 0 <= fraction <= 1


def session(name: str = "ready") -> Session:
    walk = Session(SimulatedMachine.from_file(MACHINES / f"{name}.json"))
    walk.take_look(walk.look())
    return walk


def loaded(name: str = "ready") -> Session:
    walk = session(name)
    walk.take_image(walk.prepare(quiet))
    walk.load(quiet)
    return walk


def test_five_steps_with_the_agreed_headings():
    assert [heading(index) for index in range(5)] == [
        "Step 1 of 5 · Check this kernel",
        "Step 2 of 5 · Reserve memory",
        "Step 3 of 5 · Choose kernel B",
        "Step 4 of 5 · Load",
        "Step 5 of 5 · Jump and return",
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_step_can_be_shown_on_every_machine(name, step):
    fresh = Session(SimulatedMachine.from_file(MACHINES / f"{name}.json"))
    assert step.view(fresh).sentence
    view = step.view(session(name))
    assert view.sentence
    assert view.action or view.need is not Need.NOTHING or view.blocked
    if view.blocked:
        assert view.blocked.why
        assert view.blocked.cure
    assert all(finding.evidence for finding in view.found)


def test_quick_is_the_first_option_and_the_default():
    view = choose.view(session())
    assert view.options[0].label == "Quick test"
    assert view.chosen == 0


def test_reserved_is_chosen_where_it_can_be_had_and_a_choice_survives_a_new_look():
    walk = session("reserved")
    assert walk.choices.region is RegionKind.RESERVED
    walk.choose_way(Way.BORROW)
    walk.take_look(walk.look())
    assert walk.choices.region is RegionKind.BORROWED


def test_reserved_memory_with_a_crash_kernel_in_it_is_not_offered():
    walk = session("crash-loaded")
    assert walk.choices.region is RegionKind.BORROWED
    assert walk.seen is not None
    borrowed, reserved = offers(walk.seen.facts, walk.choices.region_size)
    assert borrowed.region is not None
    assert reserved.region is None
    assert "crash kernel" in reserved.why_not


def test_load_jump_and_report():
    walk = loaded()
    assert walk.can_jump
    report = walk.jump()
    assert report.all_well
    assert walk.report is report
    assert walk.exit_status == 0
    assert all(finding.verdict is Verdict.READY for finding in returned.findings(report))
    assert walk.can_jump  # parked


def test_a_changed_choice_drops_the_image_and_wants_loading_anew():
    walk = loaded()
    walk.choose_purpose(Purpose.LOOK)
    assert walk.image is None
    assert not walk.can_jump
    assert STEPS[3].view(walk).need is Need.PREPARE
    assert STEPS[4].view(walk).blocked
    walk.choose_purpose(Purpose.QUICK)
    assert walk.can_jump


def test_a_kernel_that_cannot_be_entered_twice_is_loaded_anew():
    walk = loaded("old-kernel")
    walk.jump()
    assert not walk.can_jump
    walk.take_image(walk.prepare(quiet))
    assert STEPS[3].view(walk).act is Act.LOAD
    walk.load(quiet)
    assert walk.jump().all_well


def test_no_word_means_not_parked():
    walk = loaded()
    walk.machine.word = lambda: None  # type: ignore[method-assign]
    report = walk.jump()
    assert not walk.can_jump
    assert returned.findings(report)[-1].verdict is Verdict.UNKNOWN
    assert "anew" in returned.again(None)


def test_leaving_undoes_only_what_was_done_here():
    walk = loaded()
    walk.unload(quiet)
    assert walk.loaded is None
    assert walk.machine.facts().kexec_loaded is False
    foreign = session("warning")
    foreign.unload(quiet)
    assert foreign.machine.facts().kexec_loaded is True


def test_an_own_image_is_no_reason_to_ask():
    walk = loaded()
    walk.take_look(walk.look())
    assert all(finding.verdict is Verdict.READY for finding in walk.look().findings)
    assert walk.loaded is not None


def test_an_image_that_someone_unloaded_is_noticed():
    walk = loaded()
    walk.machine.unload()
    with pytest.raises(KjtuiError):
        walk.jump()
    assert walk.loaded is None


def test_where_loads_are_counted_loading_anew_replaces_without_unloading():
    walk = loaded()
    assert walk.seen is not None
    walk.take_look(replace(walk.seen, facts=replace(walk.seen.facts, kexec_load_limit_reboot=1)))
    calls = []
    walk.machine.unload = lambda: calls.append("unload")  # type: ignore[method-assign]
    walk.choose_purpose(Purpose.LOOK)
    walk.take_image(walk.prepare(quiet))
    walk.load(quiet)
    assert calls == []
    assert walk.can_jump


def test_what_cannot_be_done_says_so():
    walk = Session(SimulatedMachine.from_file(MACHINES / "ready.json"))
    for attempt in (lambda: walk.prepare(quiet), lambda: walk.load(quiet), walk.jump):
        with pytest.raises(KjtuiError) as caught:
            attempt()
        assert caught.value.hint


def test_blocked_machines_end_with_status_1():
    assert session("debian").exit_status == 1
    assert session("ready").exit_status == 0


@pytest.mark.parametrize("name", ["ready", "lockdown"])
def test_a_removable_disk_is_named_in_the_first_step(name):
    walk = session(name)
    assert walk.seen is not None
    stick = BlockDevice("sdb", 1 << 30, "Cruzer", removable=True, kind="disk", bus="usb")
    facts = replace(walk.seen.facts, block_devices=(stick,))
    assert "1 removable disk, none in use." not in STEPS[0].view(walk).rest
    walk.take_look(replace(walk.seen, facts=facts, findings=run_all(facts)))
    assert "1 removable disk, none in use." in STEPS[0].view(walk).rest


def test_asks_are_asked_once():
    walk = session("warning")
    asks = STEPS[0].view(walk).asks
    assert walk.open_asks(asks) == asks
    walk.accept(asks)
    assert walk.open_asks(asks) == ()


def test_the_word_of_kernel_b_is_told():
    word = VisitorWord("6.14", 12.34, "key", False)
    report = replace(loaded().jump(), word=word)
    title = returned.findings(report)[-1].title
    assert "6.14" in title
    assert "12.3 s" in title
    assert "pressed a key" in title


def test_unexpected_errors_are_logged(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    error = unexpected(ValueError("odd"))
    assert "ValueError: odd" in error.detail
    assert "ValueError: odd" in (tmp_path / "kjtui" / "trouble.log").read_text()
    (tmp_path / "kjtui" / "trouble.log").unlink()
    (tmp_path / "kjtui" / "trouble.log").mkdir()
    assert "could not be written" in unexpected(ValueError("odd")).hint
