"""Finding the other boot loaders, and which of several started this boot."""

import os
from dataclasses import replace

import boottrees
import pytest
from boottrees import (
    ID,
    OTHER_ID,
    RELEASE,
    ROOT,
    Tree,
    bls_entry,
    evidence,
    menu,
    paths,
    sound,
    variable,
)

from kjtui.backend.probe import boot_clues, bootloader
from kjtui.backend.probe.source import Source
from kjtui.model.boot import Loader


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


@pytest.fixture
def debian(tmp_path):
    return boottrees.debian(tmp_path)


@pytest.fixture
def fedora(tmp_path):
    return boottrees.fedora(tmp_path)


@pytest.fixture
def arch(tmp_path):
    return boottrees.arch(tmp_path)


class TestSystemdBoot:
    def test_arch(self, arch):
        (setup,) = arch.find()
        assert setup.loader is Loader.SYSTEMD_BOOT
        assert setup.started_this is True
        assert setup.entry == "arch"
        assert paths(setup, "entries") == [
            "/boot/loader/entries/arch.conf",
            "/boot/loader/entries/arch-fallback.conf",
        ]
        assert paths(setup, "trial") == ["/boot/loader/entries/~kjtui-trial.conf"]
        assert setup.one("cmdline") is None
        assert setup.no_trial == ""
        assert setup.tools == {"bootctl": "/usr/sbin/bootctl"}
        assert "systemd-boot 257.2-1-arch" in evidence(setup)

    def test_debian(self, tree):
        tree.distribution = {"ID": "debian"}
        tree.command_line = f"root={ROOT} ro quiet"
        tree.uefi(LoaderInfo="systemd-boot 252.30-1~deb12u2", LoaderEntrySelected=f"{ID}-{RELEASE}.conf")
        tree.esp()
        kernel = f"/{ID}/{RELEASE}/linux"
        more = f"machine-id {ID}\n"
        for name in (f"{ID}-{RELEASE}+2-1.conf", f"{ID}-6.1.conf"):
            tree.write(f"boot/efi/loader/entries/{name}", bls_entry(kernel=kernel, more=more))
        tree.write("boot/efi/loader/entries/x.conf", bls_entry(more=f"machine-id {OTHER_ID}\n"))
        tree.write("etc/kernel/cmdline", f"root={ROOT} ro quiet\n")
        tree.programs("bootctl", "kernel-install")
        (setup,) = tree.find()
        assert setup.entry == f"{ID}-{RELEASE}"
        assert [os.path.basename(path) for path in paths(setup, "entries")] == [
            f"{ID}-{RELEASE}+2-1.conf",
            f"{ID}-6.1.conf",
        ]
        assert paths(setup, "trial") == ["/boot/efi/loader/entries/~kjtui-trial.conf"]
        assert paths(setup, "cmdline") == ["/etc/kernel/cmdline"]

    def test_grub_is_there_too(self, arch):
        arch.write("boot/grub/grub.cfg", menu("/vmlinuz-linux"))
        arch.programs("grub-mkconfig")
        first, second = arch.find()
        assert (first.loader, first.started_this) == (Loader.SYSTEMD_BOOT, True)
        assert (second.loader, second.started_this) == (Loader.GRUB_MKCONFIG, False)

    def test_grubs_word_in_the_entry_that_was_selected(self, arch):
        arch.command_line += " BOOT_IMAGE=/vmlinuz-linux"
        arch.write("boot/grub/grub.cfg", menu("/vmlinuz-linux"))
        arch.programs("grub-mkconfig")
        assert [one.started_this for one in arch.find()] == [True, False]

    def test_it_started_grub(self, arch):
        arch.command_line = f"BOOT_IMAGE=/vmlinuz-linux root={ROOT} rw"
        arch.write(f"{boot_clues.SELECTED}", variable("auto-grub.conf"))
        arch.write("boot/grub/grub.cfg", menu("/vmlinuz-linux"))
        arch.programs("grub-mkconfig")
        first, second = arch.find()
        assert (first.loader, first.started_this) == (Loader.GRUB_MKCONFIG, True)
        assert (second.loader, second.started_this) == (Loader.SYSTEMD_BOOT, False)

    def test_a_trial_that_came_up(self, arch):
        arch.write(boot_clues.SELECTED, variable("~kjtui-trial.conf"))
        trial = bls_entry("", "/vmlinuz-linux", f"root={ROOT} rw")
        arch.write("boot/loader/entries/~kjtui-trial.conf", trial)
        (setup,) = arch.find()
        assert setup.entry == "~kjtui-trial"
        assert setup.started_this is True
        assert len(setup.of("entries")) == 2

    def test_the_variables_are_not_at_hand(self, arch):
        arch.mounts = [line for line in arch.mounts if "efivarfs" not in line]
        for name in os.listdir(arch.root / boot_clues.VARIABLES.lstrip("/")):
            (arch.root / boot_clues.VARIABLES.lstrip("/") / name).unlink()
        (setup,) = arch.find()
        assert setup.started_this is None
        assert setup.entry in ("arch", "arch-fallback")
        assert "is not mounted" in setup.no_trial

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda tree: (tree.root / "usr/sbin/bootctl").unlink(), "bootctl"),
            (
                lambda tree: tree.mounts.append(tree.mounts[1].replace(" rw - ", " ro - ")),
                "cannot be written",
            ),
            (
                lambda tree: tree.write(boot_clues.FEATURES, b"\6\0\0\0" + bytes([0x07]) + bytes(7)),
                "too old",
            ),
            (lambda tree: tree.write(boot_clues.SELECTED, variable("gone.conf")), ""),
        ],
    )
    def test_why_there_is_no_trial(self, arch, change, reason):
        change(arch)
        (setup,) = arch.find()
        assert setup.loader is Loader.SYSTEMD_BOOT
        assert reason in setup.no_trial
        assert bool(reason) == bool(setup.no_trial)

    def test_no_entries(self, arch):
        for name in os.listdir(arch.root / "boot/loader/entries"):
            (arch.root / "boot/loader/entries" / name).unlink()
        (setup,) = arch.find()
        assert "no entry of this system" in setup.why_not
        assert setup.started_this is True

    def test_garbage(self, arch):
        for name in ("arch.conf", "other.conf"):
            arch.write(f"boot/loader/entries/{name}", bytes(range(256)) * 9)
        for path in (boot_clues.INFO, boot_clues.SELECTED, boot_clues.STUB, boot_clues.FEATURES):
            arch.write(path, b"\1")
        assert arch.find()


class TestRefind:
    @pytest.fixture
    def refind(self, tree):
        tree.command_line = f"ro root={ROOT} initrd=boot\\initrd.img-{RELEASE}"
        tree.uefi()
        tree.esp()
        tree.write("boot/efi/EFI/refind/refind.conf", "timeout 20\n")
        line = f'"Boot with standard options"  "ro root={ROOT}"\n"Boot to single"  "ro root={ROOT} single"\n'
        tree.write("boot/refind_linux.conf", line)
        return tree

    @pytest.mark.parametrize("info", ["", "rEFInd 0.14.2"])
    def test_found(self, refind, info):
        if info:
            refind.write(boot_clues.INFO, variable(info))
        (setup,) = refind.find()
        assert setup.loader is Loader.REFIND
        assert setup.started_this is True
        assert paths(setup, "refind") == ["/boot/refind_linux.conf"]
        assert setup.no_trial == "rEFInd cannot be told to try an entry once"
        assert "with \\" in evidence(setup)

    def test_entries_of_its_own(self, refind):
        refind.write(boot_clues.INFO, variable("rEFInd 0.14.2"))
        (refind.root / "boot/refind_linux.conf").unlink()
        (setup,) = refind.find()
        assert setup.started_this is True
        assert "there is no refind_linux.conf" in setup.why_not
        assert f'"ro root={ROOT} {{word}}"' in setup.by_hand[-1]

    def test_it_started_grub(self, refind):
        refind.command_line = f"BOOT_IMAGE=/boot/vmlinuz-{RELEASE} root={ROOT}"
        refind.write(boot_clues.INFO, variable("rEFInd 0.14.2"))
        refind.write("boot/grub/grub.cfg", menu())
        refind.programs("grub-mkconfig")
        first, second = refind.find()
        assert (first.loader, first.started_this) == (Loader.GRUB_MKCONFIG, True)
        assert second.started_this is False


class TestUnified:
    @pytest.fixture
    def uki(self, tree):
        tree.command_line = f"root={ROOT} rw"
        tree.uefi(LoaderInfo="systemd-boot 257", LoaderEntrySelected="arch.efi", StubInfo="systemd-stub 257")
        tree.esp("/efi")
        tree.write("efi/EFI/Linux/arch.efi", "MZ")
        return tree

    def test_mkinitcpio(self, uki):
        uki.write("etc/mkinitcpio.d/linux.preset", 'default_uki="/efi/EFI/Linux/arch.efi"\n')
        uki.write("etc/kernel/cmdline", f"root={ROOT} rw\n")
        uki.programs("kernel-install", "mkinitcpio", "bootctl")
        setup = uki.find()[0]
        assert setup.title == "A unified kernel image"
        assert setup.started_this is True
        assert setup.by_hand == (
            "Add {word} to the line in /etc/kernel/cmdline",
            "mkinitcpio -P",
            "Then restart: reboot",
        )
        assert "systemd-stub 257" in evidence(setup)

    def test_kernel_install(self, uki):
        uki.secure_boot = True
        uki.programs("kernel-install", "ukify", "dracut")
        setup = uki.find()[0]
        assert f"root={ROOT} rw {{word}}" in setup.by_hand
        assert f"kernel-install add {RELEASE} /lib/modules/{RELEASE}/vmlinuz" in setup.by_hand
        assert "signed" in setup.why_not
        assert any("Sign" in line for line in setup.by_hand)

    def test_dracut_and_nothing(self, uki):
        assert "with the program that made it" in uki.find()[0].by_hand[2]
        uki.programs("dracut")
        assert 'kernel_cmdline+=" {word} "' in uki.find()[0].by_hand

    def test_images_that_did_not_start_this(self, arch):
        arch.write("boot/EFI/Linux/arch.efi", "MZ")
        first, second = arch.find()
        assert first.loader is Loader.SYSTEMD_BOOT
        assert (second.title, second.started_this) == ("A unified kernel image", False)


class TestWholeSystems:
    def test_silverblue(self, fedora):
        fedora.command_line += " ostree=/ostree/boot.1/fedora/0123/0"
        fedora.programs("rpm-ostree", "ostree")
        (setup,) = fedora.find()
        assert setup.by_hand[0] == "rpm-ostree kargs --append-if-missing={word}"
        assert "ostree" in setup.why_not

    def test_another_ostree(self, debian):
        debian.write("run/ostree-booted")
        debian.programs("ostree")
        (setup,) = debian.find()
        assert setup.by_hand[0] == "ostree admin kargs edit-in-place --append-if-missing={word}"

    def test_microos(self, tree):
        tree.mounts[0] = "1 0 0:31 / / ro,relatime - btrfs /dev/sda2 rw"
        tree.write("boot/grub2/grub.cfg", menu())
        tree.programs("transactional-update", "grub2-mkconfig")
        (setup,) = tree.find()
        assert "transactional-update grub.cfg" in setup.by_hand
        (tree.root / "boot/grub2/grub.cfg").unlink()
        tree.programs("sdbootutil")
        (setup,) = tree.find()
        assert "sdbootutil update-all-entries" in setup.by_hand

    def test_nixos(self, arch):
        arch.write("etc/NIXOS")
        (setup,) = arch.find()
        assert 'boot.kernelParams = [ "{word}" ];' in setup.by_hand
        assert "nixos-rebuild boot" in setup.by_hand

    @pytest.mark.parametrize("words", ["boot=live", "BOOT_IMAGE=/casper/vmlinuz boot=casper quiet", ""])
    def test_live(self, debian, words):
        debian.command_line = words
        if not words:
            debian.mounts[0] = "1 0 0:31 / / rw - overlay overlay rw"
        (setup,) = debian.find()
        assert setup.title == "A live system"
        assert "lost at the restart" in setup.why_not

    def test_a_container(self, debian):
        debian.write("run/systemd/container", "podman\n")
        (setup,) = debian.find()
        assert setup.title == "A container (podman)"

    def test_wsl(self, debian):
        debian.write("proc/sys/kernel/osrelease", "5.15.0-microsoft-standard-WSL2\n")
        (setup,) = debian.find()
        assert "kernelCommandLine={word}" in setup.by_hand


class TestOthers:
    def test_nothing_at_all(self, tree):
        (setup,) = tree.find()
        assert setup.loader is Loader.BY_HAND
        assert setup.started_this is None
        assert "not recognised" in setup.why_not
        assert "/boot/grub/grub.cfg: not there" in evidence(setup)
        assert "/boot/loader/entries: not there" in evidence(setup)

    def test_syslinux(self, tree):
        tree.command_line = f"BOOT_IMAGE=vmlinuz-lts root={ROOT}"
        tree.write("boot/extlinux.conf", "LABEL lts\n")
        tree.write("etc/update-extlinux.conf", 'default_kernel_opts="quiet"\n')
        tree.programs("update-extlinux")
        (setup,) = tree.find()
        assert setup.title == "Syslinux"
        assert "update-extlinux" in setup.by_hand

    def test_syslinux_and_grub_name_the_kernel_alike(self, debian):
        debian.write("boot/extlinux.conf", "LABEL lts\n")
        assert debian.find()[0].started_this is True
        debian.command_line = f"BOOT_IMAGE=vmlinuz-lts root={ROOT}"
        assert [one.started_this for one in debian.find()] == [None, None]

    def test_limine(self, tree):
        tree.uefi(LoaderInfo="Limine 9.2")
        tree.command_line = f"root={ROOT}"
        tree.write("boot/limine.conf", "/Arch\n")
        (setup,) = tree.find()
        assert (setup.title, setup.started_this) == ("Limine", True)
        assert setup.by_hand[0] == "Add {word} to each line that begins with cmdline: in /boot/limine.conf"

    def test_what_is_there_did_not_start_this(self, debian):
        debian.command_line = f"root={ROOT} ro quiet"  # a kernel started by a virtual machine's monitor
        first, second = debian.find()
        assert "not recognised" in first.why_not
        assert (second.loader, second.started_this) == (Loader.GRUB_DEBIAN, False)

    def test_what_nobody_foresaw(self, debian, monkeypatch):
        def broken(*_):
            raise IndexError

        monkeypatch.setattr(bootloader.boot_grub, "find", broken)
        source = Source(debian.root)
        (setup,) = bootloader.find(source, False, debian.command_line, None, None, (), ())
        assert setup.loader is Loader.BY_HAND
        assert "not understood (IndexError)" in source.unreadable["/etc/default/grub"]


def test_a_setup_is_sound_only_with_its_reasons(debian):
    (setup,) = debian.find()
    with pytest.raises(AssertionError):
        sound(replace(setup, why_not="because"))
