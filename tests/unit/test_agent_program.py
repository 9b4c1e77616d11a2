"""A program of the person's own in kernel B: how it is started."""

import os
import time

from kjtui.agent import program


def started(tmp_path, monkeypatch, script: str, delay: float) -> tuple[int, str]:
    """The status and the output of a script; the parent sleeps so long after the fork."""
    path = tmp_path / "script"
    path.write_text(script)
    path.chmod(0o755)
    monkeypatch.setattr(program.orders, "PROGRAM_PATH", str(path).lstrip("/"))
    monkeypatch.setattr(program, "_FOLDER", str(tmp_path))
    fork = os.fork

    def slow_fork() -> int:
        child = fork()
        if child:
            time.sleep(delay)
        return child

    monkeypatch.setattr(program.os, "fork", slow_fork)
    with open(tmp_path / "said", "wb") as said:
        child = program._start(said.fileno())
    assert os.getpgid(child) == child
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), (tmp_path / "said").read_text()


def test_a_child_that_is_quicker_than_its_parent_is_as_good(tmp_path, monkeypatch):
    script = "#!/bin/sh\necho hello\nsleep 1\nexit 7\n"
    assert started(tmp_path, monkeypatch, script, 0.5) == (7, "hello\n")


def test_one_that_is_slower(tmp_path, monkeypatch):
    assert started(tmp_path, monkeypatch, "#!/bin/sh\nsleep 0.5\npwd\n", 0.0) == (0, f"{tmp_path}\n")


def test_what_cannot_be_run_says_so(tmp_path, monkeypatch):
    status, said = started(tmp_path, monkeypatch, "#!/no/such/interpreter\n", 0.0)
    assert status == 127
    assert said == "the program cannot be run: No such file or directory\n"
