"""Operations and the executor."""

import pytest

from kjtui.errors import KjtuiError
from kjtui.model.image import LoadImage, Segment
from kjtui.model.memory import MIB, Region, RegionKind, Span
from kjtui.plan import executor
from kjtui.plan.operations import Jump, LoadKernel, Unload
from kjtui.plan.sizes import amount

SPAN = Span(0x10000000, 0x10000000 + 192 * MIB)
IMAGE = LoadImage(
    entry=SPAN.start,
    segments=(Segment("kernel", b"\1" * 5 * MIB, SPAN), Segment("first 640 KiB", b"", Span(0x1000, 0x9F000))),
    region=Region(SPAN, RegionKind.BORROWED),
    command_line="quiet rdinit=/init",
    kernel_version="6.14",
)


class Recorder:
    """A writer that notes what is asked of it, and fails where told to."""

    def __init__(self, *failing: str) -> None:
        self.calls: list[str] = []
        self.journal: list[tuple[str, str]] = []
        self.failing = failing

    def _note(self, call: str) -> None:
        self.calls.append(call)
        if call in self.failing:
            raise KjtuiError(f"No {call}", "because", "do so")

    def load(self, image: LoadImage) -> None:
        self._note("load")

    def unload(self) -> None:
        self._note("unload")

    def jump(self) -> None:
        self._note("jump")

    def record(self, operation: str, state: str, about: str = "", code: str = "") -> None:
        self.journal.append((operation, state))
        if "record" in self.failing:
            raise KjtuiError("The journal cannot be written")


def run(writer, *operations):
    executor.run(operations, writer, lambda what, fraction: None)


def test_operations_run_in_order():
    writer = Recorder()
    run(writer, LoadKernel(IMAGE), Jump(), Unload())
    assert writer.calls == ["load", "jump", "unload"]


def test_the_journal_tells_of_every_operation_before_it_begins_and_when_it_has_ended():
    writer = Recorder("jump")
    with pytest.raises(KjtuiError):
        run(writer, LoadKernel(IMAGE), Jump())
    assert writer.journal == [
        *(("load", "begun"), ("load", "done"), ("jump", "begun"), ("jump", "failed")),
        *(("unload", "begun"), ("unload", "done")),
    ]


def test_a_system_without_room_for_a_journal_can_jump_all_the_same():
    writer = Recorder("record")
    run(writer, LoadKernel(IMAGE), Jump())
    assert writer.calls == ["load", "jump"]


def test_what_was_done_is_undone_backwards_when_one_fails():
    writer = Recorder("jump")
    with pytest.raises(KjtuiError, match="No jump"):
        run(writer, LoadKernel(IMAGE), Jump())
    assert writer.calls == ["load", "jump", "unload"]


def test_a_failed_operation_is_not_undone_itself():
    writer = Recorder("load")
    with pytest.raises(KjtuiError, match="No load"):
        run(writer, LoadKernel(IMAGE), Jump())
    assert writer.calls == ["load"]


def test_an_undo_that_fails_is_told_with_the_first_error():
    writer = Recorder("jump", "unload")
    with pytest.raises(KjtuiError, match="No jump") as caught:
        run(writer, LoadKernel(IMAGE), Jump())
    assert "could not be undone" in caught.value.detail
    assert "No unload" in caught.value.detail
    assert caught.value.hint == "do so"


def test_previews_show_places_sizes_and_command_line():
    text = "\n".join(LoadKernel(IMAGE).preview())
    for part in ("192 MiB at 0x10000000", "5 MiB", "quiet rdinit=/init", "first 640 KiB (empty)", "borrowed"):
        assert part in text
    for operation in (LoadKernel(IMAGE), Unload(), Jump()):
        assert operation.describe()
        assert operation.preview()


def test_inverses():
    assert LoadKernel(IMAGE).inverse() == Unload()
    assert Unload().inverse() is None
    assert Jump().inverse() is None


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (12, "12 bytes"),
        (640 << 10, "640 KiB"),
        (3 * MIB // 2, "1.5 MiB"),
        (192 * MIB, "192 MiB"),
        (3 << 30, "3 GiB"),
        (3 << 29, "1.5 GiB"),
        (64 << 30, "64 GiB"),
    ],
)
def test_amounts(size, text):
    assert amount(size) == text
