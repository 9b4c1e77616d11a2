"""Finding the shared libraries that programs need, as ld.so(8) does, without running them."""

import glob
from collections.abc import Iterable
from pathlib import Path

from kjtui.errors import KjtuiError
from kjtui.pack import elf

_CONFIG = Path("/etc/ld.so.conf")
_USUAL = ("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib")


def closure(programs: Iterable[Path]) -> dict[str, Path]:
    """Everything that these ELF files need, themselves not included: path in the target → file here.

    Libraries keep the directory in which they were found. Raises KjtuiError naming one that is not there.
    """
    found: dict[str, Path] = {}
    names: set[str] = set()
    waiting = list(programs)
    usual = [*_configured(_CONFIG), *map(Path, _USUAL)]
    inherited: list[Path] = []
    while waiting:
        program = waiting.pop()
        needs = elf.needs(program.read_bytes())
        if needs.interpreter:
            found.setdefault(needs.interpreter, Path(needs.interpreter))
        # RPATH of the program holds for the libraries of its libraries too.
        inherited += [Path(path.replace("$ORIGIN", str(program.resolve().parent))) for path in needs.paths]
        for name in needs.libraries:
            if name in names:
                continue
            names.add(name)
            place = next((path for path in (d / name for d in [*inherited, *usual]) if path.exists()), None)
            if place is None:
                raise KjtuiError(
                    "A shared library is missing",
                    f"{program} needs {name}, which is in none of the library directories.",
                    "Install the package that contains it.",
                )
            found[str(place)] = place
            waiting.append(place)
    return found


def _configured(config: Path) -> list[Path]:
    """Directories named in ld.so.conf and the files it includes."""
    directories: list[Path] = []
    try:
        lines = config.read_text().splitlines()
    except OSError:
        return directories
    for line in lines:
        word = line.split("#")[0].strip()
        if word.startswith("include "):
            for included in sorted(glob.glob(str(config.parent / word.removeprefix("include ").strip()))):
                directories += _configured(Path(included))
        elif word:
            directories.append(Path(word))
    return directories
