"""The boot loader, its files and the restart of a simulated machine. The real machine is never touched."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING

from kjtui.backend.probe import resuming
from kjtui.bootcfg import bls, crashkernel, grubcfg, grubenv, refind, shellfile, words
from kjtui.errors import KjtuiError
from kjtui.model.boot import BootFile, BootSetup, Loader
from kjtui.model.facts import Facts
from kjtui.model.memory import GIB, MIB

if TYPE_CHECKING:
    from kjtui.backend.machine import Progress
    from kjtui.backend.recording import CallFault

NAME = "crashkernel"
_MARKS = resuming.PACKED.format("")
TRIAL = f"{bls.TRIAL_ID}.conf"
_UNKNOWN = BootSetup(
    Loader.BY_HAND,
    "a boot loader that was not recognised",
    why_not="This recorded machine says nothing of its boot loader.",
    by_hand=("Add {word} to the kernel's command line in your boot loader, then restart.",),
)
TRIALS = (grubcfg.TRIAL_ID, bls.TRIAL_ID)
_NEEDED = 160 * MIB  # what is left to a simulated kernel must be this much, or it does not come up
_ALIGNMENT = 16 * MIB  # CRASH_ALIGN in arch/x86/include/asm/crash_reserve.h


class PowerCut(BaseException):
    """The simulated machine is without power. No error handling of the program may catch this."""


class SimulatedDisk:
    """Files of the boot loader, what the boot loader's variables hold, and the journal of changes."""

    def __init__(self, setups: tuple[BootSetup, ...], faults: tuple[CallFault, ...]) -> None:
        self._setups = setups or (_UNKNOWN,)
        self.files = {file.path: file for setup in setups for file in setup.files}
        self.folders: set[str] = set()
        self.oneshot = ""
        self.lookout: str | None = None  # what was put into the initramfs; None: nothing has been changed
        self._faults = faults
        self._calls: dict[str, int] = {}
        self._dark = False

    def power(self) -> None:
        """Switch it on again after a power cut."""
        self._dark = False

    def call(self, name: str, what: str) -> str:
        """Count a call, and raise what is to go wrong with it. Returns "hangs" for a program that hangs."""
        if self._dark:
            raise PowerCut
        self._calls[name] = number = self._calls.get(name, 0) + 1
        for fault in self._faults:
            if (fault.call, fault.number) == (name, number):
                return self._go_wrong(fault, what)
        return ""

    def _go_wrong(self, fault: CallFault, what: str) -> str:
        if fault.how == "lost":
            self._dark = True
            raise PowerCut
        if fault.how == "hangs":
            return "hangs"
        if fault.how == "fails":
            raise KjtuiError(
                f"{what} failed",
                "It ended with status 1 and said: cannot do it.",
                "Run it by hand to see why.",
            )
        number = getattr(errno, fault.how)
        from kjtui.backend import files

        raise files.trouble(what, "written", OSError(number, ""))

    def setups(self) -> tuple[BootSetup, ...]:
        """The recorded setups with what is in their files now."""
        return tuple(
            replace(setup, files=tuple(self.files[file.path] for file in setup.files))
            for setup in self._setups
        )

    def read(self, path: str) -> str | None:
        """A file's content."""
        if self._dark:
            raise PowerCut
        if path.startswith(_MARKS) and self.lookout:
            return "made"
        file = self.files.get(path)
        return file.data if file else None

    def write(self, file: BootFile, new: str | None) -> None:
        """As kjtui.backend.files.replace does. Raises KjtuiError."""
        self.call("write_file", file.path)
        now = self.read(file.path)
        if now == new:
            return
        if now != file.data:
            raise KjtuiError(
                f"{file.path} has changed since you saw the preview",
                f"{file.path} no longer holds what the preview was made from, so it was left as it is now.",
                "Look at the preview again: it is made anew from what is there now.",
            )
        self.files[file.path] = replace(file, data=new)

    def run(self, argv: tuple[str, ...], what: str, progress: Progress) -> str:
        """A program of the system. Raises KjtuiError, and what progress raises."""
        program = argv[0].rpartition("/")[2]
        if self.call("run_tool", program) == "hangs":
            for _ in range(1000):
                progress(f"{what}: waiting", 0.5)
            raise KjtuiError(f"{program} took too long", "It was ended after 600 seconds.", "Run it by hand.")
        progress(what, 0.5)
        if program in ("update-grub", "grub-mkconfig", "grub2-mkconfig"):
            self._generate(argv[argv.index("-o") + 1])
        elif program == "grubby":
            value = argv[-1].partition(f"{NAME}=")[2]
            for setup in self.setups():
                for file in setup.of("entries"):
                    self.files[file.path] = replace(file, data=bls.with_word(file.data or "", NAME, value))
        elif program == "bootctl":
            self.oneshot = argv[-1]
        elif program in ("update-initramfs", "dracut"):
            self.lookout = self.read(resuming.HOOKS[0]) or self.read(resuming.HOOKS[1]) or ""
        return ""

    def packed(self, facts: Facts) -> Facts:
        """The facts, with what was put into the initramfs since."""
        mark = resuming.PACKED.format(facts.kernel_release)
        if self.lookout is None:
            return facts
        return replace(facts, looks_for_saved=mark if self.lookout else "")

    def _generate(self, target: str) -> None:
        setup = next(one for one in self.setups() if one.one("config"))
        config = setup.one("config")
        assert config is not None
        sources = [*setup.of("defaults"), *setup.of("snippets"), *setup.of("drop-in")]
        texts = [file.data for file in sources if file.data is not None]
        asked: list[str] = []
        for name in ("GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"):
            asked += words.values(shellfile.evaluate(texts, name) or "", NAME)
        text = config.data or ""
        for entry in reversed(grubcfg.entries(text)):
            if "recovery" not in entry.path and "single" not in entry.options.split():
                block = text[entry.start : entry.end]
                text = text[: entry.start] + _with_all(block, asked) + text[entry.end :]
        self.files[target] = replace(config, path=target, data=text)

    def next_start(self, facts: Facts) -> Facts:
        """The facts after a restart, with the entry that is tried once where there is one.

        A trial start that leaves too little memory does not come up: the one after it is the old one.
        """
        self.call("restart", "the restart")
        trial, ordinary = self._trial_line(), self._ordinary_line(facts)
        self.oneshot = ""
        line = ordinary
        if trial is not None and _left(facts, trial) >= _NEEDED:
            line = trial
        size = _effective(facts, line)
        return replace(
            facts,
            boot_id=f"{facts.boot_id}+",
            command_line=line,
            iomem=_reserved(facts.iomem, size),
            kexec_crash_size=size,
            kexec_loaded=False,
            kexec_crash_loaded=False,
            uptime=30.0,
        )

    def _trial_line(self) -> str | None:
        setup = self.setups()[0]
        if setup.loader is Loader.SYSTEMD_BOOT:
            entry = setup.one("trial") if self.oneshot == TRIAL else None
            return bls.options(entry.data) if entry and entry.data is not None else None
        env = setup.one("env")
        if env is None or env.data is None or grubenv.get(env.data, "next_entry") not in TRIALS:
            return None
        self.files[env.path] = replace(env, data=grubenv.with_value(env.data, "next_entry", ""))
        if (entry := setup.one("trial")) is not None:
            return bls.options(entry.data) if entry.data is not None else None
        custom = setup.one("custom")
        found = grubcfg.entries(custom.data or "") if custom else ()
        return next(
            (f"BOOT_IMAGE={one.linux} {one.options}" for one in found if one.id == grubcfg.TRIAL_ID), None
        )

    def _ordinary_line(self, facts: Facts) -> str:
        setup = self.setups()[0]
        if (entry := setup.one("entries")) is not None:
            return bls.options(entry.data or "")
        if (file := setup.one("refind")) is not None:
            return next(iter(refind.options(file.data or "")), "")
        config = setup.one("config")
        found = grubcfg.entries(config.data or "") if config else ()
        if found:
            return f"BOOT_IMAGE={found[0].linux} {found[0].options}"
        return facts.command_line


def _with_all(block: str, values: list[str]) -> str:
    """A menu entry whose kernel line has these crashkernel= words and no others."""
    lines = block.split("\n")
    for number, line in enumerate(lines):
        if line.lstrip().startswith("linux"):
            bare = line
            for value in words.values(line, NAME):
                bare = words.without_value(bare, NAME, value)
            lines[number] = "".join([bare, *(f" {NAME}={value}" for value in values)])
    return "\n".join(lines)


def _effective(facts: Facts, line: str) -> int:
    size = crashkernel.effective(words.values(line, NAME), facts.memory_total).size
    return size if _place(facts.iomem, size) else 0


def _left(facts: Facts, line: str) -> int:
    return facts.memory_total - crashkernel.effective(words.values(line, NAME), facts.memory_total).size


def _place(iomem: tuple[str, ...], size: int) -> int:
    """Where a reservation of this size goes: the highest place below 4 GiB; 0 if there is none."""
    best = 0
    for line in iomem:
        span, _, name = line.partition(" : ")
        if name.strip() == "System RAM" and not span.startswith(" "):
            start, end = (int(part, 16) for part in span.split("-"))
            at = (min(end + 1, 4 * GIB) - size) // _ALIGNMENT * _ALIGNMENT
            if at >= start and at >= 32 * MIB:
                best = max(best, at)
    return best


def _reserved(iomem: tuple[str, ...], size: int) -> tuple[str, ...]:
    """The memory map with a reservation of this size, or without one."""
    bare = tuple(line for line in iomem if "Crash kernel" not in line)
    at = _place(bare, size) if size else 0
    if not at:
        return bare
    lines = list(bare)
    for number, line in enumerate(bare):
        span, _, name = line.partition(" : ")
        if name.strip() == "System RAM" and not span.startswith(" "):
            start, end = (int(part, 16) for part in span.split("-"))
            if start <= at <= end:
                lines.insert(number + 1, f"  {at:08x}-{at + size - 1:08x} : Crash kernel")
    return tuple(lines)
