"""Is the kernel's own file there, to be started a second time as kernel B?"""

from kjtui.backend.probe.source import MISSING
from kjtui.checks.check import Check, evidence, read, suited
from kjtui.model.checks import Area, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "kernel-file"
_GET = {
    "debian": "sudo apt install --reinstall linux-image-$(uname -r)",
    "fedora": "sudo kernel-install add $(uname -r) /lib/modules/$(uname -r)/vmlinuz",
    "arch": "sudo pacman -S linux, then restart",
    "opensuse": "sudo zypper install --force kernel-default, then restart",
}
_COPY = "copy the kernel that was booted to /boot/vmlinuz-$(uname -r)"


def kernel_file(facts: Facts) -> Finding:
    """Kernel B is the same kernel, booted from its file."""
    why = "Kernel B is this same kernel, started a second time from its file (a bzImage)."
    if facts.kernel_file:
        shown = (evidence(facts.kernel_file, f"the file of Linux {facts.kernel_release}"),)
        return Finding(_ID, "The kernel's file is there", Verdict.READY, shown, why)
    usual = f"/boot/vmlinuz-{facts.kernel_release}"
    shown = (read(facts, usual, MISSING),)
    if facts.unreadable.get(usual, MISSING) != MISSING:
        unknown, cure = "The kernel's file cannot be looked for", "Run kjtui as root (sudo kjtui)."
        return Finding(_ID, unknown, Verdict.UNKNOWN, shown, why, cure)
    cure = (
        "If /boot is a partition of its own, mount it first; after a kernel update, restart. Else: "
        f"{suited(facts, _GET, _COPY)}"
    )
    if facts.container:
        cure = "Run kjtui on the host: a container does not hold the kernel's file."
    return Finding(_ID, "The file of the running kernel is missing", Verdict.BLOCKED, shown, why, cure)


KERNEL_FILE = Check(
    _ID,
    Area.KERNEL,
    "Is the running kernel's file here?",
    ("/boot/vmlinuz-RELEASE", "/lib/modules/RELEASE/vmlinuz", "BOOT_IMAGE= in /proc/cmdline"),
    "Kernel B is started from the same file that the running kernel was booted from, so that both fit each "
    "other. The file is missing where /boot is not mounted, where an update has replaced the kernel since "
    "the last start, or where the boot loader fetched it from elsewhere (network, a unified image). "
    "Restarting after an update, mounting /boot, or putting a copy of the kernel there helps.",
    frozenset({Verdict.READY, Verdict.BLOCKED, Verdict.UNKNOWN}),
    kernel_file,
)
