"""Finding installed kernels in a small tree."""

import os

from kernels import bzimage

from kjtui.backend.probe import installed
from kjtui.backend.probe.source import Source
from kjtui.model.facts import InstalledKernel

JUMP = "CONFIG_KEXEC=y\nCONFIG_KEXEC_JUMP=y\n"
NO_JUMP = "CONFIG_KEXEC=y\n# CONFIG_KEXEC_JUMP is not set\n"


def put(root, name, content):
    path = root / name.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def kernel(version):
    return bzimage(version=version, payload=4096)


def test_kernels_in_boot_come_newest_first_with_what_their_configuration_says(tmp_path):
    for version, options in (("6.9.3-1", NO_JUMP), ("6.12.40-jump", JUMP), ("6.12.9-amd64", NO_JUMP)):
        put(tmp_path, f"/boot/vmlinuz-{version}", kernel(version))
        put(tmp_path, f"/boot/config-{version}", options)
    put(tmp_path, "/boot/vmlinuz-6.1.0-13", kernel("6.1.0-13"))
    assert installed.find(Source(tmp_path)) == (
        InstalledKernel("/boot/vmlinuz-6.12.40-jump", "6.12.40-jump", True, "/boot/config-6.12.40-jump"),
        InstalledKernel("/boot/vmlinuz-6.12.9-amd64", "6.12.9-amd64", False, "/boot/config-6.12.9-amd64"),
        InstalledKernel("/boot/vmlinuz-6.9.3-1", "6.9.3-1", False, "/boot/config-6.9.3-1"),
        InstalledKernel("/boot/vmlinuz-6.1.0-13", "6.1.0-13", None, ""),
    )


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
    assert installed.find(Source(tmp_path)) == (
        InstalledKernel("/boot/vmlinuz-6.12.40-jump", "6.12.40-jump", True, "/boot/config-6.12.40-jump"),
        InstalledKernel("/lib/modules/6.1.0-13/vmlinuz", "6.1.0-13", None, ""),
    )


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
