"""One look at a whole machine."""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from kjtui.backend.probe import (
    blockdevices,
    config,
    confinement,
    connections,
    displays,
    firmware,
    freezing,
    identity,
    ima,
    journal,
    kernelcode,
    kernelfile,
    kernellog,
    kexecstate,
    keyboards,
    links,
    memory,
    modules,
    mounts,
    power,
    processors,
    resuming,
    security,
    sleeping,
    tasks,
    terminals,
    watchdogs,
)
from kjtui.backend.probe.source import REAL_ROOT, Source
from kjtui.errors import KjtuiError
from kjtui.model.boot import BootSetup
from kjtui.model.facts import BlockDevice, Facts, LogLine

T = TypeVar("T")
P = ParamSpec("P")
ARCH = "/proc/sys/kernel/arch"
_PLAIN = re.compile(r"[\w.+~-]{1,64}")


def gather(root: Path = REAL_ROOT) -> Facts:
    """Read everything under root. Never raises for something unreadable: it says so in Facts.unreadable."""
    look = _Look(Source(root))
    facts = _surroundings(look, _history(look, _system(look)))
    return replace(facts, unreadable=look.source.unreadable)


def block_devices(root: Path = REAL_ROOT) -> tuple[BlockDevice, ...]:
    """The block devices under root with what is on them. Raises KjtuiError: a list with a hole is not enough
    where kernel B is told what it must not touch.
    """
    source = Source(root)
    try:
        return blockdevices.read(source, mounts.read(source), mounts.swaps(source))
    except Exception as error:
        raise KjtuiError(
            "The disks that this system uses cannot be listed",
            f"/sys/class/block: {type(error).__name__}: {error}.",
            "Kernel B is not started without that list. Run kjtui as root, and report this.",
        ) from error


def boot_setups(root: Path = REAL_ROOT) -> tuple[BootSetup, ...]:
    """The boot loaders under root, the one that started this boot first. Never raises."""
    from kjtui.backend.probe import bootloader  # not needed for the first look

    source = Source(root)
    look = _Look(source)
    lines = look(mounts.MOUNTINFO, (), mounts.read)
    efi = look(firmware.EFI, False, firmware.efi)
    return bootloader.find(
        source,
        efi,
        look("/proc/cmdline", "", _command_line),
        look(security.SECURE_BOOT, None, security.secure_boot, efi),
        look(identity.OS_RELEASE[0], None, identity.distribution),
        lines,
        look("/sys/class/block", (), blockdevices.read, lines, look(mounts.SWAPS, (), mounts.swaps)),
    )


class _Look:
    """Asks one probe after the other, and keeps what nobody foresaw in one from costing the whole look."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def __call__(
        self,
        place: str,
        otherwise: T,
        probe: Callable[Concatenate[Source, P], T],
        *arguments: P.args,
        **options: P.kwargs,
    ) -> T:
        """What a probe finds; place is where it looks above all."""
        try:
            return probe(self.source, *arguments, **options)
        except Exception as error:
            unforeseen(self.source, place, error)
            return otherwise


def unforeseen(source: Source, place: str, error: Exception) -> None:
    """Note that a probe failed. Meant never to happen: tests count how often it does."""
    source.note(place, f"its content is not understood ({type(error).__name__})")


def _system(look: _Look) -> Facts:
    """The kernel, its firmware, what it permits, what is loaded and the memory."""
    architecture, release = look("/proc/sys/kernel/osrelease", ("", ""), _kernel)
    command_line = look("/proc/cmdline", "", _command_line)
    options, options_file = look("/proc/config.gz", (None, ""), config.read, release)
    kernel_file = look("/boot", None, kernelfile.find, release, command_line)
    efi = look(firmware.EFI, False, firmware.efi)
    secure_boot = look(security.SECURE_BOOT, None, security.secure_boot, efi)
    consoles = look(terminals.ACTIVE, (), terminals.consoles)
    restores_gdt, gdt_address = look(kernelcode.KCORE, (None, None), kernelcode.probe)
    total, available = look(memory.MEMINFO, (0, 0), memory.totals)
    return Facts(
        architecture=architecture,
        kernel_release=release,
        command_line=command_line,
        config=options,
        config_source=options_file,
        kernel_file=kernel_file,
        kernel_header=look("/boot", None, kernelfile.header, kernel_file),
        lockdown=look(security.LOCKDOWN, None, security.lockdown, options),
        efi=efi,
        secure_boot=secure_boot,
        setup_mode=look(security.SETUP_MODE, None, security.setup_mode, efi),
        acpi_rsdp=look(firmware.SYSTAB, None, firmware.acpi_rsdp, efi),
        kexec_load_disabled=look(security.LOAD_DISABLED, None, security.load_disabled),
        kexec_load_limit_reboot=look(security.LOAD_LIMIT, None, security.load_limit),
        capabilities=look(security.STATUS, None, security.capabilities),
        ima=look(ima.FOLDER, None, ima.read, options, command_line, secure_boot),
        seccomp=look(confinement.STATUS, None, confinement.seccomp),
        iomem=look(memory.IOMEM, (), memory.iomem),
        kexec_loaded=look("/sys/kernel/kexec_loaded", None, kexecstate.loaded),
        kexec_crash_loaded=look("/sys/kernel/kexec_crash_loaded", None, kexecstate.crash_loaded),
        kexec_crash_size=look("/sys/kernel/kexec_crash_size", None, kexecstate.crash_size),
        memory_total=total,
        memory_available=available,
        cpus_online=look(processors.ONLINE, 1, processors.online),
        cpus_present=look(processors.PRESENT, None, processors.present),
        consoles=consoles,
        terminal=look("ttyname", None, _terminal, consoles),
        restores_gdt=restores_gdt,
        gdt_address=gdt_address,
        vmcoreinfo=look(kexecstate.VMCOREINFO, None, kexecstate.vmcoreinfo),
        screen_info=look(firmware.BOOT_PARAMS, b"", firmware.screen_info),
    )


def _history(look: _Look, facts: Facts) -> Facts:
    """Which system this is, what it runs in, and what happened to it."""
    words = (*kernellog.telling_words(), confinement.ENCRYPTION_WORDS)
    log = look(kernellog.KMSG, None, kernellog.look, words)
    texts = [line.text for line in log or ()]
    looks = look(resuming.LOOKED, "", resuming.looks, facts.kernel_release)
    return replace(
        facts,
        boot_id=look(identity.BOOT_ID, "", identity.boot_id),
        wall_clock=look("time", None, identity.wall_clock),
        uptime=look(identity.UPTIME, None, identity.uptime),
        distribution=look(identity.OS_RELEASE[0], None, identity.distribution),
        service_manager=look(identity.FIRST_PROCESS, "", identity.service_manager),
        container=look(confinement.CGROUP, None, confinement.container),
        hypervisor=look(confinement.CPUINFO, None, confinement.hypervisor),
        xen=look(confinement.XEN_TYPE, None, confinement.xen),
        memory_encryption=look(
            confinement.CPUINFO, None, confinement.memory_encryption, facts.command_line, texts
        ),
        journal=look(journal.PATH, None, journal.read),
        looks_for_saved=looks,
        looks_on_server=look(resuming.LOOKED, "", resuming.server, looks),
        not_resumed=look(resuming.REASON, None, resuming.not_resumed),
        kernel_log=look(kernellog.KMSG, None, _telling, log),
    )


def _surroundings(look: _Look, facts: Facts) -> Facts:
    """Devices, programs and connections."""
    lines = look(mounts.MOUNTINFO, (), mounts.read)
    swaps = look(mounts.SWAPS, (), mounts.swaps)
    devices = look("/sys/class/block", (), blockdevices.read, lines, swaps)
    processes, stuck = look(tasks.PROC, (None, None), tasks.read)
    return replace(
        facts,
        mounts=tuple(line.mount for line in lines),
        swaps=swaps,
        empty_swaps=look(mounts.SWAPS, (), mounts.empty_swaps),
        block_devices=devices,
        sleeping=look(sleeping.RESUME, None, sleeping.read, devices),
        freeze_timeout=look(freezing.TIMEOUT, None, freezing.timeout),
        watchdogs=look(watchdogs.FOLDER, (), watchdogs.read),
        displays=look(displays.DRM, None, displays.read),
        keyboards=look(keyboards.FOLDER, None, keyboards.read),
        power=look(power.FOLDER, None, power.read),
        processes=processes,
        stuck=stuck,
        connections=look(connections.TCP[0], None, connections.read),
        links=look(links.FOLDER, None, links.read),
        modules=look(modules.MODULES, None, modules.read),
    )


def _kernel(source: Source) -> tuple[str, str]:
    """Architecture and release, as uname(2) has them; under another root as its files have them."""
    if source.real:
        uname = os.uname()
        return uname.machine, uname.release
    architecture = _word(source, ARCH)
    if not architecture:
        source.note("uname -m", source.unreadable[ARCH])
    return architecture, _word(source, "/proc/sys/kernel/osrelease")


def _word(source: Source, name: str) -> str:
    word = source.text(name, limit=4096)
    if word is None or _PLAIN.fullmatch(word):
        return word or ""
    source.note(name, f"its content is not understood: {word[:40]!r}")
    return ""


def _command_line(source: Source) -> str:
    return source.text("/proc/cmdline") or ""


def _telling(_source: Source, log: tuple[LogLine, ...] | None) -> tuple[LogLine, ...] | None:
    return None if log is None else kernellog.telling(log)


def _terminal(_source: Source, consoles: tuple[str, ...]) -> str | None:
    return terminals.own(consoles)
