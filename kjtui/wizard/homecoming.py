"""What is done at once when kernel B has come back: its word is read, what it brought home is written."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from kjtui.errors import KjtuiError
from kjtui.imagefile import exports
from kjtui.model.report import JumpReport
from kjtui.wizard import visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kjtui.backend.machine import Writer
    from kjtui.model.report import Snapshot
    from kjtui.model.saved import SavedTo
    from kjtui.model.word import VisitorWord


def report(
    machine: Writer,
    before: Snapshot,
    last: JumpReport | None,
    keeper: Callable[[Mapping[str, bytes]], str],
    saves: SavedTo | None = None,
) -> JumpReport:
    """The report of a jump that has just come back, and its line in the journal. Never raises KjtuiError.

    before: the machine when it left. last: the report of the jump before, if that entered the same kernel B.
    keeper: writes what was brought home, and returns the folder that it is in; "" where nothing is wanted.
    saves: where kernel B was to save this system's memory to.
    """
    left = _spent(machine, saves) if saves else ""
    swap = _swapping(machine, saves.path) if saves and saves.swap and not left else ""
    word, fault = _word(machine)
    after = machine.snapshot()
    where, trouble = _kept(word, last, keeper)
    made = JumpReport(
        before, after, word, fault, files_in=where, files_fault=trouble, image_fault=left, swap_fault=swap
    )
    with contextlib.suppress(KjtuiError):  # as on a read-only system
        machine.record("return", "done", visitor.sentence(made))
    return made


def _spent(machine: Writer, saves: SavedTo) -> str:
    """This system goes on, so no image of it may be gone back to: its disks will not be as they were.

    Kernel B and the kernel that restores see to that. Should one have failed in between, this does; why it
    could not, "" where all is well.
    """
    if exports.parse(saves.path):
        # Kernel B takes its file away when it comes back; what was gone back to is marked by who restores.
        return ""
    try:
        machine.discard_image(saves.path, saves.image)
        return ""
    except KjtuiError as error:
        return f"{saves.path}: {error.detail or error.title}"


def _swapping(machine: Writer, path: str) -> str:
    """The image has left a swap area, so that it can be used again; why it is not, "" if all is well."""
    from kjtui.plan import executor
    from kjtui.plan.operations import SwapOn

    try:
        executor.run((SwapOn(path),), machine, lambda _what, _fraction: None)
        return ""
    except KjtuiError as error:
        return f"{error.title}. {error.detail} {error.hint}"


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
