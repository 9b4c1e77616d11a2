"""What a kernel must have been built with to be kernel B, and to come back from there."""

from collections.abc import Mapping
from dataclasses import dataclass

_JUMP = "CONFIG_KEXEC_JUMP"
_CONSOLES = (
    "CONFIG_VT_CONSOLE",
    "CONFIG_SERIAL_8250_CONSOLE",
    "CONFIG_HVC_XEN",
    "CONFIG_HVC_DRIVER",
    "CONFIG_VIRTIO_CONSOLE",
)
_LOCKED = ("CONFIG_LOCK_DOWN_KERNEL_FORCE_INTEGRITY", "CONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY")


@dataclass(frozen=True)
class Demand:
    """Options of which any one must be "y" (a module comes too late), and what is the matter without them."""

    options: tuple[str, ...]
    without: str


# Without one of these the kernel does not start as B, or runs none of its programs.
MUST = (
    Demand(("CONFIG_X86_64",), "it is no kernel for 64-bit PCs"),
    Demand(("CONFIG_RELOCATABLE",), "it runs at one fixed address only, and that is taken by this system"),
    Demand(("CONFIG_BLK_DEV_INITRD",), "it cannot take its files from memory (initramfs)"),
    Demand(("CONFIG_BINFMT_ELF",), "it can run no programs"),
    Demand(("CONFIG_BINFMT_SCRIPT",), "it can run no scripts, and the first program in B is one"),
    Demand(("CONFIG_PROC_FS",), "it has no /proc, where the first program in B reads what it is to do"),
    Demand(("CONFIG_SYSFS",), "it has no /sys, where B's programs find consoles and devices"),
    Demand(("CONFIG_DEVTMPFS",), "it makes no files in /dev, so that B's programs find no devices"),
    Demand(("CONFIG_TTY",), "it has no terminals at all"),
)
# B jumps back as A jumped there: with kexec_load and with all devices stopped.
BACK = (
    Demand(("CONFIG_KEXEC",), "it cannot load another kernel"),
    Demand((_JUMP,), "it was built without the jump"),
    Demand(("CONFIG_HIBERNATION",), "it cannot stop its devices"),
)
# Without one of these something is taken away, and the visit works.
WANTED = (
    Demand(_CONSOLES, "it shows nothing on any console: only a quick test or a program makes sense"),
    Demand(("CONFIG_DEVMEM",), "it leaves no word of its visit (/dev/mem)"),
    Demand(("CONFIG_CRASH_DUMP",), "it cannot bring you back if it panics"),
    Demand(("CONFIG_PROC_VMCORE",), "it cannot show this system's memory as a file (/proc/vmcore)"),
    Demand(("CONFIG_RD_ZSTD",), "it cannot unpack an initramfs that is packed by zstd"),
)


@dataclass(frozen=True)
class Judgement:
    """What a kernel's own configuration allows. None: there is no configuration to tell by.

    why: reasons against can_come_back and can_be_b. lacks: what is taken away only. Sentences without a full
    stop, in words, with the option's name.
    """

    can_jump: bool | None = None
    can_come_back: bool | None = None
    can_be_b: bool | None = None
    why: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


def judge(options: Mapping[str, str] | None) -> Judgement:
    """Read a kernel's configuration ({"CONFIG_KEXEC": "y", …}); None where it was not found."""
    if not options:
        return Judgement()
    back = _missing(options, BACK)
    # B gets no EFI and so no Secure Boot: only what is built in locks it down.
    if locked := next((name for name in _LOCKED if options.get(name) == "y"), None):
        back.append(f"it locks itself down and lets nobody load a kernel ({_short(locked)})")
    must = _missing(options, MUST)
    return Judgement(
        can_jump=options.get(_JUMP) == "y",
        can_come_back=not back,
        can_be_b=not must,
        why=(*must, *back),
        lacks=tuple(_missing(options, WANTED)),
    )


def _missing(options: Mapping[str, str], demands: tuple[Demand, ...]) -> list[str]:
    return [
        f"{one.without} (no {_short(one.options[0])})"
        for one in demands
        if not any(options.get(name) == "y" for name in one.options)
    ]


def _short(option: str) -> str:
    return option.removeprefix("CONFIG_")
