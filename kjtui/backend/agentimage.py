"""Packing kernel B's initramfs: this Python, reduced to what the agent imports, this package, and busybox."""

import hashlib
import os
import struct
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from kjtui import __version__
from kjtui.backend import libraries
from kjtui.backend.machine import Progress
from kjtui.errors import KjtuiError
from kjtui.pack import cpio, elf

_AGENT = "kjtui.agent.main"
# Imported at start-up or on demand, so that importing the agent alone does not show them.
_ALSO = ("encodings.ascii", "encodings.latin_1", "encodings.utf_8")
_INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
{python} -I -S -B -c 'from kjtui.agent.main import main; main()'
echo "kernel B: the agent has ended (status $?). This is a shell; 'reboot -f' restarts the machine."
/bin/busybox --install -s /bin
while :; do /bin/busybox setsid /bin/busybox cttyhack /bin/busybox sh -l; done
"""


def agent_initramfs(cache: Path, progress: Progress) -> bytes:
    """Kernel B's initramfs, from the cache directory or packed now (and put there, if it can be written)."""
    progress("looking for what kernel B needs", 0.0)
    key = _fingerprint()
    place = cache / f"agent-{key}.cpio"
    try:
        data = place.read_bytes()
        progress("kernel B's initramfs was packed before", 1.0)
        return data
    except OSError:
        pass
    data = cpio.archive(_entries(progress))
    try:
        cache.mkdir(parents=True, exist_ok=True, mode=0o755)
        unfinished = place.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(data)
        unfinished.rename(place)
        for old in cache.glob("agent-*"):  # of an earlier Python or kjtui, or left by a crash
            if old != place:
                old.unlink(missing_ok=True)
    except OSError:
        pass  # a cache that cannot be written costs time, nothing else
    progress("kernel B's initramfs is packed", 1.0)
    return data


def _fingerprint() -> str:
    """Changes when this Python, this package or busybox changes."""
    digest = hashlib.sha256(f"{__version__} {sys.version}".encode())
    package = Path(__file__).parents[1]
    for file in [*sorted(package.rglob("*.py")), Path(_python()), _busybox()]:
        status = file.stat()
        digest.update(f"{file} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _entries(progress: Progress) -> Iterator[cpio.Entry]:
    python, busybox = Path(_python()), _busybox()
    stdlib = sysconfig.get_path("stdlib")
    target = Path(python).as_posix().lstrip("/")
    yield cpio.Entry.file("init", _INIT.format(python=f"/{target}").encode(), 0o755)
    for directory in ("proc", "sys", "dev", "tmp", "root"):
        yield cpio.Entry.directory(directory)
    yield cpio.Entry("dev/console", 0o020600, device=(5, 1))
    yield cpio.Entry.file("bin/busybox", busybox.read_bytes(), 0o755)
    yield cpio.Entry.symlink("bin/sh", "busybox")
    progress("finding the modules that kernel B needs", 0.1)
    modules = _modules()
    programs = [python]
    # Python finds its library by this file (Modules/getpath.py), though os itself is frozen into it.
    modules.setdefault("os", f"{stdlib}/os.py")
    yield cpio.Entry.directory(f"{stdlib.lstrip('/')}/lib-dynload")
    for done, (name, origin) in enumerate(sorted(modules.items())):
        progress(f"packing {name}", 0.2 + 0.6 * done / len(modules))
        if origin.endswith(".so"):
            programs.append(Path(origin))
        else:
            yield _module(name, Path(origin), stdlib)
    progress("packing the shared libraries", 0.8)
    for program in programs:
        yield cpio.Entry.file(str(program).lstrip("/"), elf.loadable(program.read_bytes()), 0o755)
    for path, library in sorted(libraries.closure(programs).items()):
        yield cpio.Entry.file(path.lstrip("/"), elf.loadable(library.read_bytes()), 0o755)


def _module(name: str, origin: Path, stdlib: str) -> cpio.Entry:
    """One module as bytecode alone, all below the standard library's directory."""
    parts = name.split(".")
    relative = "/".join([*parts, "__init__"] if origin.name == "__init__.py" else parts)
    return cpio.Entry.file(f"{stdlib.lstrip('/')}/{relative}.pyc", _bytecode(origin))


def _bytecode(origin: Path) -> bytes:
    """The module's .pyc, as Python has cached it or compiled now."""
    import importlib.util
    import marshal

    source = origin.read_bytes()
    cached = Path(importlib.util.cache_from_source(str(origin)))
    if cached.exists() and _is_fresh(data := cached.read_bytes(), origin):
        return data
    code = compile(source, str(origin), "exec", dont_inherit=True)
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)


def _is_fresh(bytecode: bytes, origin: Path) -> bool:
    """Whether a cached .pyc belongs to this source: PEP 552's header, judged as the import system does."""
    if len(bytecode) < 16:
        return False
    _, flags, time, size = struct.unpack_from("<4sIII", bytecode)
    if flags:  # hash-based: Python takes an unchecked one as it is; a checked one is compiled anew
        return bool(flags == 1)
    status = origin.stat()
    return bool(time == int(status.st_mtime) & 0xFFFFFFFF and size == status.st_size & 0xFFFFFFFF)


def _modules() -> dict[str, str]:
    """Everything that the agent imports: module → file, as a Python of its own tells after importing it."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "for name in sys.argv[2:]: __import__(name)\n"
        "for name, module in sys.modules.items(): print(name, getattr(module.__spec__, 'origin', None))"
    )
    root = str(Path(__file__).parents[2])
    command = [_python(), "-I", "-S", "-c", program, root, _AGENT, *_ALSO]
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
