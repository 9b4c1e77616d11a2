"""What was brought home, on the disk."""

import os
import stat
import time

import pytest

from kjtui.backend import visits
from kjtui.errors import KjtuiError

NOW = time.strptime("2026-01-02 03:04:05", "%Y-%m-%d %H:%M:%S")


def home(root):
    return root / "var/lib/kjtui/visits"


def test_a_folder_for_each_visit_for_root_alone(tmp_path):
    brought = {"output": b"hello\n", "result.bin": bytes(range(256))}
    assert visits.keep(brought, NOW, tmp_path) == "/var/lib/kjtui/visits/2026-01-02-030405"
    folder = home(tmp_path) / "2026-01-02-030405"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == brought
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(home(tmp_path).stat().st_mode) == 0o700


def test_two_in_the_same_second(tmp_path):
    names = [visits.keep({"output": b""}, NOW, tmp_path).rpartition("/")[2] for _ in range(3)]
    assert names == ["2026-01-02-030405", "2026-01-02-030405-2", "2026-01-02-030405-3"]


def test_the_newest_are_kept_and_what_is_not_ours_stays(tmp_path):
    home(tmp_path).mkdir(parents=True)
    (home(tmp_path) / "mine").mkdir()
    (home(tmp_path) / ".unfinished").mkdir()
    (home(tmp_path) / ".unfinished" / "half").write_text("")
    for second in range(25):
        name = visits.keep({"output": b""}, time.localtime(1_700_000_000 + second), tmp_path).rpartition("/")[
            2
        ]
        os.utime(home(tmp_path) / name, (second, second))
    left = sorted(path.name for path in home(tmp_path).iterdir())
    assert len(left) == visits.NEWEST + 1
    assert "mine" in left
    newest = time.strftime("%Y-%m-%d-%H%M%S", time.localtime(1_700_000_024))
    oldest = time.strftime("%Y-%m-%d-%H%M%S", time.localtime(1_700_000_000))
    assert newest in left
    assert oldest not in left


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("result.txt", "result.txt"),
        (".hidden", ".hidden"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("..", "_"),
        (".", "_"),
        ("", "_"),
        ("a\0b\n", "a_b_"),
        ("\x1b[2J", "_[2J"),
        ("ä" * 200, "ä" * 127),
        ("\udcff", "_"),
    ],
)
def test_no_name_leads_out_of_the_folder(tmp_path, name, becomes):
    folder = tmp_path / visits.keep({name: b"x"}, NOW, tmp_path).lstrip("/")
    assert [path.name for path in folder.iterdir()] == [becomes]


def test_nothing_half_done_is_left(tmp_path, monkeypatch):
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KjtuiError, match="could not be written") as raised:
        visits.keep({"output": b"x"}, NOW, tmp_path)
    assert "full" in raised.value.detail
    assert list(home(tmp_path).iterdir()) == []
