"""What is read in before the first screen is up: no more than it shows."""

import subprocess
import sys

import pytest

from kjtui.wizard.steps import STEPS

BEFORE = """
import sys
import kjtui.__main__
from kjtui.tui.app import KjtuiApp
from kjtui.tui.console.driver import ConsoleDriver
app = KjtuiApp(kjtui.__main__._machine({machine!r}), driver_class=ConsoleDriver)
app.get_default_screen()
print(*sys.modules)
"""
LATER = (
    *("kjtui.checks", "kjtui.plan", "kjtui.kexec", "kjtui.agent", "kjtui.plain"),
    *("kjtui.backend.probe", "kjtui.backend.syscalls", "kjtui.backend.agentimage", "kjtui.backend.synthetic"),
    *("kjtui.tui.question", "kjtui.tui.evidence", "kjtui.tui.handover", "kjtui.tui.help"),
    *("kjtui.tui.remedy", "kjtui.tui.trouble", "kjtui.wizard.trouble", "kjtui.knowledge", "kjtui.commands"),
    *(f"kjtui.{layer}.{step.name}" for step in STEPS for layer in ("tui", "wizard")),
    *("ctypes", "hashlib", "psutil", "pyudev", "pyte", "wcwidth", "pygments"),
)


@pytest.mark.parametrize("machine", [None, "tests/machines/ready.json"])
def test_nothing_is_read_in_that_the_first_screen_does_not_need(machine, pytestconfig):
    code = BEFORE.format(machine=machine)
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=pytestconfig.rootpath, capture_output=True, text=True, check=True
    )
    read = result.stdout.split()
    assert "kjtui.tui.welcome" in read
    assert [name for name in LATER if any(one == name or one.startswith(name + ".") for one in read)] == []
