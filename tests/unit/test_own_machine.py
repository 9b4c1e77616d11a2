"""What tells whose memory is saved: the running kernel's build ID among its other notes."""

import struct
from pathlib import Path

import pytest

from kjtui.backend.probe import ownmachine
from kjtui.backend.probe.source import Source
from kjtui.kexec import notes


def note(name: bytes, kind: int, content: bytes) -> bytes:
    whole = notes.note(content, name)
    return whole[:8] + struct.pack("<I", kind) + whole[12:]


BUILD = bytes(range(20))
OTHERS = note(b"Linux", 0x100, b"6.12.0") + note(b"GNU", 5, b"properties")


@pytest.mark.parametrize(
    ("content", "build"),
    [
        (note(b"GNU", 3, BUILD) + OTHERS, BUILD.hex()),
        (OTHERS + note(b"GNU", 3, BUILD), BUILD.hex()),
        (OTHERS, ""),
        (note(b"GNU", 3, BUILD)[:14], ""),
        (b"", ""),
    ],
)
def test_the_build_id_is_found_among_the_notes(tmp_path: Path, content: bytes, build: str) -> None:
    (tmp_path / "sys/kernel").mkdir(parents=True)
    (tmp_path / "sys/kernel/notes").write_bytes(content)
    assert ownmachine.build(Source(tmp_path)) == build


def test_a_kernel_without_notes_has_none(tmp_path: Path) -> None:
    assert ownmachine.build(Source(tmp_path)) == ""


def test_the_running_kernel_has_one_or_says_nothing() -> None:
    assert len(ownmachine.build(Source())) in (0, 32, 40)
