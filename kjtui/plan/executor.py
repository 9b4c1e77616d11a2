"""Runs operations in order, and undoes them backwards when one fails."""

from collections.abc import Sequence

from kjtui.backend.machine import Progress, Writer
from kjtui.errors import KjtuiError
from kjtui.plan.operations import Operation


def run(operations: Sequence[Operation], writer: Writer, progress: Progress) -> None:
    """Execute all operations.

    When one raises, those before it are undone, last first, and its error is raised on. Should undoing fail
    too, the error raised says what was left behind. The failed operation itself is not undone: an operation
    either happens or does not.
    """
    done: list[Operation] = []
    for operation in operations:
        try:
            operation.execute(writer, progress)
        except Exception as error:
            left = _undo(done, writer, progress)
            if left:
                raise _with_remains(error, left) from error
            raise
        done.append(operation)


def _undo(done: Sequence[Operation], writer: Writer, progress: Progress) -> list[str]:
    """Undo in reverse order. Returns a sentence for each change that could not be undone."""
    left = []
    for operation in reversed(done):
        inverse = operation.inverse()
        if inverse is None:
            continue
        try:
            inverse.execute(writer, progress)
        # Whatever goes wrong while undoing must not hide the error that led here.
        except Exception as error:
            reason = error.title if isinstance(error, KjtuiError) else str(error)
            left.append(f"{operation.describe()}: {reason}")
    return left


def _with_remains(error: Exception, left: Sequence[str]) -> KjtuiError:
    title = error.title if isinstance(error, KjtuiError) else "Something unexpected went wrong"
    detail = error.detail if isinstance(error, KjtuiError) else f"{type(error).__name__}: {error}"
    hint = error.hint if isinstance(error, KjtuiError) else ""
    remains = "These changes could not be undone: " + "; ".join(left) + "."
    return KjtuiError(title, f"{detail} {remains}".strip(), hint)
