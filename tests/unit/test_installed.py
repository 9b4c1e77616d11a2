"""Finding installed kernels in a small tree."""

import os

import pytest
from kernels import bzimage, unified

from kjtui.backend.probe import installed, kernelfile
from kjtui.backend.probe.source import Source
from kjtui.errors import KjtuiError

JUMP = "CONFIG_KEXEC=y\nCONFIG_KEXEC_JUMP=y\n"
FULL = "".join(
    f"CONFIG_{name}=y\n"
    for name in (
        *("X86_64", "RELOCATABLE", "BLK_DEV_INITRD", "BINFMT_ELF", "BINFMT_SCRIPT", "PROC_FS", "SYSFS"),
        *("DEVTMPFS", "TTY", "KEXEC", "KEXEC_JUMP", "HIBERNATION", "VT_CONSOLE", "DEVMEM", "CRASH_DUMP"),
        *("PROC_VMCORE", "RD_ZSTD"),
    )
)
NO_JUMP = "CONFIG_KEXEC=y\n# CONFIG_KEXEC_JUMP is not set\n"


def put(root, name, content):
    path = root / name.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def kernel(version):
    return bzimage(version=version, payload=4096)


def told(root):
    found = installed.find(Source(root))
    return [(one.path, one.release, one.can_jump, one.config_source) for one in found]


def test_kernels_in_boot_come_newest_first_with_what_their_configuration_says(tmp_path):
    for version, options in (("6.9.3-1", NO_JUMP), ("6.12.40-jump", JUMP), ("6.12.9-amd64", NO_JUMP)):
        put(tmp_path, f"/boot/vmlinuz-{version}", kernel(version))
        put(tmp_path, f"/boot/config-{version}", options)
    put(tmp_path, "/boot/vmlinuz-6.1.0-13", kernel("6.1.0-13"))
    assert told(tmp_path) == [
        ("/boot/vmlinuz-6.12.40-jump", "6.12.40-jump", True, "/boot/config-6.12.40-jump"),
        ("/boot/vmlinuz-6.12.9-amd64", "6.12.9-amd64", False, "/boot/config-6.12.9-amd64"),
        ("/boot/vmlinuz-6.9.3-1", "6.9.3-1", False, "/boot/config-6.9.3-1"),
        ("/boot/vmlinuz-6.1.0-13", "6.1.0-13", None, ""),
    ]


def test_fedora_keeps_kernel_and_configuration_beside_the_modules(tmp_path):
    put(tmp_path, "/lib/modules/6.17.4-200.fc43.x86_64/vmlinuz", kernel("6.17.4-200.fc43.x86_64"))
    put(tmp_path, "/lib/modules/6.17.4-200.fc43.x86_64/config", JUMP)
    (found,) = installed.find(Source(tmp_path))
    assert found.path == "/lib/modules/6.17.4-200.fc43.x86_64/vmlinuz"
    assert found.can_jump is True


def test_boot_loader_entries_lead_to_kernels_on_the_boot_partition(tmp_path):
    put(tmp_path, "/boot/efi/loader/entries/arch.conf", "title Arch\nlinux /arch/linux-lts\noptions rw\n")
    put(tmp_path, "/boot/efi/arch/linux-lts", kernel("6.12.58-1-lts"))
    (found,) = installed.find(Source(tmp_path))
    assert (found.path, found.release, found.can_jump) == ("/boot/efi/arch/linux-lts", "6.12.58-1-lts", None)


def test_a_kernel_that_only_root_may_read_is_known_by_its_name(tmp_path, monkeypatch):
    put(tmp_path, "/boot/vmlinuz-6.12.40-jump", kernel("6.12.40-jump"))
    put(tmp_path, "/boot/config-6.12.40-jump", JUMP)
    put(tmp_path, "/boot/vmlinuz-linux", kernel("6.9.3-1"))
    put(tmp_path, "/lib/modules/6.1.0-13/vmlinuz", kernel("6.1.0-13"))
    data = Source.data

    def forbidden(self, name, **options):
        return None if "vmlinuz" in name else data(self, name, **options)

    monkeypatch.setattr(Source, "data", forbidden)
    assert told(tmp_path) == [
        ("/boot/vmlinuz-6.12.40-jump", "6.12.40-jump", True, "/boot/config-6.12.40-jump"),
        ("/lib/modules/6.1.0-13/vmlinuz", "6.1.0-13", None, ""),
    ]


def test_one_release_in_two_places_counts_once(tmp_path):
    put(tmp_path, "/boot/vmlinuz-6.12.9", kernel("6.12.9"))
    put(tmp_path, "/usr/lib/modules/6.12.9/vmlinuz", kernel("6.12.9"))
    (found,) = installed.find(Source(tmp_path))
    assert found.path == "/boot/vmlinuz-6.12.9"


def test_what_is_no_kernel_is_left_out(tmp_path):
    put(tmp_path, "/boot/vmlinuz-junk", os.urandom(4096))
    put(tmp_path, "/boot/vmlinuz-empty", b"")
    put(tmp_path, "/boot/vmlinuz-short", kernel("6.12.9")[:0x20F])
    (tmp_path / "boot/vmlinuz-loop").symlink_to("vmlinuz-loop")
    (tmp_path / "boot/vmlinuz-folder").mkdir()
    os.mkfifo(tmp_path / "boot/vmlinuz-pipe")
    put(tmp_path, "/boot/loader/entries/odd.conf", b"linux \xff\xfe/../../x\nlinux\n")
    assert installed.find(Source(tmp_path)) == ()


def test_each_kernel_says_how_large_it_is_what_it_can_and_whether_its_modules_are_here(tmp_path):
    put(tmp_path, "/boot/vmlinuz-6.12.40", kernel("6.12.40"))
    put(tmp_path, "/boot/config-6.12.40", FULL)
    put(tmp_path, "/usr/lib/modules/6.12.40/modules.dep", "")
    put(tmp_path, "/boot/vmlinuz-6.1.0", kernel("6.1.0"))
    put(tmp_path, "/boot/config-6.1.0", FULL.replace("CONFIG_KEXEC_JUMP=y\n", "").replace("CONFIG_TTY=y", ""))
    new, old = installed.find(Source(tmp_path))
    assert (new.size, new.source, new.modules) == (len(kernel("6.12.40")), "/boot", True)
    assert (new.can_be_b, new.can_come_back, new.why, new.lacks) == (True, True, (), ())
    assert (old.can_be_b, old.can_come_back, old.modules) == (False, False, False)
    assert [one.rpartition(" (")[2] for one in old.why] == ["no TTY)", "no KEXEC_JUMP)"]


def test_an_entry_is_named_by_its_title(tmp_path):
    put(tmp_path, "/efi/loader/entries/a.conf", "title Arch Linux LTS\nlinux /vmlinuz-lts\n")
    put(tmp_path, "/efi/vmlinuz-lts", kernel("6.12.58-1-lts"))
    (found,) = installed.find(Source(tmp_path))
    assert found.source == 'boot entry "Arch Linux LTS"'


@pytest.mark.parametrize("folder", ["/efi", "/boot/efi", "/boot"])
def test_unified_kernel_images_are_found_on_the_efi_partition(tmp_path, folder):
    put(tmp_path, f"{folder}/EFI/Linux/arch.efi", unified(kernel("6.17.8-arch1"), uname="6.17.8-arch1"))
    put(tmp_path, "/lib/modules/6.17.8-arch1/config", FULL)
    put(tmp_path, f"{folder}/EFI/Linux/odd.efi", b"MZ" + os.urandom(5000))
    put(tmp_path, f"{folder}/EFI/Linux/readme.txt", unified(kernel("6.9"), uname="6.9"))
    (found,) = installed.find(Source(tmp_path))
    assert (found.release, found.source, found.can_be_b) == ("6.17.8-arch1", "unified kernel image", True)


def test_a_unified_image_that_an_entry_names_is_found_too(tmp_path):
    put(tmp_path, "/boot/loader/entries/u.conf", "title U\nuki /images/u.efi\n")
    put(tmp_path, "/boot/images/u.efi", unified(kernel("6.17.1"), uname="6.17.1"))
    (found,) = installed.find(Source(tmp_path))
    assert (found.path, found.source) == ("/boot/images/u.efi", "unified kernel image")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"MZ" + bytes(0x36) + b"ARM\x64" + bytes(8000), "kernel for ARM (64-bit)"),
        (b"", "cannot be read"),
        (kernel("6.12.9")[:3000], "cut off"),
    ],
)
def test_a_file_of_ones_own_is_refused_with_the_reason(tmp_path, content, says):
    put(tmp_path, "/root/k", content)
    with pytest.raises(KjtuiError) as refused:
        installed.examine(Source(tmp_path), "/root/k")
    assert says in refused.value.title
    assert refused.value.detail
    assert refused.value.hint


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(KjtuiError, match="cannot be read"):
        installed.examine(Source(tmp_path), "/root/none")


def test_the_running_kernel_may_be_in_a_unified_image_alone(tmp_path):
    put(tmp_path, "/efi/EFI/Linux/other.efi", unified(kernel("6.16.1"), uname="6.16.1"))
    put(tmp_path, "/efi/EFI/Linux/this.efi", unified(kernel("6.17.8"), uname="6.17.8"))
    source = Source(tmp_path)
    path = kernelfile.find(source, "6.17.8", "quiet rw")
    assert path == "/efi/EFI/Linux/this.efi"
    header = kernelfile.header(source, path)
    assert header is not None
    assert header.relocatable
    assert kernelfile.find(Source(tmp_path), "6.9", "") is None
