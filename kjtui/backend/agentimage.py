"""Packing kernel B's initramfs: this Python, reduced to what the agent imports, this package, and busybox.

Everything of ours lies below /kjtui, with its own dynamic loader and libraries, so that it runs beside an
initramfs of any origin. What an initramfs of our own needs besides is little, see _own().
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from kjtui import __version__
from kjtui.backend import libraries
from kjtui.backend.machine import Progress
from kjtui.errors import KjtuiError
from kjtui.pack import compressed, cpio, elf

_AGENT = (
    "kjtui.agent.main",
    "kjtui.agent.last",
    "kjtui.agent.beside",
    "kjtui.agent.around",
    "kjtui.agent.program",
)
# What saving and restoring take besides: as much again, so that other visits do without.
_SEALING = ("cryptography.hazmat.primitives.ciphers.aead", "cryptography.exceptions", "_hashlib")
_SAVING = ("kjtui.agent.save", "kjtui.agent.restore", "kjtui.agent.resume", "zstandard")
# Imported at start-up or on demand, so that importing the agent alone does not show them.
_ALSO = ("encodings.ascii", "encodings.latin_1", "encodings.utf_8")
_HOME = "kjtui"
# Later versions write what is used more than once as a reference, and take it for that when anything else in
# this process uses it: their bytes differ from one packing to the next.
_MARSHAL = 2
_LEVEL = 3  # higher ones save little and take much longer
_LIBRARY = f"{_HOME}/{sys.platlibdir}/python{sys.version_info.major}.{sys.version_info.minor}"
_PYTHON = f"/{_HOME}/lib/ld.so --library-path /{_HOME}/lib /{_HOME}/bin/python3 -I -S -B -c"
_INIT = f"""#!/{_HOME}/bin/busybox sh
b=/{_HOME}/bin/busybox
export PATH=/{_HOME}/bin:/bin:/sbin:/usr/bin:/usr/sbin
for m in proc sys dev; do $b mkdir -p /$m; done
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs devtmpfs /dev
read s _ </proc/uptime && echo "$s" >/{_HOME}/started
run() {{ m=$1; shift; {_PYTHON} "from kjtui.agent.$m import main; main()" "$@"; }}
if [ "$0" != /init ]; then
    run beside && exec /init
    run last $?
fi
run main
s=$?
run last $s
# No Python either: then this kernel's own failure is the way home.
[ "$($b cat /sys/kernel/kexec_crash_loaded /sys/kernel/kexec/crash_loaded 2>/dev/null)" = 1 ] &&
    [ $s != 0 ] && echo c >/proc/sysrq-trigger
echo "kernel B: the agent has ended (status $s). This is a shell; 'reboot -f' restarts the machine."
while :; do $b setsid $b cttyhack $b sh -l; done
"""
# In the initramfs of an ordinary start, where only this tree is ours.
_RESUME = f"""#!/{_HOME}/bin/busybox sh
exec {_PYTHON} "from kjtui.agent.resume import main; main()" "$@"
"""
_COMMAND = f"""#!/{_HOME}/bin/busybox sh
[ "$1" = back ] && exec /{_HOME}/bin/busybox kill -USR1 "$(/{_HOME}/bin/busybox cat /{_HOME}/pid)"
echo "This is kernel B. 'kjtui back' goes back to kernel A."
"""
# busybox's DHCP client calls this with what it was given (busybox, networking/udhcp).
_DHCP = f"""#!/{_HOME}/bin/busybox sh
b=/{_HOME}/bin/busybox
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
$b ip addr flush dev "$interface"
$b ip addr add "$ip/${{mask:-24}}" dev "$interface"
for r in $router; do $b ip route add default via "$r" dev "$interface" && break; done
$b mkdir -p /etc
for d in $dns; do echo "nameserver $d"; done >/etc/resolv.conf
"""


def agent_initramfs(cache: Path, progress: Progress, *, saving: bool = False, sealing: bool = False) -> bytes:
    """What of kernel B's initramfs is always the same, compressed by zstd: from the cache directory, or
    packed now (and put there, if it can be written). Raises KjtuiError.

    saving: with what saves and restores memory; sealing: and with what seals an image.
    """
    progress("looking for what kernel B needs", 0.0)
    kind = "sealer" if sealing else "saver" if saving else "agent"
    place = cache / f"{kind}-{_fingerprint()}.cpio.zst"
    try:
        data = place.read_bytes()
        progress("kernel B's initramfs was packed before", 1.0)
        return data
    except OSError:
        pass
    archive = cpio.archive(_entries(progress, _wanted(saving, sealing)))
    progress("compressing it", 0.9)
    data = compressed.squeeze(archive, _LEVEL)
    try:
        cache.mkdir(parents=True, exist_ok=True, mode=0o755)
        unfinished = place.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(data)
        unfinished.rename(place)
        for old in cache.glob(f"{kind}-*"):  # of an earlier Python or kjtui, or left by a crash
            if old != place:
                old.unlink(missing_ok=True)
    except OSError:
        pass  # a cache that cannot be written costs time, nothing else
    progress("kernel B's initramfs is packed", 1.0)
    return data


def _wanted(saving: bool, sealing: bool) -> tuple[str, ...]:
    return (*_AGENT, *(_SAVING if saving or sealing else ()), *(_SEALING if sealing else ()))


def _fingerprint() -> str:
    """Changes when this Python, this package or busybox changes."""
    digest = hashlib.blake2b(f"{__version__} {sys.version}".encode(), digest_size=8)
    package = Path(__file__).parents[1]
    for file in [*sorted(package.rglob("*.py")), Path(_python()), _busybox()]:
        data = file.read_bytes()
        digest.update(
            f"{file.relative_to(package) if package in file.parents else file.name} {len(data)}\n".encode()
        )
        digest.update(data)
    return digest.hexdigest()


def own() -> bytes:
    """What an initramfs that is all our own has besides."""
    return cpio.archive(_own())


def _own() -> Iterator[cpio.Entry]:
    yield from cpio.skeleton(f"{_HOME}/init")
    for name in _applets(_busybox()):
        yield cpio.Entry.symlink(f"bin/{name}", f"/{_HOME}/bin/busybox")


def _entries(progress: Progress, wanted: Sequence[str]) -> Iterator[cpio.Entry]:
    python, busybox = Path(_python()), _busybox()
    yield cpio.Entry.file(f"{_HOME}/init", _INIT.encode(), 0o755)
    yield cpio.Entry.file(f"{_HOME}/resume", _RESUME.encode(), 0o755)
    yield cpio.Entry.file(f"{_HOME}/udhcpc", _DHCP.encode(), 0o755)
    yield cpio.Entry.file(f"{_HOME}/bin/kjtui", _COMMAND.encode(), 0o755)
    yield cpio.Entry.file(f"{_HOME}/bin/busybox", busybox.read_bytes(), 0o755)
    yield cpio.Entry.file(f"{_HOME}/bin/python3", elf.loadable(python.read_bytes()), 0o755)
    progress("finding the modules that kernel B needs", 0.1)
    modules = _modules(wanted)
    # Python finds its library by this file (Modules/getpath.py), though os itself is frozen into it.
    modules.setdefault("os", os.__file__)
    yield cpio.Entry.directory(f"{_LIBRARY}/lib-dynload")
    programs = [python]
    for done, (name, origin) in enumerate(sorted(modules.items())):
        progress(f"packing {name}", 0.2 + 0.6 * done / len(modules))
        if origin.endswith(".so"):
            path = Path(origin)
            programs.append(path)
            package = name.rpartition(".")[0].replace(".", "/") or "lib-dynload"
            yield cpio.Entry.file(f"{_LIBRARY}/{package}/{path.name}", elf.loadable(path.read_bytes()), 0o755)
        else:
            yield _module(name, Path(origin))
    progress("packing the shared libraries", 0.8)
    interpreter = elf.needs(python.read_bytes()).interpreter
    for path_, library in sorted(libraries.closure(programs).items()):
        name = "ld.so" if path_ == interpreter else path_.rpartition("/")[2]
        yield cpio.Entry.file(f"{_HOME}/lib/{name}", elf.loadable(library.read_bytes()), 0o755)


def _applets(busybox: Path) -> list[str]:
    """The programs that busybox has, by its own list."""
    result = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=False)
    return sorted(name for name in result.stdout.split() if "/" not in name)


def _module(name: str, origin: Path) -> cpio.Entry:
    """One module as bytecode alone, all below the standard library's directory."""
    parts = name.split(".")
    relative = "/".join([*parts, "__init__"] if origin.name == "__init__.py" else parts)
    return cpio.Entry.file(f"{_LIBRARY}/{relative}.pyc", _bytecode(relative, origin.read_bytes()))


def _bytecode(name: str, source: bytes) -> bytes:
    """The module's .pyc. The same source always gives the same bytes: see _MARSHAL."""
    import importlib.util
    import marshal

    code = compile(source, f"{name}.py", "exec", dont_inherit=True, optimize=0)
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code, _MARSHAL)


def _modules(wanted: Sequence[str]) -> dict[str, str]:
    """Everything that these import: module → file, as a Python of its own tells after importing them."""
    program = (
        "import sys; sys.path[:0] = sys.argv[1:3]\n"
        "for name in sys.argv[3:]: __import__(name)\n"
        "import inspect; inspect.signature\n"  # the agent puts it off; should it be needed, it must be there
        "for name, module in sys.modules.items():\n"
        "    origin = getattr(getattr(module, '__spec__', None), 'origin', None)\n"
        # A module that stands before another one, to warn of what is old in it, has no origin of its own.
        "    print(name, origin or getattr(module, '__file__', None))"
    )
    import zstandard

    places = [str(Path(file).parents[1]) for file in (Path(__file__).parent, zstandard.__file__)]
    command = [_python(), "-I", "-S", "-c", program, *places, *wanted, *_ALSO]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise KjtuiError(
            "Kernel B's program could not be packed",
            result.stderr.strip().splitlines()[-1]
            if result.stderr.strip()
            else "Python ended without a word.",
            "Install kjtui anew; its files seem to be damaged.",
        )
    pairs = (line.split(" ", 1) for line in result.stdout.splitlines())
    return {name: origin for name, origin in pairs if origin.startswith("/")}


def _python() -> str:
    """The real interpreter, not a virtual environment's link to it."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def _busybox() -> Path:
    for place in ("/bin/busybox", "/usr/bin/busybox", "/usr/lib/initramfs-tools/bin/busybox"):
        path = Path(place)
        if path.exists() and not elf.needs(path.read_bytes()).libraries:
            return path
    raise KjtuiError(
        "busybox is missing",
        "Kernel B's shell and start need a statically linked busybox; none is in /bin or /usr/bin.",
        "Install it: apt install busybox-static (Debian, Ubuntu) or the package busybox (Fedora, Arch).",
    )
