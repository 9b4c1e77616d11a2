"""Kernel B gets by with what was measured as its least: a real jump into no more than that."""

import os

import calibration_run
import pytest
import qemu
from guest_image import guest_image
from machines import kernel_for
from stage import booted

from kjtui.errors import KjtuiError
from kjtui.knowledge.calibration import calibration
from kjtui.model.choices import Purpose
from kjtui.model.memory import MIB


@pytest.mark.parametrize("least", range(34, 190, 6))
def test_the_least_that_works_is_found(least: int) -> None:
    tried: list[int] = []

    def works(mib: int) -> bool:
        tried.append(mib)
        return mib >= least

    assert calibration_run.smallest(works) == least
    assert tried.count(least) > calibration_run.CONFIRMED - 1
    assert all(mib % calibration_run.STEP == 0 for mib in tried)


def test_what_works_only_now_and_then_is_not_taken() -> None:
    turns = iter([True, True, False])

    def works(mib: int) -> bool:
        return mib > 60 or (mib == 60 and next(turns))

    assert calibration_run.smallest(works) == 62


def test_too_little_even_at_the_most_is_said() -> None:
    with pytest.raises(KjtuiError, match="does not even work in 192 MiB"):
        calibration_run.smallest(lambda mib: False)


def test_a_visit_is_judged_by_all_that_must_hold() -> None:
    said = 'a warning\n{"well": true, "word": true}\n'
    assert calibration_run.judged(said, unfinished=False)["well"] is True
    assert calibration_run.judged(said, unfinished=True)["well"] is False
    assert calibration_run.judged(said.replace("true}", "false}"), unfinished=False)["well"] is False
    assert calibration_run.judged("Traceback\nKjtuiError: too small", unfinished=False)["well"] is False
    assert calibration_run.judged("", unfinished=True)["well"] is False


@pytest.mark.vm
def test_the_least_that_was_measured_is_enough() -> None:
    """For the purpose that asks most of kernel B, its shell and Python included."""
    visit = next(visit for visit in calibration_run.VISITS if visit.purpose is Purpose.LOOK)
    kernel = kernel_for("")
    accel = qemu.choose_accel(os.environ.get("KJTUI_ACCEL", "tcg"), kernel)
    spec = qemu.MachineSpec(
        kernel=kernel, image=guest_image(kernel), accel=accel, append=calibration_run.WORDS
    )
    with booted(spec, "calibration") as stage:
        told = calibration_run.attempt(stage, visit, calibration().least(visit.purpose) // MIB)
    assert told is not None
    assert told["well"] is True, told
    # The region, and the first 640 KiB without page 0 and what the firmware keeps.
    assert 0 < told["swapped"] - calibration().least(visit.purpose) <= 640 << 10
