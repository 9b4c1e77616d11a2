"""What the wizard can set right itself, on a simulated machine."""

from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend.recording import Recording, read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.plan import executor
from kjtui.plan.remedies import REMEDIES

READY = read_recording(Path(__file__).parent.parent / "machines/ready.json").facts


def carry_out(remedy, **changes):
    machine = SimulatedMachine(Recording("test", replace(READY, **changes)))
    executor.run(REMEDIES[remedy].make(machine.facts()), machine, lambda _what, _fraction: None)
    return machine.facts()


def test_each_does_what_it_says():
    assert carry_out("unload-image", kexec_loaded=True).kexec_loaded is False
    scarce = READY.memory_total // 20
    assert carry_out("free-caches", memory_available=scarce).memory_available > scarce
    unread = {"/sys/kernel/security/lockdown": "securityfs is not mounted"}
    after = carry_out("mount-securityfs", lockdown=None, unreadable=unread)
    assert (after.lockdown, dict(after.unreadable)) == ("none", {})
    assert carry_out("wake-processors", cpus_online=1).cpus_online == READY.cpus_present
    assert [entry.state for entry in carry_out("settle-journal").journal or ()] == ["settled"]


@pytest.mark.parametrize("remedy", REMEDIES)
def test_each_says_what_will_be_done_and_how_it_is_undone(remedy):
    one = REMEDIES[remedy]
    assert one.id == remedy
    assert one.label
    assert one.undo.endswith(".")
    for operation in one.make(READY):
        assert operation.describe()
        assert all(operation.preview())


def test_mounting_can_be_undone():
    (mount,) = REMEDIES["mount-securityfs"].make(READY)
    unmount = mount.inverse()
    assert unmount is not None
    machine = SimulatedMachine(Recording("test", READY))
    unmount.execute(machine, lambda _what, _fraction: None)
    assert machine.facts().lockdown is None
    again = unmount.inverse()
    assert again is not None
    assert again.describe() == mount.describe()


def test_a_jump_is_recorded_with_the_boot_it_happened_in():
    machine = SimulatedMachine(Recording("test", READY))
    machine.record("jump", "begun", "Jump")
    (entry,) = machine.facts().journal or ()
    assert entry.boot_id == READY.boot_id
    assert entry.at > (READY.wall_clock or 0)
