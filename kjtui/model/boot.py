"""How this machine is started: its boot loader and the files that hold the kernel command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kjtui.model.checks import Evidence

# A trial start that fails shall lead back by itself: a panic restarts the machine after so many seconds
# (kernel/panic.c), and to be out of memory is a panic (mm/oom_kill.c; sysctl.* words: fs/proc/proc_sysctl.c).
TRIAL_PANIC, TRIAL_OOM = "panic=20", "sysctl.vm.panic_on_oom=1"


class Loader(StrEnum):
    """The ways of setting a kernel's command line that are told apart."""

    GRUB_DEBIAN = "grub-debian"  # GRUB on Debian and Ubuntu: files in /etc/default/grub.d, update-grub
    GRUB_MKCONFIG = "grub-mkconfig"  # GRUB on openSUSE, Arch and others: /etc/default/grub, grub-mkconfig
    GRUB_BLS = "grub-bls"  # GRUB on Fedora and RHEL: entries in /boot/loader/entries, grubby
    SYSTEMD_BOOT = "systemd-boot"  # entries in <boot>/loader/entries, /etc/kernel/cmdline
    REFIND = "refind"  # refind_linux.conf beside the kernels
    BY_HAND = "by-hand"  # nothing that kjtui may change: unified kernel images, ostree, NixOS, unknown


@dataclass(frozen=True)
class BootFile:
    """A text file that has a part in starting this machine.

    path: absolute, all links followed. data: its content, UTF-8 with surrogateescape, so that every byte
    comes back as it was, line ends too; None where there is no such file. mode, uid, gid: as stat(2) has
    them, for a missing file those it would get.
    """

    path: str
    data: str | None
    mode: int = 0o644
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True)
class BootSetup:
    """One boot loader that was found on this machine, with all that a change of it needs.

    title: for people ("GRUB, updated by update-grub"). evidence: what showed that it is there, and that it
    started this boot. started_this: whether it started this boot, None where that cannot be told.
    files: see the table below; missing ones that a change would make are among them, with data None.
    entry: the entry that this boot was started from: a BLS or systemd-boot id (file name without .conf), or
    the title path of a GRUB menuentry ("Advanced options>Debian, with Linux 6.12"); "" unknown. During a
    trial start: "~kjtui-trial", or the GRUB menuentry that was its pattern.
    tools: programs that were found, name → absolute path, e.g. {"update-grub": "/usr/sbin/update-grub"}.
    no_trial: why the first start with a new setting cannot be a trial; "" where it can.
    why_not: why kjtui does not change this system itself, set exactly with BY_HAND. by_hand: then the
    lines to read and the commands to type, with the text {word} where "crashkernel=256M" belongs.

    Which files a loader has, by the names that `roles` gives them (role → paths in the order they are read):

        defaults   GRUB: /etc/default/grub
        snippets   GRUB_DEBIAN: /etc/default/grub.d/*.cfg, without ours
        drop-in    GRUB_DEBIAN: /etc/default/grub.d/zz-kjtui.cfg
        config     GRUB: the generated grub.cfg
        custom     GRUB: custom.cfg beside it
        env        GRUB: grubenv
        entries    GRUB_BLS, SYSTEMD_BOOT: the *.conf of this system, the one that was booted first
        trial      GRUB_BLS, SYSTEMD_BOOT: ~kjtui-trial.conf beside them, which sorts last
        cmdline    GRUB_BLS, SYSTEMD_BOOT: /etc/kernel/cmdline, if there
        refind     REFIND: refind_linux.conf
    """

    loader: Loader
    title: str
    evidence: tuple[Evidence, ...] = ()
    started_this: bool | None = None
    files: tuple[BootFile, ...] = ()
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    entry: str = ""
    tools: Mapping[str, str] = field(default_factory=dict)
    no_trial: str = ""
    why_not: str = ""
    by_hand: tuple[str, ...] = ()

    def of(self, role: str) -> tuple[BootFile, ...]:
        """The files of a role; empty where this loader has none."""
        by_path = {file.path: file for file in self.files}
        return tuple(by_path[path] for path in self.roles.get(role, ()))

    def one(self, role: str) -> BootFile | None:
        """The file of a role that has one, None where it has none."""
        return next(iter(self.of(role)), None)
