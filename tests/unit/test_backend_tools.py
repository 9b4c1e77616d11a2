"""Running the system's own programs, and restarting."""

import os
import time

import pytest

from kjtui.backend import restart, tools
from kjtui.errors import KjtuiError


class Cancelled(Exception):
    """What a person's word makes progress raise."""


@pytest.fixture(autouse=True)
def short_grace(monkeypatch):
    monkeypatch.setattr(tools, "_GRACE", 0.5)


def program(folder, text, name="tool"):
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / name
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
    return str(place)


def quiet(_doing, _done):
    pass


def gone(pid):
    """Whether a process has ended (one that nobody has waited for counts)."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


class TestRunning:
    def test_both_streams_are_given_back(self, tmp_path):
        assert tools.run([program(tmp_path, "echo one; echo two >&2; echo $1"), "a b"], quiet, "x") == (
            "one\ntwo\na b\n"
        )

    def test_what_a_program_finds_around_it(self, tmp_path, monkeypatch):
        monkeypatch.setenv("LANGUAGE", "de")
        monkeypatch.setenv("PATH", "/nowhere")
        text = 'echo "$LC_ALL,$LANGUAGE"; echo "$PATH"; cat; ps -o sid= -p $$ | tr -d " "; echo $$'
        language, path, session, own = tools.run([program(tmp_path, text)], quiet, "x").split()
        assert language in ("C.UTF-8,", "C,")
        assert "/usr/sbin" in path
        assert session == own

    def test_progress_tells_the_last_line_while_it_runs(self, tmp_path):
        told = []
        text = "echo one; sleep 0.7; printf 'two\\033[1m\\n'; sleep 0.6"
        tools.run([program(tmp_path, text)], lambda doing, done: told.append((doing, done)), "making it")
        assert ("making it: one", 0.5) in told
        assert ("making it: two [1m", 0.5) in told
        assert len(told) >= 4

    def test_progress_goes_on_while_it_says_much(self, tmp_path):
        told = []
        tools.run([program(tmp_path, "seq 300000")], lambda doing, done: told.append(doing), "x")
        assert told[-1] == "x: 300000"

    def test_what_stays_behind_holds_nothing_up(self, tmp_path):
        begun = time.monotonic()
        said = tools.run([program(tmp_path, "sleep 30 & echo $!")], quiet, "x")
        assert time.monotonic() - begun < 5
        os.kill(int(said), 9)

    def test_closed_streams(self, tmp_path):
        assert tools.run([program(tmp_path, "exec >&- 2>&-; sleep 0.6")], quiet, "x") == ""

    def test_a_name_is_looked_for(self):
        assert tools.run(["echo", "hello"], quiet, "x") == "hello\n"


class TestEnding:
    @pytest.mark.parametrize("stubborn", ["", "trap '' TERM;"])
    def test_cancelling_ends_all_of_it(self, tmp_path, stubborn):
        pids = tmp_path / "pids"

        def progress(_doing, _done):
            if pids.exists() and len(pids.read_text().split()) == 2:
                raise Cancelled

        text = f"{stubborn} sleep 60 & echo $! $$ > {pids}; wait; sleep 60"
        with pytest.raises(Cancelled):
            tools.run([program(tmp_path, text)], progress, "x")
        assert all(gone(pid) for pid in pids.read_text().split())

    def test_patience(self, tmp_path):
        with pytest.raises(KjtuiError, match="tool took too long"):
            tools.run([program(tmp_path, "sleep 60")], quiet, "x", patience=0.4)


class TestTrouble:
    def test_a_failure_tells_what_was_said_last(self, tmp_path):
        text = "seq 100; echo 'cannot find a device for /' >&2; exit 3"
        with pytest.raises(KjtuiError, match="tool failed") as caught:
            tools.run([program(tmp_path, text), "-o", "x"], quiet, "x")
        assert "tool -o x ended with status 3" in caught.value.detail
        assert caught.value.detail.endswith("99\n100\ncannot find a device for /")
        assert "\n20\n" not in caught.value.detail
        assert caught.value.hint

    def test_a_signal(self, tmp_path):
        with pytest.raises(KjtuiError) as caught:
            tools.run([program(tmp_path, "kill -9 $$")], quiet, "x")
        assert "SIGKILL and said nothing" in caught.value.detail

    def test_a_missing_program(self):
        with pytest.raises(KjtuiError, match="update-nothing was not found") as caught:
            tools.run(["update-nothing"], quiet, "x")
        assert "/usr/sbin" in caught.value.detail

    def test_one_that_is_none(self, tmp_path):
        place = tmp_path / "tool"
        place.write_bytes(b"\x7fELF of another kind")
        with pytest.raises(KjtuiError, match="tool could not be started"):
            tools.run([str(place)], quiet, "x")
        place.chmod(0o755)
        with pytest.raises(KjtuiError, match="tool could not be started") as caught:
            tools.run([str(place)], quiet, "x")
        assert "format" in caught.value.detail


class TestRestarting:
    @pytest.fixture
    def asked(self, monkeypatch):
        asked = []
        monkeypatch.setattr(tools, "run", lambda argv, *_: asked.append(tuple(argv)))
        return asked

    def test_systemd(self, tmp_path, asked):
        (tmp_path / "run/systemd/system").mkdir(parents=True)
        for name in ("systemctl", "shutdown", "reboot"):
            program(tmp_path / "usr/bin", "", name)
        restart.restart(tmp_path)
        assert asked == [("/usr/bin/systemctl", "reboot")]

    def test_others(self, tmp_path, asked):
        program(tmp_path / "usr/bin", "", "systemctl")  # left over from a package
        program(tmp_path / "sbin", "", "shutdown")
        program(tmp_path / "sbin", "", "reboot")
        restart.restart(tmp_path)
        (tmp_path / "sbin/shutdown").unlink()
        restart.restart(tmp_path)
        assert asked == [("/sbin/shutdown", "-r", "now"), ("/sbin/reboot",)]

    def test_what_one_refuses_is_not_got_from_another(self, tmp_path, monkeypatch):
        for name in ("shutdown", "reboot"):
            program(tmp_path / "sbin", "", name)
        asked = []

        def run(argv, *_):
            asked.append(argv[0])
            raise KjtuiError(f"{argv[0]} failed", "no bus")

        monkeypatch.setattr(tools, "run", run)
        with pytest.raises(KjtuiError, match="could not be restarted") as caught:
            restart.restart(tmp_path)
        assert asked == ["/sbin/shutdown"]
        assert caught.value.detail == "no bus"
        assert "type reboot" in caught.value.hint

    def test_nothing_there(self, tmp_path):
        with pytest.raises(KjtuiError) as caught:
            restart.restart(tmp_path)
        assert "None of systemctl" in caught.value.detail
