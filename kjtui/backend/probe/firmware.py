"""What the firmware and the boot loader handed over."""

from kjtui.backend.probe.source import Source, whole

EFI = "/sys/firmware/efi"
SYSTAB = "/sys/firmware/efi/systab"
BOOT_PARAMS = "/sys/kernel/boot_params/data"
SCREEN_INFO_SIZE = 0x40  # struct screen_info is the first member of struct boot_params


def efi(source: Source) -> bool:
    """Whether this system was started by EFI."""
    if source.is_file(EFI):
        source.note(EFI, "it is a file, not a folder")
    return source.is_folder(EFI)


def acpi_rsdp(source: Source, efi: bool) -> int | None:
    """Physical address of ACPI's root pointer as EFI tells it; the newer table is preferred.

    None on BIOS machines, where a kernel finds it by itself.
    """
    if not efi:
        return None
    text = source.text(SYSTAB)
    if text is None:
        return None
    entries = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    address = whole(entries.get("ACPI20") or entries.get("ACPI", ""), 16)
    if address is None:
        source.note(SYSTAB, "it names no ACPI table")
    return address


def screen_info(source: Source) -> bytes:
    """How the boot loader set up the screen: 64 bytes, empty if unknown."""
    data = source.data(BOOT_PARAMS, limit=SCREEN_INFO_SIZE)
    if data is None or len(data) == SCREEN_INFO_SIZE:
        return data or b""
    source.note(BOOT_PARAMS, "it is too short")
    return b""
