"""Every check in every verdict that it can give, and what all findings must keep to."""

import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend.simulated import read_recording
from kjtui.checks import CHECKS, run_all, worst
from kjtui.model.checks import Finding, Verdict
from kjtui.model.facts import BlockDevice, Facts, Mount, Watchdog
from kjtui.model.memory import MIB

MACHINES = Path(__file__).parent.parent / "machines"
READY, ATTENTION, BLOCKED, UNKNOWN = Verdict.READY, Verdict.ATTENTION, Verdict.BLOCKED, Verdict.UNKNOWN

BASE = read_recording(MACHINES / "ready.json").facts
HIDDEN = read_recording(MACHINES / "not-root.json").facts.iomem
CRASH_REGION = read_recording(MACHINES / "reserved.json").facts.iomem
NO_LOW_MEMORY = tuple(line for line in BASE.iomem if not line.startswith(("00001000", "0009f000")))
ROOT = Mount("/dev/sda1", "/", "ext4")
SHARE = Mount("share", "/mnt/host", "9p")
KERNEL = "/boot/vmlinuz-6.14.0-24-generic"
ARMED = Watchdog("watchdog0", "iTCO_wdt", active=True, timeout=30)
SOFT = Watchdog("watchdog1", "Software Watchdog", active=True, timeout=60)
IDLE = Watchdog("watchdog0", "iTCO_wdt", active=False)
WATCHDOG_STATE = "/sys/class/watchdog/watchdog0/state"


def _without(option: str) -> dict[str, str]:
    return {name: value for name, value in (BASE.config or {}).items() if name != option}


# (check, what differs from a ready machine, verdict, words that the finding must hold)
CASES: list[tuple[str, dict[str, object], Verdict, str]] = [
    ("architecture", {}, READY, "x86-64"),
    ("architecture", {"architecture": "aarch64"}, BLOCKED, "aarch64"),
    ("architecture", {"architecture": ""}, UNKNOWN, "uname"),
    ("kexec", {}, READY, "CONFIG_KEXEC=y"),
    ("kexec", {"config": _without("CONFIG_KEXEC")}, BLOCKED, "CONFIG_KEXEC is not set"),
    ("kexec", {"config": None, "config_source": ""}, UNKNOWN, "/proc/config.gz"),
    ("kexec-jump", {}, READY, "CONFIG_KEXEC_JUMP=y"),
    (
        "kexec-jump",
        {"config": _without("CONFIG_KEXEC_JUMP")},
        BLOCKED,
        "Ubuntu, Fedora, the RHEL family, Arch",
    ),
    ("kexec-jump", {"config": None, "config_source": ""}, UNKNOWN, "refuses at step 4"),
    ("way-back", {}, READY, "by itself"),
    ("way-back", {"restores_gdt": False, "gdt_address": 0xFFFF88803EC0B000}, READY, "0xffff88803ec0b000"),
    ("way-back", {"restores_gdt": None, "gdt_address": 0xFFFF88803EC0B000}, READY, "starts kernel B afresh"),
    ("way-back", {"restores_gdt": False}, BLOCKED, "would crash"),
    ("way-back", {"restores_gdt": None}, UNKNOWN, "as root"),
    ("kernel-file", {}, READY, "/boot/vmlinuz-6.14.0-24-generic"),
    ("kernel-file", {"kernel_file": None}, BLOCKED, "/boot/vmlinuz-6.14.0-24-generic"),
    (
        "kernel-file",
        {"kernel_file": None, "unreadable": {KERNEL: "not permitted; it takes more rights"}},
        UNKNOWN,
        "not permitted",
    ),
    ("capability", {}, READY, "CAP_SYS_BOOT"),
    ("capability", {"capabilities": 1 << 22}, READY, "0000000000400000"),
    ("capability", {"capabilities": ~(1 << 22) & 0x1FFFFFFFFFF}, BLOCKED, "sudo"),
    ("capability", {"capabilities": None}, UNKNOWN, "as root"),
    ("lockdown", {}, READY, "level: none"),
    ("lockdown", {"lockdown": "absent"}, READY, "no lockdown"),
    ("lockdown", {"lockdown": "integrity", "secure_boot": True}, BLOCKED, "Secure Boot has locked"),
    ("lockdown", {"lockdown": "confidentiality", "secure_boot": False}, BLOCKED, "without lockdown="),
    ("lockdown", {"lockdown": "integrity", "secure_boot": None}, BLOCKED, "could not be read"),
    ("lockdown", {"lockdown": "integrity", "secure_boot": False, "efi": False}, BLOCKED, "integrity"),
    ("lockdown", {"lockdown": None}, UNKNOWN, "securityfs"),
    ("load-disabled", {}, READY, "not switched off"),
    ("load-disabled", {"kexec_load_disabled": 1}, BLOCKED, "sysctl.d"),
    ("load-disabled", {"kexec_load_disabled": None}, UNKNOWN, "kexec_load_disabled"),
    ("load-limit", {}, READY, "no limit"),
    ("load-limit", {"kexec_load_limit_reboot": 0}, BLOCKED, "Restart"),
    ("load-limit", {"kexec_load_limit_reboot": 1}, ATTENTION, "1 load is left"),
    ("load-limit", {"kexec_load_limit_reboot": 5}, ATTENTION, "5 loads are left"),
    ("load-limit", {"kexec_load_limit_reboot": None}, UNKNOWN, "kexec_load_limit_reboot"),
    ("memory-map", {}, READY, "System RAM"),
    ("memory-map", {"iomem": HIDDEN}, BLOCKED, "as root"),
    ("memory-map", {"iomem": (), "unreadable": {"/proc/iomem": "no such"}}, BLOCKED, "no such"),
    ("memory-map", {"iomem": NO_LOW_MEMORY}, BLOCKED, "640 KiB"),
    ("memory", {}, READY, "available of"),
    ("memory", {"memory_available": 287 * MIB}, BLOCKED, "287 MiB of 288 MiB"),
    ("memory", {"memory_available": 288 * MIB}, READY, "288 MiB"),
    ("memory", {"memory_total": 384 * MIB, "memory_available": 384 * MIB}, BLOCKED, "at least"),
    (
        "memory",
        {"memory_available": 200 * MIB, "iomem": CRASH_REGION},
        ATTENTION,
        "Choose the reserved region",
    ),
    (
        "memory",
        {"memory_available": 200 * MIB, "iomem": CRASH_REGION, "kexec_crash_loaded": True},
        BLOCKED,
        "Too little memory is free",
    ),
    ("memory", {"memory_available": 50 * MIB, "iomem": CRASH_REGION}, BLOCKED, "End programs"),
    ("memory", {"memory_total": 0, "memory_available": 0}, UNKNOWN, "/proc/meminfo"),
    ("image-loaded", {}, READY, "No other"),
    ("image-loaded", {"kexec_loaded": True}, ATTENTION, "replaced"),
    ("image-loaded", {"kexec_loaded": None}, UNKNOWN, "kexec_loaded"),
    ("crash-kernel", {}, READY, "No crash kernel"),
    ("crash-kernel", {"kexec_crash_size": 256 * MIB}, READY, "256 MiB"),
    ("crash-kernel", {"kexec_crash_loaded": True}, ATTENTION, "borrow"),
    ("crash-kernel", {"kexec_crash_loaded": None}, UNKNOWN, "borrow"),
    ("watchdog", {}, READY, "iTCO_wdt: not armed"),
    ("watchdog", {"watchdogs": ()}, READY, "no watchdog"),
    ("watchdog", {"watchdogs": (ARMED, SOFT)}, BLOCKED, "restarts after 30 s"),
    ("watchdog", {"watchdogs": (Watchdog("watchdog3", "", active=True),)}, BLOCKED, "watchdog3"),
    ("watchdog", {"watchdogs": (IDLE, SOFT)}, ATTENTION, "softdog"),
    ("watchdog", {"watchdogs": (), "unreadable": {WATCHDOG_STATE: "no such"}}, UNKNOWN, "wdctl"),
    ("watchdog", {"watchdogs": (ARMED,), "unreadable": {WATCHDOG_STATE: "no such"}}, BLOCKED, "iTCO"),
    ("mounts", {}, READY, "none of a kind"),
    ("mounts", {"mounts": (ROOT, SHARE)}, BLOCKED, "/mnt/host"),
    ("mounts", {"mounts": (Mount("root", "/", "virtiofs"),)}, BLOCKED, "virtiofs"),
    ("mounts", {"mounts": (ROOT, Mount("nas:/home", "/home", "nfs4"))}, ATTENTION, "nfs4"),
    ("mounts", {"mounts": (ROOT, Mount("me@nas:", "/mnt/nas", "fuse.sshfs"))}, ATTENTION, "/mnt/nas"),
    ("mounts", {"mounts": (ROOT, Mount("portal", "/run/user/1000/doc", "fuse.portal"))}, READY, "2 mounts"),
    ("mounts", {"mounts": ()}, UNKNOWN, "9p"),
    ("disks", {}, READY, "SAMSUNG"),
    ("disks", {"block_devices": ()}, READY, "No disk is in use"),
    ("terminal", {}, READY, "/dev/tty3"),
    ("terminal", {"terminal": "/dev/ttyS0"}, READY, "/dev/ttyS0"),
    ("terminal", {"terminal": "/dev/pts/3"}, ATTENTION, "Quick test"),
    ("terminal", {"terminal": None}, UNKNOWN, "not a terminal"),
]


def _find(check: str, facts: Facts) -> Finding:
    return next(one for one in run_all(facts) if one.id == check)


def _words(finding: Finding) -> str:
    evidence = " ".join(f"{one.source} {one.text}" for one in finding.evidence)
    return f"{finding.title} {evidence} {finding.why} {finding.cure}"


@pytest.mark.parametrize(("check", "change", "verdict", "words"), CASES)
def test_verdict(check: str, change: dict[str, object], verdict: Verdict, words: str) -> None:
    finding = _find(check, replace(BASE, **change))  # type: ignore[arg-type]
    assert finding.verdict is verdict
    assert words in _words(finding)


@pytest.mark.parametrize("change", [case[1] for case in CASES])
def test_every_finding_fits_the_screen(change: dict[str, object]) -> None:
    for finding in run_all(replace(BASE, **change)):  # type: ignore[arg-type]
        assert len(finding.title) <= 60, finding.title
        for text in (finding.why, finding.cure):
            assert len(textwrap.wrap(text, 76)) <= 3, text
        assert not finding.title.endswith(".")
        assert finding.why
        assert finding.evidence
        assert all(one.source and one.text for one in finding.evidence)
        assert bool(finding.cure) == (finding.verdict is not READY)


def test_each_check_gives_a_finding_of_its_own_id() -> None:
    ids = [check.id for check in CHECKS]
    assert len(set(ids)) == len(ids)
    assert [finding.id for finding in run_all(BASE)] == ids


def test_every_check_has_cases() -> None:
    assert {case[0] for case in CASES} == {check.id for check in CHECKS}


def test_long_names_still_fit() -> None:
    long = "/mnt/" + "x" * 200
    for facts in (
        replace(BASE, mounts=(Mount("a", long, "9p"),)),
        replace(BASE, mounts=(Mount("a", long, "nfs"), Mount("b", long, "nfs"))),
        replace(BASE, watchdogs=(Watchdog("watchdog0", "x" * 200, active=True),)),
        replace(BASE, architecture="x" * 200),
        replace(BASE, memory_total=1 << 50, memory_available=1 << 49),
    ):
        assert all(len(finding.title) <= 60 for finding in run_all(facts))


def test_disks_name_each_disk_once() -> None:
    devices = (
        BlockDevice("dm-0", 1 << 30, mounted_at=("/",)),
        BlockDevice("dm-10", 1 << 20, swap=True),
        BlockDevice("sda", 2 << 30, "FINE DISK", mounted_at=("/", "/a", "/b", "/c")),
        BlockDevice("sda1", 1 << 30, mounted_at=("/",)),
        BlockDevice("sdb", 2 << 30),
        BlockDevice("nvme0n1", 2 << 30, mounted_at=("/d",)),
        BlockDevice("nvme0n1p2", 1 << 30, mounted_at=("/d",)),
        BlockDevice("vda", 2 << 30, mounted_at=("/e",)),
    )
    finding = _find("disks", replace(BASE, block_devices=devices))
    assert [(one.source.rpartition("/")[2], one.text) for one in finding.evidence] == [
        ("dm-0", "1.0 GiB: /"),
        ("dm-10", "1 MiB: swap"),
        ("sda", "FINE DISK, 2.0 GiB: /, /a, /b, …"),
        ("nvme0n1", "2.0 GiB: /d"),
        ("block", "and 1 more in use"),
    ]
    assert finding.title == "5 disks are in use; kernel B leaves them alone"


def test_unreadable_facts_say_why() -> None:
    """The reason that a probe noted is the evidence."""
    facts = replace(BASE, capabilities=None, unreadable={"/proc/self/status": "there is no such file"})
    assert _find("capability", facts).evidence[0].text == "there is no such file"


@pytest.mark.parametrize(
    ("verdicts", "result"),
    [
        ((), READY),
        ((READY,), READY),
        ((READY, ATTENTION), ATTENTION),
        ((ATTENTION, UNKNOWN), UNKNOWN),
        ((UNKNOWN, BLOCKED, READY), BLOCKED),
    ],
)
def test_worst(verdicts: tuple[Verdict, ...], result: Verdict) -> None:
    assert worst(Finding("x", "x", verdict, (), "x") for verdict in verdicts) is result
