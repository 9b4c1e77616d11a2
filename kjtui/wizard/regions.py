"""The two places that kernel B's memory can come from, each with its reason or why it cannot be had."""

from dataclasses import dataclass

from kjtui.errors import KjtuiError
from kjtui.model.facts import Facts
from kjtui.model.memory import Region, RegionKind


@dataclass(frozen=True)
class RegionOffer:
    """One kind of region on one machine. region is None when it cannot be had: then why_not says why."""

    kind: RegionKind
    region: Region | None
    why_not: str = ""
    detail: str = ""
    cure: str = ""


def offers(facts: Facts, size: int) -> tuple[RegionOffer, ...]:
    """Borrowed and reserved, in this order. size in bytes is that of a borrowed region."""
    return (_offer(facts, RegionKind.BORROWED, size), _offer(facts, RegionKind.RESERVED, size))


def _offer(facts: Facts, kind: RegionKind, size: int) -> RegionOffer:
    from kjtui.kexec.regions import choose_region

    if kind is RegionKind.RESERVED and facts.kexec_crash_loaded:
        return RegionOffer(
            kind,
            None,
            "The reserved memory is in use: a crash kernel is loaded in it",
            "/sys/kernel/kexec_crash_loaded is 1; kernel B would overwrite it.",
            "Borrow memory instead, or stop kdump (for example: systemctl stop kdump-tools).",
        )
    try:
        return RegionOffer(kind, choose_region(facts.iomem, kind, size))
    except KjtuiError as error:
        return RegionOffer(kind, None, error.title, error.detail, error.hint)
