"""The recorded machines: each is read without a mistake, and each is told what it has to be told."""

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend.recorded import facts_from_json, facts_to_json
from kjtui.backend.recording import Recording, read_recording
from kjtui.checks import run_all, worst
from kjtui.errors import KjtuiError
from kjtui.kexec import iomem
from kjtui.model.checks import Verdict

MACHINES = Path(__file__).parent.parent / "machines"
ATTENTION, BLOCKED, UNKNOWN = Verdict.ATTENTION, Verdict.BLOCKED, Verdict.UNKNOWN

# file → all checks that are not ready, and what they say
EXPECTED: dict[str, dict[str, Verdict]] = {
    # kinds of systems
    "ubuntu": {"terminal": ATTENTION},
    "fedora-secure-boot": {"lockdown": BLOCKED},
    "arch": {},
    "hibernate": {},
    "debian-12": {"kexec-jump": BLOCKED},
    "opensuse": {"kexec-jump": BLOCKED},
    "nixos": {},
    "laptop-nvidia-battery": {"graphics": ATTENTION, "power": ATTENTION},
    "lvm-on-luks": {},
    "btrfs-two-disks": {},
    "zfs-root": {},
    "nfs-root": {"mounts": ATTENTION, "network-root": ATTENTION},
    "container": {
        "capability": BLOCKED,
        "container": BLOCKED,
        "kernel-file": BLOCKED,
        "memory-map": BLOCKED,
        "terminal": ATTENTION,
        # a container is shown neither the kernel's configuration nor its code, file or lockdown
        **dict.fromkeys(("kexec", "kexec-jump", "hibernation", "crash-dump", "proc-vmcore"), UNKNOWN),
        **dict.fromkeys(("devmem", "relocatable", "kernel-b", "boot-protocol"), UNKNOWN),
        **dict.fromkeys(("way-back", "lockdown", "seccomp", "largest-region"), UNKNOWN),
    },
    "xen-guest": {"xen": BLOCKED},
    "sev-guest": {"memory-encryption": BLOCKED, "terminal": ATTENTION},
    "small-2gib": {},
    "server-512gib": {"crash-kernel": ATTENTION},
    "virtual-desktop": {"mounts": BLOCKED, "drivers": BLOCKED, "graphics": ATTENTION},
    "rescue-stick": {"removable": ATTENTION, "hibernation-image": ATTENTION},
    # what can be wrong on an ordinary one
    "ready": {},
    "debian": {"kexec-jump": BLOCKED},
    "lockdown": {"lockdown": BLOCKED},
    "not-root": {
        "capability": BLOCKED,
        "memory-map": BLOCKED,
        "boot-protocol": UNKNOWN,
        "last-jump": UNKNOWN,
        "journal": UNKNOWN,
        "way-back": UNKNOWN,
        "largest-region": UNKNOWN,
    },
    "little-memory": {"memory": BLOCKED},
    "warning": {"image-loaded": ATTENTION, "terminal": ATTENTION},
    "reserved": {},
    "crash-loaded": {"crash-kernel": ATTENTION},
    "watchdog": {"watchdog": BLOCKED},
    "old-kernel": {},
    "jump-refused": {},
    "load-fails": {},
    "memory-lost": {},
}


def recording(name: str) -> Recording:
    return read_recording(MACHINES / f"{name}.json")


def test_every_file_is_expected_here() -> None:
    assert {path.stem for path in MACHINES.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_verdicts(name: str) -> None:
    findings = run_all(recording(name).facts)
    told = {one.id: one.verdict for one in findings if one.verdict is not Verdict.READY}
    assert told == EXPECTED[name]
    order = (BLOCKED, UNKNOWN, ATTENTION)
    expected = next((one for one in order if one in EXPECTED[name].values()), Verdict.READY)
    assert worst(findings) is expected


@pytest.mark.parametrize("name", EXPECTED)
def test_round_trip_through_json(name: str) -> None:
    facts = recording(name).facts
    assert facts_from_json(json.loads(json.dumps(facts_to_json(facts)))) == facts


@pytest.mark.parametrize("name", EXPECTED)
def test_memory_maps_are_consistent(name: str) -> None:
    facts = recording(name).facts
    try:
        ranges = iomem.parse(facts.iomem)
    except KjtuiError:
        assert facts.capabilities is not None
        assert not facts.capabilities >> 21 & 1  # CAP_SYS_ADMIN: without it the map is hidden
        return
    ram = sum(span.size for span in iomem.ram(ranges))
    reserved = sum(span.size for span in iomem.crash_regions(ranges))
    assert reserved == facts.kexec_crash_size
    assert ram * 0.85 < facts.memory_total + reserved <= ram
    assert facts.memory_available < facts.memory_total
    top = [entry.span for entry in ranges if entry.depth == 0]
    assert top == sorted(top)
    assert all(lower.end <= upper.start for lower, upper in itertools.pairwise(top))
    assert all(any(outer.contains(inner) for outer in top) for inner in iomem.kernel_image(ranges))


@pytest.mark.parametrize("name", EXPECTED)
def test_disks_mounts_and_swap_agree(name: str) -> None:
    facts = recording(name).facts
    devices = {one.name: one for one in facts.block_devices}
    targets = {one.target for one in facts.mounts}
    names = {path.rpartition("/")[2] for path in facts.swaps}
    for one in devices.values():
        assert set(one.mounted_at) <= targets, one.name
        assert set(one.stands_on) <= devices.keys(), one.name
        assert (one.kind == "part") <= bool(one.stands_on), one.name
        for below in one.stands_on:
            assert set(one.mounted_at) <= set(devices[below].mounted_at), (one.name, below)
            assert one.swap <= devices[below].swap, (one.name, below)
    assert all(devices[one].swap for one in names & devices.keys())
    for mount in facts.mounts:
        if mount.source.startswith("/dev/") and devices:
            assert any(mount.target in one.mounted_at for one in devices.values()), mount.target


def test_a_machine_without_its_capability_is_named() -> None:
    """What the files do not show one by one: the same finding on any of them."""
    for name in ("ready", "server-512gib", "small-2gib"):
        facts = replace(recording(name).facts, capabilities=0)
        assert {one.id for one in run_all(facts) if one.verdict is BLOCKED} == {"capability"}
