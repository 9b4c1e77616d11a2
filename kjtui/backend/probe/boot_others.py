"""Boot loaders that are recognised and not changed: unified kernel images, Limine, syslinux, LILO."""

import re
from dataclasses import dataclass

from kjtui.backend.probe import boot_clues
from kjtui.backend.probe.boot_clues import Clues, Starter
from kjtui.backend.probe.boot_entries import CMDLINE
from kjtui.backend.probe.boot_look import ESPS, Draft, Machine
from kjtui.model.boot import BootSetup, Loader

_TOOLS = ("kernel-install", "mkinitcpio", "dracut", "ukify")


@dataclass(frozen=True)
class Known:
    """A boot loader with a file of its own; source: what its entries are made from, by which program."""

    title: str
    starter: Starter
    files: tuple[str, ...]
    line: str
    source: str = ""
    source_line: str = ""
    program: tuple[str, ...] = ()


KNOWN = (
    Known(
        "Limine",
        Starter.LIMINE,
        tuple(f"{base}{path}" for base in ESPS for path in ("/limine.conf", "/limine/limine.conf")),
        "Add {word} to each line that begins with cmdline: in %s",
        "/etc/default/limine",
        'Add the line KERNEL_CMDLINE[default]+=" {word}" to %s',
        ("limine-update", "limine-mkinitcpio"),
    ),
    Known(
        "Syslinux",
        Starter.OLD,
        (
            "/boot/extlinux/extlinux.conf",
            "/boot/extlinux.conf",
            "/boot/syslinux/syslinux.cfg",
            "/boot/syslinux/extlinux.conf",
        ),
        "Add {word} to each line that begins with APPEND in %s",
        "/etc/update-extlinux.conf",
        'Add {word} within the quotes of the line default_kernel_opts="…" in %s',
        ("update-extlinux",),
    ),
    Known(
        "LILO",
        Starter.OLD,
        ("/etc/lilo.conf",),
        'Add {word} within the quotes of each line append="…" in %s',
        "/etc/lilo.conf",
        'Add {word} within the quotes of each line append="…" in %s',
        ("lilo",),
    ),
)


def unified(machine: Machine, clues: Clues) -> BootSetup | None:
    """Unified kernel images: one file with kernel, initramfs and command line; None if there are none."""
    source = machine.source
    started = clues.started(Starter.UNIFIED)
    images = [
        f"{base}/EFI/Linux/{name}"
        for base in ESPS
        for name in source.names(f"{base}/EFI/Linux")
        if name.lower().endswith(".efi")
    ]
    if not started and not images:
        return None
    draft = Draft(machine, Loader.BY_HAND, "A unified kernel image")
    for image in images:
        draft.see(image, "is there")
    if stub := boot_clues.variable(source, boot_clues.STUB):
        draft.see(boot_clues.STUB, stub)
    draft.why_not.append(
        "the command line is a part of the kernel's file"
        + (", which is signed for Secure Boot" if machine.secure_boot else "")
        + ", so this file has to be made anew"
    )
    draft.tools = machine.tools(*_TOOLS)
    draft.take("cmdline", CMDLINE)
    return draft.done(started, _remake(machine, draft))


def _remake(machine: Machine, draft: Draft) -> list[str]:
    """The commands, by what makes the images on this system."""
    words = " ".join(word for word in machine.command_line.split() if not word.startswith("initrd="))
    if "cmdline" in draft.roles:
        lines = [f"Add {{word}} to the line in {CMDLINE}"]
    else:
        lines = [f"Make the file {CMDLINE} with this line:", f"{words} {{word}}"]
    release = machine.source.text("/proc/sys/kernel/osrelease", limit=256, optional=True) or "VERSION"
    commands = {
        "mkinitcpio": "mkinitcpio -P",
        "dracut": "dracut --force --uefi --regenerate-all",
        "kernel-install": f"kernel-install add {release} /lib/modules/{release}/vmlinuz",
        "ukify": f"ukify build --linux=KERNEL --initrd=INITRAMFS --cmdline=@{CMDLINE} --output=IMAGE",
    }
    if maker := _maker(machine, draft.tools):
        if maker == "dracut":
            lines[:] = [
                "Make the file /etc/dracut.conf.d/kjtui.conf with this line:",
                'kernel_cmdline+=" {word} "',
            ]
        lines.append(commands[maker])
    else:
        lines.append("Then make the unified kernel image anew, with the program that made it")
    if machine.secure_boot:
        lines.append("Sign the new image with the key that Secure Boot knows, if the program does not do it")
    return [*lines, "Then restart: reboot"]


def _maker(machine: Machine, tools: dict[str, str]) -> str:
    """What makes this system's images: what is set up for it, else what is there; "" unknown."""
    source = machine.source
    signs = (
        ("mkinitcpio", "/etc/mkinitcpio.d", r"^\s*\w+_uki="),
        ("dracut", "/etc/dracut.conf.d", r'^\s*uefi="?yes'),
        ("kernel-install", "/etc/kernel", r"^\s*layout=uki"),
    )
    for name, folder, pattern in signs:
        for file in source.names(folder):
            path = f"{folder}/{file}"
            text = source.text(path, limit=1 << 16, optional=True) if source.is_file(path) else None
            if text and re.search(pattern, text, re.MULTILINE):
                return name
    return next((name for name in _TOOLS if name in tools), "")


def known(machine: Machine, clues: Clues) -> list[BootSetup]:
    """Those of the other boot loaders whose files are there."""
    return [setup for one in KNOWN if (setup := _find(machine, clues, one))]


def _find(machine: Machine, clues: Clues, one: Known) -> BootSetup | None:
    found = [path for path in one.files if machine.source.is_file(path)]
    started = clues.started(one.starter)
    if not found:
        return None
    draft = Draft(machine, Loader.BY_HAND, one.title)
    for path in found:
        draft.see(path, "is there")
    draft.why_not.append(f"kjtui does not change {one.title}")
    draft.tools = machine.tools(*one.program)
    if machine.source.is_file(one.source) and draft.tools:
        lines = [one.source_line % one.source, next(iter(draft.tools))]
    else:
        lines = [one.line % path for path in found]
    # BOOT_IMAGE= may as well be GRUB's, see Clues.
    maybe = one.starter is Starter.OLD and clues.starter is Starter.GRUB
    return draft.done(None if maybe else started, (*lines, "Then restart: reboot"))


def unknown(machine: Machine, clues: Clues, looked_for: tuple[str, ...]) -> BootSetup:
    """What is left when nothing was recognised."""
    draft = Draft(machine, Loader.BY_HAND, "A boot loader that kjtui does not recognise")
    draft.evidence += clues.evidence
    for path in looked_for:
        reason = machine.source.unreadable.get(path)
        draft.see(path, reason or "not there")
    draft.why_not.append("the boot loader of this system was not recognised")
    steps = (
        "Find out what starts this system; its menu shows its name for a moment at the start",
        "In its settings, add {word} to the line with the words of /proc/cmdline",
        "Then restart: reboot",
    )
    return draft.done(None, steps)
