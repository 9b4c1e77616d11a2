"""Every check in every verdict that it can give, and what all findings must keep to, whatever the facts."""

import dataclasses
import math
import re
import textwrap
import types
import typing
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cases_surroundings import CASES as SURROUNDINGS_CASES
from cases_system import BASE, WITHOUT_SECURITYFS
from cases_system import CASES as SYSTEM_CASES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kjtui.backend.recording import read_recording
from kjtui.checks import CHECKS, run_all, worst
from kjtui.checks.check import suited
from kjtui.checks.registry import BY_ID
from kjtui.model.checks import Area, Finding, Verdict
from kjtui.model.facts import BlockDevice, Facts, InputDevice, Mount, Watchdog
from kjtui.plan.remedies import REMEDIES

MACHINES = Path(__file__).parent.parent / "machines"
READY, ATTENTION, BLOCKED, UNKNOWN = Verdict.READY, Verdict.ATTENTION, Verdict.BLOCKED, Verdict.UNKNOWN
CASES = [*SYSTEM_CASES, *SURROUNDINGS_CASES]
LONG = "x" * 10_000


def _find(check: str, facts: Facts) -> Finding:
    return BY_ID[check].run(facts)


def _words(finding: Finding) -> str:
    evidence = " ".join(f"{one.source} {one.text}" for one in finding.evidence)
    return f"{finding.title} {evidence} {finding.why} {finding.cure}"


def _keeps_to_the_limits(finding: Finding) -> None:
    """What a finding must be on a screen of 80 columns, and what its check has promised."""
    check = BY_ID[finding.id]
    assert finding.verdict in check.verdicts
    assert 0 < len(finding.title) <= 60, finding.title
    for text in (finding.why, finding.cure):
        assert len(textwrap.wrap(text, 76)) <= 3, text
    assert finding.why
    assert finding.evidence
    assert len(finding.evidence) <= 10
    for one in finding.evidence:
        assert 0 < len(one.source) <= 200
        assert 0 < len(one.text) <= 200
    assert _words(finding).isprintable()
    assert bool(finding.cure) == (finding.verdict is not READY)
    assert not finding.remedy or finding.remedy in REMEDIES
    assert not finding.remedy or finding.verdict is not READY


@pytest.mark.parametrize(("check", "change", "verdict", "words"), CASES)
def test_verdict(check: str, change: dict[str, Any], verdict: Verdict, words: str) -> None:
    finding = _find(check, replace(BASE, **change))
    assert finding.verdict is verdict, finding
    assert words in _words(finding)


@pytest.mark.parametrize("change", [case[1] for case in CASES])
def test_every_finding_fits_the_screen(change: dict[str, Any]) -> None:
    for finding in run_all(replace(BASE, **change)):
        _keeps_to_the_limits(finding)
        assert not finding.title.endswith(".")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_cases_show_every_verdict_that_a_check_promises(check: Any) -> None:
    assert {verdict for name, _, verdict, _ in CASES if name == check.id} == check.verdicts


def test_each_check_gives_a_finding_of_its_own_id() -> None:
    ids = [check.id for check in CHECKS]
    assert len(set(ids)) == len(ids)
    assert [finding.id for finding in run_all(BASE)] == ids
    assert {case[0] for case in CASES} == set(ids)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", one) for one in ids)


def test_there_are_checks_enough_of_every_area() -> None:
    assert len(CHECKS) >= 35
    assert {check.area for check in CHECKS} == set(Area)
    # A heading is shown once: the checks of an area stand together.
    areas = [check.area for check in CHECKS]
    runs = [area for at, area in enumerate(areas) if at == 0 or areas[at - 1] is not area]
    assert len(runs) == len(set(runs)), runs


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_check_can_be_looked_up(check: Any) -> None:
    """`about` is what `kjtui explain` shows: some whole sentences for a person."""
    assert check.asks.endswith("?")
    assert len(check.asks) <= 76
    assert check.reads
    assert all(check.reads)
    sentences = re.findall(r"[.:)](?= [A-Z]|$)", check.about)
    assert 2 <= len(sentences) <= 8, check.about
    assert check.about.endswith(".")
    assert "  " not in check.about
    assert len(textwrap.wrap(check.about, 76)) <= 10


def test_a_ready_machine_is_ready() -> None:
    assert [finding.title for finding in run_all(BASE) if finding.verdict is not READY] == []


@pytest.mark.parametrize("file", sorted(MACHINES.glob("*.json")), ids=lambda file: file.stem)
def test_the_findings_on_every_machine_keep_to_the_limits(file: Path) -> None:
    for finding in run_all(read_recording(file).facts):
        _keeps_to_the_limits(finding)


@pytest.mark.parametrize(
    ("check", "change", "remedy"),
    [
        ("image-loaded", {"kexec_loaded": True}, "unload-image"),
        ("processors", {"cpus_online": 1}, "wake-processors"),
        ("processors", {"cpus_online": 1, "command_line": "maxcpus=1"}, ""),
        ("lockdown", {"lockdown": None, "mounts": WITHOUT_SECURITYFS}, "mount-securityfs"),
        ("lockdown", {"lockdown": None, "mounts": WITHOUT_SECURITYFS, "container": "docker"}, ""),
        ("lockdown", {"lockdown": None}, ""),
        ("memory", {"memory_available": 280 << 20}, "free-caches"),
        ("memory", {"memory_available": 280 << 20, "memory_total": 100 << 20}, ""),
    ],
)
def test_remedies_are_offered_where_they_help(check: str, change: dict[str, Any], remedy: str) -> None:
    assert _find(check, replace(BASE, **change)).remedy == remedy


@pytest.mark.parametrize(
    ("distribution", "command"),
    [
        ({"ID": "ubuntu"}, "apt"),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "apt"),
        ({"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, "dnf"),
        ({"ID": "opensuse-leap"}, "zypper"),
        ({"ID": "slackware"}, "by hand"),
        ({}, "by hand"),
        (None, "by hand"),
    ],
)
def test_commands_suit_the_distribution(distribution: Mapping[str, str] | None, command: str) -> None:
    commands = {"debian": "apt", "fedora": "dnf", "opensuse": "zypper"}
    assert suited(replace(BASE, distribution=distribution), commands, "by hand") == command


def test_long_names_still_fit() -> None:
    name = f"/mnt/{LONG}"
    for facts in (
        replace(BASE, mounts=(Mount("a", name, "9p"),)),
        replace(BASE, mounts=(Mount("a", name, "nfs"), Mount("b", name, "nfs"))),
        replace(BASE, watchdogs=(Watchdog("watchdog0", LONG, active=True),)),
        replace(BASE, architecture=LONG, kernel_release=LONG, kernel_file=LONG, config_source=LONG),
        replace(BASE, architecture=LONG, kernel_release=LONG, kernel_file=None, config=None),
        replace(BASE, lockdown=LONG, command_line=f"lockdown={LONG}", container=LONG, xen=LONG),
        replace(BASE, memory_encryption=LONG, ima=(LONG,) * 9, swaps=(LONG,) * 9, distribution={"ID": LONG}),
        replace(BASE, memory_total=1 << 200, memory_available=1 << 199, capabilities=1 << 300),
        replace(BASE, memory_total=1 << 200, memory_available=-(1 << 199), cpus_present=1 << 200),
        replace(BASE, kexec_load_limit_reboot=10**5000, kexec_load_disabled=10**5000),
        replace(BASE, memory_total=-5, memory_available=-(1 << 64), cpus_online=-3, seccomp=-1),
        replace(BASE, unreadable=dict.fromkeys(check_reads(), f"a\x1b[2J\n{LONG}"), iomem=(LONG,)),
    ):
        for finding in run_all(facts):
            _keeps_to_the_limits(finding)


def check_reads() -> list[str]:
    """Every place that a check reads."""
    return [place for check in CHECKS for place in check.reads]


def test_ten_thousand_of_everything() -> None:
    """No list is too long to be judged."""
    many = range(10_000)
    facts = replace(
        BASE,
        iomem=tuple(f"{at << 24:012x}-{(at << 24) + 0xFFFFF:012x} : System RAM" for at in many),
        mounts=tuple(Mount(f"/dev/sd{at}", f"/mnt/{at}", "nfs") for at in many),
        block_devices=tuple(BlockDevice(f"sd{at}", 1 << 30, mounted_at=(f"/{at}",)) for at in many),
        swaps=tuple(f"/swap{at}" for at in many),
        consoles=tuple(f"ttyS{at}" for at in many),
        keyboards=tuple(InputDevice(f"keyboard {at}", "usb") for at in many),
        watchdogs=tuple(Watchdog(f"watchdog{at}", "x", active=bool(at % 2)) for at in many),
        ima=tuple(f"rule {at}" for at in many),
        unreadable={f"/proc/{at}": "not permitted" for at in many},
        config={f"CONFIG_{at}": "y" for at in many},
    )
    for finding in run_all(facts):
        _keeps_to_the_limits(finding)


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


# Words that checks look for, so that chance meets them, among text of any kind.
WORDS = (
    *("", "y", "m", "x86_64", "CONFIG_KEXEC", "CONFIG_KEXEC_JUMP", "integrity", "none", "absent", "tty0"),
    *("ttyS0", "/dev/pts/1", "9p", "nfs", "SEV", "PV", "docker", "/proc/iomem", "/proc/swaps", "sda", "sda1"),
    *("dm-0", "usb", "disk", "crypt", "nvidia", "Battery", "Discharging", "jump", "begun", "D", "lockdown=x"),
    *("00100000-7fffffff : System RAM", "  01000000-0fffffff : Crash kernel", "0-0 : System RAM", "ubuntu"),
    *(
        "/sys/class/watchdog/watchdog0/state",
        "/sys/class/block",
        BASE.boot_id,
        "../..",
        "\x1b[2J",
        "\n",
        "\0",
    ),
)
TEXT = st.one_of(st.sampled_from(WORDS), st.text(max_size=80))
NUMBER = st.one_of(
    st.integers(-3, 9), st.integers(), st.sampled_from([1 << 63, -(1 << 63), 1 << 70, 287 << 20])
)


def _any(kind: Any) -> st.SearchStrategy[Any]:
    """Any value that a field's type allows."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*(st.none() if one is type(None) else _any(one) for one in arguments))
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return st.builds(kind, **{one.name: _any(hints[one.name]) for one in dataclasses.fields(kind)})
    if origin is tuple and arguments[-1] is not Ellipsis:
        return st.tuples(*map(_any, arguments))
    if origin is tuple:
        return st.lists(_any(arguments[0]), max_size=4).map(tuple)
    if origin is Mapping:
        return st.dictionaries(_any(arguments[0]), _any(arguments[1]), max_size=4)
    if kind is float:
        return st.one_of(st.floats(), st.sampled_from([math.nan, math.inf, 1767000000.0]))
    return {str: TEXT, int: NUMBER, bool: st.booleans(), bytes: st.binary(max_size=70)}[kind]


HINTS = typing.get_type_hints(Facts)
STRATEGIES = {one.name: _any(HINTS[one.name]) for one in dataclasses.fields(Facts)}


@given(facts=st.builds(Facts, **STRATEGIES))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_facts_end_in_findings(facts: Facts) -> None:
    for finding in run_all(facts):
        _keeps_to_the_limits(finding)


@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_ready_machine_with_some_odd_facts_ends_in_findings(data: st.DataObject) -> None:
    names = data.draw(st.sets(st.sampled_from(sorted(STRATEGIES)), min_size=1, max_size=4))
    facts = replace(BASE, **{name: data.draw(STRATEGIES[name], label=name) for name in sorted(names)})
    for finding in run_all(facts):
        _keeps_to_the_limits(finding)
