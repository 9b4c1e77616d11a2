"""Finding rEFInd: refind_linux.conf beside the kernels, and its own settings."""

import re

from kjtui.backend.probe.boot_clues import Clues, Starter
from kjtui.backend.probe.boot_look import COMMAND_LINE, ESPS, Draft, Machine, read
from kjtui.bootcfg import refind, words
from kjtui.model.boot import BootSetup, Loader

NAME = "refind_linux.conf"
SETTINGS = tuple(f"{base}/EFI/{folder}/refind.conf" for base in ESPS for folder in ("refind", "BOOT"))


def find(machine: Machine, clues: Clues) -> BootSetup | None:
    """The rEFInd of this system; None if nothing speaks for it."""
    draft = Draft(machine, Loader.REFIND, "rEFInd")
    places = [f"{folder}/{NAME}" for folder in _folders(machine)]
    found = [path for path in places if machine.source.is_file(path)]
    settings = [path for path in SETTINGS if machine.source.is_file(path)]
    started = clues.started(Starter.REFIND)
    if not (found or settings or started):
        return None
    for path in (*found, *settings):
        draft.see(path, "is there")
    fitting = [path for path in found if _fits(machine, path)]
    if started is None and fitting:
        started = True
    if started and fitting:
        draft.see(fitting[0], "one of its lines has the words of this boot's command line")
    if started and re.search(r"\binitrd=\S*\\", machine.command_line):
        draft.see(COMMAND_LINE, r"initrd= is written with \, as programs of the firmware do")
    for path in (fitting or found)[:1]:
        draft.take("refind", path, needed=True)
        draft.writable(path)
    if not found:
        draft.why_not.append(f"there is no {NAME} in {', '.join(_folders(machine))}")
    elif started and not fitting:
        draft.why_not.append(f"no line of {found[0]} is the one that this system was started with")
    draft.no_trial.append("rEFInd cannot be told to try an entry once")
    return draft.done(started, _by_hand(machine, found, settings))


def _folders(machine: Machine) -> list[str]:
    """Where kernels may lie that rEFInd starts."""
    deeper = [
        f"{base}/EFI/{name}"
        for base in ESPS
        for name in machine.source.names(f"{base}/EFI")
        if name.lower() not in ("refind", "boot", "microsoft", "tools")
    ]
    return [*ESPS, *deeper]


def _fits(machine: Machine, path: str) -> bool:
    """Whether this boot's command line has all words of one of its lines; what rEFInd fills in aside."""
    file, _trouble = read(machine.source, path)
    here = set(words.split(machine.command_line))
    for options in refind.options(file.data or ""):
        told = {word for word in words.split(options) if "%v" not in word}
        told = {word for word in told if not word.startswith("initrd=")}
        if told and told <= here:
            return True
    return False


def _by_hand(machine: Machine, found: list[str], settings: list[str]) -> list[str]:
    lines = [f"Add {{word}} within the second pair of quotes of each line in {path}" for path in found]
    lines += [f"Add {{word}} to the line that begins with options, in {path}" for path in settings]
    if not found:
        line = " ".join(word for word in machine.command_line.split() if not word.startswith("initrd="))
        lines.append(f"Or make the file {NAME} in the folder of the kernels, with this line:")
        lines.append(f'"Boot with reserved memory" "{line} {{word}}"'.replace("\\", "/"))
    return lines
