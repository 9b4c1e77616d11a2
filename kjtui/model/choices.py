"""What the person chose on the way."""

from dataclasses import dataclass
from enum import StrEnum

from kjtui.model.memory import RegionKind


class Purpose(StrEnum):
    """What kernel B is to do."""

    QUICK = "quick"  # counts down and comes back by itself
    LOOK = "look"  # stays until a key is pressed


@dataclass(frozen=True)
class Choices:
    """The answers of the wizard.

    region_size in bytes, countdown in seconds. plain: kernel B speaks line by line too, without drawing.
    """

    region: RegionKind = RegionKind.BORROWED
    region_size: int = 192 << 20
    purpose: Purpose = Purpose.QUICK
    countdown: int = 5
    plain: bool = False
