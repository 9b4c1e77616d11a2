"""Work that several threads share: what takes the processors' time is outside Python's lock."""

import os
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

_T = TypeVar("_T")
MOST = 8  # threads


def size() -> int:
    """How many threads this machine has a use for."""
    return min(len(os.sched_getaffinity(0)), MOST)


def share(works: Iterable[_T], hands: Sequence[Callable[[_T], object]]) -> None:
    """Give each work to one of the hands, each in a thread of its own; return when all is done.

    The first exception of a hand, or that of the works themselves, ends it and is raised.
    """
    waiting: queue.Queue[_T | None] = queue.Queue(len(hands))
    failures: list[BaseException] = []

    def help_out(hand: Callable[[_T], object]) -> None:
        while (work := waiting.get()) is not None:
            try:
                if not failures:
                    hand(work)
            except BaseException as error:  # a thread that ended here would be waited for without an end
                failures.append(error)

    threads = [threading.Thread(target=help_out, args=(hand,), daemon=True) for hand in hands]
    for thread in threads:
        thread.start()
    try:
        for work in works:
            if failures:
                break
            waiting.put(work)
    finally:
        for _ in threads:
            waiting.put(None)
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
