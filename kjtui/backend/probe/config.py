"""The running kernel's build configuration."""

import functools
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence

from kjtui.backend.probe.source import MISSING, MOST, Source, decoded

# Not "^" in place of the newline: a search for fixed text is much faster.
_OPTION = re.compile(r"\n(CONFIG_\w+)=(.*)")


def candidates(release: str) -> tuple[str, ...]:
    """Where distributions keep it. The first is the kernel's own (CONFIG_IKCONFIG_PROC)."""
    return ("/proc/config.gz", f"/boot/config-{release}", f"/lib/modules/{release}/config")


class Options(Mapping[str, str]):
    """Options that are set, quotes of strings taken off: {"CONFIG_KEXEC": "y", …}.

    Of thousands of options only a few are ever asked for: those are looked up in the text, and it is taken
    apart as a whole only for who wants to see all. Never empty as read() gives it.
    """

    def __init__(self, text: str) -> None:
        self._text = f"\n{text}\n"

    def __getitem__(self, name: str) -> str:
        start = f"\n{name}="
        at = self._text.rfind(start) if name.startswith("CONFIG_") else -1
        if at < 0:
            raise KeyError(name)
        at += len(start)
        return self._text[at : self._text.find("\n", at)].strip('"')

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __bool__(self) -> bool:
        return _OPTION.search(self._text) is not None

    def __repr__(self) -> str:
        return f"Options({self._all!r})"

    @functools.cached_property
    def _all(self) -> dict[str, str]:
        return parse(self._text)


def parse(text: str) -> dict[str, str]:
    """All options of a configuration file."""
    return {name: value.strip('"') for name, value in _OPTION.findall(f"\n{text}")}


def read_of(source: Source, release: str) -> Options | None:
    """The configuration of a kernel that need not be the running one, None if there is none."""
    return _first(source, candidates(release)[1:])[0]


def read(source: Source, release: str) -> tuple[Options | None, str]:
    """The configuration and the file it came from; (None, "") if there is none."""
    options, name = _first(source, candidates(release))
    if options is None:
        for one in candidates(release):
            source.unreadable.setdefault(one, MISSING)
    return options, name


def _first(source: Source, names: Sequence[str]) -> tuple[Options | None, str]:
    for name in names:
        data = source.data(name, optional=True)
        if data is None:
            continue
        raw = _unpacked(data) if name.endswith(".gz") else data
        if raw is None:
            source.note(name, "it is damaged: it does not unpack")
            continue
        if options := Options(decoded(raw)):
            return options, name
        source.note(name, "it holds no CONFIG_ lines")
    return None, ""


def _unpacked(data: bytes) -> bytes | None:
    """What a gzip file holds, at most 4 MiB; None for one that is damaged or cut off."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        raw = unpacker.decompress(data, MOST)
    except zlib.error:
        return None
    return raw if unpacker.eof or len(raw) == MOST else None
