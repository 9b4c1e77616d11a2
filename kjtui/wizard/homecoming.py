"""What is done at once when kernel B has come back: its word is read, what it brought home is written."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from kjtui.errors import KjtuiError
from kjtui.model.report import JumpReport
from kjtui.wizard import visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kjtui.backend.machine import Writer
    from kjtui.model.report import Snapshot
    from kjtui.model.word import VisitorWord


def report(
    machine: Writer,
    before: Snapshot,
    last: JumpReport | None,
    keeper: Callable[[Mapping[str, bytes]], str],
    saves: tuple[str, str] | None = None,
) -> JumpReport:
    """The report of a jump that has just come back, and its line in the journal. Never raises KjtuiError.

    before: the machine when it left. last: the report of the jump before, if that entered the same kernel B.
    keeper: writes what was brought home, and returns the folder that it is in; "" where nothing is wanted.
    saves: where kernel B was to save this system's memory to, and the image's id.
    """
    left = _spent(machine, *saves) if saves else ""
    word, fault = _word(machine)
    after = machine.snapshot()
    where, trouble = _kept(word, last, keeper)
    made = JumpReport(before, after, word, fault, files_in=where, files_fault=trouble, image_fault=left)
    with contextlib.suppress(KjtuiError):  # as on a read-only system
        machine.record("return", "done", visitor.sentence(made))
    return made


def _spent(machine: Writer, path: str, name: str) -> str:
    """This system goes on, so no image of it may be gone back to: its disks will not be as they were.

    Kernel B and the kernel that restores see to that. Should one have failed in between, this does; why it
    could not, "" where all is well.
    """
    try:
        machine.discard_image(path, name)
        return ""
    except KjtuiError as error:
        return f"{path}: {error.detail or error.title}"


def _word(machine: Writer) -> tuple[VisitorWord | None, str]:
    """What kernel B left, and why there is nothing to be read."""
    try:
        return machine.word(), ""
    except KjtuiError as error:
        return None, error.detail


def _kept(
    word: VisitorWord | None, last: JumpReport | None, keeper: Callable[[Mapping[str, bytes]], str]
) -> tuple[str, str]:
    """Where what was brought home is now, and why it could not be written."""
    if word is None or not word.files:
        return "", ""
    # A kernel B that is visited again tells what it has told before.
    told = last is not None and last.word is not None and last.word.files == word.files
    if last is not None and told and last.files_in:
        return last.files_in, ""
    try:
        return keeper(word.files), ""
    except KjtuiError as error:
        return "", error.detail or error.title
