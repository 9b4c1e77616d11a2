"""Is something mounted from a disk that may be pulled out?"""

from kjtui.checks.disks import FOLDER, PLACES, size, whole_disks
from kjtui.checks.words import clip, named, partly_hidden, reasons
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import BlockDevice, Facts

_ID = "removable"


def removable(facts: Facts) -> Finding:
    """A stick that is pulled out while this system sleeps takes with it what was not yet written."""
    why = (
        "This system keeps in memory what lies on a mounted disk. If the disk is pulled out, or changed on "
        "another machine, while kernel B runs, that is wrong afterwards and damages it."
    )
    in_use = tuple(one for one in whole_disks(facts.block_devices) if _may_go(one))
    if in_use:
        title = f"Do not pull out while away: {named((_called(one) for one in in_use), 1, 31)}"
        cure = "Unmount it (umount, or Eject in the file manager), or leave it plugged in until you are back."
        return Finding(_ID, title, Verdict.ATTENTION, _evidence(in_use), why, cure)
    if partly_hidden(facts, *PLACES):
        title = "Whether a removable disk is mounted cannot be told"
        cure = "Go on if no USB disk or memory card is mounted, or if nobody pulls it out meanwhile."
        return Finding(_ID, title, Verdict.UNKNOWN, reasons(facts, *PLACES), why, cure)
    idle = tuple(one for one in facts.block_devices if _may_go(one) and one.kind in ("disk", ""))
    if idle:
        count = f"{len(idle)} removable disk{'' if len(idle) == 1 else 's'}"
        title = f"{count}, none in use: {named((_called(one) for one in idle), 1, 28)}"
        return Finding(_ID, title, Verdict.READY, _evidence(idle), why, aside=f"{count}, none in use")
    evidence = (Evidence(FOLDER, "nothing on USB or a card"),)
    return Finding(_ID, "Nothing is mounted from a removable disk", Verdict.READY, evidence, why)


def _may_go(one: BlockDevice) -> bool:
    """A disc's drive locks its door while mounted; a card that is soldered in does not say removable."""
    return one.kind != "rom" and not one.name.startswith("sr") and (one.removable or one.bus == "usb")


def _called(one: BlockDevice) -> str:
    model = clip(one.model, 18) if one.model.strip() else ""
    return f"{model} ({clip(one.name, 10)})" if model else clip(one.name, 16)


def _evidence(found: tuple[BlockDevice, ...]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            f"{FOLDER}/{clip(one.name, 20)}",
            f"{clip(one.bus or 'removable', 12)}, {size(one.size)}: {_use(one)}",
        )
        for one in found[:4]
    )


def _use(one: BlockDevice) -> str:
    if one.mounted_at:
        return clip(", ".join(one.mounted_at[:3]), 80)
    return "swap" if one.swap else "not mounted"
