"""What travels to kernel B besides the agent."""

import shutil
from pathlib import Path

import pytest

from kjtui.backend import visitorfiles
from kjtui.errors import KjtuiError
from kjtui.kexec import orders


def test_a_program_travels_with_the_libraries_that_it_needs():
    program = shutil.which("ls")
    assert program is not None
    first, *others = visitorfiles.program_entries(program)
    assert first.path == orders.PROGRAM_PATH
    assert first.data == Path(program).read_bytes()
    assert any(entry.path.endswith("/libc.so.6") for entry in others)
    assert any("ld-linux" in entry.path for entry in others)
    assert all(entry.data == Path(f"/{entry.path}").read_bytes() for entry in others)


def test_a_script_travels_alone(tmp_path):
    script = tmp_path / "s.sh"
    script.write_text("#!/bin/sh\n")
    assert [entry.path for entry in visitorfiles.program_entries(str(script))] == [orders.PROGRAM_PATH]


def test_a_program_that_is_gone_is_said_to_be(tmp_path):
    with pytest.raises(KjtuiError, match="program for kernel B cannot be read"):
        list(visitorfiles.program_entries(str(tmp_path / "gone")))
