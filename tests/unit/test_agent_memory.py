"""A file stands for physical memory: it is mapped in the same way."""

import os
import random
from pathlib import Path

import pytest

from kjtui.agent import memory
from kjtui.agent.memory import Memory
from kjtui.model.memory import MIB, PAGE, Span

CONTENT = random.Random(1).randbytes(6 * MIB)
SPANS = (Span(PAGE, 2 * MIB), Span(3 * MIB, 6 * MIB))


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Windows smaller than they are, so that there are many."""
    file, opened = tmp_path / "mem", os.open
    file.write_bytes(CONTENT)
    monkeypatch.setattr(os, "open", lambda _path, flags: opened(file, flags))
    monkeypatch.setattr(memory, "_LOOK", 4 * PAGE)
    monkeypatch.setattr(memory, "_LOOKS", 8)
    monkeypatch.setattr(memory, "_WINDOW", 16 * PAGE)
    return file


@pytest.mark.parametrize("seed", range(5))
def test_it_is_read_in_any_order(device: Path, seed: int) -> None:
    chance = random.Random(seed)
    mapped = Memory(SPANS)
    for _ in range(2_000):
        span = chance.choice(SPANS)
        start = chance.randrange(span.start, span.end)
        size = min(chance.choice([1, 8, PAGE, 40 * PAGE]), span.end - start)
        assert mapped.read(start, size) == CONTENT[start : start + size]
        assert mapped.view(Span(start, start + size)) == CONTENT[start : start + size]
    mapped.close()


@pytest.mark.parametrize(
    "wanted", [Span(0, PAGE), Span(2 * MIB - 8, 2 * MIB + 8), Span(6 * MIB, 6 * MIB + 1)]
)
def test_what_is_not_in_its_place_is_not_looked_at(device: Path, wanted: Span) -> None:
    mapped = Memory(SPANS)
    with pytest.raises(LookupError, match=f"{wanted.start:#x}"):
        mapped.read(wanted.start, wanted.size)
    with pytest.raises(LookupError, match=f"{wanted.start:#x}"):
        mapped.view(wanted)
    mapped.close()


def test_what_is_put_in_a_view_is_there(device: Path) -> None:
    mapped = Memory(SPANS, writable=True)
    mapped.view(Span(3 * MIB, 3 * MIB + 3))[:] = b"new"
    held = mapped.view(Span(PAGE, 2 * PAGE))
    mapped.view(Span(5 * MIB, 5 * MIB + 1))[:] = b"!"
    held[:4] = b"kept"  # its window is another's place by now
    mapped.close()
    found = device.read_bytes()
    assert (found[3 * MIB : 3 * MIB + 3], found[5 * MIB : 5 * MIB + 1]) == (b"new", b"!")
    assert found[PAGE : PAGE + 4] == b"kept"
    assert Memory(SPANS).read(3 * MIB, 3) == b"new"
