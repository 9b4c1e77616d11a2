"""How many files a configured kernel tree has to compile: read from its makefiles, without running make.

The makefiles name what belongs to an option as `obj-$(CONFIG_X) += file.o folder/` and the parts of a
composite object as `name-y`, `name-objs` or `name-$(CONFIG_X)` (Documentation/kbuild/makefiles.rst). That
covers nearly all.
"""

import re
from collections.abc import Iterator
from pathlib import Path

FOLDERS = (
    *("init", "usr", "arch/x86", "kernel", "certs", "mm", "fs", "ipc", "security", "crypto", "io_uring"),
    *("block", "lib", "drivers", "sound", "net", "virt"),
)
_ASSIGNMENT = re.compile(r"^\s*([\w./-]+?)-(y|m|objs|\$\(CONFIG_\w+\))\s*[:+?]?=\s*(.*)$", re.MULTILINE)
_LISTS = frozenset({"obj", "lib", "core", "drivers", "libs", "always", "head"})


def count(tree: Path) -> int:
    """The C and assembler files that .config asks for."""
    text = (tree / ".config").read_text(errors="replace")
    chosen = frozenset(re.findall(r"^(CONFIG_\w+)=[ym]$", text, re.MULTILINE))
    return sum(_in_folder(tree, (tree / folder).resolve(), chosen, set()) for folder in FOLDERS)


def _in_folder(tree: Path, folder: Path, chosen: frozenset[str], seen: set[Path]) -> int:
    if folder in seen:
        return 0
    seen.add(folder)
    objects: set[str] = set()
    parts: dict[str, set[str]] = {}
    below: set[Path] = set()
    for name, words in _assignments(folder, chosen):
        for word in words:
            if word.endswith("/"):
                # The makefile of an architecture names some folders as seen from the top of the tree.
                place = tree / word if word.startswith("arch/") else folder / word
                below.update({place.resolve()} if place.is_dir() else ())
            elif word.endswith(".o"):
                target = objects if name in _LISTS else parts.setdefault(name, set())
                target.add(word.removesuffix(".o"))
    # A composite is linked from its parts; one whose parts are not named is a file of its own.
    files = {one for one in objects if one not in parts}
    waiting = [one for one in objects if one in parts]
    known = set(waiting)
    while waiting:
        for part in parts[waiting.pop()]:
            if part not in parts:
                files.add(part)
            elif part not in known:
                known.add(part)
                waiting.append(part)
    return len(files) + sum(_in_folder(tree, place, chosen, seen) for place in sorted(below))


def _assignments(folder: Path, chosen: frozenset[str]) -> Iterator[tuple[str, list[str]]]:
    """(name, words) of each assignment that holds with these options: ("obj", ["file.o", "folder/"])."""
    for makefile in ("Kbuild", "Makefile"):
        path = folder / makefile
        if not path.is_file():
            continue
        text = path.read_text(errors="replace").replace("\\\n", " ")
        for name, kind, words in _ASSIGNMENT.findall(text):
            if not kind.startswith("$") or kind[2:-1] in chosen:
                yield name, words.split("#")[0].split()
