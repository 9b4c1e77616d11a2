"""Builds a kernel that can jump, from the distribution's own kernel source, and keeps it in the cache.

python3 helpers/build_kernel.py [--source 6.12]     prints the path of the bzImage
python3 helpers/build_kernel.py --like-running      a package for this machine, see helpers/like_running.py

Debian's kernels lack CONFIG_KEXEC_JUMP, so the rehearsal machine brings its own: `make tinyconfig` with
helpers/kernel/jump.config on top. A build takes a few minutes and is done once for each source version.
"""

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import kernel_files
from bootable import Kernel, from_file
from common import (
    KjtuiError,
    ProgressLine,
    cache_dir,
    digest,
    guarded,
    locked,
    run,
    signals_as_exceptions,
)
from setup_env import ensure_packages, install, refresh_lists

FRAGMENT = Path(__file__).resolve().parent / "kernel" / "jump.config"
NFS = FRAGMENT.with_name("nfs.config")  # what is added to it for a kernel that mounts servers' exports
PREFERRED = "6.12"
OLDEST = (6, 1)
TOOLS = {
    "make": "make", "gcc": "gcc", "flex": "flex", "bison": "bison", "bc": "bc", "xz": "xz-utils",
    "/usr/include/gelf.h": "libelf-dev", "/usr/include/openssl/opensslv.h": "libssl-dev", "perl": "perl",
    "/usr/include/stdio.h": "libc6-dev", "depmod": "kmod",
}  # fmt: skip


def jump_kernel(source: str = "", *, nfs: bool = False) -> Kernel:
    """The kernel built from linux-source-<source>, built now or taken from the cache.

    source: "6.12", "6.1" …; empty: the preferred, or else the newest one that the distribution has. nfs: with
    what mounts an NFS server's exports, which the others do without. Raises KjtuiError.
    """
    fragments = (FRAGMENT, NFS) if nfs else (FRAGMENT,)
    source = source or default_source()
    package = f"linux-source-{source}"
    tarball = source_tarball(source)
    ensure_packages(TOOLS)
    version = run(["dpkg-query", "-W", "-f", "${Version}", package], f"{package} is not installed")
    compiler = run(["gcc", "--version"], "The compiler does not answer").splitlines()[0]
    home = cache_dir("kernels")
    asked = [fragment.read_bytes() for fragment in fragments]
    done = home / f"{source}-{'nfs-' if nfs else ''}{digest([version, *asked, compiler])}"
    if done.is_dir():
        return from_file(done / "bzImage")
    waiting = f"Waiting for another run that builds the kernel {source} …"
    with locked(home / f"{source}.lock", waiting):
        if not done.is_dir():
            for left_over in home.glob(f"build-{source}-*"):  # of a build that was killed
                shutil.rmtree(left_over, ignore_errors=True)
            with tempfile.TemporaryDirectory(dir=home, prefix=f"build-{source}-") as scratch:
                _build(tarball, source, fragments, Path(scratch), done)
    return from_file(done / "bzImage")


def default_source() -> str:
    """The version of the source package to use. Raises KjtuiError if the distribution has none that fits."""
    versions = _offered()
    asked = cache_dir("kernels") / "lists-fetched"
    if PREFERRED not in versions and shutil.which("apt-get") and not asked.exists():
        # It may only be missing from lists that are old, or that were never fetched. Asked once: there are
        # distributions that do not have it at all.
        with contextlib.suppress(KjtuiError):
            refresh_lists()
            versions = _offered()
        asked.touch()
    if PREFERRED in versions:
        return PREFERRED
    numbers = {tuple(int(part) for part in version.split(".")): version for version in versions}
    fit = {number: version for number, version in numbers.items() if number >= OLDEST}
    if not fit:
        raise KjtuiError(
            "There is no kernel source to build from",
            f"no package linux-source-X with X ≥ {OLDEST[0]}.{OLDEST[1]} is known to apt",
            "Look at the sources of apt, or give a kernel that can jump with --kernel BZIMAGE.",
        )
    return fit[max(fit)]


def _offered() -> list[str]:
    """The versions of linux-source that are installed, or that apt knows."""
    listing = run(
        ["apt-cache", "search", "--names-only", r"^linux-source-[0-9]+\.[0-9]+(\.0)?$"],
        "The list of packages cannot be searched",
        "The kernel is built from a Debian or Ubuntu source package. Elsewhere use --kernel BZIMAGE.",
    )
    installed = [path.name.removeprefix("linux-source-") for path in Path("/usr/src").glob("linux-source-*")]
    return re.findall(r"^linux-source-(\S+)", listing, re.MULTILINE) + [
        name.removesuffix(".tar.xz").removesuffix(".tar.bz2") for name in installed if ".tar" in name
    ]


def available(source: str) -> bool:
    """Whether linux-source-<source> is installed or can be."""
    if _tarball(source) is not None:
        return True
    try:
        pattern = f"^linux-source-{re.escape(source)}$"
        return bool(
            run(["apt-cache", "search", "--names-only", pattern], "apt-cache does not answer").strip()
        )
    except KjtuiError:
        return False


def _tarball(source: str) -> Path | None:
    """The source as the package leaves it; Ubuntu has a directory of the same name around it."""
    name = f"linux-source-{source}"
    for folder in (Path("/usr/src"), Path("/usr/src") / name):
        for ending in (".tar.xz", ".tar.bz2", ".tar.zst"):
            if (path := folder / f"{name}{ending}").is_file():
                return path
    return None


def source_tarball(source: str) -> Path:
    """The source of this version, installed if it is not there yet. Raises KjtuiError."""
    package = f"linux-source-{source}"
    tarball = _tarball(source)
    if tarball is None:
        install([package])
        tarball = _tarball(source)
    if tarball is None:
        raise KjtuiError(
            "The kernel source is not where it should be", f"{package} left no tarball in /usr/src"
        )
    return tarball


def _build(tarball: Path, source: str, fragments: Sequence[Path], scratch: Path, done: Path) -> None:
    progress = ProgressLine(f"Building the kernel {source} (once)")
    progress.update(0.0, "unpacking")
    tree = scratch / "tree"
    tree.mkdir()
    run(["tar", "-xf", tarball, "-C", tree, "--strip-components=1"], "The kernel source cannot be unpacked")
    run(["make", "-C", tree, "tinyconfig"], "The kernel cannot be configured")
    merge: list[str | Path] = ["scripts/kconfig/merge_config.sh", "-m", ".config", *fragments]
    run(merge, "The kernel cannot be configured", cwd=tree)
    run(["make", "-C", tree, "olddefconfig"], "The kernel cannot be configured")
    check_config(tree, fragments)
    make(tree, ["bzImage", "modules"], scratch / "build.log", progress, kernel_files.count(tree))
    result = scratch / "result"
    result.mkdir()
    install: list[str | Path] = ["make", "-C", tree, f"INSTALL_MOD_PATH={result}", "modules_install"]
    run(install, "The kernel's modules cannot be installed")
    image = result / "bzImage"
    shutil.copyfile(tree / "arch/x86/boot/bzImage", image)
    shutil.copyfile(tree / ".config", result / f"config-{from_file(image).release}")
    result.rename(done)
    progress.done()


def check_config(tree: Path, fragments: Sequence[Path] = ()) -> None:
    """Raises KjtuiError naming the fragments' options that did not get into a tree's .config.

    Kconfig silently drops what it cannot have. An option that this kernel does not know is let pass.
    """
    lines = set((tree / ".config").read_text().splitlines())
    fragments = fragments or (FRAGMENT,)
    text = "\n".join(fragment.read_text() for fragment in fragments)
    asked = [line for line in text.splitlines() if line.startswith("CONFIG_")]
    lost = [line for line in asked if line not in lines]
    if not lost:
        return
    known: set[str] = set()
    for path in tree.rglob("Kconfig*"):
        known.update(re.findall(r"^(?:menu)?config (\w+)", path.read_text(errors="replace"), re.MULTILINE))
    lost = [line for line in lost if line.removeprefix("CONFIG_").split("=")[0] in known]
    if lost:
        raise KjtuiError(
            "The kernel's configuration lacks options that were asked for",
            ", ".join(lost),
            f"Something that they depend on is missing in {', '.join(one.name for one in fragments)}.",
        )


def make(tree: Path, words: list[str], log: Path, progress: ProgressLine, files: int) -> None:
    """Run make in a kernel tree and show how many of so many files it has compiled. Raises KjtuiError."""
    built = 0
    tail: list[str] = []
    # nice: a person goes on working while this runs.
    command = ["nice", "make", "-C", str(tree), f"-j{processors()}"]
    command += ["KBUILD_BUILD_USER=kjtui", "KBUILD_BUILD_HOST=rehearsal", *words]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        with signals_as_exceptions(), log.open("w") as copy, process.stdout:
            for line in process.stdout:
                copy.write(line)
                tail = [*tail, line.rstrip()][-15:]
                built += bool(re.match(r"\s+(CC|AS)\s", line))
                progress.update(built / files, f"{built} files compiled")
        status = process.wait()
    except BaseException:
        # make's children too: they would go on compiling into a directory that is being removed.
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        raise
    if status:
        kept = cache_dir("logs") / "kernel-build.log"
        shutil.copyfile(log, kept)
        raise KjtuiError("The kernel could not be built", "\n".join(tail), f"The whole output is in {kept}.")


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


def main() -> int:
    """Build, print where the result is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", default="", metavar="X.Y", help="version of the linux-source package")
    like = parser.add_argument_group("a kernel for this machine")
    like.add_argument(
        "--like-running",
        action="store_true",
        help="a Debian package with the running kernel's configuration, and the jump added",
    )
    like.add_argument(
        "--config", type=Path, metavar="FILE", help="this configuration instead of the running one"
    )
    like.add_argument(
        "--modules-in-use",
        action="store_true",
        help="only the modules that are loaded now: far quicker to build",
    )
    like.add_argument(
        "--lsmod", type=Path, metavar="FILE", help="the list of loaded modules, as lsmod prints it"
    )
    like.add_argument(
        "--output", type=Path, default=Path(), metavar="DIR", help="where the package goes (default .)"
    )
    like.add_argument("--yes", action="store_true", help="do not ask before building")
    options = parser.parse_args()
    if options.like_running:
        import like_running  # needs make and ProgressLine from here

        print(like_running.package(options))
    else:
        print(jump_kernel(options.source).image)
    return 0


if __name__ == "__main__":
    guarded(main)
