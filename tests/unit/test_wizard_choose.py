"""Step 3 without a screen: kernels, options, and what stands in the way."""

from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend.recording import read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.errors import KjtuiError
from kjtui.model.checks import Verdict
from kjtui.model.choices import Purpose
from kjtui.model.facts import InstalledKernel
from kjtui.wizard import choose, kernels, options
from kjtui.wizard.session import Session

MACHINES = Path(__file__).parent.parent / "machines"
JUMP = "/boot/vmlinuz-6.12.48-jump"
OLD = "/boot/vmlinuz-6.1.0-40-amd64"
UNIFIED = "/boot/efi/EFI/Linux/rescue-6.11.10.efi"


def quiet(what: str, fraction: float) -> None:
    assert 0 <= fraction <= 1


def session(name: str = "ready", **facts: object) -> Session:
    recording = read_recording(MACHINES / f"{name}.json")
    recording = replace(recording, facts=replace(recording.facts, **facts))
    walk = Session(SimulatedMachine(recording))
    walk.take_look(walk.look())
    walk.kernels.take(walk.kernels.read(quiet))
    return walk


def listed(walk: Session) -> tuple[kernels.Candidate, ...]:
    assert walk.seen is not None
    return kernels.candidates(walk.seen.facts, walk.kernels)


def typed(walk: Session, field: options.Field, text: str) -> Verdict:
    judged = options.judge(walk, field, text)
    options.take(walk, field, judged)
    return judged.finding.verdict


def test_the_running_kernel_comes_first_and_each_says_what_it_can():
    running, jump, unified, old = listed(session())
    assert running.choice == kernels.RUNNING
    assert "(the running one)" in running.option.label
    assert "15 MiB" in running.option.reason
    assert "modules missing" in jump.option.reason
    assert jump.finding.verdict is Verdict.ATTENTION
    assert "unified kernel image" in unified.option.reason
    assert unified.finding.verdict is Verdict.UNKNOWN
    assert old.finding.verdict is Verdict.BLOCKED
    assert "KEXEC_JUMP" in old.option.why_not
    assert all(one.finding.evidence for one in listed(session()))


def test_the_running_kernel_found_elsewhere_is_not_listed_twice():
    walk = session()
    again = InstalledKernel("/efi/EFI/Linux/a.efi", "6.14.0-24-generic", True)
    walk.kernels.take((*(walk.kernels.found or ()), again))
    assert len(listed(walk)) == 4


def test_without_the_running_kernels_own_file_another_can_be_taken():
    walk = session(kernel_file=None)
    assert choose.view(walk).blocked is not None
    assert walk.kernel_b is None
    with pytest.raises(KjtuiError, match="was not found"):
        walk.prepare(quiet)
    walk.choose_kernel(JUMP)
    assert choose.view(walk).blocked is None
    assert walk.kernel_b == JUMP


def test_another_kernel_is_shown_judged_and_used():
    walk = session()
    assert walk.kernel_b == "/boot/vmlinuz-6.14.0-24-generic"
    walk.choose_kernel(JUMP)
    (found,) = choose.view(walk).found
    assert "6.12.48-jump" in found.title
    assert found.verdict is Verdict.ATTENTION
    assert walk.kernel_b == JUMP
    walk.choose_kernel(UNIFIED)
    (ask,) = choose.view(walk).asks
    assert "cannot be told" in ask.title
    walk.choose_kernel(OLD)
    assert choose.view(walk).blocked is not None


def test_kernel_b_is_prepared_from_the_chosen_file():
    walk = session()
    walk.choose_kernel(JUMP)
    assert walk.prepare(quiet).kernel_version == "6.12.48-jump"


def test_a_kernel_of_which_nothing_is_known_is_asked_about():
    walk = session()
    walk.choose_kernel("/root/bzImage")
    assert choose.view(walk).found[0].verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("purpose", choose.ORDER)
def test_each_purpose_is_an_option_and_has_its_fields(purpose):
    walk = session()
    walk.choose_purpose(purpose)
    view = choose.view(walk)
    assert choose.ORDER[view.chosen] is purpose
    for field in options.fields(purpose):
        assert len(field.label) <= 14
        assert len(field.about) <= 64
        assert field.put(walk.choices, field.shown(walk.choices)) == walk.choices


@pytest.mark.parametrize(
    ("purpose", "field", "wrong", "right"),
    [
        (Purpose.PROGRAM, options.PROGRAM, "/root/report.py", "/root/measure.sh"),
        (Purpose.CUSTOM, options.INITRAMFS, "/root/measure.sh", "/root/own.cpio"),
    ],
)
def test_a_purpose_that_wants_a_file_stops_until_one_is_named(purpose, field, wrong, right):
    walk = session()
    walk.choose_purpose(purpose)
    blocked = choose.view(walk).blocked
    assert blocked is not None
    assert "named yet" in blocked.title
    assert "Press O" in blocked.cure
    assert typed(walk, field, wrong) is Verdict.BLOCKED
    assert field.shown(walk.choices) == ""
    assert walk.drafts.text(field, walk.choices) == wrong
    assert choose.view(walk).blocked is not None
    assert typed(walk, field, right) is Verdict.READY
    assert choose.view(walk).blocked is None
    assert walk.drafts.text(field, walk.choices) == right


def test_an_initramfs_is_read_to_its_end_before_it_is_taken():
    walk = session()
    walk.choose_purpose(Purpose.CUSTOM)
    damaged = options.judge(walk, options.INITRAMFS, "/boot/initrd.img-6.14.0-24-generic")
    assert damaged.finding.verdict is Verdict.BLOCKED
    assert "zstd" in damaged.finding.why
    good = options.judge(walk, options.INITRAMFS, "/root/own.cpio")
    assert good.finding.title.startswith("An initramfs of 3 files")
    walk.choose(replace(walk.choices, region_size=256))
    small = options.judge(walk, options.INITRAMFS, "/root/own.cpio")
    assert "too little memory" in small.finding.title


def test_what_is_wrong_for_one_purpose_does_not_stop_another():
    walk = session()
    walk.choose_purpose(Purpose.RESCUE)
    typed(walk, options.NETWORK, "perhaps")
    assert choose.view(walk).blocked is not None
    walk.choose_purpose(Purpose.QUICK)
    assert choose.view(walk).blocked is None


def test_all_options_reach_the_choices():
    walk = session()
    walk.choose_purpose(Purpose.PROGRAM)
    for field, text in (
        (options.PROGRAM, "/root/measure.sh"),
        (options.BRING_BACK, "meminfo.txt, log"),
        (options.NETWORK, "yes"),
        (options.TIMER, "0"),
        (options.KERNEL, JUMP),
        (options.WORDS, "debug"),
    ):
        assert typed(walk, field, text) is not Verdict.BLOCKED
    choices = walk.choices
    assert (choices.program, choices.bring_back) == ("/root/measure.sh", ("meminfo.txt", "log"))
    assert (choices.network, choices.timer, choices.kernel, choices.words) == (True, 0, JUMP, "debug")
    assert "Its command line gets: debug" in choose.view(walk).will


def test_a_file_that_is_named_is_known_from_then_on_and_the_running_one_is_itself():
    walk = session()
    walk.kernels.found = None
    assert typed(walk, options.KERNEL, JUMP) is Verdict.ATTENTION
    assert walk.kernels.of(JUMP) is not None
    assert "6.12.48-jump" in choose.view(walk).found[0].title
    typed(walk, options.KERNEL, "/boot/vmlinuz-6.14.0-24-generic")
    assert walk.choices.kernel == ""


def test_a_change_of_any_option_wants_kernel_b_prepared_anew():
    walk = session()
    walk.image = object()  # type: ignore[assignment]
    typed(walk, options.WORDS, "debug")
    assert walk.image is None
