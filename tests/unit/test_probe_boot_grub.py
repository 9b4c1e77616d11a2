"""Finding GRUB, as Debian, Fedora, openSUSE and Arch set it up."""

import os

import boottrees
import pytest
from boottrees import (
    ENV,
    ID,
    RELEASE,
    ROOT,
    Tree,
    bls_entry,
    entry,
    evidence,
    menu,
    paths,
)

from kjtui.backend.probe.source import Source
from kjtui.model.boot import Loader
from kjtui.model.facts import BlockDevice


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


@pytest.fixture
def debian(tmp_path):
    return boottrees.debian(tmp_path)


@pytest.fixture
def fedora(tmp_path):
    return boottrees.fedora(tmp_path)


class TestDebian:
    def test_bios(self, debian):
        (setup,) = debian.find()
        assert setup.loader is Loader.GRUB_DEBIAN
        assert setup.title == "GRUB, updated by update-grub"
        assert setup.started_this is True
        assert setup.entry == "Debian"
        assert (setup.no_trial, setup.why_not) == ("", "")
        assert paths(setup, "defaults") == ["/etc/default/grub"]
        assert paths(setup, "snippets") == ["/etc/default/grub.d/init-select.cfg"]
        assert paths(setup, "drop-in") == ["/etc/default/grub.d/zz-kjtui.cfg"]
        assert paths(setup, "config") == ["/boot/grub/grub.cfg"]
        assert paths(setup, "custom") == ["/boot/grub/custom.cfg"]
        assert paths(setup, "env") == ["/boot/grub/grubenv"]
        assert setup.one("drop-in").data is None
        assert setup.one("drop-in").mode == 0o644
        assert setup.one("config").mode == 0o600
        assert setup.one("config").uid == os.getuid()
        assert setup.one("custom").data is None
        assert setup.tools["update-grub"] == "/usr/sbin/update-grub"
        assert "BOOT_IMAGE=" in evidence(setup)

    def test_uefi(self, debian):
        debian.uefi()
        debian.esp()
        debian.secure_boot = True
        debian.write("boot/efi/EFI/debian/grub.cfg", "configfile $prefix/grub.cfg\n")
        (setup,) = debian.find()
        assert setup.loader is Loader.GRUB_DEBIAN
        assert setup.started_this is True
        assert setup.no_trial == ""

    def test_an_entry_in_a_submenu(self, debian):
        debian.command_line = f"BOOT_IMAGE=/boot/vmlinuz-{RELEASE} root={ROOT} ro single"
        (setup,) = debian.find()
        assert setup.entry == f"Advanced options>Linux {RELEASE} (recovery)"

    def test_ubuntu(self, debian):
        debian.distribution = {"ID": "ubuntu", "ID_LIKE": "debian"}
        debian.write(
            "etc/default/grub.d/50-cloudimg-settings.cfg", "\udcff".encode("utf-8", "surrogateescape")
        )
        debian.programs("grub-mkconfig")
        debian.write("usr/sbin/grub-mkconfig", "")  # as good as unreadable: then the distribution tells
        (setup,) = debian.find()
        assert setup.loader is Loader.GRUB_DEBIAN
        assert setup.of("snippets")[0].data == "\udcff"

    def test_without_the_folder_for_snippets(self, debian):
        for name in ("init-select.cfg", "README"):
            (debian.root / "etc/default/grub.d" / name).unlink()
        (debian.root / "etc/default/grub.d").rmdir()
        (setup,) = debian.find()
        assert setup.loader is Loader.GRUB_DEBIAN
        assert paths(setup, "drop-in") == ["/etc/default/grub.d/zz-kjtui.cfg"]

    def test_our_own_file_and_a_trial_that_came_up(self, debian):
        debian.write("etc/default/grub.d/zz-kjtui.cfg", "ours\n")
        trial = entry(
            "kjtui trial", f"/boot/vmlinuz-{RELEASE}", f"root={ROOT} ro quiet crashkernel=256M", "x"
        )
        trial = trial.replace("$menuentry_id_option 'x'", "--id kjtui-trial")
        debian.write("boot/grub/custom.cfg", trial)
        debian.command_line += " crashkernel=256M"
        (setup,) = debian.find()
        assert setup.one("drop-in").data == "ours\n"
        assert paths(setup, "snippets") == ["/etc/default/grub.d/init-select.cfg"]
        assert setup.entry == "Debian"
        assert "trial start" in evidence(setup)

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda tree: (tree.root / "boot/grub/grubenv").unlink(), "grubenv is missing"),
            (lambda tree: tree.write("boot/grub/grubenv", "garbage"), "cut off"),
            (
                lambda tree: tree.write("boot/grub/grubenv", ENV.replace("\n#", "\nenv_block=512+1\n#")),
                "outside of /boot/grub/grubenv",
            ),
            (lambda tree: tree.write("boot/grub/grub.cfg", menu(start="")), "does not look at next_entry"),
            (
                lambda tree: tree.write("boot/grub/grub.cfg", menu(end="")),
                "does not read /boot/grub/custom.cfg",
            ),
            (lambda tree: tree.write("boot/grub/grub.cfg", menu("/vmlinuz-1")), "was started from is not in"),
        ],
    )
    def test_why_there_is_no_trial(self, debian, change, reason):
        change(debian)
        (setup,) = debian.find()
        assert reason in setup.no_trial
        assert setup.loader is Loader.GRUB_DEBIAN

    @pytest.mark.parametrize(
        ("mount", "above", "reason"),
        [
            (("btrfs", "0:31"), None, "btrfs"),
            (("zfs", "0:31"), None, "zfs"),
            (("ext4", "253:0"), ("dm-0", "lvm"), "LVM"),
            (("ext4", "253:0"), ("dm-0", "crypt"), "an encrypted device"),
            (("ext4", "9:0"), ("md0", "raid1"), "RAID"),
            (("ext4", "7:0"), ("nobody", ""), "which device"),
        ],
    )
    def test_where_grub_cannot_write(self, debian, mount, above, reason):
        fstype, number = mount
        debian.mounts[0] = f"1 0 {number} / / rw - {fstype} /dev/x rw"
        if above:
            name, kind = above
            if kind:
                debian.devices.append(BlockDevice(name, 1, mounted_at=("/",), kind=kind, stands_on=("sda2",)))
            else:
                debian.devices.clear()
        (setup,) = debian.find()
        assert reason in setup.no_trial
        assert setup.loader is Loader.GRUB_DEBIAN

    def test_a_boot_partition_of_its_own_lets_grub_write(self, debian):
        debian.mounts[0] = "1 0 0:31 / / rw - btrfs /dev/sda2 rw"
        debian.mount("/boot")
        (setup,) = debian.find()
        assert setup.no_trial == ""

    @pytest.mark.parametrize("target", ["/boot", "/etc"])
    def test_read_only(self, debian, target):
        debian.mount(target, options="ro,relatime")
        (setup,) = debian.find()
        assert setup.loader is Loader.BY_HAND
        assert setup.why_not == f"{target} is mounted read-only, so nothing in it can be changed"
        assert setup.by_hand[0] == f"mount -o remount,rw {target}"
        assert "update-grub" in setup.by_hand
        assert setup.started_this is True

    def test_a_menu_written_by_hand_is_not_replaced(self, debian):
        debian.write("boot/grub/grub.cfg", entry("Mine", f"/boot/vmlinuz-{RELEASE}", f"root={ROOT}"))
        (setup,) = debian.find()
        assert setup.loader is Loader.BY_HAND
        assert "was not made by grub-mkconfig" in setup.why_not
        assert setup.by_hand[0] == "Add {word} to each line that begins with linux, in /boot/grub/grub.cfg"

    def test_a_huge_menu(self, debian):
        debian.write("boot/grub/grub.cfg", menu() + "#" * (1 << 20))
        (setup,) = debian.find()
        assert "/boot/grub/grub.cfg cannot be read: it is larger than 1 MiB" in setup.why_not
        assert setup.started_this is True

    def test_a_huge_snippet(self, debian):
        debian.write("etc/default/grub.d/big.cfg", "#" * ((1 << 20) + 1))
        (setup,) = debian.find()
        assert "big.cfg cannot be read" in setup.why_not

    def test_a_missing_menu(self, debian):
        (debian.root / "boot/grub/grub.cfg").unlink()
        (setup,) = debian.find()
        assert "grub.cfg was not found" in setup.why_not

    def test_missing_programs(self, debian):
        for name in ("update-grub", "grub-mkconfig"):
            (debian.root / "usr/sbin" / name).unlink()
        (setup,) = debian.find()
        assert "the program that makes grub.cfg, was not found" in setup.why_not

    @pytest.mark.parametrize(
        "name", ["boot/grub/grub.cfg", "boot/grub/grubenv", "etc/default/grub", "boot/grub/custom.cfg"]
    )
    def test_garbage(self, debian, name):
        debian.write(name, bytes(range(256)) * 20)
        (setup,) = debian.find()
        assert setup.started_this is True

    @pytest.mark.parametrize(
        "name", ["boot/grub/grub.cfg", "boot/grub/custom.cfg", "etc/default/grub.d/x.cfg"]
    )
    def test_no_permission(self, debian, name, monkeypatch):
        debian.write(name, "x")
        real = Source._descriptor

        def descriptor(source, path):
            if path.endswith(name):
                raise PermissionError(13, "Permission denied")
            return real(source, path)

        monkeypatch.setattr(Source, "_descriptor", descriptor)
        (setup,) = debian.find()
        assert f"/{name} cannot be read: not permitted; it takes more rights" in setup.why_not
        assert "not found" not in setup.why_not
        assert setup.started_this is True


class TestFedora:
    def test_entries(self, fedora):
        (setup,) = fedora.find()
        assert setup.loader is Loader.GRUB_BLS
        assert setup.title == "GRUB with entries in /boot/loader/entries"
        assert setup.started_this is True
        assert setup.entry == f"{ID}-{RELEASE}"
        folder = f"/boot/loader/entries/{ID}"
        assert paths(setup, "entries") == [
            f"{folder}-{RELEASE}.conf",
            f"{folder}-0-rescue.conf",
            f"{folder}-6.11.conf",
        ]
        assert paths(setup, "trial") == ["/boot/loader/entries/~kjtui-trial.conf"]
        assert setup.one("trial").data is None
        assert paths(setup, "cmdline") == ["/etc/kernel/cmdline"]
        assert paths(setup, "defaults") == ["/etc/default/grub"]
        assert paths(setup, "config") == ["/boot/grub2/grub.cfg"]
        assert setup.one("custom") is None
        assert setup.no_trial == ""
        assert setup.tools["grubby"] == "/usr/sbin/grubby"

    def test_uefi_with_the_menu_beside_the_program(self, fedora):
        fedora.uefi()
        fedora.esp()
        config = fedora.root / "boot/grub2/grub.cfg"
        fedora.write("boot/efi/EFI/fedora/grub.cfg", config.read_bytes())
        fedora.write("boot/efi/EFI/fedora/grubenv", ENV)
        fedora.link("etc/grub2-efi.cfg", "../boot/efi/EFI/fedora/grub.cfg")
        (setup,) = fedora.find()
        assert paths(setup, "config") == ["/boot/efi/EFI/fedora/grub.cfg"]
        assert paths(setup, "env") == ["/boot/efi/EFI/fedora/grubenv"]
        fedora.write("boot/efi/EFI/fedora/grub.cfg", "search --fs-uuid x\nconfigfile $prefix/grub.cfg\n")
        (setup,) = fedora.find()
        assert paths(setup, "config") == ["/boot/grub2/grub.cfg"]

    def test_grubenv_that_is_a_link(self, fedora):
        (fedora.root / "boot/grub2/grubenv").unlink()
        fedora.write("boot/efi/EFI/redhat/grubenv", ENV)
        fedora.esp()
        fedora.link("boot/grub2/grubenv", "../efi/EFI/redhat/grubenv")
        (setup,) = fedora.find()
        assert paths(setup, "env") == ["/boot/efi/EFI/redhat/grubenv"]
        assert setup.no_trial == ""

    def test_words_kept_in_grubenv(self, fedora):
        kept = ENV.replace("\n#", f"\nkernelopts=root={ROOT} ro rhgb\n#", 1)[:1024]
        fedora.write("boot/grub2/grubenv", kept)
        fedora.write(f"boot/loader/entries/{ID}-b.conf", bls_entry(options=f"root={ROOT} ro single"))
        fedora.write(f"boot/loader/entries/{ID}-{RELEASE}.conf", bls_entry(options="$kernelopts"))
        (setup,) = fedora.find()
        assert setup.entry == f"{ID}-{RELEASE}"

    def test_a_trial_that_came_up(self, fedora):
        fedora.command_line += " crashkernel=256M"
        options = f"root={ROOT} ro rhgb crashkernel=256M"
        fedora.write("boot/loader/entries/~kjtui-trial.conf", bls_entry(options=options))
        (setup,) = fedora.find()
        assert setup.entry == "~kjtui-trial"
        assert paths(setup, "entries")[0].endswith(f"{ID}-{RELEASE}.conf")
        assert options in setup.one("trial").data

    def test_no_entries(self, fedora):
        for name in os.listdir(fedora.root / "boot/loader/entries"):
            (fedora.root / "boot/loader/entries" / name).unlink()
        (setup,) = fedora.find()
        assert "none of this system was found" in setup.why_not

    def test_by_hand(self, fedora):
        fedora.mounts[-1] = fedora.mounts[-1].replace("/boot rw", "/boot ro")
        (setup,) = fedora.find()
        assert setup.by_hand[:2] == (
            "mount -o remount,rw /boot",
            "/usr/sbin/grubby --update-kernel=ALL --args={word}",
        )


def test_opensuse(tree):
    tree.distribution = {"ID": "opensuse-tumbleweed", "ID_LIKE": "opensuse suse"}
    tree.command_line = f"BOOT_IMAGE=/boot/vmlinuz-{RELEASE} root={ROOT} ro quiet"
    tree.mounts[0] = "1 0 0:31 /@/.snapshots/1/snapshot / rw - btrfs /dev/sda2 rw"
    tree.write("boot/grub2/grub.cfg", menu())
    tree.write("boot/grub2/grubenv", ENV)
    tree.write("etc/default/grub", "")
    tree.programs("grub2-mkconfig", "update-bootloader")
    (setup,) = tree.find()
    assert setup.loader is Loader.GRUB_MKCONFIG
    assert setup.title == "GRUB, updated by grub2-mkconfig"
    assert setup.no_trial == "/boot/grub2/grubenv lies on btrfs, to which GRUB cannot write"
    assert setup.one("drop-in") is None


def test_arch_with_grub(tree):
    tree.distribution = {"ID": "arch"}
    tree.command_line = f"BOOT_IMAGE=/vmlinuz-linux root={ROOT} rw"
    tree.uefi()
    tree.esp("/boot")
    tree.write("boot/grub/grub.cfg", menu("/vmlinuz-linux", f"root={ROOT} rw"))
    tree.write("boot/grub/grubenv", ENV)
    tree.programs("grub-mkconfig")
    (setup,) = tree.find()
    assert setup.loader is Loader.GRUB_MKCONFIG
    assert setup.started_this is True
    assert setup.no_trial == ""
    assert setup.one("defaults").data is None  # a change would make it
