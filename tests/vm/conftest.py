"""Tests that boot kernels: run where QEMU is, skipped with the reason elsewhere, never skipped in CI."""

import os
import shutil
import sys
from pathlib import Path

import pytest

HELPERS = Path(__file__).resolve().parents[2] / "helpers"
sys.path.insert(0, str(HELPERS))

QEMU = "qemu-system-x86_64"


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("vm") and shutil.which(QEMU) is None:
        reason = f"{QEMU} is not installed; helpers/test.py installs it"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
