"""Can the running kernel be kernel B as well: run the agent, be seen, and come back?"""

from dataclasses import dataclass

from kjtui.checks.check import Check, evidence, title
from kjtui.checks.options import CONFIG_PLACES, stated, unknown
from kjtui.checks.words import named
from kjtui.kexec import commandline
from kjtui.model.checks import Area, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "kernel-b"
# What the agent and its initramfs stand on: a cpio archive whose /init is a script for busybox, which mounts
# proc, sysfs and devtmpfs and starts Python. Modules come later, so "m" is as good as nothing for these.
NEEDS = (
    ("CONFIG_KEXEC", "load the way back"),
    ("CONFIG_KEXEC_JUMP", "go back"),
    ("CONFIG_BLK_DEV_INITRD", "take its initramfs"),
    ("CONFIG_BINFMT_SCRIPT", "start /init, which is a script"),
    ("CONFIG_BINFMT_ELF", "start programs"),
    ("CONFIG_PROC_FS", "read its memory map (/proc)"),
    ("CONFIG_SYSFS", "find its consoles (/sys)"),
    ("CONFIG_DEVTMPFS", "open its consoles (/dev)"),
    ("CONFIG_TTY", "have a console"),
)
_JUMP = frozenset({"CONFIG_KEXEC", "CONFIG_KEXEC_JUMP"})


@dataclass(frozen=True)
class Driver:
    """A kind of console: its name without the number, and the options of which one must be built in."""

    name: str
    options: tuple[str, ...]


# Other consoles (netcon, a board's own serial line) are not judged.
DRIVERS = (
    Driver("ttyS", ("CONFIG_SERIAL_8250_CONSOLE",)),
    Driver("ttyUSB", ("CONFIG_USB_SERIAL_CONSOLE",)),
    Driver("hvc", ("CONFIG_VIRTIO_CONSOLE", "CONFIG_HVC_XEN")),
    Driver("tty", ("CONFIG_VT_CONSOLE",)),
)


def kernel_b(facts: Facts) -> Finding:
    """B is started from A's own file, so A's configuration is B's."""
    why = "Kernel B is this kernel once more, and this must be built into it."
    if facts.config is None:
        unsure = "Go on with Quick test, which comes back by itself."
        return unknown(facts, _ID, "Whether kernel B can come back cannot be told", why, unsure)
    source = facts.config_source or "the kernel's configuration"
    missing = tuple(name for name, _ in NEEDS if facts.config.get(name) != "y")
    # What the jump itself takes, this system needs as well, and has checks of its own.
    lacking = tuple(name for name in missing if name not in _JUMP)
    if lacking:
        uses = dict(NEEDS)
        shown = tuple(
            evidence(source, f"{stated(facts, name)}: B needs it to {uses[name]}") for name in lacking
        )
        options = named((name.removeprefix("CONFIG_") for name in lacking), 2, 24)
        cure = "Start a kernel that has these built in (=y); a module (=m) does not count."
        return Finding(
            _ID, title(f"Kernel B could not come back: no {options}"), Verdict.BLOCKED, shown, why, cure
        )
    silent, speaking = _consoles(facts)
    shown = (
        evidence(source, f"all {len(NEEDS)} options that kernel B needs are built in")
        if not missing
        else evidence(source, f"built in is all that kernel B needs besides {', '.join(missing)}"),
        *(
            evidence(source, f"{name}: {_stated_driver(facts, driver)}")
            for name, driver in (*speaking, *silent)
        ),
    )[:8]
    if silent and not speaking:
        mute = title(f"Kernel B would be mute on {named((name for name, _ in silent), 2, 30)}")
        cure = (
            "Go on with Quick test only: it comes back by itself, unseen. To see kernel B, start a kernel "
            "that has its console's driver built in (=y)."
        )
        return Finding(_ID, mute, Verdict.ATTENTION, shown, why, cure)
    has = "Kernel B has all that it needs to come back"
    return Finding(_ID, "Kernel B lacks nothing but the jump" if missing else has, Verdict.READY, shown, why)


Judged = tuple[tuple[str, Driver], ...]


def _consoles(facts: Facts) -> tuple[Judged, Judged]:
    """The consoles that kernel B is given, as far as their driver is known: silent ones, speaking ones."""
    config = facts.config or {}
    names = dict.fromkeys(told.split(",")[0] for told in commandline.consoles(facts))
    known = [
        (name, driver)
        for name in names
        if (driver := next((one for one in DRIVERS if one.name == name.rstrip("0123456789")), None))
    ]
    speaking = tuple(one for one in known if any(config.get(option) == "y" for option in one[1].options))
    return tuple(one for one in known if one not in speaking), speaking


def _stated_driver(facts: Facts, driver: Driver) -> str:
    return ", ".join(stated(facts, option) for option in driver.options)


KERNEL_B = Check(
    _ID,
    Area.KERNEL,
    "Has kernel B all else that it needs to come back?",
    CONFIG_PLACES,
    "Kernel B is started from the running kernel's own file, so both were built alike. B runs from an "
    "initramfs that holds kjtui's agent; modules (=m) are loaded by it, so what it starts by must be built "
    "in. It must be able to start the agent, to show itself on one of this machine's "
    "consoles and to jump back. Distribution kernels have all of that built in; small self-built ones may "
    "lack a part, which then has to be built in.",
    frozenset({Verdict.READY, Verdict.ATTENTION, Verdict.BLOCKED, Verdict.UNKNOWN}),
    kernel_b,
)
