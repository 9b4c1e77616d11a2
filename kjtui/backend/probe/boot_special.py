"""Systems that keep their kernel command line in ways of their own, which kjtui leaves to the person.

The lines to follow have the text {word} where crashkernel=256M belongs.
"""

import re

from kjtui.backend.probe import confinement, stacks
from kjtui.backend.probe.boot_look import COMMAND_LINE, Draft, Machine
from kjtui.model.boot import BootSetup, Loader

_LIVE_WORDS = re.compile(
    r"(?:^|\s)(boot=(?:live|casper)|rd\.live\.image|root=live:\S*|archisobasedir=\S*|toram)(?=\s|$)"
)
_LIVE_ROOTS = ("overlay", "aufs", "squashfs", "erofs", "iso9660", "tmpfs", "ramfs", "rootfs")
OSTREE = "/run/ostree-booted"
NIXOS = "/etc/NIXOS"


def find(machine: Machine) -> BootSetup | None:
    """The way of this system, if it is one for the whole system, whatever its boot loader is."""
    for look in (_container, _live, _nixos, _ostree, _transactional):
        if (found := look(machine)) is not None:
            return found
    return None


def _draft(machine: Machine, title: str, source: str, text: str, why_not: str) -> Draft:
    draft = Draft(machine, Loader.BY_HAND, title)
    draft.see(source, text)
    draft.why_not.append(why_not)
    return draft


def _container(machine: Machine) -> BootSetup | None:
    kind = confinement.container(machine.source)
    if not kind:
        return None
    why = "this is a container: its kernel belongs to the machine around it"
    draft = _draft(machine, f"A container ({kind})", confinement.CGROUP, f"the signs of {kind}", why)
    if kind == "wsl":
        return draft.done(
            None,
            (
                r"In Windows, put these two lines into %UserProfile%\.wslconfig:",
                "[wsl2]",
                "kernelCommandLine={word}",
                "Then type in Windows: wsl --shutdown",
            ),
        )
    return draft.done(None, ("Run kjtui on the machine itself, outside of the container",))


def _live(machine: Machine) -> BootSetup | None:
    told = _LIVE_WORDS.search(machine.command_line)
    root = stacks.holder_of("/", machine.mounts)
    kind = root.mount.fstype if root else ""
    if not told and kind not in _LIVE_ROOTS:
        return None
    source, text = (COMMAND_LINE, told[1]) if told else ("/proc/self/mountinfo", f"/ is on {kind}")
    why = "this system runs from a medium that is not written to: a change would be lost at the restart"
    draft = _draft(machine, "A live system", source, text, why)
    steps = (
        "Restart, and wait for the menu of the medium",
        "There press e (Tab on older media), add {word} at the end of the line with the kernel's name",
        "Start it with Ctrl-X or Enter; this holds for that one start",
    )
    return draft.done(True, steps)


def _nixos(machine: Machine) -> BootSetup | None:
    if not (machine.source.is_file(NIXOS) or machine.is_like("nixos")):
        return None
    where = NIXOS if machine.source.is_file(NIXOS) else "/etc/os-release"
    why = "NixOS makes its boot entries anew from its configuration, and would undo any change of them"
    draft = _draft(machine, "NixOS", where, "NixOS", why)
    steps = (
        "Put this line into /etc/nixos/configuration.nix, or add the word to the list that is there:",
        'boot.kernelParams = [ "{word}" ];',
        "nixos-rebuild boot",
        "Then restart: reboot",
    )
    return draft.done(True, steps)


def _ostree(machine: Machine) -> BootSetup | None:
    word = machine.word("ostree")
    if not (word or machine.source.is_file(OSTREE)):
        return None
    source, text = (COMMAND_LINE, f"ostree={word}") if word else (OSTREE, "is there")
    why = "its boot entries belong to ostree, which makes them anew at every update"
    draft = _draft(machine, "An image-based system (ostree)", source, text, why)
    draft.tools = machine.tools("rpm-ostree", "ostree")
    command = (
        "rpm-ostree kargs --append-if-missing={word}"
        if "rpm-ostree" in draft.tools or "ostree" not in draft.tools
        else "ostree admin kargs edit-in-place --append-if-missing={word}"
    )
    return draft.done(True, (command, "Then restart: reboot"))


def _transactional(machine: Machine) -> BootSetup | None:
    tools = machine.tools("transactional-update", "sdbootutil", "grub2-mkconfig")
    if "transactional-update" not in tools or "/" not in machine.read_only:
        return None
    why = "its system is read-only while it runs, and is changed in snapshots by transactional-update"
    draft = _draft(
        machine,
        "A system with snapshots (transactional-update)",
        tools["transactional-update"],
        "is there",
        why,
    )
    draft.see("/proc/self/mountinfo", "/ is mounted read-only")
    draft.tools = tools
    if "sdbootutil" in tools and not machine.source.is_file("/boot/grub2/grub.cfg"):
        steps = (
            "Add {word} to the line in /etc/kernel/cmdline",
            "sdbootutil update-all-entries",
        )
    else:
        steps = (
            'Add {word} within the quotes of the line GRUB_CMDLINE_LINUX_DEFAULT="…" in /etc/default/grub',
            "transactional-update grub.cfg",
        )
    return draft.done(True, (*steps, "Then restart: reboot"))
