"""What a simulated kernel B tells of its visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kjtui.model.choices import Choices, Purpose
from kjtui.model.word import ProgramEnd, VisitorWord, WayHome

if TYPE_CHECKING:
    from kjtui.backend.recording import Visitor

_SAVED = "1612 MiB of memory, an image of 744 MiB, 4.2 s (384 MiB/s)"
OUTPUT = "output"  # kjtui.agent.program
KILLED = 128 + 9  # as a shell tells the signal that ended a program
_PURPOSES = {Purpose.QUICK: WayHome.COUNTDOWN, Purpose.PROGRAM: WayHome.DONE}
# What ends a visit before the program has come to its end, and lets its output be brought home all the same.
_CUT_OFF = (WayHome.KEY, WayHome.TIMER, WayHome.COMMAND)


def word(visitor: Visitor, choices: Choices, release: str, uptime: float, *, again: bool) -> VisitorWord:
    """The word for these choices. again: whether this kernel B is entered a second time: then it is looked
    around in (kjtui.agent.main). Its disks are for the caller to add.
    """
    programmed = choices.purpose is Purpose.PROGRAM
    usual = WayHome.KEY if programmed and again else _PURPOSES.get(choices.purpose, WayHome.KEY)
    if choices.purpose is Purpose.SAVE:
        usual = WayHome.DONE if choices.snapshot else WayHome.RESTORED
    way = visitor.way_home or usual
    end, files = _program(visitor, choices, way) if programmed else (None, {})
    failed = way is WayHome.PANIC
    return VisitorWord(
        release,
        uptime,
        way,
        not failed and choices.purpose is not Purpose.SAVE,
        log=visitor.log,
        panic=visitor.panic if failed else "",
        error=visitor.error,
        program=end,
        files=files,
        saved=_SAVED if choices.purpose is Purpose.SAVE and way in (WayHome.DONE, WayHome.RESTORED) else "",
    )


def _program(visitor: Visitor, choices: Choices, way: WayHome) -> tuple[ProgramEnd | None, dict[str, bytes]]:
    """How the program has ended and what it leaves, nothing where kernel B did not get as far as that."""
    if way not in (*_CUT_OFF, WayHome.DONE):
        return None, {}
    troubles = ["it was still running and was ended"] if way in _CUT_OFF else []
    made = {OUTPUT: visitor.output, **visitor.files}
    wanted = (OUTPUT, *choices.bring_back)
    troubles += [f"{name}: No such file or directory" for name in wanted if name not in made]
    files = {name: made[name].encode("latin-1", "replace") for name in wanted if name in made}
    status = KILLED if way in _CUT_OFF else visitor.status
    return ProgramEnd(status, "; ".join(troubles)), files
