"""What keeps this program from the machine's kernel: a filter of system calls, a container."""

from kjtui.checks.check import Check, evidence, read, title
from kjtui.checks.words import reasons
from kjtui.model.checks import Area, Finding, Verdict
from kjtui.model.facts import Facts

_STATUS = "/proc/self/status"
_MODES = {0: "0 (none)", 1: "1 (strict)", 2: "2 (a filter)"}
_SIGNS = ("/proc/1/environ", "/proc/1/cgroup", "/proc/self/uid_map", "/run/systemd/container", "/.dockerenv")


def seccomp(facts: Facts) -> Finding:
    """A filter may refuse kexec_load or reboot, or end the program; its rules cannot be read."""
    check = "seccomp"
    why = "A filter of system calls (seccomp) may keep this program from kexec_load(2) or reboot(2)."
    unknown = "Whether a filter of system calls binds us cannot be told"
    cure = (
        "Going on does no harm: a filter refuses at step 4 (Load), or ends kjtui there. Outside of "
        "containers and services (SystemCallFilter=) there is none: start kjtui from a plain login."
    )
    if facts.seccomp is None:
        shown = (read(facts, _STATUS, "it has no Seccomp line"),)
        return Finding(check, unknown, Verdict.UNKNOWN, shown, why, cure)
    shown = (evidence(_STATUS, f"Seccomp: {_MODES.get(facts.seccomp, 'a mode that is not known')}"),)
    if facts.seccomp == 0:
        return Finding(check, "No filter of system calls binds us", Verdict.READY, shown, why)
    if facts.seccomp == 1:
        strict = "This program may make no system calls of its own"
        return Finding(check, strict, Verdict.BLOCKED, shown, why, "Start kjtui from a plain login as root.")
    if facts.seccomp == 2:
        unknown = "A filter of system calls binds us; its rules are hidden"
    return Finding(check, unknown, Verdict.UNKNOWN, shown, why, cure)


def container(facts: Facts) -> Finding:
    """In a process namespace of its own reboot(2) never jumps; in a user namespace no right counts."""
    check = "container"
    why = (
        "From a container the kernel does not jump: reboot(2) there speaks of the container alone (EINVAL, "
        "reboot_pid_ns), and its rights do not count for the machine."
    )
    if facts.container is None:
        shown = reasons(facts, *_SIGNS)
        unknown = "Whether this is a container cannot be told"
        cure = (
            "Going on does no harm: in a container the kernel refuses to load or to jump. Run kjtui as root."
        )
        return Finding(check, unknown, Verdict.UNKNOWN, shown, why, cure)
    if not facts.container:
        shown = (evidence(_SIGNS[0], "no sign of a container here, in cgroups, in /run"),)
        return Finding(check, "This is not a container", Verdict.READY, shown, why)
    shown = (evidence("cgroups, /proc/1, /run", facts.container),)
    if facts.container == "wsl":
        cure = "Run kjtui on a machine, or a virtual machine, that starts a kernel of its own, unlike WSL."
    else:
        cure = (
            "Run kjtui on the host itself, as root. In a virtual machine instead of a container it works too."
        )
    return Finding(check, title(f"This is a container: {facts.container}"), Verdict.BLOCKED, shown, why, cure)


SECCOMP = Check(
    "seccomp",
    Area.RIGHTS,
    "Does a filter of system calls bind us?",
    (_STATUS,),
    "With seccomp(2) a program gives up system calls for itself and all that it starts. Docker, podman, "
    "snap and systemd services (SystemCallFilter=) use it, and their usual rules forbid kexec_load and "
    "reboot. The refusal looks like missing rights (EPERM), or ends the program. The rules cannot be read "
    "back, so with a filter nobody can tell before trying. Started from an ordinary login there is none.",
    frozenset({Verdict.READY, Verdict.BLOCKED, Verdict.UNKNOWN}),
    seccomp,
)
CONTAINER = Check(
    "container",
    Area.KERNEL,
    "Is this the machine itself, and no container?",
    _SIGNS,
    "A container shares its kernel with the host and everything else on it, so a jump would stop all of "
    "them. The kernel does not allow it: in a process namespace of its own, reboot(2) ends the container at "
    "most, and in a user namespace root has no right to load a kernel. Run kjtui on the host. In a virtual "
    "machine it works like on a real one, since that has a kernel of its own.",
    frozenset({Verdict.READY, Verdict.BLOCKED, Verdict.UNKNOWN}),
    container,
)
