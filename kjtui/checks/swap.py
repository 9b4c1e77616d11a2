"""Where does this system swap? For information: kernel B leaves it alone."""

from kjtui.checks.check import Check, evidence
from kjtui.checks.words import reasons
from kjtui.model.checks import Area, Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "swap"
_FILE = "/proc/swaps"
_MOST = 4


def swap(facts: Facts) -> Finding:
    """Swapped pages stay where they are. The kernel may still write some while devices are stopped."""
    why = (
        "What was swapped out stays on its disk, and kernel B writes there as little as anywhere. Until the "
        "disks are stopped the kernel may go on swapping: this system's disks must not change meanwhile."
    )
    if not facts.swaps and _FILE in facts.unreadable:
        cure = "Go on if no swap lies on a disk that will be unplugged. swapon --show lists it."
        unknown = "Where this system swaps cannot be told"
        return Finding(_ID, unknown, Verdict.UNKNOWN, reasons(facts, _FILE), why, cure)
    if not facts.swaps:
        return Finding(_ID, "No swap is in use", Verdict.READY, (evidence(_FILE, "none is listed"),), why)
    shown: tuple[Evidence, ...] = tuple(evidence(_FILE, one) for one in facts.swaps[:_MOST])
    if len(facts.swaps) > _MOST:
        shown = (*shown, evidence(_FILE, f"and {len(facts.swaps) - _MOST} more"))
    count = "Swap is" if len(facts.swaps) == 1 else f"{len(facts.swaps)} areas of swap are"
    return Finding(_ID, f"{count} in use; kernel B leaves it alone", Verdict.READY, shown, why)


SWAP = Check(
    _ID,
    Area.MEMORY,
    "Where does this system swap?",
    (_FILE,),
    "Memory that was swapped out lies in partitions or files, compressed memory (zram) included. A jump "
    "needs no swap, unlike hibernation, and kernel B never touches it. While devices are being stopped, "
    "kernel threads may still write there, so kjtui takes care that no such write hangs. Nothing has to be "
    "done; do not use the swap area from another system while this one sleeps.",
    frozenset({Verdict.READY, Verdict.UNKNOWN}),
    swap,
)
