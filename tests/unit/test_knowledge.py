"""What kernel messages and error numbers mean."""

# Lines of the kernel are quoted as they are.
# ruff: noqa: E501

import errno
import textwrap

import pytest

from kjtui.backend import syscalls
from kjtui.checks.registry import BY_ID
from kjtui.knowledge.errnos import ERRNOS
from kjtui.knowledge.messages import TABLE, telling, translate, translations

# (id, who is named, a line as kernels from 5.10 to 6.12 write it)
LINES = [
    ("freezing", "", "Freezing user space processes ..."),
    ("freezing", "", "Freezing user space processes"),
    ("freezing", "", "Freezing user space processes completed (elapsed 0.001 seconds)"),
    ("suspended", "", "PM: hibernation: hibernation entry"),
    (
        "freeze-tasks-failed",
        "",
        "Freezing of tasks failed after 20.008 seconds (1 tasks refusing to freeze, wq_busy=0):",
    ),
    (
        "freeze-tasks-failed",
        "",
        "Freezing user space processes failed after 20.005 seconds (1 tasks refusing to freeze, wq_busy=0):",
    ),
    (
        "freeze-threads-failed",
        "",
        "Freezing remaining freezable tasks failed after 20.005 seconds (0 tasks refusing to freeze, wq_busy=1):",
    ),
    (
        "freeze-aborted",
        "",
        "Freezing user space processes aborted after 0.005 seconds (1 tasks refusing to freeze, wq_busy=0):",
    ),
    (
        "task-stuck",
        "kworker/u8:2",
        "task:kworker/u8:2    state:D stack:0     pid:123   ppid:2      flags:0x00004000",
    ),
    (
        "task-stuck",
        "holder",
        "task:holder          state:D stack:12344 pid:345   tgid:345   ppid:1      task_flags:0x400040 flags:0x00000000",
    ),
    ("hung-task", "mount.nfs", "INFO: task mount.nfs:812 blocked for more than 120 seconds."),
    (
        "device-callback",
        "virtio_blk virtio1",
        "virtio_blk virtio1: PM: dpm_run_callback(): virtio_device_freeze+0x0/0x70 returns -16",
    ),
    (
        "device-callback",
        "i915 0000:00:02.0",
        "i915 0000:00:02.0: PM: pci_pm_freeze(): i915_pm_freeze+0x0/0x40 [i915] returns -16",
    ),
    (
        "device-callback",
        "i915 0000:00:02.0",
        "i915 0000:00:02.0: PM: dpm_run_callback(): pci_pm_freeze+0x0/0xc0 returns -16",
    ),
    ("device-freeze-failed", "i915 0000:00:02.0", "i915 0000:00:02.0: PM: failed to freeze async: error -16"),
    ("device-freeze-failed", "i915 0000:00:02.0", "i915 0000:00:02.0: PM: failed to freeze: error -16"),
    ("device-freeze-failed", "0000:00:02.0", "PM: Device 0000:00:02.0 failed to freeze: error -16"),
    ("freeze-aborted", "", "PM: Some devices failed to suspend, or early wake event detected"),
    ("devices-failed", "", "PM: Some devices failed to power down, aborting"),
    (
        "device-restore-failed",
        "e1000e 0000:00:1f.6",
        "e1000e 0000:00:1f.6: PM: failed to restore async: error -5",
    ),
    ("device-restore-failed", "sd 2:0:0:0", "sd 2:0:0:0: PM: failed to restore: error -5"),
    ("processor-down-failed", "CPU1", "Error taking CPU1 down: -16"),
    ("processor-up-failed", "CPU1", "Error taking CPU1 up: -5"),
    (
        "lockdown-kexec",
        "kexec",
        "Lockdown: kexec: kexec of unsigned images is restricted; see man kernel_lockdown.7",
    ),
    (
        "lockdown-on",
        "EFI Secure Boot",
        "Kernel is locked down from EFI Secure Boot; see man kernel_lockdown.7",
    ),
    ("lockdown-other", "Xorg", "Lockdown: Xorg: raw io port access is restricted; see man kernel_lockdown.7"),
    (
        "ima-refused",
        "",
        "ima: impossible to appraise a kernel image without a file descriptor; try using kexec_file_load syscall.",
    ),
    ("kexec-memory", "", "kexec: Could not allocate swap buffer"),
    (
        "kexec-memory",
        "python3",
        "python3: page allocation failure: order:0, mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO), nodemask=(null)",
    ),
    ("kexec-started", "", "kexec_core: Starting new kernel"),
    ("crashkernel-failed", "", "crashkernel reservation failed - No suitable area found."),
    ("crashkernel-syntax", "", "crashkernel: memory value expected"),
    ("crashkernel-syntax", "", "crashkernel: Memory value expected"),
    ("crashkernel-failed", "", "cannot allocate crashkernel (size:0x10000000)"),
    ("crashkernel-failed", "", "Cannot reserve 256MB crashkernel low memory, please try smaller size."),
    ("crashkernel-none", "", "crashkernel size resulted in zero bytes"),
    ("crashkernel-reserved", "", "Reserving 256MB of memory at 2736MB for crashkernel (System RAM: 8191MB)"),
    ("crashkernel-reserved", "", "crashkernel reserved: 0x000000007d000000 - 0x00000000bd000000 (1024 MB)"),
    ("memory-encrypted", "AMD SEV SEV-ES", "Memory Encryption Features active: AMD SEV SEV-ES"),
    ("out-of-memory", "python3", "Out of memory: Killed process 812 (python3) total-vm:1kB, anon-rss:0kB"),
    ("link-down", "enp0s31f6", "e1000e 0000:00:1f.6 enp0s31f6: NIC Link is Down"),
    (
        "link-up",
        "enp0s31f6",
        "e1000e 0000:00:1f.6 enp0s31f6: NIC Link is Up 1000 Mbps Full Duplex, Flow Control: Rx/Tx",
    ),
    ("link-down", "eth0", "igb 0000:01:00.0 eth0: igb: eth0 NIC Link is Down"),
    ("link-down", "eth0", "r8169 0000:03:00.0 eth0: Link is Down"),
    ("link-up", "enp3s0", "r8169 0000:03:00.0 enp3s0: Link is Up - 1Gbps/Full - flow control rx/tx"),
    ("link-down", "eth0", "tg3 0000:02:00.0 eth0: Link is down"),
    ("link-up", "eth0", "bnx2x 0000:02:00.0 eth0: NIC Link is Up, 1000 Mbps full duplex"),
    ("link-down", "eth2", "mlx5_core 0000:01:00.0 eth2: Link down"),
    ("link-up", "wlan0", "IPv6: ADDRCONF(NETDEV_CHANGE): wlan0: link becomes ready"),
    ("net-timeout", "enp3s0", "NETDEV WATCHDOG: enp3s0 (r8169): transmit queue 0 timed out"),
    ("net-timeout", "", "NETDEV WATCHDOG: CPU: 3: transmit queue 0 timed out 5010 ms"),
    ("net-timeout", "enp0s31f6", "e1000e 0000:00:1f.6 enp0s31f6: Detected Hardware Unit Hang:"),
    ("nvidia-suspend", "", "NVRM: GPU at PCI:0000:01:00: GPU has fallen off the bus"),
    (
        "device-callback",
        "nvidia 0000:01:00.0",
        "nvidia 0000:01:00.0: PM: pci_pm_freeze(): nv_pmops_freeze+0x0/0x20 [nvidia] returns -5",
    ),
    ("gpu-hang", "", "i915 0000:00:02.0: [drm] GPU HANG: ecode 9:1:85dffffb, in Xorg [812]"),
    (
        "gpu-hang",
        "",
        "[drm:amdgpu_job_timedout [amdgpu]] *ERROR* ring gfx timeout, signaled seq=1, emitted seq=2",
    ),
    ("gpu-hang", "", "i915 0000:00:02.0: [drm] *ERROR* [CRTC:51:pipe A] flip_done timed out"),
    (
        "disk-io-error",
        "sda",
        "blk_update_request: I/O error, dev sda, sector 2048 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 0",
    ),
    (
        "disk-io-error",
        "sdb",
        "I/O error, dev sdb, sector 2048 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 0",
    ),
    ("disk-io-error", "dm-0", "Buffer I/O error on dev dm-0, logical block 0, async page read"),
    (
        "filesystem-error",
        "sda1",
        "EXT4-fs error (device sda1): ext4_find_entry:1531: inode #2: comm ls: reading directory lblock 0",
    ),
    ("filesystem-error", "sda1", "EXT4-fs (sda1): Remounting filesystem read-only"),
    ("filesystem-error", "sdb1", "XFS (sdb1): Metadata corruption detected at xfs_inode_buf_verify"),
    ("filesystem-error", "dm-0", "XFS (dm-0): Filesystem has been shut down due to log error (0x2)."),
    ("filesystem-error", "sda2", "BTRFS error (device sda2): bdev /dev/sda2 errs: wr 1, rd 0"),
    (
        "filesystem-error",
        "sda2",
        "BTRFS: error (device sda2: state A) in btrfs_run_delayed_refs:2150: errno=-5 IO failure",
    ),
    ("nvme-dead", "nvme0", "nvme nvme0: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0x10"),
    ("nvme-dead", "nvme0", "nvme nvme0: I/O 12 QID 3 timeout, aborting"),
    (
        "nvme-dead",
        "nvme0",
        "nvme nvme0: I/O tag 12 (100c) opcode 0x2 (I/O Cmd) QID 3 timeout, aborting req_op:READ(0) size:4096",
    ),
    ("nvme-dead", "nvme0", "nvme nvme0: Device not ready; aborting reset, CSTS=0x1"),
    ("ata-failed", "ata1.00", "ata1.00: exception Emask 0x0 SAct 0x1 SErr 0x0 action 0x6 frozen"),
    ("ata-failed", "ata1", "ata1: COMRESET failed (errno=-16)"),
    ("device-offlined", "sd 2:0:0:0", "sd 2:0:0:0: rejecting I/O to offline device"),
    ("usb-reset", "1-2", "usb 1-2: reset high-speed USB device number 3 using xhci_hcd"),
    ("usb-reset", "2-1", "usb 2-1: reset SuperSpeed Plus Gen 2x1 USB device number 2 using xhci_hcd"),
    ("usb-gone", "1-2.3", "usb 1-2.3: USB disconnect, device number 4"),
    ("watchdog-running", "watchdog0", "watchdog: watchdog0: watchdog did not stop!"),
    ("lockup", "CPU#1", "watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [python3:812]"),
    ("lockup", "cpu 0", "NMI watchdog: Watchdog detected hard LOCKUP on cpu 0"),
    ("lockup", "cpu 0", "watchdog: Watchdog detected hard LOCKUP on cpu 0"),
    ("lockup", "", "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:"),
    ("panic", "Fatal exception in interrupt", "Kernel panic - not syncing: Fatal exception in interrupt"),
    ("panic", "sysrq triggered crash", "---[ end Kernel panic - not syncing: sysrq triggered crash ]---"),
    (
        "oops",
        "kernel NULL pointer dereference, address: 0000000000000000",
        "BUG: kernel NULL pointer dereference, address: 0000000000000000",
    ),
    ("oops", "0002 [#1] PREEMPT SMP NOPTI", "Oops: 0002 [#1] PREEMPT SMP NOPTI"),
    (
        "oops",
        "general protection fault",
        "general protection fault, probably for non-canonical address 0xdead: 0000 [#1] SMP",
    ),
    ("trace", "sysrq_handle_crash+0x16/0x20", "RIP: 0010:sysrq_handle_crash+0x16/0x20"),
    (
        "trace",
        "kernel/power/process.c:140",
        "WARNING: CPU: 0 PID: 345 at kernel/power/process.c:140 freeze_processes+0x1/0x2",
    ),
    ("trace", "", "Call Trace:"),
    ("suspended", "", "PM: suspend entry (s2idle)"),
    ("suspended", "", "PM: suspend entry (deep)"),
    ("thawed", "", "Restarting tasks ... done."),
    ("processors-down", "", "Disabling non-boot CPUs ..."),
    ("processors-up", "", "Enabling non-boot CPUs ..."),
    (
        "device-timeout",
        "usb 1-2",
        "usb 1-2: **** DPM device timeout ****",
    ),
    ("freeze-aborted", "", "PM: Wakeup pending, aborting suspend"),
    ("kexec-other", "", "kexec_core: Memory allocation for saving cpu register states failed"),
]
SILENT = [
    "sd 2:0:0:0: [sdb] Synchronizing SCSI cache",
    "NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.",
    "Linux version 6.1.0",
    "EXT4-fs (vda): mounted filesystem with ordered data mode. Quota mode: none.",
    "usb 1-1: new high-speed USB device number 2 using xhci_hcd",
    "IPv6: ADDRCONF(NETDEV_UP): wlan0: link is not ready",
    "pci 0000:00:02.0: BAR 2: assigned to efifb",
    "ata3: SATA link down (SStatus 0 SControl 300)",
    "nvidia-modeset: Loading NVIDIA Kernel Mode Setting Driver for UNIX platforms",
    "NVRM: loading NVIDIA UNIX x86_64 Kernel Module  535.54.03",
    "",
]


@pytest.mark.parametrize(("id", "who", "line"), LINES, ids=lambda value: str(value)[:40])
def test_a_line_of_the_kernel_is_told_in_plain_words(id, who, line):
    found = translate(line)
    assert found is not None
    assert telling(line)
    assert (found.id, found.who) == (id, who)
    assert found.title
    assert found.meaning


@pytest.mark.parametrize("line", SILENT, ids=lambda value: value[:40])
def test_an_ordinary_line_tells_nothing(line):
    assert translate(line) is None
    assert not telling(line)


def test_a_whole_log_is_told_as_its_lines_are():
    texts = [line for _, _, line in LINES] + SILENT
    assert translations(texts) == tuple(enumerate(translate(line) for _, _, line in LINES))
    assert translations(SILENT) == translations([]) == ()


def test_every_message_of_the_table_is_seen():
    assert {id for id, _, _ in LINES} == {message.id for message in TABLE}


@pytest.mark.parametrize("message", TABLE, ids=lambda message: message.id)
def test_the_words_fit_a_page(message):
    assert len(message.title) <= 60
    assert not message.title.endswith(".")
    for text in (message.meaning, message.cure):
        assert len(textwrap.wrap(text, 76)) <= 3
        assert "!" not in text
    assert message.normal or message.cure or message.id in ("kexec-other", "trace")
    assert message.check in BY_ID or message.check == ""


def test_a_long_log_is_read_quickly_whatever_it_holds():
    # Patterns must not be able to run away on hostile lines: each of these is as long as the kernel allows.
    for words in ("task:", "Link is Down", "error -", " returns -", "BTRFS", "drm GPU reset", "nouveau "):
        assert telling(words + " a: b." * 160) in (True, False)
    assert not telling("x" * 1000)


@pytest.mark.parametrize(
    ("call", "explain"), [("kexec_load", syscalls.explain_load), ("reboot", syscalls.explain_jump)]
)
def test_every_errno_has_a_cause_and_a_cure(call, explain):
    for number, cause in ERRNOS[call].items():
        error = explain(number)
        assert cause.cause in error.detail
        assert errno.errorcode[number] in error.detail
        assert error.hint == cause.cure != ""
        assert all(check in BY_ID for check in cause.checks)


def test_an_errno_that_is_not_in_the_table_still_says_something():
    error = syscalls.explain_jump(errno.EXDEV)
    assert "EXDEV" in error.detail
    assert "dmesg" in error.hint
