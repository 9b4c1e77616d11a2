"""A package of a kernel like the running one, with the jump added, built from the distribution's source."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from build_kernel import jump_kernel

pytestmark = pytest.mark.vm
HELPER = Path(__file__).resolve().parents[2] / "helpers" / "build_kernel.py"
# Whole subsystems that the package is built without, to be done in minutes.
LEFT_OUT = (
    *(
        "NET",
        "EXT4_FS",
        "USB_SUPPORT",
        "SCSI",
        "MD",
        "EFI",
        "CGROUPS",
        "SECURITY",
        "VIRTIO_MENU",
        "HID_SUPPORT",
    ),
    *("HW_RANDOM", "WATCHDOG", "HYPERVISOR_GUEST", "NAMESPACES", "KEXEC_FILE", "SECCOMP", "AIO", "PCI"),
    *("BTRFS_FS", "ACPI", "VT", "SMP", "RTC_CLASS", "INPUT", "PERF_EVENTS", "FW_LOADER"),
)


def small_configuration() -> str:
    """That of the rehearsal machine's kernel, smaller still, without the jump, and with a module."""
    config = jump_kernel().config
    assert config is not None
    text = config.read_text()
    for name in (*LEFT_OUT, "KEXEC_JUMP", "MODULES"):
        text = re.sub(rf"^CONFIG_{name}=.*$", f"# CONFIG_{name} is not set", text, flags=re.MULTILINE)
    text = text.replace("# CONFIG_MODULES is not set", "CONFIG_MODULES=y")
    return text.replace("CONFIG_BLK_DEV_LOOP=y", "CONFIG_BLK_DEV_LOOP=m")


def test_a_configuration_without_the_jump_becomes_a_package_with_it(tmp_path):
    config = tmp_path / "config"
    config.write_text(small_configuration())
    assert "CONFIG_KEXEC_JUMP=y" not in config.read_text()
    version = jump_kernel().image.parent.name.split("-")[0]
    options = [
        "--like-running",
        "--yes",
        "--source",
        version,
        "--config",
        config,
        "--output",
        tmp_path / "out",
    ]
    command = [sys.executable, str(HELPER), *map(str, options)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-3000:]
    package = Path(result.stdout.strip())
    assert package.parent == (tmp_path / "out").resolve()
    # That one, and what the kernel makes modules of by itself as soon as it has any.
    assert re.search(r"CONFIG_KEXEC_JUMP=y, \d modules?\b", result.stderr)
    assert f"sudo apt install {package}" in result.stderr
    files = subprocess.run(
        ["dpkg-deb", "-c", str(package)], capture_output=True, text=True, check=True
    ).stdout
    assert re.search(r"boot/vmlinuz-\S+-jump$", files, re.MULTILINE)
    assert re.search(r"loop\.ko", files)
