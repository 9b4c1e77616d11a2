"""One look at a whole machine."""

import os
from pathlib import Path

from kjtui.backend.probe import (
    blockdevices,
    config,
    firmware,
    kernelcode,
    kernelfile,
    kexecstate,
    memory,
    mounts,
    processors,
    security,
    terminals,
    watchdogs,
)
from kjtui.backend.probe.source import REAL_ROOT, Source
from kjtui.model.facts import Facts


def gather(root: Path = REAL_ROOT) -> Facts:
    """Read everything under root. Never raises for something unreadable: it says so in Facts.unreadable."""
    source = Source(root)
    architecture, release = _kernel(source)
    command_line = source.text("/proc/cmdline") or ""
    options, options_file = config.read(source, release)
    efi = firmware.efi(source)
    lines = mounts.read(source)
    swaps = mounts.swaps(source)
    consoles = terminals.consoles(source)
    restores_gdt, gdt_address = kernelcode.probe(source)
    total, available = memory.totals(source)
    return Facts(
        architecture=architecture,
        kernel_release=release,
        command_line=command_line,
        config=options,
        config_source=options_file,
        kernel_file=kernelfile.find(source, release, command_line),
        lockdown=security.lockdown(source, options),
        efi=efi,
        secure_boot=security.secure_boot(source, efi),
        acpi_rsdp=firmware.acpi_rsdp(source, efi),
        kexec_load_disabled=security.load_disabled(source),
        kexec_load_limit_reboot=security.load_limit(source),
        capabilities=security.capabilities(source),
        iomem=memory.iomem(source),
        kexec_loaded=kexecstate.loaded(source),
        kexec_crash_loaded=kexecstate.crash_loaded(source),
        kexec_crash_size=kexecstate.crash_size(source),
        memory_total=total,
        memory_available=available,
        cpus_online=processors.online(source),
        consoles=consoles,
        terminal=terminals.own(consoles),
        restores_gdt=restores_gdt,
        gdt_address=gdt_address,
        vmcoreinfo=kexecstate.vmcoreinfo(source),
        screen_info=firmware.screen_info(source),
        block_devices=blockdevices.read(source, lines, swaps),
        watchdogs=watchdogs.read(source),
        mounts=tuple(line.mount for line in lines),
        swaps=swaps,
        unreadable=source.unreadable,
    )


def _kernel(source: Source) -> tuple[str, str]:
    """Architecture and release, as uname(2) has them; under another root as its files have them."""
    if source.real:
        uname = os.uname()
        return uname.machine, uname.release
    return source.text("/proc/sys/kernel/arch") or "", source.text("/proc/sys/kernel/osrelease") or ""
