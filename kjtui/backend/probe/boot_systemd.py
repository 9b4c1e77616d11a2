"""Finding systemd-boot: its program on the partition of the firmware, and its entries."""

from kjtui.backend.probe import boot_clues, boot_entries
from kjtui.backend.probe.boot_clues import Clues, Starter
from kjtui.backend.probe.boot_look import ESPS, Draft, Machine
from kjtui.model.boot import BootSetup, Loader
from kjtui.model.checks import Evidence

_ONCE = 1 << 3  # EFI_LOADER_FEATURE_ENTRY_ONESHOT (systemd, src/fundamental/efivars-fundamental.h)
BY_HAND = (
    "Add {word} to the line that begins with options, in the *.conf files of the folder loader/entries"
    " on the boot partition",
    "Add {word} to the line in /etc/kernel/cmdline too, if there is such a file: new kernels take it",
)


def find(machine: Machine, clues: Clues) -> BootSetup | None:
    """systemd-boot with the entries of this system; None if nothing speaks for it.

    Entries alone do not: GRUB reads the same ones on Fedora.
    """
    draft = Draft(machine, Loader.SYSTEMD_BOOT, "systemd-boot")
    started = clues.started(Starter.SYSTEMD_BOOT)
    signs = [path for base in ESPS for path in _signs(machine, base)]
    if not (started or clues.info.startswith(Starter.SYSTEMD_BOOT) or signs):
        return None
    for path in signs:
        draft.see(path, "is there")
    folders = [f"{base}/loader/entries" for base in ESPS]
    entries, trial = boot_entries.collect(draft, folders)
    if not entries:
        draft.why_not.append("no entry of this system was found in " + ", ".join(folders))
        return draft.done(started, BY_HAND)
    chosen = boot_entries.identity(clues.selected)
    first = next((entry for entry in entries if entry.id == chosen), None)
    if first is not None:
        # It started a kernel itself, whatever else is on the command line.
        started = True
    if first is None and started is not False:
        first = boot_entries.booted(machine, entries, "")
    in_trial = chosen == boot_entries.TRIAL and trial is not None
    started = True if in_trial else started
    draft.entry = boot_entries.TRIAL if in_trial else first.id if first else ""
    boot_entries.take(draft, entries, first, (first or entries[0]).path.rpartition("/")[0])
    draft.tools = machine.tools("bootctl", "kernel-install")
    draft.writable(*(entry.path for entry in entries), *(file for file in draft.roles.get("cmdline", ())))
    draft.no_trial += _no_trial(draft, machine, first is not None)
    return draft.done(started, BY_HAND)


def _signs(machine: Machine, base: str) -> list[str]:
    programs = [
        f"{base}/EFI/systemd/{name}"
        for name in machine.source.names(f"{base}/EFI/systemd")
        if name.startswith("systemd-boot") and name.endswith(".efi")
    ]
    settings = f"{base}/loader/loader.conf"
    return [*programs, *([settings] if machine.source.is_file(settings) else [])]


def _no_trial(draft: Draft, machine: Machine, booted: bool) -> list[str]:
    reasons = []
    if not booted:
        reasons.append("it is not known which entry this system was started from")
    if "bootctl" not in draft.tools:
        reasons.append("the program bootctl, which asks for one start of an entry, is not there")
    if not any(line.mount.target == boot_clues.VARIABLES for line in machine.mounts):
        reasons.append(f"the firmware's variables are not at hand ({boot_clues.VARIABLES} is not mounted)")
    elif boot_clues.VARIABLES in machine.read_only:
        reasons.append(f"the firmware's variables cannot be written ({boot_clues.VARIABLES} is read-only)")
    features = boot_clues.number(machine.source, boot_clues.FEATURES)
    if features is not None and not features & _ONCE:
        draft.evidence.append(Evidence(boot_clues.FEATURES, f"{features:#x}"))
        reasons.append("this systemd-boot is too old to try an entry once")
    return reasons
