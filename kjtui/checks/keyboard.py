"""Will kernel B hear the keyboard?"""

from collections.abc import Mapping

from kjtui.checks.words import clip, named, partly_hidden, reasons
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts, InputDevice

_ID = "usb-input"
_FOLDER = "/sys/class/input"
_USB_HOSTS = ("CONFIG_USB_XHCI_PCI", "CONFIG_USB_EHCI_PCI", "CONFIG_USB_UHCI_HCD", "CONFIG_USB_OHCI_HCD_PCI")
# bus → what must be built into kernel B so that it hears a keyboard there: of each group one.
_NEEDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "ps2": (("CONFIG_SERIO_I8042",), ("CONFIG_KEYBOARD_ATKBD",)),
    "usb": (("CONFIG_USB_HID",), ("CONFIG_HID_GENERIC",), _USB_HOSTS),
    "virtio": (("CONFIG_VIRTIO_PCI",), ("CONFIG_VIRTIO_INPUT",)),
    "i2c": (("CONFIG_I2C_HID_ACPI",), ("CONFIG_HID_GENERIC", "CONFIG_HID_MULTITOUCH")),
}
_BUSES = {"ps2": "PS/2", "usb": "USB", "virtio": "virtio", "i2c": "I2C", "bluetooth": "Bluetooth"}


def usb_input(facts: Facts) -> Finding:
    """A keyboard works if its drivers are built in, or modules: those travel along."""
    why = (
        "Kernel B has the drivers that are built into the kernel, and the modules that travel along. Without "
        "a keyboard, Look around cannot be left by a key; it comes back by its timer."
    )
    if _serial(facts):
        evidence: tuple[Evidence, ...] = (Evidence("ttyname", clip(facts.terminal or "", 40)),)
        title = "You type on a serial line, which kernel B hears"
        return Finding(_ID, title, Verdict.READY, evidence, why)
    elsewhere = (facts.terminal or "").startswith("/dev/pts/")
    unseen = facts.keyboards is None or (not facts.keyboards and partly_hidden(facts, _FOLDER))
    if facts.keyboards is None or unseen or (facts.keyboards and facts.config is None):
        if elsewhere:
            return _elsewhere(facts, (), why)
        places = (_FOLDER,) if unseen else ("/proc/config.gz", "/boot", "/lib/modules")
        title = "Whether kernel B hears the keyboard cannot be told"
        cure = "Choose Quick test in step 3: it comes back by itself, with or without a keyboard."
        return Finding(_ID, title, Verdict.UNKNOWN, reasons(facts, *places), why, cure)
    real = tuple(one for one in facts.keyboards if one.bus != "virtual")
    if not real:
        evidence = (Evidence(_FOLDER, "no keyboard"),)
        return Finding(_ID, "No keyboard is plugged in", Verdict.READY, evidence, why)
    heard = tuple(one for one in real if not _missing(one, facts))
    evidence = tuple(_evidence(one, facts) for one in dict.fromkeys((*heard, *real[:3])))[:3]
    if heard:
        return Finding(_ID, "Kernel B will hear your keyboard", Verdict.READY, evidence, why)
    if elsewhere:
        return _elsewhere(facts, evidence, why)
    buses = named((_BUSES.get(one.bus, one.bus or "of unknown kind") for one in real), 2, 20)
    title = f"Kernel B will not hear your keyboard ({buses})"
    cure = (
        "Choose Quick test in step 3: it comes back by itself. For Look around use a serial line, a PS/2 "
        "keyboard, or a kernel with the drivers above."
    )
    return Finding(_ID, title, Verdict.ATTENTION, evidence, why, cure)


def _elsewhere(facts: Facts, keyboards: tuple[Evidence, ...], why: str) -> Finding:
    """In a window or over a network: whether to go on from there at all is what the terminal's check asks."""
    evidence = (Evidence("ttyname", clip(facts.terminal or "", 40)), *keyboards)
    title = "Kernel B is not seen from here: take Quick test, no key"
    return Finding(_ID, title, Verdict.READY, evidence, why)


def _serial(facts: Facts) -> bool:
    """Whether the person's terminal is a console of another kind than the screen's (serial, hypervisor's)."""
    name = (facts.terminal or "").removeprefix("/dev/")
    return name in facts.consoles and not (name.startswith("tty") and name[3:].isdigit())


def _missing(one: InputDevice, facts: Facts) -> tuple[str, ...]:
    """The options that are not built in; one word for a bus that kernel B cannot have at all."""
    groups = _NEEDS.get(one.bus)
    if groups is None:
        return ("a driver",)
    config = facts.config or {}
    return tuple(
        group[0] for group in groups if not any(config.get(option) in ("y", "m") for option in group)
    )


def _evidence(one: InputDevice, facts: Facts) -> Evidence:
    missing = _missing(one, facts)
    name = clip(one.name, 40)
    bus = _BUSES.get(one.bus, clip(one.bus, 12) if one.bus else "unknown bus")
    if not missing:
        return Evidence(_FOLDER, f"{name} ({bus}): its drivers are built in, or travel along")
    config = facts.config or {}
    if missing == ("a driver",):
        return Evidence(_FOLDER, f"{name} ({bus}): it needs programs that kernel B does not have")
    told = ", ".join(f"{option}={'m' if config.get(option) == 'm' else 'n'}" for option in missing)
    return Evidence(_FOLDER, f"{name} ({bus}): {told}")
