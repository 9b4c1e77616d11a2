"""Which kernel modules are needed, and in which order: what depmod(8) has written, read as modprobe does.

Pure text in, names out. Lines that are broken are passed over: a module that is then missing is told by the
caller, who knows what it was wanted for.
"""

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

DEP, ALIAS, SOFTDEP = "modules.dep", "modules.alias", "modules.softdep"
BUILTIN, BUILTIN_INFO = "modules.builtin", "modules.builtin.modinfo"
FILES = (DEP, ALIAS, SOFTDEP, BUILTIN, BUILTIN_INFO)
_KO = re.compile(r"^([A-Za-z0-9_-]+)\.ko(\.gz|\.xz|\.zst)?$")
_WILD = re.compile(r"[*?\[\\]")
_BRACKETS = re.compile(r"(\[[^\]]*\])")
_DEEPEST = 32  # soft dependencies of soft dependencies; real ones are two deep


@dataclass(frozen=True)
class Modules:
    """The modules of one kernel. Names are written with underscores only, as the kernel itself does.

    files: name → path relative to /lib/modules/RELEASE. depends: name → names that must be there before.
    before, after: name → names or aliases that should be loaded before and after it, where there are any.
    aliases: (pattern, name). builtin: what is part of the kernel; builtin_aliases: patterns of those.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    depends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    before: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    after: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: "Aliases" = field(default_factory=lambda: Aliases(()))
    builtin: frozenset[str] = frozenset()
    builtin_aliases: "Aliases" = field(default_factory=lambda: Aliases(()))

    def knows(self, name: str) -> bool:
        """Whether this kernel has it, as a file or built in, by its name or an alias."""
        name = plain(name)
        return name in self.builtin or bool(self.resolve(name)) or bool(self.builtin_aliases.matching(name))

    def resolve(self, name: str) -> tuple[str, ...]:
        """The modules that a name or an alias means, as for modprobe; none for what is built in."""
        name = plain(name)
        if name in self.files:
            return (name,)
        if name in self.builtin:
            return ()
        return tuple(one for one in self.aliases.matching(name) if one in self.files)

    def matching(self, modaliases: Iterable[str]) -> tuple[str, ...]:
        """The modules that drive devices with these modaliases, sorted."""
        found = {name for one in modaliases for name in self.aliases.matching(one)}
        return tuple(sorted(found & self.files.keys()))

    def closure(self, names: Iterable[str]) -> tuple[str, ...]:
        """These modules and all that they need, each once, in the order in which they can be loaded.

        A module stands behind all that it depends on, and behind what should be loaded before it, unless that
        depends on it in turn. Unknown names and what is built in are left out.
        """
        order: list[str] = []
        done: set[str] = set()
        begun: set[str] = set()
        later: list[str] = []

        def load(name: str, depth: int) -> None:
            for one in self.needed(name):
                if one in begun:
                    continue
                begun.add(one)
                for wish in self._wishes(self.before, one):
                    # What needs one that is only on its way has to wait until nothing is any more.
                    waits = any(part in begun and part not in done for part in self.needed(wish))
                    if waits or depth >= _DEEPEST:
                        later.append(wish)
                    else:
                        load(wish, depth + 1)
                order.append(one)
                done.add(one)
                later.extend(self._wishes(self.after, one))

        for name in names:
            later += self.resolve(name)
            while later:
                load(later.pop(0), 0)
        return tuple(order)

    def needed(self, name: str) -> tuple[str, ...]:
        """What a module cannot be loaded without, itself last; each behind what it depends on."""
        order: list[str] = []
        seen = {name}
        # depmod lists the nearest first; what is at the end of the line has to be loaded first.
        stack = [(name, iter(reversed(self.depends.get(name, ()))))]
        while stack:
            current, rest = stack[-1]
            for one in rest:
                if one not in seen:
                    seen.add(one)
                    stack.append((one, iter(reversed(self.depends.get(one, ())))))
                    break
            else:
                stack.pop()
                if current in self.files:
                    order.append(current)
        return tuple(order)

    def lacking(self, name: str) -> tuple[str, ...]:
        """What a module depends on that is neither a file nor built in: without it, it cannot be loaded."""
        wanted = {dep for one in self.needed(name) for dep in self.depends.get(one, ())}
        return tuple(sorted(wanted - self.files.keys() - self.builtin))

    def _wishes(self, of: Mapping[str, tuple[str, ...]], name: str) -> list[str]:
        return [one for wish in of.get(name, ()) for one in self.resolve(wish)]


class Aliases:
    """Patterns (fnmatch(3)) and the modules that they stand for."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        # Of the ten thousands of patterns only those can match that begin as the text does: by bus, then by
        # all that stands before the first wildcard.
        self._exact: dict[str, list[str]] = {}
        self._by_bus: dict[str, list[tuple[str, str, str]]] = {}
        for pattern, name in pairs:
            pattern = plain(pattern)
            wild = _WILD.search(pattern)
            if wild is None:
                self._exact.setdefault(pattern, []).append(name)
                continue
            start = pattern[: wild.start()]
            bus = start.partition(":")[0] if ":" in start else ""
            self._by_bus.setdefault(bus, []).append((start, pattern, name))

    def matching(self, text: str) -> tuple[str, ...]:
        """The modules whose patterns match this modalias or name, in the order of the file."""
        text = plain(text)
        bus, colon, _ = text.partition(":")
        patterns = self._by_bus.get("", [])
        if colon and bus:
            patterns = self._by_bus.get(bus, []) + patterns
        found = list(self._exact.get(text, ()))
        found += [
            name for start, pattern, name in patterns if text.startswith(start) and _fits(text, pattern)
        ]
        return tuple(dict.fromkeys(found))


def parse(texts: Mapping[str, str]) -> Modules:
    """Read the files below /lib/modules/RELEASE, by their names in FILES; a missing one counts as empty."""
    files, depends = _dep(texts.get(DEP, ""))
    before, after = _softdep(texts.get(SOFTDEP, ""))
    return Modules(
        files=files,
        depends=depends,
        before=before,
        after=after,
        aliases=Aliases(_alias(texts.get(ALIAS, ""))),
        builtin=frozenset(
            name for line in texts.get(BUILTIN, "").split("\n") if (name := _name(line.strip()))
        ),
        builtin_aliases=Aliases(_builtin_alias(texts.get(BUILTIN_INFO, ""))),
    )


def plain(name: str) -> str:
    """A name or pattern with - written as _, but not within brackets, where it is a range."""
    if "-" not in name:
        return name
    if "[" not in name:
        return name.replace("-", "_")
    return "".join(part if part.startswith("[") else part.replace("-", "_") for part in _BRACKETS.split(name))


def _fits(text: str, pattern: str) -> bool:
    try:
        return fnmatch.fnmatchcase(text, pattern)
    except re.error:
        return False


def _name(path: str) -> str:
    """The module's name by its file's: "kernel/fs/ext4/ext4.ko.xz" → "ext4"; "" for what is no module."""
    found = _KO.match(path.rpartition("/")[2])
    return found[1].replace("-", "_") if found else ""


def _dep(text: str) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    files: dict[str, str] = {}
    depends: dict[str, tuple[str, ...]] = {}
    for line in text.split("\n"):
        path, colon, rest = line.partition(":")
        path = path.strip()
        name = _name(path)
        if not colon or not name or _leads_out(path):
            continue
        files[name] = path
        depends[name] = tuple(
            dict.fromkeys(one for word in rest.split() if (one := _name(word)) and one != name)
        )
    return files, depends


def _leads_out(path: str) -> bool:
    return path.startswith("/") or ".." in path.split("/") or "\0" in path


def _alias(text: str) -> list[tuple[str, str]]:
    pairs = []
    for line in text.split("\n"):
        words = line.split()
        if len(words) == 3 and words[0] == "alias":
            pairs.append((words[1], plain(words[2])))
    return pairs


def _softdep(text: str) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    before: dict[str, tuple[str, ...]] = {}
    after: dict[str, tuple[str, ...]] = {}
    for line in text.split("\n"):
        words = line.split()
        if len(words) < 3 or words[0] != "softdep":
            continue
        name = plain(words[1])
        pre, post = _parted(words[2:])
        before[name] = tuple(dict.fromkeys((*before.get(name, ()), *pre)))
        after[name] = tuple(dict.fromkeys((*after.get(name, ()), *post)))
    return before, after


def _parted(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """What follows "pre:" and "post:"; words in front of both mean nothing, as for modprobe."""
    pre: list[str] = []
    post: list[str] = []
    into: list[str] | None = None
    for word in words:
        if word == "pre:":
            into = pre
        elif word == "post:":
            into = post
        elif into is not None:
            into.append(plain(word))
    return pre, post


def _builtin_alias(text: str) -> list[tuple[str, str]]:
    """Of "NAME.KEY=VALUE" words that zero bytes part, the aliases."""
    pairs = []
    for word in text.split("\0"):
        key, _, value = word.partition("=")
        name, dot, what = key.partition(".")
        if dot and what == "alias" and value:
            pairs.append((value, plain(name)))
    return pairs
