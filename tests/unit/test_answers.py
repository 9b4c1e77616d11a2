"""Answers for when nobody is there."""

from pathlib import Path

import pytest

from kjtui.commands import answers
from kjtui.commands.answers import Wishes
from kjtui.errors import KjtuiError
from kjtui.model.choices import Purpose
from kjtui.model.memory import RegionKind

ALL = """
purpose = "program"
run = "script.sh"
bring-back = ["one", "two.txt"]
into = "results"
kernel = "/boot/vmlinuz"
words = "debug"
network = false
timer = 0
limit = 90
region = "reserved"
size = 256
times = 3
accept = ["terminal"]
yes = true
keep = false
force = true
json = true
"""


def read(tmp_path: Path, text: str | bytes) -> Wishes:
    file = tmp_path / "answers.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return answers.read(str(file))


def test_everything_at_once(tmp_path):
    assert read(tmp_path, ALL) == Wishes(
        purpose=Purpose.PROGRAM,
        run=str(tmp_path / "script.sh"),
        bring_back=("one", "two.txt"),
        into=str(tmp_path / "results"),
        kernel="/boot/vmlinuz",
        words="debug",
        network=False,
        timer=0,
        limit=90,
        region=RegionKind.RESERVED,
        size=256,
        times=3,
        accept=("terminal",),
        yes=True,
        keep=False,
        force=True,
        json=True,
    )
    assert read(tmp_path, "") == Wishes()


def test_paths_are_relative_to_the_file(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/answers.toml").write_text('run = "../b/script.sh"\n')
    monkeypatch.chdir(tmp_path)
    assert answers.read("a/answers.toml").run == str(tmp_path / "b/script.sh")
    assert answers.from_line({"run": "./x"}).run == str(tmp_path / "x")


@pytest.mark.parametrize(
    ("text", "detail", "hint"),
    [
        ("tmier = 5", "'tmier' is not known there", "Did you mean timer?"),
        ("bring_back = []", "'bring_back' is not known", "Did you mean bring-back?"),
        ("zzz = 5", "'zzz' is not known", "Known are: purpose, run"),
        ("accept_all = true", "is not known", "Did you mean accept?"),
        ("timer = '5'", "timer is '5'; a whole number from 0 to 1440", "Correct timer"),
        ("timer = true", "timer is 'True'; a whole number", "Correct timer"),
        ("timer = 1.5", "timer is '1.5'", "Correct timer"),
        ("times = 0", "a whole number from 1 to 1000", "Correct times"),
        ("size = -1", "size is '-1'", "Correct size"),
        ("limit = 0", "limit is '0'", "Correct limit"),
        ("yes = 'yes'", "yes is 'yes'; true or false", "Correct yes"),
        ("yes = 1", "yes is '1'; true or false", "Correct yes"),
        ("bring-back = 'x'", 'a list of texts, such as ["one", "two"]', "Correct bring-back"),
        ("bring-back = [1]", "a list of texts", "Correct bring-back"),
        ("accept = true", "a list of texts", "Correct accept"),
        ("run = ''", "the path of a file is expected", "Correct run"),
        ('run = "a\\u0000b"', "the path of a file is expected", "Correct run"),
        ("run = 5", "a text", "Correct run"),
        ("purpose = 'quik'", "one of quick, look, rescue, program, custom", "Correct purpose"),
        ("purpose = ['quick']", "one of quick", "Correct purpose"),
        ("region = 'here'", "one of borrowed, reserved", "Correct region"),
        ("[section]\nyes = true", "'section' is not known", "Known are"),
        ("yes = ", "is no TOML", "Correct it"),
        (b"yes = '\xff'", "it is no text", "Correct it"),
        ("a = " + "[" * 5000, "is no TOML", "Correct it"),
    ],
)
def test_mistakes_are_named_with_what_to_do(tmp_path, text, detail, hint):
    with pytest.raises(KjtuiError) as raised:
        read(tmp_path, text)
    assert raised.value.title == "The answers file cannot be used"
    assert detail in raised.value.detail
    assert hint in raised.value.hint


def test_files_that_cannot_be_read(tmp_path):
    for name in (tmp_path, tmp_path / "none"):
        with pytest.raises(KjtuiError, match="cannot be read"):
            answers.read(str(name))
    with pytest.raises(KjtuiError, match="cannot be used"):
        read(tmp_path, "#" * (answers.LARGEST + 1))


def test_the_command_line_wins(tmp_path):
    line = answers.from_line({"timer": 0, "network": False, "bring_back": ["x"], "yes": None, "other": 5})
    file = Wishes(timer=5, network=True, bring_back=("y",), yes=True, words="debug")
    assert answers.over(line, file) == Wishes(
        timer=0, network=False, bring_back=("x",), yes=True, words="debug"
    )


def test_the_file_to_start_tells_the_purpose():
    assert Wishes().what_for is Purpose.QUICK
    assert Wishes(run="/x").what_for is Purpose.PROGRAM
    assert Wishes(initramfs="/x").what_for is Purpose.CUSTOM
    assert Wishes(purpose=Purpose.LOOK).what_for is Purpose.LOOK
    for wishes in (
        Wishes(run="/x", purpose=Purpose.LOOK),
        Wishes(run="/x", initramfs="/y"),
        Wishes(bring_back=("x",)),
        Wishes(limit=5),
    ):
        with pytest.raises(KjtuiError, match="does not go with the purpose"):
            _ = wishes.what_for
