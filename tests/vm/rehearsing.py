"""Plays scenarios of helpers/rehearse.py."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REHEARSE = Path(__file__).resolve().parents[2] / "helpers" / "rehearse.py"


def rehearse(scenario: str, options: list[str]) -> dict[str, Any]:
    """Play a scenario; its line of JSON. Fails the test with everything that was said if it did not hold."""
    words = [
        sys.executable,
        str(REHEARSE),
        "--auto",
        scenario,
        "--accel",
        os.environ.get("KJTUI_ACCEL", "tcg"),
    ]
    result = subprocess.run([*words, *options], capture_output=True, text=True, timeout=1800)
    lines = result.stdout.splitlines()
    if result.returncode or len(lines) != 1:
        pytest.fail(
            f"{' '.join(options)}: status {result.returncode}\n{result.stdout}\n{result.stderr}", False
        )
    answer = json.loads(lines[0])
    assert isinstance(answer, dict)
    return answer
