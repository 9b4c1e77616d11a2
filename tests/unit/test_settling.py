"""After the return: what is compared, waited for, mended and told."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend.recording import CallFault, Damage, Faults, Recording, read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.model.checks import Finding, Verdict
from kjtui.model.facts import JournalEntry, Mount
from kjtui.model.report import JumpReport, Snapshot
from kjtui.model.surroundings import (
    Address,
    Device,
    Differences,
    LinkState,
    Route,
    Surroundings,
    compare,
)
from kjtui.plan import mending
from kjtui.wizard import departing, returned, settling
from kjtui.wizard.session import Session

READY = Path(__file__).parent.parent / "machines" / "ready.json"
LINK = "enp3s0"
BEFORE = Surroundings(
    processors=(0, 1, 2, 3),
    devices=(Device("disk", "sda", "DISK"), Device("USB device", "1-2", "Mouse")),
    links=(LinkState("eth0", True, True), LinkState("eth1", True, False)),
    addresses=(Address("eth0", "192.0.2.5/24"), Address("eth0", "2001:db8::5/64", lent=True)),
    routes=(
        Route("eth0", "default", "192.0.2.1", 100),
        Route("eth0", "192.0.2.0/24", "", 100),
        Route("eth0", "default", "fe80::1", 1024, 6, comes_by_itself=True),
    ),
    mounts=(Mount("/dev/sda1", "/", "ext4"), Mount("/dev/sdb1", "/data", "xfs")),
)


def quiet(what: str, fraction: float) -> None:
    assert 0 <= fraction <= 1, what


def snapshot(around: Surroundings, boottime: float = 100.0, **changes: float | None) -> Snapshot:
    one = Snapshot(
        "boot", 50.0, boottime, len(around.processors), "canary", 1000.0 + boottime, 1000.0, around
    )
    return replace(one, **changes)


def report(after: Surroundings, **changes: float | None) -> JumpReport:
    return JumpReport(snapshot(BEFORE), snapshot(after, **changes), None, settled=True)


def one_of(findings: tuple[Finding, ...], name: str) -> Finding:
    (one,) = (one for one in findings if one.id == name)
    return one


def jumped(damage: Damage, **changes: object) -> tuple[Session, SimulatedMachine, list[float]]:
    """A session just after a jump that did this, with what it sleeps while it settles."""
    recording: Recording = read_recording(READY)
    faults = replace(recording.faults, after=damage, calls=changes.pop("calls", ()))
    machine = SimulatedMachine(replace(recording, faults=faults, **changes))
    walk = Session(machine)
    walk.take_look(walk.look())
    walk.take_image(walk.prepare(quiet))
    walk.load(quiet)
    walk.jump()
    return walk, machine, []


def settle(walk: Session, machine: SimulatedMachine, slept: list[float]) -> JumpReport:
    assert walk.report is not None
    walk.report = settling.settle(machine, walk.report, quiet, slept.append)
    return walk.report


def done(machine: SimulatedMachine) -> list[tuple[str, str]]:
    """What the journal says after the jump and its way home."""
    entries: tuple[JournalEntry, ...] = machine.facts().journal or ()
    last = max(number for number, one in enumerate(entries) if one.operation == "return")
    return [(one.operation, one.state) for one in entries[last + 1 :]]


def test_the_same_surroundings_differ_in_nothing():
    assert compare(BEFORE, BEFORE) == Differences()
    assert not compare(BEFORE, BEFORE).any
    assert report(BEFORE).all_well


def test_each_kind_of_difference_is_found():
    after = Surroundings(
        processors=(0, 2),
        devices=(Device("disk", "sdb"), Device("USB device", "1-2", "Mouse")),
        links=(LinkState("eth0", True, False), LinkState("tun0", True, True)),
        addresses=(Address("eth0", "192.0.2.5/24", lent=True),),
        routes=(Route("eth0", "192.0.2.0/24", "", 100),),
        mounts=BEFORE.mounts[:1],
    )
    gone = compare(BEFORE, after)
    assert gone.processors == (1, 3)
    assert gone.devices == (Device("disk", "sda", "DISK"),)
    assert gone.new_devices == (Device("disk", "sdb"),)
    assert gone.links_gone == ("eth1",)
    assert gone.links_down == ("eth0",)
    assert gone.addresses == BEFORE.addresses[1:]
    assert [one.gateway for one in gone.routes] == ["192.0.2.1", "fe80::1"]
    assert gone.mounts == BEFORE.mounts[1:]
    assert gone.lost
    assert gone.of_network


def test_a_new_device_is_told_and_is_no_loss():
    after = replace(BEFORE, devices=(*BEFORE.devices, Device("disk", "sdc", "STICK")))
    told = report(after)
    assert told.differences.any
    assert told.all_well
    assert "disk sdc" in one_of(returned.findings(told), "new-devices").title


@pytest.mark.parametrize(
    ("after", "name", "verdict", "says"),
    [
        (replace(BEFORE, devices=BEFORE.devices[1:]), "devices", Verdict.BLOCKED, "disk sda"),
        (replace(BEFORE, devices=BEFORE.devices[:1]), "devices", Verdict.ATTENTION, "USB device 1-2"),
        (replace(BEFORE, mounts=BEFORE.mounts[:1]), "mounts", Verdict.BLOCKED, "/data"),
        (replace(BEFORE, links=BEFORE.links[1:]), "links", Verdict.ATTENTION, "gone: eth0"),
        (
            replace(BEFORE, routes=BEFORE.routes[1:]),
            "addresses",
            Verdict.ATTENTION,
            "default route through eth0",
        ),
        (replace(BEFORE, addresses=()), "addresses", Verdict.ATTENTION, "address 192.0.2.5/24 of eth0 and 1"),
        (
            replace(BEFORE, processors=(0, 2, 3)),
            "processors",
            Verdict.BLOCKED,
            "3 of 4 processors came back: not 1",
        ),
    ],
)
def test_a_difference_is_named_with_what_to_do(after, name, verdict, says):
    told = report(after)
    one = one_of(returned.findings(told), name)
    assert one.verdict is verdict
    assert says in one.title
    assert one.evidence
    assert one.cure
    assert not told.all_well
    assert "nothing was lost" not in returned.headline(told)
    assert "around" not in [other.id for other in returned.findings(told)]


@pytest.mark.parametrize(
    ("wall", "board", "verdict", "says"),
    [
        (1111.0, 1011.0, Verdict.READY, "right"),
        (1112.9, 1011.0, Verdict.READY, "right"),
        (1111.0, 1071.0, Verdict.ATTENTION, "60.0 s behind"),
        (5111.0, 1011.0, Verdict.ATTENTION, "67 minutes ahead"),
    ],
)
def test_the_wall_clock_is_compared_with_the_board_s(wall, board, verdict, says):
    told = report(BEFORE, wall_clock=wall, board_clock=board)
    one = one_of(returned.findings(told), "clock")
    assert one.verdict is verdict
    assert says in one.title
    assert ("hwclock -s" in one.cure) is (verdict is Verdict.ATTENTION)


def test_nothing_is_said_of_a_clock_that_is_not_there():
    told = report(BEFORE, board_clock=None)
    assert told.clock_off is None
    assert "clock" not in [one.id for one in returned.findings(told)]


def test_all_well_needs_no_waiting_and_nudges_the_clock():
    walk, machine, slept = jumped(Damage())
    told = settle(walk, machine, slept)
    assert slept == []
    assert told.settled
    assert told.all_well
    assert done(machine) == [("nudge clock", "begun"), ("nudge clock", "done")]
    assert "systemd-timesyncd was started anew" in one_of(returned.findings(told), "mended").title
    assert "1 network link" in one_of(returned.findings(told), "around").title
    assert returned.offers(told) == ()


@pytest.mark.parametrize(
    ("services", "commands"),
    [
        (("chronyd",), ["chronyc burst 4/4", "chronyc makestep"]),
        (("systemd-timesyn",), ["systemctl restart systemd-timesyncd.service"]),
        (("ntpd",), []),
        ((), []),
    ],
)
def test_each_time_service_is_asked_in_its_own_way(services, commands):
    assert [tool.preview()[0] for tool in mending.nudges(services)] == commands


def test_a_carrier_that_comes_late_is_waited_for():
    walk, machine, slept = jumped(Damage(links_down=(LINK,), links_late=6))
    assert walk.report is not None
    assert walk.report.differences.links_down == (LINK,)
    assert "not everything around you is back yet" in returned.headline(walk.report)
    told = settle(walk, machine, slept)
    assert 0 < sum(slept) < settling.COMES
    assert told.all_well


def test_a_link_that_stays_down_is_offered_to_be_switched_on_anew():
    walk, machine, slept = jumped(Damage(links_down=(LINK,)))
    told = settle(walk, machine, slept)
    assert sum(slept) == pytest.approx(settling.COMES)
    assert one_of(returned.findings(told), "links").verdict is Verdict.ATTENTION
    assert one_of(returned.shown(told), "links").remedy == "wake-links"
    ((_finding, remedy),) = returned.offers(told)
    operations = remedy.make(machine.facts())
    assert [one.preview()[0] for one in operations] == [
        f"ip link set {LINK} down",
        f"ip link set {LINK} up",
    ]
    departing.mend(walk, operations, quiet)
    assert walk.report is not None
    assert walk.report.all_well
    assert walk.exit_status == 0
    assert f"{LINK} was switched on" in one_of(returned.findings(walk.report), "mended").evidence[-1].text
    assert ("wake link", "done") in done(machine)


def test_lost_addresses_and_routes_are_put_back_by_themselves():
    walk, machine, slept = jumped(Damage(addresses_gone=(LINK,)), services=())
    told = settle(walk, machine, slept)
    assert told.all_well
    assert [one for one, state in done(machine) if state == "done"] == [
        "restore address",
        "restore route",
        "restore route",
    ]
    what = [one.what for one in told.mended]
    assert what[0] == f"{LINK} got its address 192.0.2.10/24 back"
    assert what[-1].startswith("The default route")  # its gateway must be reachable first


@pytest.mark.parametrize(
    ("service", "command"),
    [
        ("NetworkManager", f"nmcli device reapply {LINK}"),
        ("systemd-network", f"networkctl reconfigure {LINK}"),
    ],
)
def test_who_configures_a_link_is_asked_to_do_it(service, command):
    walk, machine, slept = jumped(Damage(addresses_gone=(LINK,)), services=(service,))
    assert walk.report is not None
    gone, after = walk.report.differences, walk.report.after.around
    assert [tool.preview()[0] for tool in mending.put_back(after, gone)] == [command]
    told = settle(walk, machine, slept)
    assert told.all_well
    assert LINK in told.mended[-1].what


def test_nothing_is_put_back_on_a_link_that_is_down_and_nothing_that_was_lent():
    down = replace(BEFORE, links=(LinkState("eth0", True, False),), addresses=(), routes=())
    assert mending.put_back(down, compare(BEFORE, down)) == ()
    assert mending.by_hand(down, compare(BEFORE, down)) is None
    lent = replace(BEFORE, addresses=BEFORE.addresses[:1], routes=BEFORE.routes[:2])
    assert mending.put_back(lent, compare(BEFORE, lent)) == ()
    offered = mending.by_hand(lent, compare(BEFORE, lent))
    assert offered is not None
    assert "ip -6 address add 2001:db8::5/64 dev eth0" in [
        one.preview()[0] for one in offered.make(read_recording(READY).facts)
    ]


def test_what_is_put_back_can_be_undone():
    bare = replace(BEFORE, addresses=BEFORE.addresses[1:], routes=BEFORE.routes[2:])
    tools = mending.put_back(bare, compare(BEFORE, bare))
    undone = [inverse.preview()[0] for tool in tools if (inverse := tool.inverse())]
    assert undone == [
        "ip -4 address del 192.0.2.5/24 dev eth0",
        "ip -4 route del 192.0.2.0/24 dev eth0 metric 100",
        "ip -4 route del default via 192.0.2.1 dev eth0 metric 100",
    ]
    assert mending.nudges(("chronyd",))[0].inverse() is None


def test_routes_that_the_kernel_makes_itself_are_left_to_it():
    own, far = Route("eth0", "192.0.2.0/24"), Route("eth0", "10.0.0.0/8")
    before = replace(BEFORE, routes=(*BEFORE.routes, own, far))
    bare = replace(BEFORE, addresses=BEFORE.addresses[1:], routes=BEFORE.routes)
    assert [tool.preview()[0] for tool in mending.put_back(bare, compare(before, bare))] == [
        "ip -4 address add 192.0.2.5/24 dev eth0",
        "ip -4 route replace 10.0.0.0/8 dev eth0",
    ]


SCENE = """
import subprocess, time
from kjtui.backend.linux import LinuxMachine
from kjtui.model.surroundings import compare
from kjtui.plan import mending

machine = LinuxMachine()

def sh(commands):
    for one in commands.split(";"):
        subprocess.run(one.split(), check=True)

def when(there):  # a link and IPv6 take a moment
    for _ in range(200):
        gone = compare(before, machine.surroundings())
        if there(gone):
            break
        time.sleep(0.05)
    return gone

sh("mount -t sysfs none /sys; ip link set lo up; ip link add d0 type veth peer name d1; ip link set d1 up")
sh("ip link set d0 up; ip address add 192.0.2.5/24 dev d0; ip address add 2001:db8::5/64 dev d0 nodad")
sh("ip route add default via 192.0.2.1 dev d0 metric 100; ip route add 10.0.0.0/8 via 192.0.2.9 dev d0")
sh("ip -6 route add default via 2001:db8::1 dev d0")
time.sleep(0.5)
before = machine.surroundings()
print(len(before.addresses), len(before.routes))
sh("ip link set d0 down; ip address flush dev d0; ip link set d0 up")
gone = when(lambda gone: not gone.links_down)
print(len(gone.addresses), len(gone.routes), len(gone.links_down))
for tool in mending.put_back(machine.surroundings(), gone):
    tool.execute(machine, lambda *_: None)
print(when(lambda gone: not gone.lost).lost)
"""


def test_a_real_kernel_takes_its_addresses_and_routes_back():
    """In a network of its own, where nothing of this machine's is touched."""
    if not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("unshare or ip is not installed")
    alone = ["unshare", "--net", "--mount"]
    try_it = "mount -t sysfs none /sys && ip link add d0 type veth peer name d1"
    if subprocess.run([*alone, "sh", "-c", try_it], capture_output=True).returncode:
        pytest.skip("no network of its own may be made here")
    command = [*alone, sys.executable, "-c", SCENE]
    result = subprocess.run(command, capture_output=True, text=True, cwd=READY.parents[2], timeout=60)
    assert result.stdout.splitlines() == ["2 5", "2 5 0", "False"], result.stderr


def test_what_does_not_work_is_told_and_holds_nothing_up():
    walk, machine, slept = jumped(
        Damage(addresses_gone=(LINK,)),
        calls=(CallFault("run_tool", 1, "fails"), CallFault("run_tool", 3, "fails")),
    )
    told = settle(walk, machine, slept)
    failed = [one for one in returned.findings(told) if one.id == "not-mended"]
    assert [one.verdict for one in failed] == [Verdict.ATTENTION] * 2
    assert "Have systemd-timesyncd ask for the time" in failed[0].title
    assert "ended with status 1" in failed[0].evidence[0].text
    assert not told.all_well  # a route is still missing
    (offered,) = (remedy for finding, remedy in returned.offers(told) if finding.id == "addresses")
    departing.mend(walk, offered.make(machine.facts()), quiet)
    assert walk.report is not None
    assert walk.report.all_well


def test_a_program_that_hangs_is_ended(monkeypatch):
    monkeypatch.setattr(settling, "LONGEST", -1.0)
    walk, machine, slept = jumped(Damage())
    told = settle(walk, machine, slept)
    assert "took too long" in told.mended[0].trouble


def test_the_clock_can_be_set_from_the_report():
    walk, machine, slept = jumped(Damage(clock_off=-40.0), services=())
    told = settle(walk, machine, slept)
    assert told.clock_off == pytest.approx(-40, abs=1)
    assert told.all_well  # nothing is lost
    ((_finding, remedy),) = returned.offers(told)
    assert remedy.id == "set-clock"
    departing.mend(walk, remedy.make(machine.facts()), quiet)
    assert walk.report is not None
    assert abs(walk.report.clock_off or 0.0) < 2
    assert walk.report.away == told.away


def test_processors_can_be_woken_from_the_report():
    walk, machine, slept = jumped(Damage(cpus_online=2))
    told = settle(walk, machine, slept)
    assert slept == []  # they do not come by themselves
    ((finding, remedy),) = returned.offers(told)
    assert "not 2, 3" in finding.title
    departing.mend(walk, remedy.make(machine.facts()), quiet)
    assert walk.report is not None
    assert walk.report.all_well


def test_disks_and_mounts_that_are_gone_make_the_exit_status():
    walk, machine, slept = jumped(Damage(devices_gone=("nvme0n1",), mounts_gone=("/boot/efi",)))
    told = settle(walk, machine, slept)
    assert one_of(returned.findings(told), "devices").verdict is Verdict.BLOCKED
    assert one_of(returned.findings(told), "mounts").verdict is Verdict.BLOCKED
    assert walk.exit_status == 1
    assert returned.findings(told)[0].id == "devices"


def test_a_recorded_machine_can_be_damaged_by_its_file(tmp_path):
    value = json.loads(READY.read_text())
    value["faults"] = {"after": {"links_down": [LINK], "links_late": 2, "clock_off": 3.0}, "hanging": ["/"]}
    value["services"] = ["chronyd"]
    path = tmp_path / "machine.json"
    path.write_text(json.dumps(value))
    recording = read_recording(path)
    assert recording.faults == Faults(
        after=Damage(links_down=(LINK,), links_late=2, clock_off=3.0), hanging=("/",)
    )
    assert recording.services == ("chronyd",)
