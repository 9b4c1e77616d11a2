import threading
from collections.abc import Iterator

import pytest

from kjtui.backend import crew


def test_each_work_is_done_once_by_several_at_a_time() -> None:
    together = threading.Barrier(3, timeout=30)
    done: list[int] = []

    def hand(work: int) -> None:
        if work < 3:
            together.wait()
        done.append(work)

    crew.share(range(200), [hand] * 3)
    assert sorted(done) == list(range(200))


def test_the_first_failure_ends_it_and_is_raised() -> None:
    done: list[int] = []

    def hand(work: int) -> None:
        if work == 5:
            raise LookupError("five")
        done.append(work)

    with pytest.raises(LookupError, match="five"):
        crew.share(iter(range(1_000_000)), [hand] * 4)
    assert len(done) < 1_000


def test_works_that_end_early_end_it() -> None:
    def works() -> Iterator[int]:
        yield 1
        raise OSError("cut off")

    done: list[int] = []
    with pytest.raises(OSError, match="cut off"):
        crew.share(works(), [done.append] * 2)
    assert done == [1]
