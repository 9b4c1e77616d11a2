"""Facts and other plain dataclasses as JSON, and back, with errors that name the place.

Dataclasses are objects, tuples are lists, bytes are hex digits, None is null. A field with a default may be
left out; an unknown key is an error, since it would be a typing mistake without effect.
"""

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping
from typing import Any

from kjtui.errors import KjtuiError
from kjtui.model.facts import Facts

_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def facts_to_json(facts: Facts) -> dict[str, object]:
    """Facts as what the json module writes."""
    return {field.name: encode(getattr(facts, field.name)) for field in dataclasses.fields(facts)}


def facts_from_json(value: object) -> Facts:
    """The inverse of facts_to_json. Raises KjtuiError that names the place of a mistake."""
    facts: Facts = decode(Facts, value, "facts")
    return facts


def encode(value: object) -> object:
    """A dataclass, tuple, mapping, bytes or scalar as what the json module writes."""
    if dataclasses.is_dataclass(value):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    return value.hex() if isinstance(value, bytes) else value


def decode(kind: Any, value: object, where: str) -> Any:
    """A value of this type (as an annotation names it) from JSON. Raises KjtuiError; where is its place."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in arguments:
            return None
        (kind,) = (one for one in arguments if one is not type(None))
        return decode(kind, value, where)
    if dataclasses.is_dataclass(kind):
        return _object(kind, value, where)
    if origin is tuple:
        return _tuple(arguments, value, where)
    if origin is Mapping:
        return {
            key: decode(arguments[1], item, f"{where}.{key}") for key, item in _dict(value, where).items()
        }
    if kind is bytes:
        return _bytes(value, where)
    if isinstance(kind, type) and issubclass(kind, enum.StrEnum):
        if not isinstance(value, str) or value not in list(kind):
            raise _wrong(where, f"one of {', '.join(kind)}", value)
        return kind(value)
    # JSON knows one kind of number, and Python takes true for 1: neither may pass for the other.
    fits = isinstance(value, int | float) if kind is float else isinstance(value, kind)
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise _wrong(where, _NAMES.get(kind, str(kind)), value)
    return kind(value)


def _object(kind: Any, value: object, where: str) -> Any:
    given = _dict(value, where)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    hints = typing.get_type_hints(kind)
    if unknown := sorted(given.keys() - fields.keys()):
        raise _bad(f"{where}.{unknown[0]} is not known", f"Known there: {', '.join(fields)}.")
    absent = [
        name
        for name, field in fields.items()
        if name not in given
        and field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    ]
    if absent:
        raise _bad(f"{where}.{absent[0]} is missing", "null stands for what could not be read.")
    return kind(**{name: decode(hints[name], item, f"{where}.{name}") for name, item in given.items()})


def _tuple(kinds: tuple[Any, ...], value: object, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _wrong(where, "a list", value)
    if kinds[-1] is Ellipsis:
        return tuple(decode(kinds[0], item, f"{where}[{at}]") for at, item in enumerate(value))
    if len(value) != len(kinds):
        raise _bad(f"{where} has {len(value)} entries", f"{len(kinds)} are expected.")
    return tuple(
        decode(kind, item, f"{where}[{at}]") for at, (kind, item) in enumerate(zip(kinds, value, strict=True))
    )


def _bytes(value: object, where: str) -> bytes:
    if not isinstance(value, str):
        raise _wrong(where, "a text of hex digits", value)
    try:
        return bytes.fromhex(value)
    except ValueError as error:
        raise _wrong(where, "a text of hex digits", value) from error


def _dict(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    return value


def _wrong(where: str, wanted: str, value: object) -> KjtuiError:
    return _bad(f"{where} is {str(value)[:40]!r}", f"{wanted[0].upper()}{wanted[1:]} is expected there.")


def _bad(what: str, detail: str) -> KjtuiError:
    return KjtuiError(
        "The recorded machine cannot be read",
        f"{what}. {detail}",
        "Correct the file; the ones in tests/machines show the form.",
    )
