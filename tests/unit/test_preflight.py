"""The last look before the jump."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend import writeout
from kjtui.backend.probe.source import Source
from kjtui.backend.recording import Faults, Recording, read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.errors import KjtuiError
from kjtui.model.checks import Finding, Verdict
from kjtui.model.facts import Display, Facts, JournalEntry, Mount, PowerSupply, Task, Watchdog
from kjtui.model.image import LoadImage
from kjtui.model.memory import MIB, Region, RegionKind, Span
from kjtui.model.surroundings import Written
from kjtui.model.visit import Disk
from kjtui.wizard import departing, preflight
from kjtui.wizard.preflight import Mark
from kjtui.wizard.session import Session

MACHINES = Path(__file__).parent.parent / "machines"
READY = read_recording(MACHINES / "ready.json").facts
NFS = Mount("server:/home", "/mnt/home", "nfs4")
BORROWED = LoadImage(0, (), Region(Span(64 * MIB, 128 * MIB), RegionKind.BORROWED), "", "6")
RESERVED = LoadImage(0, (), Region(Span(0x20000000, 0x28000000), RegionKind.RESERVED), "", "6")


@pytest.fixture(autouse=True)
def _no_sync_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writeout, "_pending", [])


def quiet(what: str, fraction: float) -> None:
    assert 0 <= fraction <= 1, what


def loaded(recording: Recording) -> tuple[Session, SimulatedMachine]:
    machine = SimulatedMachine(recording)
    walk = Session(machine)
    walk.take_look(walk.look())
    walk.take_image(walk.prepare(quiet))
    walk.load(quiet)
    return walk, machine


def ready(**changes: object) -> Facts:
    return replace(READY, **{"kexec_loaded": True, **changes})


def found(findings: tuple[Finding, ...], name: str) -> Finding:
    (one,) = (one for one in findings if one.id == name)
    return one


def entry(operation: str, at: float, state: str = "done", boot: str = READY.boot_id) -> JournalEntry:
    return JournalEntry(at, boot, operation, state)


def test_all_is_ready_on_a_machine_that_has_not_changed():
    walk, _machine = loaded(read_recording(MACHINES / "ready.json"))
    findings = departing.preflight(walk, quiet)
    assert {one.verdict for one in findings} == {Verdict.READY}
    assert all(one.evidence for one in findings)
    assert walk.preflown is findings
    (line,) = preflight.summary(findings)
    assert f"all {len(findings)} answers" in line
    assert "Out of kernel B's reach: nvme0n1." in line
    assert walk.can_jump


def test_nothing_is_looked_at_without_a_loaded_kernel():
    walk = Session(SimulatedMachine(read_recording(MACHINES / "ready.json")))
    with pytest.raises(KjtuiError, match="not loaded"):
        departing.preflight(walk, quiet)
    assert preflight.summary(()) == ()


@pytest.mark.parametrize(
    ("changes", "then", "verdict", "says"),
    [
        ({}, Mark(-1), Verdict.READY, "nothing says it is not ours"),
        ({"kexec_load_limit_reboot": 4}, Mark(4), Verdict.READY, "Kernel B is still loaded"),
        ({"kexec_load_limit_reboot": 3}, Mark(4), Verdict.BLOCKED, "4 after kernel B was loaded, 3 now"),
        ({"kexec_load_limit_reboot": 0}, Mark(-1), Verdict.READY, "still loaded"),
        ({"kexec_loaded": False}, Mark(-1), Verdict.BLOCKED, "somebody has dropped it"),
        ({"kexec_loaded": None}, Mark(-1), Verdict.UNKNOWN, "cannot be told"),
        ({"journal": (entry("load", 5), entry("jump", 7))}, Mark(-1, 5), Verdict.READY, "no load by another"),
        ({"journal": (entry("load", 5), entry("load", 7))}, Mark(-1, 5), Verdict.BLOCKED, "Another kjtui"),
        ({"journal": (entry("load", 7, "failed"),)}, Mark(-1, 5), Verdict.READY, "no load by another"),
        ({"journal": (entry("unload", 7, boot="old"),)}, Mark(-1, 5), Verdict.READY, "no load by another"),
    ],
)
def test_whose_image_it_is(changes, then, verdict, says):
    one = preflight.still_ours(ready(**changes), then)
    assert one.verdict is verdict
    assert says in " ".join((one.title, *(read.text for read in one.evidence)))
    assert (one.cure == "") is (verdict is Verdict.READY)


def test_an_image_that_is_not_ours_is_forgotten_and_not_dropped():
    walk, machine = loaded(read_recording(MACHINES / "ready.json"))
    other = SimulatedMachine.record  # what another kjtui writes
    other(machine, "load", "begun")
    other(machine, "load", "done")
    one = found(departing.preflight(walk, quiet), "image-ours")
    assert one.verdict is Verdict.BLOCKED
    assert not walk.can_jump
    walk.unload(quiet)
    assert machine.facts().kexec_loaded is True


@pytest.mark.parametrize(
    ("image", "changes", "verdict", "says"),
    [
        (BORROWED, {}, Verdict.READY, "still there to lend"),
        (BORROWED, {"iomem": ("00100000-04ffffff : System RAM",)}, Verdict.BLOCKED, "no longer System RAM"),
        (BORROWED, {"iomem": ()}, Verdict.UNKNOWN, "cannot be told"),
        (RESERVED, {"kexec_crash_loaded": True}, Verdict.BLOCKED, "A crash kernel has been loaded"),
        (
            RESERVED,
            {"iomem": ("00100000-3fffffff : System RAM", "  20000000-2fffffff : Crash kernel")},
            Verdict.READY,
            "still reserved",
        ),
        (
            RESERVED,  # somebody has written a smaller number to kexec_crash_size
            {"iomem": ("00100000-3fffffff : System RAM", "  20000000-23ffffff : Crash kernel")},
            Verdict.BLOCKED,
            "no longer Crash kernel",
        ),
        (
            RESERVED,
            {"iomem": ("00100000-3fffffff : System RAM",), "kexec_crash_size": 0},
            Verdict.BLOCKED,
            "reserved no longer",
        ),
        (RESERVED, {"iomem": (), "kexec_crash_size": None}, Verdict.UNKNOWN, "cannot be told"),
    ],
)
def test_kernel_b_s_memory(image, changes, verdict, says):
    one = preflight.region(ready(**changes), image)
    assert one.verdict is verdict
    assert says in " ".join((one.title, *(read.text for read in one.evidence)))


def test_memory_for_the_drivers_counts_what_graphics_cards_hold():
    cards = (Display("card0", "amdgpu", "", 3000 * MIB),)
    assert preflight.room(ready()).verdict is Verdict.READY
    assert preflight.room(ready(memory_available=63 * MIB)).verdict is Verdict.ATTENTION
    assert preflight.room(ready(memory_available=0, memory_total=0)).verdict is Verdict.UNKNOWN
    assert preflight.room(ready(memory_available=3100 * MIB, displays=cards)).verdict is Verdict.READY
    one = preflight.room(ready(memory_available=3000 * MIB, displays=cards))
    assert "3000 MiB of 3064 MiB" in one.title
    assert "3000 MiB in use on graphics cards" in one.evidence[1].text


def test_what_is_written_out():
    assert preflight.written(Written(True, 4096)).verdict is Verdict.READY
    assert preflight.written(Written(True)).verdict is Verdict.READY
    assert preflight.written(Written(True, 65 * MIB)).verdict is Verdict.ATTENTION
    one = preflight.written(Written(False, 5, (NFS,)))
    assert one.verdict is Verdict.BLOCKED
    assert "/mnt/home" in one.title
    assert "nfs4 from server:/home" in one.evidence[0].text
    assert "umount -f -l /mnt/home" in one.cure
    assert "cannot be told" in preflight.written(Written(False)).title


LATER = {
    "stuck-tasks": {"stuck": (Task(812, "dd", "D", "percpu_rwsem_wait"),)},
    "watchdog": {"watchdogs": (Watchdog("watchdog0", "iTCO_wdt", True, 10),)},
    "power": {"power": (PowerSupply("BAT0", "Battery", charge=3, status="Discharging"),)},
    "mounts": {"mounts": (*READY.mounts, Mount("share", "/mnt/host", "9p"))},
}


@pytest.mark.parametrize("name", LATER)
def test_what_has_changed_since_the_first_step_is_noticed(name):
    recording = read_recording(MACHINES / "ready.json")
    walk, machine = loaded(recording)
    machine._facts = replace(machine._facts, **LATER[name])
    one = found(departing.preflight(walk, quiet), name)
    assert one.verdict is (Verdict.ATTENTION if name == "stuck-tasks" else Verdict.BLOCKED)
    assert one.cure
    assert {
        "stuck-tasks": "dd (process 812)",
        "watchdog": "restarts after 10 s",
        "power": "3 %",
        "mounts": "/mnt/host",
    }[name] in " ".join((one.title, *(read.text for read in one.evidence)))


def test_a_server_that_does_not_answer_is_named():
    recording = read_recording(MACHINES / "ready.json")
    recording = replace(
        recording,
        facts=replace(recording.facts, mounts=(*recording.facts.mounts, NFS)),
        faults=Faults(hanging=("/mnt/home",)),
    )
    walk, _machine = loaded(recording)
    assert "/mnt/home" in found(departing.preflight(walk, quiet), "written").title


def meminfo(root: Path, dirty: int, writeback: int = 0) -> Source:
    (root / "proc/self").mkdir(parents=True, exist_ok=True)
    (root / "proc/meminfo").write_text(f"Dirty: {dirty:12} kB\nWriteback: {writeback:8} kB\nShmem: 99 kB\n")
    return Source(root)


def test_writing_out_says_what_is_left(tmp_path):
    source = meminfo(tmp_path, 40, 2)
    assert writeout.write_out(source, quiet, sync=lambda: None) == Written(True, 42 << 10)
    (tmp_path / "proc/meminfo").write_text("MemTotal: 5 kB\n")
    assert writeout.write_out(source, quiet, sync=lambda: None) == Written(True, None)


def test_writing_out_takes_as_long_as_something_gets_less(tmp_path):
    source, told, end = meminfo(tmp_path, 4096), [], threading.Event()

    def progress(what: str, fraction: float) -> None:
        quiet(what, fraction)
        told.append(what)
        left = 4096 - 512 * len(told)
        meminfo(tmp_path, left)
        if left <= 0:
            end.set()

    # Far longer than its patience altogether, but there is progress all the time.
    assert writeout.write_out(source, progress, patience=0.2, sync=lambda: end.wait(20)).done
    assert len(told) >= 8


def test_writing_out_gives_up_and_names_the_file_systems_that_hang(tmp_path):
    source, end, asked = meminfo(tmp_path, 4096), threading.Event(), []
    (tmp_path / "proc/self/mountinfo").write_text(
        "22 1 253:0 / / rw - ext4 /dev/vda rw\n23 22 0:22 / /proc rw - proc proc rw\n"
        "24 22 0:50 / /mnt/home rw - nfs4 server:/home rw\n25 22 0:51 / /net rw - autofs auto rw\n"
        "26 22 253:0 /a /bind rw - ext4 /dev/vda rw\n"
    )

    def sync_one(target: str) -> None:
        asked.append(target)
        if target == "/mnt/home":
            end.wait(20)

    syncs: list[int] = []

    def sync() -> None:
        syncs.append(1)
        end.wait(20)

    try:
        done = writeout.write_out(source, quiet, 0.1, sync, sync_one)
        assert done == Written(False, 4096 << 10, (NFS,))
        assert sorted(asked) == ["/", "/mnt/home"]  # never autofs, which that would mount
        # Asked a second time, it waits for the same sync(2) instead of a further one.
        assert not writeout.write_out(source, quiet, 0.1, sync, sync_one).done
        assert len(syncs) == 1
    finally:
        end.set()


def test_waiting_for_the_disks_can_be_given_up(tmp_path):
    source, end = meminfo(tmp_path, 4096), threading.Event()

    class GivenUp(Exception):
        pass

    def progress(_what: str, _fraction: float) -> None:
        raise GivenUp

    try:
        with pytest.raises(GivenUp):
            writeout.write_out(source, progress, sync=lambda: end.wait(20))
    finally:
        end.set()


def test_a_real_file_system_is_synced(tmp_path):
    (tmp_path / "file").write_text("x")
    writeout._sync_one(str(tmp_path))
    writeout._sync_one(str(tmp_path / "missing"))


def test_the_disks_that_this_system_uses_are_listed():
    disks = tuple(Disk(f"sd{letter}", 1 << 40, why=f"/srv/{letter}") for letter in "abcdefgh")
    one = preflight.protected(disks)
    assert one.title == "Out of kernel B's reach: sda, sdb, sdc and 5 more"
    assert one.evidence[0].text == "/srv/a"
    assert preflight.protected(()).title == "This system uses no disk"
