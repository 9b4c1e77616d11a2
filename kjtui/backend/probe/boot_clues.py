"""Which boot loader started this boot: what the loaders leave behind for the system that they start."""

from dataclasses import dataclass
from enum import StrEnum

from kjtui.backend.probe.boot_look import COMMAND_LINE, Machine
from kjtui.backend.probe.source import Source, clean
from kjtui.model.checks import Evidence

VARIABLES = "/sys/firmware/efi/efivars"
VENDOR = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"  # systemd's (https://systemd.io/BOOT_LOADER_INTERFACE)
INFO = f"{VARIABLES}/LoaderInfo-{VENDOR}"
SELECTED = f"{VARIABLES}/LoaderEntrySelected-{VENDOR}"
STUB = f"{VARIABLES}/StubInfo-{VENDOR}"
FEATURES = f"{VARIABLES}/LoaderFeatures-{VENDOR}"
_ATTRIBUTES = 4  # bytes before a variable's value (Documentation/filesystems/efivarfs.rst)
_MOST = 4096  # bytes of one variable


class Starter(StrEnum):
    """What starts kernels; the values are how LoaderInfo begins, in small letters."""

    GRUB = "grub"
    SYSTEMD_BOOT = "systemd-boot"
    REFIND = "refind"
    LIMINE = "limine"
    UNIFIED = "unified kernel image"  # the kernel file starts itself, whoever called it
    OLD = "syslinux or lilo"  # they add BOOT_IMAGE= like GRUB


@dataclass(frozen=True)
class Clues:
    """What was left behind. starter: who started this boot, None if it does not tell.

    info, selected: LoaderInfo and LoaderEntrySelected, "" without them; boot_image: see kernelfile.
    silent: those who would have left something and did not. evidence: what starter was concluded from.
    """

    starter: Starter | None
    info: str
    selected: str
    boot_image: str
    silent: frozenset[Starter]
    evidence: tuple[Evidence, ...]

    def started(self, starter: Starter) -> bool | None:
        """Whether this one did; None where that cannot be told."""
        if self.starter is not None:
            return self.starter is starter
        return False if starter in self.silent else None


def variable(source: Source, path: str) -> str:
    """A text that a loader left in a variable of the firmware (UTF-16, ends in zero); "" without one."""
    data = source.data(path, limit=_MOST, optional=True) or b""
    return clean(data[_ATTRIBUTES:].decode("utf-16-le", "replace").partition("\0")[0].strip())


def number(source: Source, path: str) -> int | None:
    """A number of 64 bits in a variable of the firmware; None without one."""
    data = source.data(path, limit=_MOST, optional=True) or b""
    return int.from_bytes(data[_ATTRIBUTES:], "little") if len(data) == _ATTRIBUTES + 8 else None


def look(machine: Machine) -> Clues:
    """Read the clues of this boot."""
    source = machine.source
    info = variable(source, INFO) if machine.efi else ""
    selected = variable(source, SELECTED) if machine.efi else ""
    stub = variable(source, STUB) if machine.efi else ""
    image = machine.word("BOOT_IMAGE")
    told = not machine.efi or bool(source.names(VARIABLES))
    names = [one for one in Starter if info.lower().startswith(one)]
    if stub:
        starter: Starter | None = Starter.UNIFIED
        evidence = Evidence(STUB, f"{stub}: the kernel is a unified kernel image")
    elif image:
        # Also where another loader started GRUB, whose variables stay: the last of them counts.
        starter = Starter.GRUB
        evidence = Evidence(COMMAND_LINE, f"BOOT_IMAGE={image}: so does GRUB name the kernel it starts")
    elif info:
        starter = names[0] if names and names[0] is not Starter.GRUB else None
        evidence = Evidence(INFO, info)
    else:
        starter = None
        where = "no BOOT_IMAGE= word, which GRUB adds" if machine.command_line else "cannot be read"
        evidence = Evidence(COMMAND_LINE, where)
    more = [Evidence(INFO, info)] if info and evidence.source != INFO else []
    if selected:
        more.append(Evidence(SELECTED, selected))
    if machine.efi and not info and not stub:
        more.append(Evidence(INFO, "no such variable" if told else "the firmware's variables cannot be read"))
    return Clues(starter, info, selected, image, _silent(machine, info, told), (evidence, *more))


def _silent(machine: Machine, info: str, told: bool) -> frozenset[Starter]:
    """Those who cannot have started a boot of which nothing else tells who did."""
    silent: set[Starter] = set()
    if machine.command_line and not info.lower().startswith(Starter.GRUB):
        silent |= {Starter.GRUB, Starter.OLD}
    if told:
        silent |= {Starter.SYSTEMD_BOOT, Starter.UNIFIED}
    if not machine.efi:
        silent |= {Starter.REFIND}
    return frozenset(silent)
