"""How this machine is started: every boot loader that is found, the one that started this boot first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from kjtui.backend.probe import (
    boot_clues,
    boot_grub,
    boot_others,
    boot_refind,
    boot_special,
    boot_systemd,
)
from kjtui.backend.probe.boot_clues import Clues, Starter
from kjtui.backend.probe.boot_look import ESPS, Machine, read_only
from kjtui.backend.probe.mounts import MountLine
from kjtui.backend.probe.source import Source
from kjtui.model.boot import BootSetup
from kjtui.model.facts import BlockDevice

T = TypeVar("T")


def find(
    source: Source,
    efi: bool,
    command_line: str,
    secure_boot: bool | None,
    distribution: Mapping[str, str] | None,
    mounts: Sequence[MountLine],
    devices: Sequence[BlockDevice],
) -> tuple[BootSetup, ...]:
    """All boot loaders of this machine, at least one; nothing is raised for what cannot be read.

    The other arguments are what gather() has found out: whether EFI started this system, the kernel's command
    line, whether Secure Boot is on, os-release(5), all mounts and all block devices.
    """
    machine = Machine(
        source=source,
        efi=efi,
        command_line=command_line,
        secure_boot=secure_boot,
        distribution=distribution or {},
        mounts=tuple(mounts),
        devices=tuple(devices),
        read_only=read_only(source),
    )
    if special := _try(machine, "/", lambda: boot_special.find(machine)):
        return (special,)
    clues = boot_clues.look(machine)
    return _ordered(machine, clues, _loaders(machine, clues))


def _loaders(machine: Machine, clues: Clues) -> list[BootSetup]:
    """What each finder finds, with what speaks of this boot added to the evidence."""
    systemd = _try(machine, f"{ESPS[0]}/loader", lambda: boot_systemd.find(machine, clues))
    if systemd and systemd.started_this:
        # GRUB's word may be written into an entry of systemd-boot; what that selected is certain.
        clues = replace(clues, starter=clues.starter and Starter.SYSTEMD_BOOT)
    grub = _try(machine, boot_grub.DEFAULTS, lambda: boot_grub.find(machine, clues))
    others = _try(machine, ESPS[0], lambda: boot_others.known(machine, clues)) or []
    if grub and not grub.entry and clues.starter is Starter.GRUB and any(_old(one) for one in others):
        grub = replace(grub, started_this=None)  # they all add BOOT_IMAGE=
    found = [
        _try(machine, boot_clues.STUB, lambda: boot_others.unified(machine, clues)),
        grub,
        systemd,
        _try(machine, ESPS[0], lambda: boot_refind.find(machine, clues)),
        *others,
    ]
    return [replace(one, evidence=one.evidence + clues.evidence) for one in found if one]


def _old(setup: BootSetup) -> bool:
    return setup.title in [one.title for one in boot_others.KNOWN if one.starter is Starter.OLD]


def _ordered(machine: Machine, clues: Clues, found: list[BootSetup]) -> tuple[BootSetup, ...]:
    """The one that started this boot first, then those of which it is not known, then the others."""
    ranks = (True, None, False)
    ordered = sorted(found, key=lambda one: ranks.index(one.started_this))
    if ordered and ordered[0].started_this is not False:
        return tuple(ordered)
    return (boot_others.unknown(machine, clues, _looked_for(machine)), *ordered)


def _looked_for(machine: Machine) -> tuple[str, ...]:
    return (
        *boot_grub.candidates(machine),
        boot_grub.DEFAULTS,
        *(f"{base}/loader/entries" for base in ESPS),
        *(f"{base}/EFI/Linux" for base in ESPS),
        *(f"{base}/{boot_refind.NAME}" for base in ESPS),
        *(path for one in boot_others.KNOWN for path in one.files),
    )


def _try(machine: Machine, place: str, look: Callable[[], T]) -> T | None:
    """What a finder finds; what nobody foresaw in one does not cost the others."""
    try:
        return look()
    except Exception as error:
        machine.source.note(place, f"its content is not understood ({type(error).__name__})")
        return None
