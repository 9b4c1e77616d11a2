"""Work in a thread of its own, whose progress and result come back as messages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual.message import Message
from textual.worker import Worker, get_current_worker

from kjtui.backend.machine import Progress
from kjtui.errors import KjtuiError
from kjtui.wizard.faults import unexpected

BAR = 20


class GivenUp(Exception):
    """The person went away meanwhile."""


@dataclass(frozen=True)
class Job:
    """run is called in the thread with a progress function, done with its result where the screen is drawn.

    stoppable: whether going away may stop it.
    """

    what: str
    run: Callable[[Progress], Any]
    done: Callable[[Any], None]
    stoppable: bool = True


class Progressed(Message):
    """The job got further. text is ready to be shown."""

    def __init__(self, job: Job, text: str) -> None:
        super().__init__()
        self.job = job
        self.text = text


class Finished(Message):
    """The job has a result."""

    def __init__(self, job: Job, result: Any) -> None:
        super().__init__()
        self.job = job
        self.result = result


class Failed(Message):
    """The job could not be done."""

    def __init__(self, job: Job, error: KjtuiError) -> None:
        super().__init__()
        self.job = job
        self.error = error


def work(job: Job, post: Callable[[Message], object]) -> None:
    """Do the job in a worker thread. Every outcome is posted, except when the worker was cancelled."""
    worker: Worker[None] = get_current_worker()
    last = ""

    def progress(what: str, fraction: float) -> None:
        nonlocal last
        if worker.is_cancelled and job.stoppable:
            raise GivenUp
        text = meter(what, fraction)
        if text != last:
            last = text
            post(Progressed(job, text))

    try:
        result = job.run(progress)
    except GivenUp:
        return
    except KjtuiError as error:
        message: Message = Failed(job, error)
    except Exception as error:
        message = Failed(job, unexpected(error))
    else:
        message = Finished(job, result)
    if not worker.is_cancelled:
        post(message)


def meter(what: str, fraction: float) -> str:
    """Progress as text: "[####......] 42 % packing". In whole twentieths: a slow line has little room."""
    filled = max(0, min(BAR, int(fraction * BAR)))
    return f"[{'#' * filled}{'.' * (BAR - filled)}] {filled * 100 // BAR} % {what}"
