"""Runs operations in order, and undoes them backwards when one fails."""

import contextlib
from collections.abc import Sequence

from kjtui.backend.machine import Progress, Writer
from kjtui.errors import KjtuiError
from kjtui.plan.operations import Operation


def run(operations: Sequence[Operation], writer: Writer, progress: Progress) -> None:
    """Execute all operations.

    When one raises, those before it are undone, last first, and its error is raised on. Should undoing fail
    too, the error raised says what was left behind. The failed operation itself is not undone: an operation
    either happens or does not.

    Before an operation begins, and when it has ended, that stands in the journal.
    """
    done: list[Operation] = []
    for operation in operations:
        _note(writer, operation, "begun", operation.describe())
        try:
            operation.execute(writer, progress)
        except Exception as error:
            _note(writer, operation, "failed", _said(error), _code(error))
            left = _undo(done, writer, progress)
            if left:
                raise _with_remains(error, left) from error
            raise
        _note(writer, operation, "done")
        done.append(operation)


def _note(writer: Writer, operation: Operation, state: str, about: str = "", code: str = "") -> None:
    """Keep account of an operation.

    What these operations change is gone after a restart anyway: where the journal cannot be written, as on a
    read-only system, they are carried out all the same.
    """
    if operation.journal:
        with contextlib.suppress(KjtuiError):
            writer.record(operation.journal, state, about, code)


def _said(error: Exception) -> str:
    return f"{error.title}. {error.detail}" if isinstance(error, KjtuiError) else str(error)


def _code(error: Exception) -> str:
    return error.code if isinstance(error, KjtuiError) else ""


def _undo(done: Sequence[Operation], writer: Writer, progress: Progress) -> list[str]:
    """Undo in reverse order. Returns a sentence for each change that could not be undone."""
    left = []
    for operation in reversed(done):
        inverse = operation.inverse()
        if inverse is None:
            continue
        _note(writer, inverse, "begun", inverse.describe())
        try:
            inverse.execute(writer, progress)
            _note(writer, inverse, "done")
        # Whatever goes wrong while undoing must not hide the error that led here.
        except Exception as error:
            _note(writer, inverse, "failed", _said(error), _code(error))
            left.append(f"{operation.describe()}: {_said(error)}")
    return left


def _with_remains(error: Exception, left: Sequence[str]) -> KjtuiError:
    title = error.title if isinstance(error, KjtuiError) else "Something unexpected went wrong"
    detail = error.detail if isinstance(error, KjtuiError) else f"{type(error).__name__}: {error}"
    hint = error.hint if isinstance(error, KjtuiError) else ""
    remains = "These changes could not be undone: " + "; ".join(left) + "."
    return KjtuiError(title, f"{detail} {remains}".strip(), hint, _code(error))
