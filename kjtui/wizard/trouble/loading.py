"""It will not load: what kexec_load(2) refused, or what kept kjtui from calling it."""

import errno

from kjtui.model.checks import Evidence, Verdict
from kjtui.wizard.trouble.clues import Clues, quotes
from kjtui.wizard.trouble.common import as_said, checked, from_log, said_by_person
from kjtui.wizard.trouble.model import Cause, Choice, Question, Strength, Suspicion, Symptom, suspect

_SAID = "what-it-said"
_CHOICES = (
    Choice("EPERM", "Operation not permitted: the kernel forbids it (EPERM)"),
    Choice("ENOMEM", "Not enough memory (ENOMEM)"),
    Choice("EINVAL", "The kernel does not take this image (EINVAL)"),
    Choice("EBUSY", "Another program is loading a kernel (EBUSY)"),
)
# In the order in which they are best dealt with.
_CHECKS = (
    "architecture", "container", "kexec", "kexec-jump", "hibernation", "boot-protocol", "relocatable",
    "kernel-file", "kernel-b", "xen", "memory-encryption", "capability", "seccomp", "lockdown",
    "load-disabled", "load-limit", "ima", "memory-map", "half-limit", "largest-region", "memory",
    "crash-kernel",
)  # fmt: skip


def _number(clues: Clues) -> int | None:
    given = clues.answer(_SAID)
    return clues.refused("kexec_load") or (getattr(errno, given, None) if given else None)


def _read(clues: Clues) -> tuple[Evidence, ...]:
    if clues.refused("kexec_load"):
        code = errno.errorcode[clues.refused("kexec_load") or 0]
        return (Evidence("kexec_load(2)", f"answered {code}"),)
    if clues.answer(_SAID):
        return (said_by_person(clues, _SAID, _CHOICES),)
    return clues.looked_at


def _forbidden(clues: Clues) -> Suspicion | None:
    """EPERM, and no check names what forbids it: a security module (SELinux, AppArmor) may."""
    if _number(clues) != errno.EPERM:
        return None
    return suspect(
        Strength.LIKELY,
        "security-module",
        "A security module forbids it, or what cannot be read",
        (*_read(clues), *clues.looked_at),
        "Each switch of the kernel that kjtui can read allows the load. SELinux, AppArmor or a systemd "
        "sandbox can forbid it all the same.",
        "Look for the denial: ausearch -m avc -ts recent, or journalctl -k. Start kjtui as root from a plain "
        "login on the machine's own console.",
    )


def _another_loader(clues: Clues) -> Suspicion | None:
    if _number(clues) != errno.EBUSY:
        return None
    return suspect(
        Strength.PROVEN if clues.refused("kexec_load") else Strength.LIKELY,
        "another-loader",
        "Another program was loading a kernel at that moment",
        _read(clues),
        "The kernel lets one program at a time load a kernel. kdump-tools, kexec-load and update scripts do.",
        "Wait a minute and load again. If it stays so: systemctl status kdump-tools kdump kexec-load",
    )


def _no_pages(clues: Clues) -> Suspicion | None:
    lines = clues.said("kexec-memory")
    if _number(clues) != errno.ENOMEM and not lines:
        return None
    proven = clues.refused("kexec_load") == errno.ENOMEM
    return suspect(
        Strength.PROVEN if proven else Strength.LIKELY,
        "no-pages",
        "There were not enough free pages for kernel B's copy",
        (*_read(clues), *quotes(lines)),
        "Memory borrowed for kernel B is needed twice: for the region, and for the copy of what lies there.",
        "Close programs. Reserved memory (crashkernel=256M on the kernel command line, then a restart) needs "
        "no copy at all.",
    )


def _odd_image(clues: Clues) -> Suspicion | None:
    if _number(clues) != errno.EINVAL:
        return None
    return suspect(
        Strength.LIKELY,
        "odd-image",
        "The kernel does not take this image",
        _read(clues),
        "Either this kernel was built without CONFIG_KEXEC_JUMP, or the image is larger than half of the "
        "memory, or it overlaps something.",
        "Press R in step 1 to look again; reserved memory (step 2) makes the image much smaller. "
        'See also "My kernel cannot jump".',
    )


def _outside_memory(clues: Clues) -> Suspicion | None:
    if _number(clues) != errno.EADDRNOTAVAIL:
        return None
    return suspect(
        Strength.PROVEN,
        "outside-memory",
        "The chosen memory is not there any more",
        _read(clues),
        "Memory was taken out or given away after the look at this machine: a balloon of a virtual machine, "
        "hot-plugged memory, or a crash kernel's reservation that was shrunk.",
        "Press R in step 1 to look again, then choose the memory anew in step 2.",
    )


def _ask_what_it_said(clues: Clues) -> bool:
    if clues.error or clues.refused("kexec_load"):
        return False
    blocked = {one.id for one in clues.findings if one.verdict is Verdict.BLOCKED}
    return not blocked.intersection(_CHECKS) and not clues.said("ima-refused")


LOADING = Symptom(
    "load",
    "It will not load",
    "Kernel B could not be prepared, or step 4 (Load) was refused.",
    (
        from_log(
            "ima-said",
            ("ima-refused",),
            "The integrity policy (IMA) refused the kernel",
            "The policy wants signed kernels, and kexec_load(2) hands over no signature.",
            "Restart without that policy (ima_policy= on the kernel command line), or ask whoever set it.",
        ),
        *(checked(one, "kexec_load", _number) for one in _CHECKS),
        Cause("another-loader", _another_loader),
        Cause("outside-memory", _outside_memory),
        Cause("no-pages", _no_pages),
        Cause("odd-image", _odd_image),
        Cause("security-module", _forbidden),
        from_log(
            "no-reservation",
            ("crashkernel-failed", "crashkernel-syntax", "crashkernel-none"),
            "crashkernel= reserves nothing here",
            "The kernel could not reserve the memory that its command line asks for, and said why.",
            "Write a plain, smaller size, for example crashkernel=256M, then restart. Or borrow memory.",
            Strength.LIKELY,
        ),
        Cause("as-said", as_said),
    ),
    (Question(_SAID, "What did it say when it was to load?", _CHOICES, _ask_what_it_said),),
)
