"""What signals do to a command that must not be ended half way."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ended_by_signals(*, hang_up: bool) -> Iterator[None]:
    """An end that is asked for is an exception, as Ctrl-C is one, so that what has begun is put right first.

    hang_up: whether a line that is cut off is such an end; else it ends nothing: nobody is needed any more.
    """

    def end(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    wanted = {signal.SIGTERM: end, signal.SIGHUP: end if hang_up else signal.SIG_IGN}
    before = {}
    try:
        for number, handler in wanted.items():
            before[number] = signal.signal(number, handler)
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
