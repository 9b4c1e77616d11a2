"""Reserving memory on simulated machines of every kind, from the preview to the last byte of the undo."""

import json
from pathlib import Path

import pytest

from kjtui.backend.recording import CallFault, read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.backend.simulatedboot import PowerCut
from kjtui.errors import KjtuiError
from kjtui.model.change import Event, Phase
from kjtui.model.checks import Verdict
from kjtui.wizard import afterrestart, changing
from kjtui.wizard.session import Session, Way

MACHINES = Path(__file__).parent.parent / "machines"
KINDS = {
    "ready": "grub-debian",
    "opensuse": "grub-mkconfig",
    "fedora-secure-boot": "grub-bls",
    "arch": "systemd-boot",
}
MIB = 1 << 20


def quiet(_what, _fraction):
    pass


def machine(name, *faults):
    recording = read_recording(MACHINES / f"{name}.json")
    from dataclasses import replace

    return SimulatedMachine(replace(recording, faults=replace(recording.faults, calls=faults)))


def session(on):
    walk = Session(on)
    walk.reservation.recall()
    walk.take_look(walk.look())
    return walk


def content(on):
    return {path: file.data for path, file in on.disk.files.items() if file.data is not None}


def reserve(walk, *, keep=False):
    plan = changing.reservation(walk, keep=keep)
    assert plan.blocked is None, plan.blocked
    changing.reserve(walk, plan, quiet)
    return plan


def undo_all(walk):
    while walk.reservation.standing:
        changing.undo(walk, quiet)


@pytest.mark.parametrize("name", KINDS)
def test_reserve_restart_keep_and_undo_leave_every_byte_as_it_was(name):
    on = machine(name)
    before = content(on)
    walk = session(on)
    assert walk.reservation.state is None
    plan = reserve(walk)
    assert walk.reservation.state.value == "192M"
    tried = plan.draft.trial
    assert tried == (name != "opensuse")
    walk.restart()
    walk = session(on)
    facts, state = walk.seen.facts, walk.reservation.state
    assert afterrestart.has_restarted(facts, state)
    assert facts.kexec_crash_size == 192 * MIB
    assert afterrestart.verdict(facts, state).verdict is Verdict.READY
    if tried:
        assert state.phase is Phase.TRIAL
        assert walk.way is Way.KEEP
        reserve(walk, keep=True)
        assert walk.reservation.state is None
    else:
        changing.seen_after_restart(walk)
    assert len(walk.reservation.standing) == 1
    walk.restart()
    walk = session(on)
    assert walk.seen.facts.kexec_crash_size == 192 * MIB, "it lasts"
    undo_all(walk)
    assert content(on) == before
    assert walk.reservation.state.phase is Phase.LIFTED
    walk.restart()
    walk = session(on)
    assert not walk.seen.facts.kexec_crash_size
    assert afterrestart.verdict(walk.seen.facts, walk.reservation.state).verdict is Verdict.READY


@pytest.mark.parametrize("name", [name for name in KINDS if name != "opensuse"])
def test_a_trial_that_does_not_come_up_leads_back_to_the_old_entry(name):
    on = machine(name)
    before = content(on)
    walk = session(on)
    total = walk.seen.facts.memory_total
    setup_size = (total - 100 * MIB) // MIB * MIB
    walk.reservation.look()
    draft = walk.reservation.draft(walk.seen.facts, setup_size)
    walk.reservation.make(draft, walk.seen.facts.boot_id, quiet)
    walk.restart()
    walk = session(on)
    told = afterrestart.verdict(walk.seen.facts, walk.reservation.state)
    assert told.verdict is Verdict.ATTENTION
    assert "did not come up" in told.title
    assert not walk.seen.facts.kexec_crash_size
    undo_all(walk)
    assert content(on) == before


def tried(name, *faults):
    """A machine whose trial start has come up, where there are trials; and its walk."""
    on = machine(name, *faults)
    walk = session(on)
    if name != "opensuse":
        reserve(walk)
        walk.restart()
        walk = session(on)
    return on, walk


def calls_of(name, *, keep=False):
    """Every call that changes the machine: {its name: (how many went before, how many there are with it)}."""
    on, walk = tried(name) if keep else (machine(name), None)
    walk = walk or session(on)
    before = dict(on.disk._calls)
    reserve(walk, keep=keep)
    return {call: (before.get(call, 0), count) for call, count in on.disk._calls.items()}


HOWS = {
    "write_file": ("ENOSPC", "EROFS", "EACCES", "EIO"),
    "run_tool": ("fails", "hangs"),
    "note_change": ("ENOSPC", "EROFS"),
    "make_folder": ("EROFS", "EACCES"),
    "remember": ("ENOSPC",),
    "end_trial": ("EACCES",),
}


def every_fault():
    for name in KINDS:
        for keep in (False, True):
            if keep and name == "opensuse":
                continue
            for call, (before, count) in calls_of(name, keep=keep).items():
                for number in range(before + 1, count + 1):
                    for how in HOWS.get(call, ()) if not (keep and call == "remember") else ():
                        part = "keep" if keep else "reserve"
                        fault = CallFault(call, number, how)
                        yield pytest.param(name, keep, fault, id=f"{name}-{part}-{call}-{number}-{how}")


def but_for_the_trial(files):
    """A configuration without the entry of a trial, which goes when it is no longer needed."""
    return {
        path: data
        for path, data in files.items()
        if not path.endswith(("custom.cfg", "~kjtui-trial.conf", "grubenv"))
    }


@pytest.mark.parametrize(("name", "keep", "fault"), list(every_fault()))
def test_whatever_fails_the_old_state_is_there_afterwards_and_the_cause_is_named(name, keep, fault):
    on, walk = tried(name, fault) if keep else (machine(name, fault), None)
    walk = walk or session(on)
    before = content(on)
    state = walk.reservation.state
    plan = changing.reservation(walk, keep=keep)
    presses = 0

    def progress(what, _fraction):
        nonlocal presses
        presses += "waiting" in what
        if presses > 3:
            raise changing.cancelled()

    with pytest.raises(KjtuiError) as caught:
        changing.reserve(walk, plan, progress)
    assert caught.value.title
    assert caught.value.detail
    assert caught.value.hint
    assert but_for_the_trial(content(on)) == but_for_the_trial(before)
    if not keep:
        assert content(on) == before
    assert on.disk.oneshot == ""
    walk.reservation.recall()
    assert walk.reservation.state == state
    assert not [one for one in walk.reservation.standing if one.title.startswith("Set")]


def every_cut():
    for name in KINDS:
        for call, (_before, count) in calls_of(name).items():
            for number in range(1, count + 1):
                yield pytest.param(name, CallFault(call, number, "lost"), id=f"{name}-{call}-{number}")


@pytest.mark.parametrize("finish", [False, True], ids=["undo", "finish"])
@pytest.mark.parametrize(("name", "fault"), list(every_cut()))
def test_after_a_power_cut_it_is_undone_or_finished(name, fault, finish):
    whole = machine(name)
    before = content(whole)
    reserve(session(whole))
    after = content(whole)
    on = machine(name, fault)
    walk = session(on)
    plan = changing.reservation(walk, keep=False)
    with pytest.raises(PowerCut):
        changing.reserve(walk, plan, quiet)
    on.disk.power()
    for path, data in content(on).items():
        allowed = (before.get(path), after.get(path))
        assert data in allowed or ".kjtui" in path, f"{path} is neither old nor new"
    on.disk.oneshot = on.disk.oneshot or ""
    walk = session(on)
    change = walk.reservation.cut_off
    if change is None:  # before the journal had its first line, or after its last
        assert content(on) in (before, after)
        return
    shown = changing.cut_off(walk)
    assert shown.can_finish
    changing.settle_cut_off(walk, quiet, finish=finish)
    assert content(on) == (after if finish else before)
    assert walk.reservation.cut_off is None
    assert (walk.reservation.state is not None) == finish


def test_a_file_that_changed_since_the_preview_is_left_alone():
    on = machine("ready")
    walk = session(on)
    plan = changing.reservation(walk, keep=False)
    path = "/boot/grub/grubenv"
    from dataclasses import replace

    on.disk.files[path] = replace(on.disk.files[path], data="something else")
    before = content(on)
    with pytest.raises(KjtuiError, match="changed since"):
        changing.reserve(walk, plan, quiet)
    assert content(on) == before


def test_what_others_changed_meanwhile_stays_when_it_is_undone():
    on = machine("arch")
    walk = session(on)
    reserve(walk)
    walk.restart()
    walk = session(on)
    reserve(walk, keep=True)
    path = "/boot/loader/entries/arch.conf"
    from dataclasses import replace

    file = on.disk.files[path]
    on.disk.files[path] = replace(file, data=file.data.replace("quiet", "quiet mitigations=off"))
    undo_all(walk)
    assert "crashkernel" not in on.disk.files[path].data
    assert "mitigations=off" in on.disk.files[path].data


def test_an_existing_reservation_is_never_made_smaller():
    walk = session(machine("reserved"))
    plan = changing.reservation(walk, keep=False)
    assert plan.blocked is not None
    assert "256 MiB" in plan.blocked.title
    changing.resize(walk, 4)
    plan = changing.reservation(walk, keep=False)
    assert plan.blocked is None
    assert any("kdump" in ask.title for ask in plan.asks)


def test_a_loaded_crash_kernel_is_told_of():
    walk = session(machine("crash-loaded"))
    changing.resize(walk, 4)
    plan = changing.reservation(walk, keep=False)
    assert any("crash kernel is loaded" in ask.title for ask in plan.asks)


def test_a_system_that_is_not_changed_gets_its_exact_lines():
    plan = changing.reservation(session(machine("nixos")), keep=False)
    assert plan.blocked is not None
    told = "\n".join(line for _heading, lines in plan.parts for line in lines)
    assert '"crashkernel=192M"' in told
    assert "nixos-rebuild boot" in told


def test_the_journal_holds_all_before_anything_is_done():
    on = machine("ready", CallFault("write_file", 1, "lost"))
    walk = session(on)
    plan = changing.reservation(walk, keep=False)
    with pytest.raises(PowerCut):
        changing.reserve(walk, plan, quiet)
    first = on._changes[0]
    assert first.event is Event.BEGUN
    assert len(json.loads(first.operations)) == len(plan.draft.now)


def test_what_was_only_announced_is_not_waited_for():
    """The power goes between the announcement and the first line of the journal."""
    on = machine("ready", CallFault("note_change", 1, "lost"))
    walk = session(on)
    with pytest.raises(PowerCut):
        changing.reserve(walk, changing.reservation(walk, keep=False), quiet)
    on.disk.power()
    assert on.remembered() is not None
    assert session(on).reservation.state is None


def test_a_second_trial_after_one_that_failed_and_all_is_taken_back():
    on = machine("ready")
    before = content(on)
    walk = session(on)
    reserve(walk)
    walk.restart()
    walk = session(on)
    changing.resize(walk, 1)
    reserve(walk)
    walk.restart()
    walk = session(on)
    assert walk.seen.facts.kexec_crash_size == 224 * MIB
    reserve(walk, keep=True)
    undo_all(walk)
    assert content(on) == before


def kept(name, *faults):
    on, walk = tried(name, *faults)
    if name == "opensuse":
        reserve(walk)
    else:
        reserve(walk, keep=True)
    return on, walk


def every_fault_of_an_undo():
    for name in KINDS:
        on, walk = kept(name)
        before = dict(on.disk._calls)
        changing.undo(walk, quiet)
        for call, count in on.disk._calls.items():
            for number in range(before.get(call, 0) + 1, count + 1):
                for how in HOWS.get(call, ()):
                    if how != "hangs" and call != "remember":
                        yield pytest.param(
                            name, CallFault(call, number, how), id=f"{name}-{call}-{number}-{how}"
                        )


@pytest.mark.parametrize(("name", "fault"), list(every_fault_of_an_undo()))
def test_an_undo_that_fails_is_told_and_can_be_gone_on_with(name, fault):
    pristine = content(machine(name))
    on, walk = kept(name, fault)
    with pytest.raises(KjtuiError) as caught:
        changing.undo(walk, quiet)
    assert caught.value.detail
    assert caught.value.hint
    walk = session(on)
    if walk.reservation.cut_off is not None:
        assert not changing.cut_off(walk).can_finish
        changing.settle_cut_off(walk, quiet, finish=False)
    else:
        changing.undo(walk, quiet)
    assert content(on) == pristine
