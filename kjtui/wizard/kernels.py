"""Which kernels can be kernel B: those found on this machine, the running one first, each judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import InstalledKernel
from kjtui.wizard.view import Option

if TYPE_CHECKING:
    from kjtui.backend.machine import Progress, Reader
    from kjtui.model.facts import Facts

RUNNING = ""  # Choices.kernel of the running kernel
_NO_FILE = "its file was not found"
_OTHER = (
    "Linux promises no more than that each release works for itself: drivers may differ from this system's."
)


class Kernels:
    """The kernels of one walk. found: as read last, None before; own: files that the person has named."""

    def __init__(self, machine: Reader) -> None:
        self._machine = machine
        self.found: tuple[InstalledKernel, ...] | None = None
        self.own: dict[str, InstalledKernel] = {}

    def read(self, progress: Progress) -> tuple[InstalledKernel, ...]:
        """Look for kernels anew. Reads the heads of many files, and takes its time."""
        progress("looking for kernels", 0.0)
        return self._machine.installed_kernels()

    def take(self, found: tuple[InstalledKernel, ...]) -> None:
        """Go on with these."""
        self.found = found

    def examine(self, path: str) -> InstalledKernel:
        """The whole file looked at, and the configuration in it. Slow. Raises KjtuiError."""
        kernel = self._machine.examine_kernel(path, thorough=True)
        before = self.of(path)
        return replace(kernel, source=before.source) if before and before.source else kernel

    def keep(self, kernel: InstalledKernel) -> None:
        """What is known of this file now."""
        self.own[kernel.path] = kernel

    def of(self, path: str) -> InstalledKernel | None:
        """What is known of a file, None for nothing."""
        return self.own.get(path) or next((one for one in self.found or () if one.path == path), None)


@dataclass(frozen=True)
class Candidate:
    """One line of the choice. choice: for Choices.kernel."""

    kernel: InstalledKernel
    choice: str
    option: Option
    finding: Finding


def candidates(facts: Facts, kernels: Kernels) -> tuple[Candidate, ...]:
    """The running kernel, those that were found, and files that the person has named."""
    out = [_running(facts, kernels)]
    others = [kernels.of(one.path) or one for one in kernels.found or () if one.path != facts.kernel_file]
    others += [one for one in kernels.own.values() if one.path != facts.kernel_file and one not in others]
    for one in others:
        if facts.kernel_file and one.path not in kernels.own and one.release == facts.kernel_release:
            continue  # the running one again, found elsewhere
        finding = judge(one)
        out.append(Candidate(one, one.path, _option(one, finding, ""), finding))
    return tuple(out)


def place(listed: tuple[Candidate, ...], chosen: str) -> int:
    """Where in the list the chosen one stands."""
    return next((number for number, one in enumerate(listed) if one.choice == chosen), 0)


def _running(facts: Facts, kernels: Kernels) -> Candidate:
    """The running kernel, which the first step has judged: it is asked for its file only."""
    found = kernels.of(facts.kernel_file or "")
    kernel = found or InstalledKernel(
        facts.kernel_file or "",
        facts.kernel_release,
        None if facts.config is None else facts.config.get("CONFIG_KEXEC_JUMP") == "y",
        facts.config_source,
    )
    finding = running(facts, found)
    return Candidate(kernel, RUNNING, _option(kernel, finding, " (the running one)"), finding)


def running(facts: Facts, found: InstalledKernel | None = None) -> Finding:
    """Whether kernel B can be this same kernel: its file must be there."""
    evidence = (Evidence("uname -r", facts.kernel_release),)
    if facts.kernel_file is None:
        return Finding(
            "no-kernel-file",
            "The file of the running kernel was not found",
            Verdict.BLOCKED,
            (*evidence, Evidence("/boot", "no file of this kernel")),
            f"Kernel B is started from the file of Linux {facts.kernel_release} (vmlinuz); "
            f"neither /boot nor /lib/modules/{facts.kernel_release} holds it.",
            "Install this kernel's package or mount /boot, then go back to step 1 and press R. Or press K "
            "and take another kernel.",
        )
    return Finding(
        "kernel-file",
        f"Kernel B is this same kernel, Linux {facts.kernel_release}",
        Verdict.READY,
        (*evidence, Evidence(facts.kernel_file, _about(found) if found else "its file")),
        "The same kernel is known to run on this machine.",
    )


def judge(kernel: InstalledKernel) -> Finding:
    """Whether another kernel than the running one can be kernel B, and come back."""
    name = f"Linux {kernel.release}" if kernel.release else "This kernel"
    evidence = _evidence(kernel)
    if False in (kernel.can_be_b, kernel.can_come_back):
        against = "come back" if kernel.can_be_b is not False else "be kernel B"
        return Finding(
            "kernel-b",
            f"{name} cannot {against}",
            Verdict.BLOCKED,
            evidence,
            _sentence(kernel.why),
            "Take another kernel (K): the running one, or one that was built with what is missing.",
        )
    if kernel.can_be_b is None or kernel.can_come_back is None:
        return Finding(
            "kernel-b",
            f"Whether {name} can come back cannot be told",
            Verdict.UNKNOWN,
            evidence,
            "Its configuration was not found, and it carries none that can be read. A kernel B without the "
            "jump (KEXEC_JUMP) cannot bring you back: this system would be lost.",
            f"Put its configuration into /boot/config-{kernel.release or 'RELEASE'}; or K: another one.",
        )
    lacks = list(kernel.lacks)
    if kernel.modules is False:
        lacks.append("its modules are not on this machine: it has only the drivers that are built into it")
    if lacks:
        return Finding(
            "kernel-b",
            f"{name} can be kernel B and come back, with less",
            Verdict.ATTENTION,
            evidence,
            _sentence(lacks),
            "Go on if you can do without; or take another kernel (K).",
        )
    return Finding("kernel-b", f"Kernel B is {name}", Verdict.READY, evidence, _OTHER)


def _option(kernel: InstalledKernel, finding: Finding, which: str) -> Option:
    label = f"Linux {kernel.release or 'of unknown release'}{which}"
    parts = [kernel.path or _NO_FILE]
    if kernel.source and not kernel.path.startswith(kernel.source):
        parts.append(kernel.source)
    if size := _size(kernel):
        parts.append(size)
    reason = ", ".join(parts) + f". {_can(kernel)}"
    blocked = finding.verdict is Verdict.BLOCKED
    why_not = ""
    if blocked:
        first = kernel.why[0] if kernel.why else _NO_FILE
        why_not = first + (f", and {len(kernel.why) - 1} more (E)" if len(kernel.why) > 1 else "")
    return Option(label, reason, why_not)


def _can(kernel: InstalledKernel) -> str:
    back = {
        True: "It can come back",
        False: "It cannot come back",
        None: "Whether it can come back: not known",
    }
    modules = {True: "modules here", False: "modules missing", None: ""}[kernel.modules]
    can = kernel.can_come_back if kernel.can_come_back is not None else kernel.can_jump
    says = "It cannot be kernel B" if kernel.can_be_b is False else back[can]
    return says + (f"; {modules}." if modules else ".")


def _evidence(kernel: InstalledKernel) -> tuple[Evidence, ...]:
    told = [Evidence(kernel.path, _about(kernel))]
    config = kernel.config_source
    said = (
        "its configuration: "
        + ("; ".join((*kernel.why, *kernel.lacks)) or "all that kernel B needs is in it")
        if config
        else "not found"
    )
    told.append(Evidence(config or f"/boot/config-{kernel.release or 'RELEASE'}", said))
    if kernel.modules is not None:
        told.append(
            Evidence(f"/lib/modules/{kernel.release}/modules.dep", "there" if kernel.modules else "missing")
        )
    return tuple(told)


def _about(kernel: InstalledKernel) -> str:
    parts = [f"its header says Linux {kernel.release}" if kernel.release else "it names no release"]
    return ", ".join(part for part in (*parts, _size(kernel), kernel.source) if part)


def _size(kernel: InstalledKernel) -> str:
    from kjtui.plan.sizes import amount

    return amount(kernel.size) if kernel.size else ""


def _sentence(parts: tuple[str, ...] | list[str]) -> str:
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "."
