"""The journal on disk."""

import json
import stat

import pytest

from kjtui.backend import journal
from kjtui.errors import KjtuiError
from kjtui.model.facts import JournalEntry

BEGUN = JournalEntry(1767000000.5, "5c0e7a52", "jump", "begun", "Jump into kernel B")
DONE = JournalEntry(1767000004.0, "5c0e7a52", "jump", "done")


def lines(root):
    return (root / "var/lib/kjtui/journal.jsonl").read_bytes().split(b"\n")


def test_entries_are_lines_of_json_for_root_alone(tmp_path):
    journal.add(BEGUN, tmp_path)
    journal.add(DONE, tmp_path)
    first, second, rest = lines(tmp_path)
    assert json.loads(first) == {
        "version": 1,
        "at": 1767000000.5,
        "boot_id": "5c0e7a52",
        "operation": "jump",
        "state": "begun",
        "about": "Jump into kernel B",
        "code": "",
    }
    assert json.loads(second)["state"] == "done"
    assert rest == b""
    assert stat.S_IMODE((tmp_path / "var/lib/kjtui/journal.jsonl").stat().st_mode) == 0o600


def test_a_line_cut_off_by_a_power_cut_costs_only_itself(tmp_path):
    journal.add(BEGUN, tmp_path)
    path = tmp_path / "var/lib/kjtui/journal.jsonl"
    path.write_bytes(path.read_bytes() + b'{"version": 1, "at": 17670')
    journal.add(DONE, tmp_path)
    found = lines(tmp_path)
    assert json.loads(found[0])["state"] == "begun"
    assert json.loads(found[2])["state"] == "done"


def test_a_journal_that_cannot_be_written_is_told_in_words(tmp_path):
    (tmp_path / "var").write_text("a file where a folder should be")
    with pytest.raises(KjtuiError, match="The journal cannot be written") as caught:
        journal.add(BEGUN, tmp_path)
    assert "/var/lib/kjtui/journal.jsonl" in caught.value.detail
    assert caught.value.hint
