"""The part of the rehearsal machine's root file system that seldom changes: Python, its packages, busybox.

Built as a directory tree in the cache, without root rights, and kept by what it was made of.
"""

import compileall
import functools
import importlib.metadata
import os
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from common import KjtuiError, cache_dir, digest, file_digest, locked, run, say

LAYOUT = "2"  # raise it when this file changes what is put into the tree
ROOT_PACKAGES = ("textual", "psutil", "pyudev", "zstandard", "cryptography")
TOOLS = ("strace",)  # shows what a program asks of the kernel
NOT_NEEDED = shutil.ignore_patterns(
    "__pycache__", "test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "pydoc_data",
    "config-*", "site-packages", "dist-packages", "*.a", "*.exe", "_tkinter*", "_test*", "sitecustomize.py",
)  # fmt: skip
TERMINALS = ("linux", "vt100", "vt102", "vt220", "dumb", "xterm", "xterm-256color", "screen", "ansi")


def base_python() -> Path:
    """The real interpreter behind the virtual environment that runs this."""
    return Path(os.path.realpath(sys.executable))


def distributions(roots: tuple[str, ...]) -> list[importlib.metadata.Distribution]:
    """The installed distributions that these need, and theirs in turn, sorted by name."""
    from packaging.requirements import Requirement

    found: dict[str, importlib.metadata.Distribution] = {}
    wanted: list[tuple[str, frozenset[str]]] = [(name, frozenset()) for name in roots]
    while wanted:
        name, extras = wanted.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        known = key in found
        if known and not extras:
            continue
        distribution = importlib.metadata.distribution(name)
        found[key] = distribution
        for text in distribution.requires or ():
            need = Requirement(text)
            contexts = [{"extra": extra} for extra in extras or {""}]
            applies = need.marker is not None and any(need.marker.evaluate(context) for context in contexts)
            if applies or (need.marker is None and not known):
                wanted.append((need.name, frozenset(need.extras)))
    return [found[key] for key in sorted(found)]


@functools.cache
def guest_site_packages() -> str:
    """Where the interpreter looks for packages when it is installed under /usr, as an absolute path."""
    code = "import sysconfig; print(sysconfig.get_path('purelib', vars={'base': '/usr', 'platbase': '/usr'}))"
    return run([base_python(), "-I", "-c", code], "Python cannot tell where its packages live").strip()


def runtime_tree() -> Path:
    """The tree, built now or taken from the cache. Raises KjtuiError."""
    packages = distributions(ROOT_PACKAGES)
    busybox = find_busybox()
    key = digest(
        [LAYOUT, sys.version, str(base_python()), file_digest(busybox), guest_site_packages()]
        + [file_digest(tool) for tool in tools()]
        + [f"{package.metadata['Name']} {package.version}" for package in packages]
    )
    home = cache_dir("runtime")
    done = home / key
    with locked(home / "lock", "Waiting for another run that prepares Python for the rehearsal machine …"):
        if done.is_dir():
            return done
        say("Preparing Python and its packages for the rehearsal machine …")
        with tempfile.TemporaryDirectory(dir=home, prefix="new-") as scratch:
            tree = Path(scratch, "tree")
            tree.mkdir(mode=0o755)
            _skeleton(tree, busybox)
            for tool in tools():
                copy_file(tool, tree / "usr/bin" / tool.name, 0o755)
            _python(tree, packages)
            _libraries(tree)
            tree.rename(done)
    return done


def tools() -> list[Path]:
    """Programs of this machine that go into the tree as they are, with their libraries. Raises KjtuiError."""
    found = []
    for name in TOOLS:
        path = shutil.which(name)
        if path is None:
            raise KjtuiError(f"The program {name} is missing", "", f"Install the package {name}.")
        found.append(Path(path))
    return found


def find_busybox() -> Path:
    """A statically linked busybox. Raises KjtuiError."""
    path = shutil.which("busybox", path=f"{os.environ.get('PATH', '')}:/bin:/sbin:/usr/sbin")
    if path and not linked_libraries(Path(path)):
        return Path(os.path.realpath(path))
    raise KjtuiError(
        "There is no statically linked busybox here",
        f"found: {path or 'none'}",
        "Install the package busybox-static.",
    )


def linked_libraries(path: Path) -> list[tuple[str, str]]:
    """(soname, file) of the shared libraries that an ELF file is linked with, as ldd(1) finds them."""
    result = subprocess.run(["ldd", str(path)], capture_output=True, text=True)
    pairs = []
    for line in result.stdout.splitlines():
        if match := re.match(r"\s*(\S+) => (/\S+)", line):
            pairs.append((match[1], match[2]))
        elif match := re.match(r"\s*(/\S*ld-linux\S*)", line):
            pairs.append((match[1], match[1]))
    return pairs


def _skeleton(tree: Path, busybox: Path) -> None:
    for name in ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "boot", "dev", "proc", "sys", "run", "tmp",
                 "root", "etc", "mnt", "var/tmp", "var/lib", "var/log", "var/cache"):  # fmt: skip
        (tree / name).mkdir(parents=True, exist_ok=True)
    for name in ("bin", "sbin", "lib", "lib64"):
        (tree / name).symlink_to(f"usr/{name}")
    (tree / "var/run").symlink_to("../run")
    for name in ("tmp", "var/tmp"):
        (tree / name).chmod(0o1777)
    copy_file(busybox, tree / "usr/bin/busybox", 0o755)
    for applet in run([busybox, "--list"], "busybox does not tell its applets").split():
        target = tree / "usr/bin" / applet
        if not target.exists():
            target.symlink_to("busybox")
    for name in ("ldconfig.real", "ldconfig"):  # Ubuntu's ldconfig is a shell script around the real one
        if (real := Path("/sbin", name)).exists():
            copy_file(real, tree / "usr/sbin/ldconfig", 0o755)
            break
    (tree / "etc/passwd").write_text(
        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n"
    )
    (tree / "etc/group").write_text("root:x:0:\ntty:x:5:\nnogroup:x:65534:\n")
    (tree / "etc/os-release").write_text('ID=rehearsal\nNAME="kjtui rehearsal machine"\n')
    (tree / "etc/fstab").write_text("/dev/vda / ext4 rw 0 1\n")
    for terminal in TERMINALS:
        for home in ("/lib/terminfo", "/usr/share/terminfo"):
            source = Path(home, terminal[0], terminal)
            if source.exists():
                copy_file(source, tree / "usr/lib/terminfo" / terminal[0] / terminal)
                break
    for name in ("C.utf8", "C.UTF-8"):
        if (locale := Path("/usr/lib/locale", name)).is_dir():
            shutil.copytree(locale, tree / "usr/lib/locale" / name)


def _python(tree: Path, packages: list[importlib.metadata.Distribution]) -> None:
    short = f"python{sys.version_info.major}.{sys.version_info.minor}"
    copy_file(base_python(), tree / "usr/bin" / short, 0o755)
    (tree / "usr/bin/python3").symlink_to(short)
    shutil.copytree(
        sysconfig.get_path("stdlib"),
        tree / "usr/lib" / short,
        ignore=NOT_NEEDED,
        dirs_exist_ok=True,
        ignore_dangling_symlinks=True,
    )
    site = tree / guest_site_packages().lstrip("/")
    for package in packages:
        for item in package.files or ():
            if item.parts[0] == ".." or "__pycache__" in item.parts or "tests" in item.parts:
                continue
            copy_file(Path(str(item.locate())), site / item)
    compile_tree(tree, tree / "usr/lib")


def compile_tree(root: Path, below: Path) -> None:
    """Compile every module below a directory, never to be checked again: an emulated Python is slow at it.

    root is the directory that will be / in the guest.
    """
    compileall.compile_dir(
        below,
        quiet=2,
        maxlevels=30,
        workers=2,
        stripdir=str(root),
        prependdir="/",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def _libraries(tree: Path) -> None:
    """Copy the shared libraries that anything in the tree is linked with, and libudev for pyudev."""
    libraries: dict[str, str] = {}
    for path in _elf_files(tree):
        libraries.update(linked_libraries(path))
    udev = re.search(r"libudev\.so\.1 .*=> (/\S+)", run(["/sbin/ldconfig", "-p"], "ldconfig does not answer"))
    if udev is None:
        raise KjtuiError("The library libudev is missing", "", "Install the package libudev1.")
    libraries["libudev.so.1"] = udev[1]
    libraries.update(linked_libraries(Path(udev[1])))
    for name, file in libraries.items():
        if name.startswith("/"):
            copy_file(Path(os.path.realpath(file)), tree / "usr" / name.lstrip("/"), 0o755)
        elif not Path(file).is_relative_to(tree):
            copy_file(Path(os.path.realpath(file)), tree / "usr/lib" / name, 0o755)


def _elf_files(tree: Path) -> Iterator[Path]:
    for path in tree.rglob("*"):
        if path.is_file() and not path.is_symlink() and (path.suffix == ".so" or path.stat().st_mode & 0o100):
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def copy_file(source: Path, target: Path, mode: int = 0o644) -> None:
    """Copy one file's content, making the directories it needs; readable for everybody."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)
