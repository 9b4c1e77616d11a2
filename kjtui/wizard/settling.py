"""After the return: give devices and links their time to come back, then set right what is usual."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from kjtui.errors import KjtuiError
from kjtui.model.report import JumpReport, Mended
from kjtui.model.surroundings import compare
from kjtui.plan import executor, mending

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kjtui.backend.machine import Progress, Writer
    from kjtui.model.surroundings import Differences, Surroundings
    from kjtui.plan.operations import Operation

COMES = 5.0  # seconds that links have for their carrier, and buses for their devices
FOLLOWS = 2.0  # seconds until what was put back can be seen
_TICK = 0.25
LONGEST = 15.0  # seconds for one of the system's programs: a service that hangs must not hold up the report


def settle(
    machine: Writer, report: JumpReport, progress: Progress, sleep: Callable[[float], None] = time.sleep
) -> JumpReport:
    """The report as it is when everything has had its time. What does not work is told in it.

    progress may raise to give up.
    """
    before, around = report.before.around, report.after.around
    around = _wait(machine, before, around, COMES, progress, sleep)
    mended = list(_run(machine, mending.nudges(around.services), progress))
    tools = mending.put_back(around, compare(before, around))
    if tools:
        mended += _run(machine, tools, progress)
        around = _wait(machine, before, machine.surroundings(), FOLLOWS, progress, sleep)
    after = replace(report.after, around=around, cpus_online=_count(report, around))
    return replace(report, after=after, settled=True, mended=tuple(mended))


def look_again(machine: Writer, report: JumpReport, operations: Sequence[Operation]) -> JumpReport:
    """The report after the person had these carried out."""
    now = machine.snapshot()
    did = tuple(Mended(one.did if isinstance(one, mending.Tool) else one.describe()) for one in operations)
    # The clocks are those of the return: only the wall clock may have been set since.
    kept = replace(
        report.after,
        around=now.around,
        cpus_online=now.cpus_online,
        wall_clock=None
        if now.wall_clock is None
        else now.wall_clock - (now.boottime - report.after.boottime),
    )
    return replace(report, after=kept, mended=(*report.mended, *did))


def _count(report: JumpReport, around: Surroundings) -> int:
    return len(around.processors) or report.after.cpus_online


def _wait(
    machine: Writer,
    before: Surroundings,
    around: Surroundings,
    patience: float,
    progress: Progress,
    sleep: Callable[[float], None],
) -> Surroundings:
    """Look until all that can come back is back, but no longer than patience seconds."""
    turns = round(patience / _TICK)
    for turn in range(turns):
        gone = compare(before, around)
        if not gone.of_network and not gone.devices:
            break  # processors and mounts do not come back by themselves
        progress(f"waiting for {_awaited(gone)}", turn / turns)
        sleep(_TICK)
        around = machine.surroundings()
    return around


def _awaited(gone: Differences) -> str:
    return "the network" if gone.of_network else f"{gone.devices[0].kind} {gone.devices[0].name}"


def _run(machine: Writer, tools: Sequence[mending.Tool], progress: Progress) -> tuple[Mended, ...]:
    """Run each; one that fails is no reason to leave out the others."""
    done = []
    for tool in tools:
        end = time.monotonic() + LONGEST

        def limited(what: str, fraction: float, end: float = end) -> None:
            progress(what, fraction)
            if time.monotonic() > end:
                raise KjtuiError("It took too long", f"It was ended after {LONGEST:.0f} seconds.")

        try:
            executor.run((tool,), machine, limited)
        except KjtuiError as error:
            done.append(Mended(tool.does, f"{error.title}. {error.detail}".strip()))
        else:
            done.append(Mended(tool.did))
    return tuple(done)
