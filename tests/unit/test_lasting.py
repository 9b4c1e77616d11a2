"""What outlives a restart on a real file system: the journal of changes and what is waited for."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kjtui.backend import lasting
from kjtui.errors import KjtuiError
from kjtui.model.boot import BootFile
from kjtui.model.change import ChangeLine, Event, Phase, Remembered
from kjtui.plan import changes
from kjtui.plan.bootops import EditFile, RunTool
from kjtui.plan.boottexts import Kind

STATE = Remembered(Phase.TRIAL, "192M", 192 << 20, "boot", 1.5, "grub-debian")


def test_the_journal_of_changes_is_for_root_alone_and_reads_back(tmp_path):
    line = ChangeLine("a1", Event.BEGUN, 1.0, "boot", 0, "title", "[]")
    lasting.add(line, tmp_path)
    lasting.add(ChangeLine("a1", Event.DONE, 2.0, "boot"), tmp_path)
    path = tmp_path / lasting.CHANGES.lstrip("/")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert lasting.lines(tmp_path)[0] == line
    assert [one.event for one in lasting.lines(tmp_path)] == [Event.BEGUN, Event.DONE]


def test_a_line_that_was_cut_off_costs_only_itself(tmp_path):
    lasting.add(ChangeLine("a1", Event.BEGUN, operations="[]"), tmp_path)
    path = tmp_path / lasting.CHANGES.lstrip("/")
    with path.open("a") as file:
        file.write('{"version": 1, "change": "a1", "ev')
    lasting.add(ChangeLine("a1", Event.DONE), tmp_path)
    assert [one.event for one in lasting.lines(tmp_path)] == [Event.BEGUN, Event.DONE]


@pytest.mark.parametrize(
    "line", ["[]", "7", "null", '{"version": 2, "change": "x", "event": "done"}', '{"version": 1}', "\x00"]
)
def test_lines_of_another_form_are_passed_over(tmp_path, line):
    path = tmp_path / lasting.CHANGES.lstrip("/")
    path.parent.mkdir(parents=True)
    path.write_text(line + "\n")
    assert lasting.lines(tmp_path) == ()


def test_what_is_waited_for_comes_back_and_goes(tmp_path):
    assert lasting.kept(tmp_path) is None
    lasting.keep(STATE, tmp_path)
    assert lasting.kept(tmp_path) == STATE
    path = tmp_path / lasting.STATE.lstrip("/")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["version"] == lasting.VERSION
    lasting.keep(None, tmp_path)
    assert lasting.kept(tmp_path) is None
    lasting.keep(None, tmp_path)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 9}', '{"version": 1, "phase": "x"}', "nonsense"]
)
def test_a_state_that_is_not_understood_is_said_to_be_so(tmp_path, text):
    path = tmp_path / lasting.STATE.lstrip("/")
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(KjtuiError) as caught:
        lasting.kept(tmp_path)
    assert "/var/lib/kjtui/state.json" in caught.value.detail
    assert caught.value.hint


def test_operations_come_back_from_the_journal_byte_for_byte():
    odd = BootFile("/boot/x", "caf\udce9\r\nno end", 0o640, 1, 2)
    steps = (
        EditFile(odd, None, Kind.ENTRY, "192M", "about"),
        RunTool(("/usr/bin/bootctl", "set-oneshot", ""), "about", ("a", "b"), "back"),
    )
    line = ChangeLine("c", Event.BEGUN, title="t", operations=changes._text(steps))
    (change,) = changes.read([line])
    assert change.operations == steps


def test_operations_of_a_later_version_are_left_alone():
    line = ChangeLine("c", Event.BEGUN, title="t", operations='[["Unheard", {}]]')
    assert changes.read([line]) == ()


def test_a_change_under_way_elsewhere_is_not_taken_for_one_that_was_cut_off(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from kjtui.backend import lasting;"
        "from kjtui.model.change import ChangeLine, Event; root = Path(sys.argv[1]);"
        "lasting.add(ChangeLine('b2', Event.BEGUN, 1.0, 'boot', title='x', operations='[]'), root);"
        "print('begun', flush=True); sys.stdin.readline();"
        "lasting.add(ChangeLine('b2', Event.DONE, 2.0, 'boot'), root);"
        "print('done', flush=True); sys.stdin.readline()"
    )
    lasting.add(ChangeLine("a1", Event.BEGUN, 1.0, "boot", title="y", operations="[]"), tmp_path)
    lasting.add(ChangeLine("a1", Event.DONE, 2.0, "boot"), tmp_path)
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "begun\n"
        assert {line.change for line in lasting.lines(tmp_path)} == {"a1"}
        with pytest.raises(KjtuiError, match="Another kjtui"):
            lasting.add(ChangeLine("c3", Event.BEGUN, 1.0, "boot"), tmp_path)
        other.stdin.write("\n")
        other.stdin.flush()
        assert other.stdout.readline() == "done\n"
        assert {line.change for line in lasting.lines(tmp_path)} == {"a1", "b2"}
        other.stdin.write("\n")
        other.stdin.flush()


def test_a_change_whose_process_has_gone_was_cut_off(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from kjtui.backend import lasting;"
        "from kjtui.model.change import ChangeLine, Event;"
        "root = Path(sys.argv[1]);"
        "lasting.add(ChangeLine('b2', Event.BEGUN, 1.0, 'boot', title='x', operations='[]'), root)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    assert {line.change for line in lasting.lines(tmp_path)} == {"b2"}
