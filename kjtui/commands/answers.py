"""What a jump is asked for: on the command line, and in a file of answers for when nobody is there (TOML)."""

import difflib
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from kjtui.errors import KjtuiError
from kjtui.model.choices import VISITS, Purpose
from kjtui.model.memory import RegionKind
from kjtui.wizard.text import printable

LARGEST = 1 << 20  # bytes of a file of answers
MOST_TIMES = 1000
MOST_MINUTES = 24 * 60
_UNUSABLE = "The answers file cannot be used"


# What only a visit asks for, and what only saving does.
_VISITING = (
    *("purpose", "run", "bring-back", "into", "initramfs", "network", "timer", "limit", "times", "keep"),
    *("force",),
)
_SAVING = ("to", "passphrase", "passphrase-file", "keep-caches")


@dataclass(frozen=True)
class Wishes:
    """What was asked for; None and () where nothing was said.

    Paths are absolute. timer and limit in minutes, size in MiB. accept: ids of findings that get a yes. yes:
    whether the jump itself gets one; accept_all: whether everything else that asks does. snapshot: None for a
    jump, else whether this system goes on when it is saved.
    """

    purpose: Purpose | None = None
    run: str | None = None
    bring_back: tuple[str, ...] = ()
    into: str | None = None
    kernel: str | None = None
    initramfs: str | None = None
    words: str | None = None
    network: bool | None = None
    timer: int | None = None
    limit: int | None = None
    region: RegionKind | None = None
    size: int | None = None
    times: int | None = None
    accept: tuple[str, ...] = ()
    yes: bool | None = None
    accept_all: bool | None = None
    keep: bool | None = None
    force: bool | None = None
    json: bool | None = None
    to: str | None = None
    snapshot: bool | None = None
    passphrase: bool | None = None
    passphrase_file: str | None = None
    keep_caches: bool | None = None

    @property
    def what_for(self) -> Purpose:
        """The purpose, which the file to start tells where it was not named. Raises KjtuiError."""
        if self.snapshot is not None:
            return self._saving()
        implied = Purpose.PROGRAM if self.run else Purpose.CUSTOM if self.initramfs else Purpose.QUICK
        purpose = self.purpose or implied
        for option, value, only in (
            ("run", self.run, Purpose.PROGRAM),
            ("bring-back", self.bring_back, Purpose.PROGRAM),
            ("limit", self.limit, Purpose.PROGRAM),
            ("initramfs", self.initramfs, Purpose.CUSTOM),
        ):
            if value and purpose is not only:
                raise _unfit(option, purpose, only)
        for option in _SAVING:
            if getattr(self, option.replace("-", "_")):
                raise KjtuiError(
                    f"{option} does not go with a jump",
                    "It says how this system is saved.",
                    f"Leave out {option}, or use kjtui hibernate or kjtui snapshot.",
                )
        return purpose

    def _saving(self) -> Purpose:
        """The purpose of hibernate and snapshot. Raises KjtuiError for what does not go with them."""
        if self.to is None:
            raise KjtuiError(
                "No place for the image was named", hint="Add --to TARGET, such as --to /dev/sdb1."
            )
        for option in _VISITING:
            if getattr(self, option.replace("-", "_")):
                raise KjtuiError(
                    f"{option} does not go with saving this system",
                    "It says what kernel B is visited for.",
                    f"Leave out {option}.",
                )
        return Purpose.SAVE


Kind = Callable[[str, object, Path], object]
"""Takes the name, its value from TOML and the file's folder; the value for Wishes. Raises ValueError."""


def _text(_name: str, value: object, _folder: Path) -> str:
    if not isinstance(value, str):
        raise ValueError('a text, such as "debug", is expected')
    return value


def _path(name: str, value: object, folder: Path) -> str:
    text = _text(name, value, folder)
    if not text or "\0" in text:
        raise ValueError("the path of a file is expected")
    return os.path.abspath(folder / text)


def _texts(_name: str, value: object, _folder: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError('a list of texts, such as ["one", "two"], is expected')
    return tuple(str(one) for one in value)


def _flag(_name: str, value: object, _folder: Path) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false is expected")
    return value


def _number(name: str, value: object, _folder: Path) -> int:
    least, most = RANGES[name]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"a whole number from {least} to {most} is expected")
    return value


def _purpose(_name: str, value: object, _folder: Path) -> Purpose:
    if value not in VISITS:
        raise ValueError(f"one of {', '.join(VISITS)} is expected")
    return Purpose(str(value))


def _region(_name: str, value: object, _folder: Path) -> RegionKind:
    if value not in list(RegionKind):
        raise ValueError(f"one of {', '.join(RegionKind)} is expected")
    return RegionKind(str(value))


RANGES = {
    "timer": (0, MOST_MINUTES),
    "limit": (1, MOST_MINUTES),
    "size": (1, 1 << 20),
    "times": (1, MOST_TIMES),
}
KINDS: Mapping[str, Kind] = {
    "purpose": _purpose,
    "run": _path,
    "bring-back": _texts,
    "into": _path,
    "kernel": _path,
    "initramfs": _path,
    "words": _text,
    "network": _flag,
    "timer": _number,
    "limit": _number,
    "region": _region,
    "size": _number,
    "times": _number,
    "accept": _texts,
    "yes": _flag,
    "keep": _flag,
    "force": _flag,
    "json": _flag,
    "to": _text,
    "passphrase": _flag,
    "passphrase-file": _path,
    "keep-caches": _flag,
}


def read(name: str) -> Wishes:
    """The answers in a file, whose relative paths are relative to it. Raises KjtuiError."""
    path = Path(name)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        why = f"{name}: {error.strerror or error}."
        raise KjtuiError("The answers file cannot be read", why, "Name another file.") from None
    if len(data) > LARGEST:
        raise KjtuiError(_UNUSABLE, f"{name} has more than 1 MiB.", "Name a file with answers.")
    try:
        told = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        why = "it is no text" if isinstance(error, UnicodeDecodeError) else printable(str(error)[:200])
        raise KjtuiError(_UNUSABLE, f"{name} is no TOML: {why}.", "Correct it; see toml.io.") from None
    return of(told, name, Path(os.path.abspath(name)).parent)


def of(told: Mapping[str, object], name: str, folder: Path) -> Wishes:
    """The answers by the names of the options. name: of the file, for messages. Raises KjtuiError."""
    taken: dict[str, object] = {}
    for key, value in told.items():
        kind = KINDS.get(key)
        if kind is None:
            raise KjtuiError(_UNUSABLE, f"{name}: {_short(key)} is not known there.", _known(key))
        try:
            taken[key.replace("-", "_")] = kind(key, value, folder)
        except ValueError as error:
            why = f"{name}: {key} is {_short(value)}; {error}."
            raise KjtuiError(_UNUSABLE, why, f"Correct {key} in {name}.") from None
    return Wishes(**taken)  # type: ignore[arg-type]


def from_line(options: Mapping[str, object]) -> Wishes:
    """What the command line says. options: as argparse has them, None where an option was not given.

    --yes there says yes to everything. Raises KjtuiError.
    """
    told: dict[str, object] = {}
    for key in KINDS:
        value = options.get(key.replace("-", "_"))
        if value is not None:
            told[key] = value
    wishes = of(told, "the command line", Path.cwd())
    return over(Wishes(accept_all=True), wishes) if wishes.yes else wishes


def over(first: Wishes, second: Wishes) -> Wishes:
    """Both, where they differ as the first has it."""
    empty = (None, ())
    chosen = {
        one.name: getattr(first if getattr(first, one.name) not in empty else second, one.name)
        for one in fields(Wishes)
    }
    return Wishes(**chosen)


def _known(key: str) -> str:
    near = difflib.get_close_matches(key.replace("_", "-"), KINDS, n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    return f"{guess}Known are: {', '.join(KINDS)}."


def _short(value: object) -> str:
    text = printable(str(value))
    return repr(text if len(text) <= 40 else f"{text[:39]}…")


def _unfit(option: str, purpose: Purpose, only: Purpose) -> KjtuiError:
    return KjtuiError(
        f"{option} does not go with the purpose {purpose}",
        f"It says what to do for the purpose {only}.",
        f"Leave out {option}, or choose the purpose {only}.",
    )
