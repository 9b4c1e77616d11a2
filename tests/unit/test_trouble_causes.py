"""Each symptom reaches each of its causes, from what machines, logs and people say."""

# Lines of the kernel are quoted as they are.
# ruff: noqa: E501

import errno
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend.recorded import Facts
from kjtui.backend.recording import read_recording
from kjtui.backend.syscalls import explain_jump, explain_load
from kjtui.checks import run_all
from kjtui.errors import KjtuiError
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import (
    BlockDevice,
    Display,
    InputDevice,
    InstalledKernel,
    JournalEntry,
    LogLine,
    Mount,
    NetLink,
    Task,
    Watchdog,
)
from kjtui.wizard.trouble.clues import Clues
from kjtui.wizard.trouble.model import MOST_QUESTIONS, UNSURE, Strength, diagnose
from kjtui.wizard.trouble.symptoms import BY_ID, SYMPTOMS
from kjtui.wizard.trouble.walk import Walk

MACHINES = Path(__file__).parent.parent / "machines"
BOOT, EARLIER = "11111111-0000-4000-8000-000000000000", "22222222-0000-4000-8000-000000000000"
READY: Facts = replace(
    read_recording(MACHINES / "ready.json").facts, boot_id=BOOT, journal=(), terminal="/dev/tty3"
)
LACKS = {name: value for name, value in (READY.config or {}).items() if name != "CONFIG_KEXEC_JUMP"}
FREEZING = "Freezing user space processes"


def jump(boot: str, *ends: str, about: str = "") -> tuple[JournalEntry, ...]:
    """A jump in the journal, and how it ended."""
    entries = [JournalEntry(1000.0, boot, "jump", "begun", "Jump into kernel B")]
    return (*entries, *(JournalEntry(1001.0, boot, "jump", end, about) for end in ends))


def log(*lines: str) -> tuple[LogLine, ...]:
    """A kernel log with these lines, a second apart."""
    return tuple(LogLine(100.0 + number, text) for number, text in enumerate(lines))


def jumped(*lines: str) -> tuple[LogLine, ...]:
    """A kernel log with a jump in it, and these lines after its freezing."""
    return log("EXT4-fs error (device old): long before", FREEZING, *lines, "Restarting tasks ... done.")


def clues(facts=None, said=(), before=(), error=None, kernels=(), findings=None, **answers) -> Clues:
    """Clues as the machine, its logs and the person give them. said=None: the log cannot be read."""
    machine = replace(READY, **(facts or {}))
    judged = {one.id: one for one in run_all(machine)}
    judged.update(findings or {})
    unseen = (Evidence("kernel log", "start kjtui with sudo"),) if said is None else ()
    given = {name.replace("_", "-"): answer for name, answer in answers.items()}
    return Clues(machine, tuple(judged.values()), said, before, kernels, error, given, unseen)


def blocked(check: str, remedy: str = "") -> dict[str, Finding]:
    """A check that blocks."""
    evidence = (Evidence("/proc/somewhere", "this"),)
    return {check: Finding(check, f"{check} is in the way", Verdict.BLOCKED, evidence, "Why.", "Do.", remedy)}


def noted(check: str) -> dict[str, Finding]:
    """A check that warns."""
    return {check: replace(blocked(check)[check], verdict=Verdict.ATTENTION)}


def content(check: str) -> dict[str, Finding]:
    """A check that is content."""
    return {check: replace(blocked(check)[check], verdict=Verdict.READY, cure="")}


def refused(number: int) -> dict[str, object]:
    return {"error": explain_jump(number)}


PTS = {"terminal": "/dev/pts/3"}
SCREEN = (Display("card0", "i915", "Iris Xe"),)
LOST = {"journal": jump(EARLIER, "settled")}
BACK = {"journal": jump(BOOT, "done")}
UP = NetLink("enp3s0", "r8169", up=True)
DOWN = NetLink("enp3s0", "r8169", up=False)
JUMPY = InstalledKernel(
    "/boot/vmlinuz-6.14.0-1", "6.14.0-1", can_jump=True, config_source="/boot/config-6.14.0-1"
)
DEBIAN = {"config": LACKS, "distribution": {"ID": "debian", "PRETTY_NAME": "Debian 12"}}
P, L, M = Strength.PROVEN, Strength.LIKELY, Strength.POSSIBLE

# (symptom, cause, how sure, what differs from a machine without trouble)
CASES = [
    # It will not load
    ("load", "lockdown", P, {
        "error": explain_load(errno.EPERM),
        "facts": {"lockdown": None, "kernel_log": log(
            "Lockdown: python3: kexec of unsigned images is restricted; see man kernel_lockdown.7")}}),
    ("load", "lockdown", P, {
        "facts": {"lockdown": None, "kernel_log": log(
            "Kernel is locked down from EFI Secure Boot; see man kernel_lockdown.7")}}),
    ("load", "lockdown", P, {
        "facts": {"lockdown": "integrity", "secure_boot": True}, "error": explain_load(errno.EPERM)}),
    ("load", "ima-said", P, {
        "error": explain_load(errno.EACCES),
        "said": log("ima: impossible to appraise a kernel image without a file descriptor; try using x")}),
    ("load", "capability", P, {"facts": {"capabilities": 0}}),
    ("load", "load-disabled", P, {"facts": {"kexec_load_disabled": 1}, "error": explain_load(errno.EPERM)}),
    ("load", "load-limit", P, {"facts": {"kexec_load_limit_reboot": 0}}),
    ("load", "kexec-jump", P, {"facts": {"config": LACKS}, "error": explain_load(errno.EINVAL)}),
    ("load", "another-loader", P, {"error": explain_load(errno.EBUSY)}),
    ("load", "another-loader", L, {"what_it_said": "EBUSY"}),
    ("load", "outside-memory", P, {"error": explain_load(errno.EADDRNOTAVAIL)}),
    ("load", "no-pages", P, {"error": explain_load(errno.ENOMEM)}),
    ("load", "no-pages", L, {"what_it_said": "ENOMEM"}),
    ("load", "odd-image", L, {"what_it_said": "EINVAL"}),
    ("load", "security-module", L, {"error": explain_load(errno.EPERM)}),
    ("load", "no-reservation", L, {
        "said": log("crashkernel reservation failed - No suitable area found."), "what_it_said": UNSURE}),
    ("load", "as-said", L, {"error": KjtuiError("The kernel's file is damaged", "It ends too early.", "Look.")}),
    # The jump was refused
    ("refused", "stuck-program", P, {
        **refused(errno.EBUSY),
        "said": jumped(
            "Freezing user space processes failed after 20.005 seconds (1 tasks refusing to freeze, wq_busy=0):",
            "task:holder          state:D stack:0     pid:345   ppid:1      flags:0x00004006")}),
    ("refused", "stuck-program", L, {
        **refused(errno.EBUSY), "said": None, "facts": {"stuck": (Task(345, "holder", "D", "nfs_wait"),)}}),
    ("refused", "stuck-program", L, {**refused(errno.EBUSY), "said": None, "how_long": "long"}),
    ("refused", "kernel-thread", P, {
        **refused(errno.EBUSY),
        "said": jumped(
            "Freezing remaining freezable tasks failed after 20.005 seconds (0 tasks refusing to freeze, wq_busy=1):")}),
    ("refused", "graphics-refused", P, {
        **refused(errno.EBUSY),
        "said": jumped("nvidia 0000:01:00.0: PM: pci_pm_freeze(): nv_pmops_freeze+0x0/0x20 [nvidia] returns -5")}),
    ("refused", "device-refused", P, {
        **refused(errno.EBUSY), "said": jumped("virtio_blk virtio1: PM: failed to freeze: error -16")}),
    ("refused", "device-refused", L, refused(errno.EIO)),
    ("refused", "device-refused", L, {"said": None, "how_long": "short"}),
    ("refused", "bound-processor", P, {
        **refused(errno.EBUSY), "said": jumped("Error taking CPU1 down: -16")}),
    ("refused", "wake-up", P, {
        **refused(errno.EBUSY),
        "said": jumped("PM: Some devices failed to suspend, or early wake event detected")}),
    ("refused", "nothing-loaded", P, refused(errno.EINVAL)),
    ("refused", "nothing-loaded", L, {**refused(errno.EINVAL), "facts": {"kexec_loaded": True}}),
    ("refused", "no-memory-for-devices", P, refused(errno.ENOMEM)),
    ("refused", "capability", P, {**refused(errno.EPERM), "facts": {"capabilities": 0}}),
    ("refused", "stuck-program", L, {"said": None, "how_long": "long", "facts": {"capabilities": 0}}),
    ("refused", "another-loader", L, refused(errno.EBUSY)),
    ("refused", "log-hidden", L, {**refused(errno.EBUSY), "said": None, "how_long": UNSURE}),
    ("refused", "as-said", L, {"error": KjtuiError("A real machine would be lost now", "It was left once.")}),
    # The screen stays dark
    ("dark", "window", P, {"facts": {**PTS, **BACK, "displays": SCREEN}}),
    ("dark", "window", L, {"facts": {"displays": SCREEN}, "is_it_back": "still", "where_you_sat": "remote"}),
    ("dark", "other-console", L, {"facts": {**BACK, "terminal": "/dev/ttyS1", "displays": ()}}),
    ("dark", "no-screen-driver", L, {"facts": {**BACK, "displays": SCREEN}}),
    ("dark", "did-not-start", L, {"facts": {**LOST, "displays": ()}}),
    ("dark", "graphics-after-return", M, {
        "facts": {**BACK, "displays": ()}, "findings": noted("graphics")}),
    ("dark", "still-away", M, {"facts": {"displays": ()}, "is_it_back": "still", "where_you_sat": UNSURE}),
    # I am in B and cannot come back
    ("away", "no-way-back", P, {"which_machine": "other", "what_you_see": "no-way"}),
    ("away", "way-not-built", L, {"which_machine": "other", "what_you_see": "not-built"}),
    ("away", "descriptor-table", L, {
        "facts": {"restores_gdt": False, "gdt_address": None}, "which_machine": "this", "what_you_see": "crashed"}),
    ("away", "b-crashed", L, {"which_machine": "other", "what_you_see": "crashed"}),
    ("away", "usb-keyboard", L, {
        "which_machine": "other", "what_you_see": "head", "which_keyboard": "usb"}),
    ("away", "usb-keyboard", L, {
        "facts": {"keyboards": (InputDevice("Keyboard K120", "usb"),)}, "which_machine": "this",
        "what_you_see": "head"}),
    ("away", "other-console", L, {
        "which_machine": "other", "what_you_see": "head", "which_keyboard": "serial"}),
    ("away", "not-seen", L, {
        "which_machine": "other", "what_you_see": "nothing", "which_keyboard": "serial"}),
    # It rebooted instead
    ("rebooted", "replaced", P, {"facts": LOST, "before": log("kexec_core: Starting new kernel")}),
    ("rebooted", "panic", P, {
        "facts": LOST,
        "before": log("BUG: kernel NULL pointer dereference, address: 0000000000000000",
                      "Kernel panic - not syncing: Fatal exception in interrupt")}),
    ("rebooted", "panic", L, {"facts": LOST, "before": log("Oops: 0002 [#1] PREEMPT SMP NOPTI")}),
    ("rebooted", "by-hand", P, {"facts": LOST, "who_restarted": "hand"}),
    ("rebooted", "not-enterable", P, {
        "facts": LOST, "findings": blocked("memory-encryption"), "who_restarted": "itself", "when": "entry"}),
    ("rebooted", "died-at-entry", L, {"facts": LOST, "who_restarted": "itself", "when": "entry"}),
    ("rebooted", "descriptor-table", P, {
        "facts": {**LOST, "restores_gdt": False, "gdt_address": None}, "who_restarted": "itself",
        "when": UNSURE}),
    ("rebooted", "descriptor-table", L, {
        "facts": {**LOST, "restores_gdt": False, "gdt_address": 0xFFFFFE0000001000},
        "who_restarted": "itself", "when": "way-back"}),
    ("rebooted", "watchdog", L, {
        "facts": {**LOST, "watchdogs": (Watchdog("watchdog0", "iTCO_wdt", active=True, timeout=30),)},
        "who_restarted": "itself", "when": "in-b"}),
    ("rebooted", "no-lost-jump", L, {"facts": BACK}),
    ("rebooted", "power-lost", M, {
        "facts": LOST, "findings": noted("power"), "who_restarted": "itself", "when": UNSURE}),
    ("rebooted", "no-trace", M, {"facts": LOST, "who_restarted": "itself", "when": "in-b"}),
    ("rebooted", "journal-hidden", M, {
        "facts": {"journal": None}, "who_restarted": UNSURE, "when": UNSURE}),
    # After coming back the network is dead
    ("network", "network-driver", P, {
        "facts": {**BACK, "links": (UP,)},
        "said": jumped("r8169 0000:03:00.0: PM: failed to restore async: error -5")}),
    ("network", "network-driver", P, {
        "facts": {**BACK, "links": (UP,)},
        "said": jumped("NETDEV WATCHDOG: enp3s0 (r8169): transmit queue 0 timed out")}),
    ("network", "network-link", P, {"facts": {**BACK, "links": (DOWN,)}}),
    ("network", "network-link", L, {
        "facts": {**BACK, "links": None}, "said": jumped("r8169 0000:03:00.0 enp3s0: Link is Down"),
        "network_extent": "old"}),
    ("network", "timed-out", L, {"facts": {**BACK, "links": (UP,)}, "network_extent": "old"}),
    ("network", "address-lost", L, {"facts": {**BACK, "links": (UP,)}, "network_extent": "all"}),
    ("network", "resolver", L, {"facts": {**BACK, "links": (UP,)}, "network_extent": "names"}),
    # After coming back the screen is dead
    ("screen", "screen-driver", P, {
        "facts": {**BACK, "displays": SCREEN},
        "said": jumped("i915 0000:00:02.0: [drm] GPU HANG: ecode 9:1:85dffffb, in Xorg [812]")}),
    ("screen", "screen-known", L, {
        "facts": BACK, "findings": noted("graphics"), "screen_shows": UNSURE}),
    ("screen", "not-redrawn", L, {"facts": BACK, "findings": content("graphics"), "screen_shows": "frozen"}),
    ("screen", "other-console", L, {"facts": BACK, "findings": content("graphics"), "screen_shows": "dark"}),
    # After coming back a disk is dead
    ("disk", "filesystem-error", P, {
        "facts": BACK, "said": jumped("EXT4-fs error (device sda1): ext4_find_entry:1531: inode #2")}),
    ("disk", "disk-asleep", P, {
        "facts": BACK, "said": jumped("nvme nvme0: controller is down; will reset: CSTS=0xffffffff")}),
    ("disk", "disk-asleep", P, {
        "facts": BACK, "said": jumped("sd 2:0:0:0: PM: failed to restore async: error -5")}),
    ("disk", "usb-disk", P, {"facts": BACK, "said": jumped("usb 1-2: USB disconnect, device number 4")}),
    ("disk", "usb-disk", L, {
        "facts": {**BACK, "block_devices": (BlockDevice("sdb", 1, "Stick", removable=True, bus="usb"),)},
        "disk_kind": "usb"}),
    ("disk", "share", L, {
        "facts": {**BACK, "mounts": (Mount("host", "/mnt/host", "9p"),)}, "disk_kind": "share"}),
    ("disk", "disk-slow", L, {"facts": BACK, "disk_kind": "inside"}),
    # My kernel cannot jump
    ("cannot", "processor", P, {"facts": {"architecture": "aarch64"}}),
    ("cannot", "container", P, {"facts": {"container": "docker", "config": LACKS}}),
    ("cannot", "can-already", P, {}),
    ("cannot", "installed", P, {"facts": DEBIAN, "kernels": (JUMPY,)}),
    ("cannot", "special-kernel", L, {
        "facts": {"config": LACKS, "distribution": {"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}}}),
    ("cannot", "build-one", P, {"facts": DEBIAN}),
    ("cannot", "build-one", P, {
        "facts": {"config": LACKS, "distribution": None}, "which_distribution": "debian"}),
    ("cannot", "build-theirs", P, {
        "facts": {"config": LACKS, "distribution": {"ID": "opensuse-leap"}}}),
    ("cannot", "other-distribution", P, {"facts": {"config": LACKS, "distribution": {"ID": "slackware"}}}),
    ("cannot", "config-hidden", M, {
        "facts": {"config": None, "config_source": "", "distribution": {"ID": "slackware"}}}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("symptom", "cause", "strength", "known"),
    CASES,
    ids=[f"{case[0]}-{case[1]}-{case[2].name}" for case in CASES],
)
def test_a_cause_is_named(symptom, cause, strength, known):
    told = diagnose(BY_ID[symptom], clues(**known))
    assert (told.cause.finding.id, told.cause.strength) == (cause, strength)
    assert told.cause.finding.evidence, "a cause without evidence"
    for text in (told.cause.finding.why, told.cause.finding.cure):
        assert len(textwrap.wrap(text, 76)) <= 3, text


def _checks(symptom):
    return {cause.id for cause in BY_ID[symptom].causes}.intersection(one.id for one in run_all(READY))


@pytest.mark.parametrize("check", sorted(_checks("load")))
def test_a_check_in_the_way_is_why_it_will_not_load(check):
    assert diagnose(BY_ID["load"], clues(findings=blocked(check))).cause.finding.id == check


@pytest.mark.parametrize("check", sorted(_checks("refused")))
def test_a_check_in_the_way_is_why_the_jump_was_refused(check):
    assert diagnose(BY_ID["refused"], clues(findings=blocked(check))).cause.finding.id == check


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=lambda one: one.id)
def test_every_cause_of_a_symptom_is_reached(symptom):
    reached = {cause for name, cause, _, _ in CASES if name == symptom.id}
    declared = {cause.id for cause in symptom.causes}
    assert reached | _checks(symptom.id) == declared


def _finishes(walk, asked=()):
    """Every way through the questions: the questions asked, and the walk at its end."""
    question = walk.question
    if question is None:
        return [(asked, walk.clues)]
    ends = []
    for choice in (*(one.id for one in question.choices), UNSURE):
        further = Walk(walk.symptom, walk.clues.answered(question.id, choice))
        ends += _finishes(further, (*asked, question.id))
    return ends


MOODS = {
    "nothing known": {"said": None, "facts": {
        "config": None, "journal": None, "terminal": None, "displays": None, "keyboards": None, "links": None,
        "distribution": None, "lockdown": None, "kexec_loaded": None}},
    "a healthy machine": {},
    "came back": {"facts": {**BACK, "displays": SCREEN, "links": (UP,)}},
    "was lost": {"facts": LOST},
    "lost, log hidden": {"facts": LOST, "said": None},
    "refused": {**refused(errno.EBUSY), "said": None},
}  # fmt: skip


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("symptom", SYMPTOMS, ids=lambda one: one.id)
def test_at_most_three_questions_and_always_an_outcome_fit_to_read(symptom, mood):
    for asked, known in _finishes(Walk(symptom, clues(**MOODS[mood]))):
        assert len(asked) <= MOST_QUESTIONS
        assert len(set(asked)) == len(asked)
        told = diagnose(symptom, known)
        for one in (told.cause, *told.others):
            finding = one.finding
            assert len(finding.title) <= 60
            assert finding.why
            assert finding.cure
            for text in (finding.why, finding.cure):
                assert len(textwrap.wrap(text, 76)) <= 3, f"{finding.id}: {text}"
                assert "!" not in text


# What the machine holds already: the question that must not be asked then.
ANSWERED = [
    ("load", "what-it-said", {"error": explain_load(errno.EPERM)}),
    ("load", "what-it-said", {"facts": {"capabilities": 0}}),
    ("load", "what-it-said", {"facts": {"journal": (
        JournalEntry(1.0, BOOT, "load", "failed", "Not loaded", explain_load(errno.ENOMEM).code),)}}),
    ("refused", "how-long", {**refused(errno.EBUSY)}),
    ("refused", "how-long", {**refused(errno.EINVAL), "said": None}),
    ("dark", "is-it-back", {"facts": BACK}),
    ("dark", "is-it-back", {"facts": LOST}),
    ("dark", "where-you-sat", {"facts": {**BACK, "terminal": "/dev/tty1"}}),
    ("dark", "where-you-sat", {"facts": {**BACK, **PTS}}),
    ("away", "which-machine", {"facts": LOST}),
    ("away", "which-keyboard", {
        "facts": {"keyboards": (InputDevice("AT keyboard", "ps2"),)}, "which_machine": "this",
        "what_you_see": "head"}),
    ("rebooted", "who-restarted", {"facts": LOST, "before": log("Kernel panic - not syncing: hung_task")}),
    ("rebooted", "when", {"facts": BACK}),
    ("network", "network-extent", {"facts": {**BACK, "links": (DOWN,)}}),
    ("screen", "screen-shows", {
        "facts": BACK, "said": jumped("amdgpu 0000:03:00.0: PM: failed to restore: error -110")}),
    ("disk", "disk-kind", {"facts": BACK, "said": jumped("I/O error, dev sda, sector 2048 op 0x1:(WRITE)")}),
    ("cannot", "which-distribution", {"facts": DEBIAN}),
    ("cannot", "which-distribution", {
        "facts": {"config": LACKS, "distribution": None}, "kernels": (JUMPY,)}),
]  # fmt: skip


@pytest.mark.parametrize(("symptom", "question", "known"), ANSWERED)
def test_nothing_is_asked_that_the_machine_tells(symptom, question, known):
    known_now = clues(**known)
    for asked, _ in _finishes(Walk(BY_ID[symptom], known_now)):
        assert question not in asked


def test_a_screen_driver_that_kernel_b_has_too_is_not_suspected():
    config = {**(READY.config or {}), "CONFIG_DRM_I915": "y"}
    told = diagnose(BY_ID["dark"], clues(facts={**BACK, "displays": SCREEN, "config": config}))
    assert "no-screen-driver" not in {one.finding.id for one in (told.cause, *told.others)}


def test_every_question_is_asked_of_somebody():
    asked = set()
    for symptom in SYMPTOMS:
        for mood in MOODS.values():
            asked |= {
                (symptom.id, one) for names, _ in _finishes(Walk(symptom, clues(**mood))) for one in names
            }
    assert asked == {(symptom.id, one.id) for symptom in SYMPTOMS for one in symptom.questions}
