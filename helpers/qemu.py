"""QEMU for the rehearsal machine: its command line, and a guest that never outlives its helper."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import attached
from bootable import Kernel
from common import KjtuiError, cache_dir, digest, say, signals_as_exceptions

PORTS = ("kjtui.events", "kjtui.witness", "kjtui.job")
MONITOR = "monitor"
MONITOR_PATIENCE = 30.0  # seconds for an answer of QEMU's own
KVM_PATIENCE = 10  # seconds; under KVM the trial boot takes one or two
LONGEST_PATH = 100  # a UNIX socket's path may have 107 bytes
ALWAYS = "init=/sbin/init console=tty0 console=ttyS0,115200"  # for a kernel that is given
OVMF = (
    # code, variables; Debian and Ubuntu, then Fedora
    ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
    ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
    ("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
)


@dataclass(frozen=True)
class MachineSpec:
    """The machine to emulate. memory in MiB; append: for kernel A's command line; accel: "tcg" or "kvm".

    kernel: None where the boot loader on the disk starts one. image: the first disk, raw, or qcow2 where its
    name ends so. disk: what it hangs on, one of attached.DISKS. root: the device of the root file system and
    file_system its type, for a kernel that is given. spare: a second disk; spare_usb: whether it is a stick;
    spare_fault: what fails on it, see attached.further. writable: what is written to these two stays there.
    further: more disks, only to be read. variables: the file of the UEFI firmware's variables, kept; None:
    fresh ones that are thrown away. resets: whether a guest that restarts itself is started again; else that
    ends QEMU.
    """

    kernel: Kernel | None
    image: Path
    memory: int = 1024
    cpus: int = 2
    machine: str = "pc"
    cpu: str = ""
    firmware: str = "bios"
    accel: str = "tcg"
    append: str = ""
    extra: tuple[str, ...] = field(default=())  # further QEMU options
    disk: str = "virtio"
    root: str = "/dev/vda"
    file_system: str = "ext4"
    writable: bool = False
    further: tuple[Path, ...] = ()
    spare: Path | None = None
    spare_usb: bool = False
    spare_fault: str = ""
    variables: Path | None = None
    resets: bool = False


def command_line(spec: MachineSpec, rundir: Path, console: list[str]) -> list[str]:
    """QEMU's whole command line. rundir: for sockets and firmware variables; console: the serial line."""
    words = [qemu_program(), "-nodefaults", "-no-user-config", "-display", "none"]
    words += ["-accel", spec.accel, "-machine", spec.machine, "-m", str(spec.memory), "-smp", str(spec.cpus)]
    if cpu := spec.cpu or ("host" if spec.accel == "kvm" else ""):
        words += ["-cpu", cpu]
    if spec.firmware == "uefi":
        words += _uefi(spec.variables or fresh_variables(rundir / "vars.fd"))
    words += ["-vga", "std", *console]
    if spec.kernel:
        # Other disks than those on virtio are found after the kernel has begun to look for its root.
        wait = "" if spec.disk == "virtio" else " rootwait"
        root = f"root={spec.root} rw rootfstype={spec.file_system}{wait}"
        words += _kernel(spec.kernel, f"{root} {ALWAYS} {spec.append}".strip())
    words += attached.first(spec.image, spec.disk, spec.machine, spec.writable)
    if spec.spare:
        words += attached.further(
            spec.spare, "spare", attached.kept(spec.writable), spec.spare_usb, spec.spare_fault
        )
    for number, disk in enumerate(spec.further):
        words += attached.further(disk, f"further{number}", "readonly=on")
    words += ["-device", "virtio-rng-pci", "-device", "virtio-serial-pci"]
    for number, name in enumerate(PORTS):
        words += ["-chardev", f"socket,id=port{number},path={rundir / name},server=on,wait=off"]
        words += ["-device", f"virtserialport,chardev=port{number},name={name}"]
    words += ["-chardev", f"socket,id=monitor,path={rundir / MONITOR},server=on,wait=off"]
    words += ["-mon", "chardev=monitor,mode=control"]
    if not spec.resets:
        words.append("-no-reboot")  # a reset would hide a crash as an endless loop of boots
    return [*words, *spec.extra]


def _kernel(kernel: Kernel, append: str) -> list[str]:
    words = ["-kernel", str(kernel.image), "-append", append]
    return words + (["-initrd", str(kernel.initramfs)] if kernel.initramfs else [])


def qemu_program() -> str:
    """The emulator's path. Raises KjtuiError."""
    path = shutil.which("qemu-system-x86_64")
    if path is None:
        raise KjtuiError(
            "QEMU is not installed",
            "qemu-system-x86_64 was not found",
            "Install the package qemu-system-x86.",
        )
    return path


def _uefi(variables: Path) -> list[str]:
    return [
        "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={_firmware()[0]}",
        "-drive", f"if=pflash,format=raw,unit=1,file={variables}",
    ]  # fmt: skip


def fresh_variables(target: Path) -> Path:
    """A file of UEFI variables as the firmware has them when it is new; target. Raises KjtuiError."""
    shutil.copyfile(_firmware()[1], target)
    return target


def _firmware() -> tuple[str, str]:
    """The UEFI firmware's code and its variables. Raises KjtuiError."""
    for code, variables in OVMF:
        if Path(code).exists() and Path(variables).exists():
            return code, variables
    raise KjtuiError(
        "There is no UEFI firmware for QEMU here", "OVMF was not found", "Install the package ovmf."
    )


class Line(Enum):
    """Where the guest's serial console goes to, besides the log."""

    TERMINAL = "this terminal, raw; Ctrl-A X ends QEMU"
    SOCKET = "a socket, which somebody must read: a full one stops the guest"
    LOG = "nowhere"


def _console(line: Line, rundir: Path, log: Path) -> list[str]:
    if line is Line.LOG:
        return ["-chardev", f"file,id=console,path={log}", "-serial", "chardev:console"]
    kind = "stdio,mux=on,signal=off"
    if line is Line.SOCKET:
        kind = f"socket,path={rundir / 'console'},server=on,wait=off"
    words = ["-chardev", f"{kind},id=console,logfile={log}", "-serial", "chardev:console"]
    return words + (["-mon", "chardev=console"] if line is Line.TERMINAL else [])


def connected(path: Path) -> socket.socket:
    """A connection to a UNIX socket. Raises OSError."""
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        end.connect(str(path))
    except OSError:
        end.close()
        raise
    return end


def listening(path: Path) -> bool:
    """Whether somebody listens on a UNIX socket (unix(7), /proc/net/unix: 10000 in the flags)."""
    for line in Path("/proc/net/unix").read_text(errors="replace").splitlines():
        words = line.split()
        if words[-1] == str(path) and words[3] == "00010000":
            return True
    return False


class Port:
    """The host's end of a guest's serial port: JSON lines over a UNIX socket."""

    def __init__(self, path: Path) -> None:
        self._socket = connected(path)
        self._pending = b""

    def send(self, message: dict[str, object]) -> None:
        """Write one line."""
        self._socket.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, timeout: float) -> dict[str, object] | None:
        """The next JSON object; None if none came within timeout seconds or the guest is gone."""
        end = time.monotonic() + timeout
        while True:
            while b"\n" in self._pending:
                line, self._pending = self._pending.split(b"\n", 1)
                with contextlib.suppress(ValueError):
                    message = json.loads(line)
                    if isinstance(message, dict):
                        return message
            left = end - time.monotonic()
            if left <= 0:
                return None
            self._socket.settimeout(left)
            try:
                piece = self._socket.recv(65536)
            except TimeoutError:
                return None
            except OSError:
                return None
            if not piece:
                return None
            self._pending += piece

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()


class Monitor:
    """QEMU's own control line (QMP, docs/interop/qmp-spec): plugs devices in and out of a running machine."""

    def __init__(self, path: Path) -> None:
        self._port = Port(path)
        self._asked = 0
        # It greets first, and takes no command before this one.
        self._port.receive(MONITOR_PATIENCE)
        self.do("qmp_capabilities")

    def do(self, command: str, **arguments: object) -> object:
        """Carry out a command; what QEMU returns. Underscores in arguments stand for the hyphens of QMP.

        Raises KjtuiError with QEMU's own words when it refuses, or when it does not answer.
        """
        self._asked += 1
        spelled = {name.replace("_", "-"): value for name, value in arguments.items()}
        with contextlib.suppress(OSError):  # QEMU is gone: there will be no answer either
            self._port.send({"execute": command, "arguments": spelled, "id": self._asked})
        end = time.monotonic() + MONITOR_PATIENCE
        while (left := end - time.monotonic()) > 0:
            answer = self._port.receive(left)
            if answer is None:
                break
            if answer.get("id") != self._asked:
                continue  # an event
            if isinstance(error := answer.get("error"), dict):
                raise KjtuiError(f"QEMU refused {command}", str(error.get("desc", error)))
            return answer.get("return")
        raise KjtuiError(f"QEMU did not answer to {command}", "its monitor is silent")

    def close(self) -> None:
        """Let go of the socket."""
        self._port.close()


class Guest:
    """A running QEMU. ports: by name; console: the serial line, if it is a socket; monitor: QEMU's own."""

    def __init__(self, process: "subprocess.Popen[bytes]", rundir: Path, log: Path, line: Line) -> None:
        self.process = process
        self.log = log
        self.ports: dict[str, Port] = {}
        self.console: socket.socket | None = None
        for name in PORTS:
            self._wait_for(rundir / name)
            self.ports[name] = Port(rundir / name)
        self._wait_for(rundir / MONITOR)
        self.monitor = Monitor(rundir / MONITOR)
        if line is Line.SOCKET:
            self._wait_for(rundir / "console")
            self.console = connected(rundir / "console")

    def _wait_for(self, path: Path) -> None:
        """Wait until QEMU listens there: the file is there a moment before that."""
        end = time.monotonic() + 30
        while not listening(path):
            if self.process.poll() is not None or time.monotonic() > end:
                raise KjtuiError(
                    "QEMU did not start", self.errors() or f"it ended with status {self.process.returncode}"
                )
            time.sleep(0.02)

    def errors(self) -> str:
        """What QEMU itself said, for an error message."""
        if self.process.stderr is None or self.process.poll() is None:
            return ""
        return self.process.stderr.read().decode("utf-8", "replace").strip()

    def running(self) -> bool:
        """Whether QEMU still runs."""
        return self.process.poll() is None

    def cut_power(self) -> None:
        """End QEMU at once. What the guest had not yet flushed to its disk may be lost, as in a real one."""
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def started(spec: MachineSpec, log: Path, line: Line) -> Iterator[Guest]:
    """Start the machine; it is ended, and its files removed, when the block is left in whatever way.

    log: everything on the serial line is kept there. Raises KjtuiError if QEMU does not start.
    """
    with tempfile.TemporaryDirectory(prefix="kjtui-") as name, signals_as_exceptions():
        rundir = Path(name)
        if len(name) > LONGEST_PATH - 20:
            raise KjtuiError("The temporary directory's path is too long for a socket", name, "Set TMPDIR.")
        log.write_bytes(b"")
        words = command_line(spec, rundir, _console(line, rundir, log))
        if (setpriv := shutil.which("setpriv")) is not None:
            # QEMU must not go on alone if this process is killed without a chance to clean up.
            words = [setpriv, "--pdeathsig", "KILL", *words]
        process = subprocess.Popen(
            words,
            stdin=None if line is Line.TERMINAL else subprocess.DEVNULL,
            stderr=None if line is Line.TERMINAL else subprocess.PIPE,
        )
        guest: Guest | None = None
        try:
            guest = Guest(process, rundir, log, line)
            yield guest
        finally:
            if guest:
                for port in guest.ports.values():
                    port.close()
                guest.monitor.close()
                if guest.console:
                    guest.console.close()
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
    if process.stderr:
        process.stderr.close()


def console_log(name: str) -> Path:
    """A fresh place for a console log, in the cache."""
    home = cache_dir("logs")
    for old in sorted(home.glob("*.log"), key=lambda path: path.stat().st_mtime)[:-30]:
        old.unlink(missing_ok=True)
    return home / f"{name}-{time.strftime('%H%M%S')}-{os.getpid()}.log"


def choose_accel(wanted: str, kernel: Kernel) -> str:
    """Which of "kvm" and "tcg" to use: "auto" takes KVM only if a real boot under it works.

    /dev/kvm can exist and be unusable, so nothing less than a boot tells. Raises KjtuiError if KVM
    was demanded.
    """
    if wanted == "tcg":
        return "tcg"
    reason = _known_kvm_trouble(kernel)
    if not reason:
        return "kvm"
    if wanted == "kvm":
        raise KjtuiError(
            "KVM does not work here", reason, "Use --accel tcg: it is slower and works everywhere."
        )
    say(f"KVM does not work here ({reason}); using emulation (TCG), which is slower.")
    return "tcg"


def _known_kvm_trouble(kernel: Kernel) -> str:
    """What _kvm_trouble says, tried once for each boot of this machine, QEMU and kernel."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    qemu = Path(qemu_program()).stat()
    name = digest([boot, str(qemu.st_mtime_ns), str(qemu.st_size), kernel.image.read_bytes()])
    known = cache_dir("kvm") / name
    if not known.exists():
        say("Trying a short boot under KVM …")
        known.write_text(_kvm_trouble(kernel))
    return known.read_text()


def _kvm_trouble(kernel: Kernel) -> str:
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "/dev/kvm is missing or may not be opened"
    words = [
        qemu_program(), "-nodefaults", "-no-user-config", "-display", "none", "-accel", "kvm", "-cpu", "host",
        "-m", "512", "-no-reboot", "-serial", "stdio", "-kernel", str(kernel.image),
        "-append", "console=ttyS0 panic=-1",
    ]  # fmt: skip
    try:
        result = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=KVM_PATIENCE)
    except subprocess.TimeoutExpired:
        return f"a trial boot was silent for {KVM_PATIENCE} seconds"
    # Without a root file system a kernel that works gets as far as a panic, and restarts, which ends QEMU.
    if b"Unable to mount root fs" in result.stdout:
        return ""
    return (
        result.stderr.decode("utf-8", "replace").strip().splitlines()[0][:100]
        if result.stderr
        else "a trial boot failed"
    )
