"""Builds a Debian package of a kernel like the running one, with CONFIG_KEXEC_JUMP added.

For distributions whose kernels cannot jump: the distribution's own source and the running configuration. What
is left out: debugging information, and the distribution's signing keys, which nobody else has.

Only helpers/build_kernel.py --like-running calls this.
"""

import argparse
import gzip
import os
import re
import shutil
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import kernel_files
from build_kernel import TOOLS, available, default_source, make, processors, source_tarball
from common import KjtuiError, ProgressLine, cache_dir, digest, locked, run, say
from setup_env import ensure_packages

from kjtui.backend.probe import config as probe_config
from kjtui.backend.probe.source import Source

# What the jump needs, and what kjtui needs to find its way (see the checks).
WANTED = """\
CONFIG_KEXEC=y
CONFIG_KEXEC_CORE=y
CONFIG_SWAP=y
CONFIG_SUSPEND=y
CONFIG_HIBERNATION=y
CONFIG_KEXEC_JUMP=y
CONFIG_CRASH_DUMP=y
CONFIG_PROC_VMCORE=y
CONFIG_RELOCATABLE=y
CONFIG_DEVMEM=y
CONFIG_LOCALVERSION="-jump"
# CONFIG_LOCALVERSION_AUTO is not set
CONFIG_SYSTEM_TRUSTED_KEYS=""
CONFIG_SYSTEM_REVOCATION_KEYS=""
CONFIG_DEBUG_INFO_NONE=y
# CONFIG_DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT is not set
# CONFIG_DEBUG_INFO_DWARF4 is not set
# CONFIG_DEBUG_INFO_DWARF5 is not set
"""
NEEDED = ("CONFIG_KEXEC", "CONFIG_KEXEC_JUMP", "CONFIG_HIBERNATION")
PACKAGING = {
    "dpkg-buildpackage": "dpkg-dev",
    "dh": "debhelper",
    "rsync": "rsync",
    "depmod": "kmod",
    "cpio": "cpio",
}
NO_EXTRAS = "pkg.linux-upstream.nokernelheaders pkg.linux-upstream.nokerneldbg"
NEW_OPTIONS = 20_000  # more than a kernel could ask about; an empty answer takes the default
# Measured on builds with gcc 12; for the estimate only.
SECONDS_PER_FILE = 1.0  # of one processor; a configuration with few options takes less
BYTES_PER_FILE = 260_000
BYTES_ANYWAY = 2_500_000_000  # the unpacked source, and the package in the making


@dataclass(frozen=True)
class Plan:
    """What is going to be built. files, seconds and room (bytes) are estimates."""

    source: str
    config_from: str
    files: int
    seconds: float
    room: int


def package(options: argparse.Namespace) -> Path:
    """Build the package and return where it lies. Raises KjtuiError."""
    if shutil.which("dpkg") is None or shutil.which("apt-get") is None:
        raise KjtuiError(
            "This builds packages for Debian and its relatives only",
            "dpkg and apt-get are not here.",
            "Elsewhere build the distribution's own kernel package with CONFIG_KEXEC_JUMP=y added, or start "
            "one of the distributions whose kernels can jump: kjtui explain kexec-jump names them.",
        )
    text, origin = configuration(options.config)
    source = options.source or source_for(os.uname().release)
    options.output.mkdir(parents=True, exist_ok=True)
    modules = loaded_modules(options.lsmod) if options.modules_in_use else ""
    parts = [source, text, modules, WANTED]
    home = cache_dir("packages") / f"{source}-{digest(parts)}"
    home.mkdir(exist_ok=True)
    with locked(home / "lock", "Waiting for another run that builds the same package …"):
        tree = home / "tree"
        if not (tree / "Makefile").exists():
            ensure_packages({**TOOLS, **PACKAGING})
            unpack(source, tree)
        configure(tree, text, modules)
        plan = estimate(source, tree, origin)
        agree(plan, home, options)
        log = home / "build.log"
        progress = ProgressLine("Building the kernel package")
        try:
            words = ["bindeb-pkg", f"DEB_BUILD_PROFILES={NO_EXTRAS}", "DPKG_FLAGS=-d"]
            make(tree, words, log, progress, plan.files)
        except KeyboardInterrupt:
            say(f"\nStopped. Run the same command again to go on where it stopped; or remove {home}")
            raise
        built = verified(home)
        progress.done()
        target = Path(options.output, built.name)
        shutil.copyfile(built, target)
        clear(home)
    explain(target)
    return Path(target).resolve()


def clear(home: Path) -> None:
    """Remove the tree and what else was made beside the package; the lock is still held."""
    for path in home.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "lock":
            path.unlink()


def configuration(path: Path | None) -> tuple[str, str]:
    """The configuration's text and where it was found. Raises KjtuiError."""
    if path is None:
        release = os.uname().release
        source = Source()
        _options, name = probe_config.read(source, release)
        if not name:
            raise KjtuiError(
                "The running kernel's configuration was not found",
                "; ".join(f"{file}: {why}" for file, why in source.unreadable.items()),
                "Install the kernel's package again, or give a configuration with --config FILE.",
            )
        path = Path(name)
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    except (OSError, ValueError, EOFError) as error:
        raise KjtuiError(
            "The configuration cannot be read", f"{path}: {error}", "Give another one with --config FILE."
        ) from None
    if "CONFIG_" not in text:
        raise KjtuiError(
            "This is no kernel configuration",
            f"{path} holds no line with CONFIG_.",
            "A file like /boot/config-VERSION is right.",
        )
    return text, str(path)


def source_for(release: str) -> str:
    """The source package's version for a release like "6.1.0-13-amd64"; the default where there is none."""
    if match := re.match(r"(\d+)\.(\d+)", release):
        for version in (f"{match[1]}.{match[2]}", f"{match[1]}.{match[2]}.0"):
            if available(version):
                return version
    source = default_source()
    say(f"There is no source package for {release}: {source} is taken. New options get their defaults.")
    return source


def loaded_modules(path: Path | None) -> str:
    """The loaded modules as lsmod(8) prints them, which make localmodconfig wants. Raises KjtuiError."""
    if path is None:
        return run(["lsmod"], "The loaded modules cannot be listed", "Give a list with --lsmod FILE.")
    try:
        return path.read_text(errors="replace")
    except OSError as error:
        raise KjtuiError("The list of modules cannot be read", f"{path}: {error.strerror}") from None


def unpack(source: str, tree: Path) -> None:
    """The distribution's source, in tree. One that was only unpacked in part is removed first."""
    say(f"Unpacking the kernel source {source} …")
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir()
    tarball = source_tarball(source)
    run(["tar", "-xf", tarball, "-C", tree, "--strip-components=1"], "The kernel source cannot be unpacked")


def configure(tree: Path, text: str, modules: str) -> None:
    """Write .config: the given one, fewer modules if asked for, and the jump. Raises KjtuiError."""
    failure = "The kernel cannot be configured"
    before = (tree / ".config").read_bytes() if (tree / ".config").exists() else b""
    stamp = (tree / ".config").stat() if before else None
    wanted = tree / ".wanted"
    wanted.write_text(WANTED)
    (tree / ".config").write_text(text)
    run(["scripts/kconfig/merge_config.sh", "-m", ".config", ".wanted"], failure, cwd=tree)
    if modules:
        listed = tree / ".lsmod"
        listed.write_text(modules)
        # It asks about every new option.
        run(["make", f"LSMOD={listed}", "localmodconfig"], failure, cwd=tree, input="\n" * NEW_OPTIONS)
        run(["scripts/kconfig/merge_config.sh", "-m", ".config", ".wanted"], failure, cwd=tree)
    run(["make", "olddefconfig"], failure, cwd=tree)
    result = (tree / ".config").read_text()
    lost = [name for name in NEEDED if f"\n{name}=y\n" not in result]
    if lost:
        raise KjtuiError(
            "The jump cannot be added to this configuration",
            f"{', '.join(lost)}: something that it depends on is missing, or it is no x86-64 configuration.",
            "Give another configuration with --config FILE.",
        )
    if stamp and result.encode() == before:
        # make compares times: an unchanged file with a new one would have everything compiled again.
        os.utime(tree / ".config", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def estimate(source: str, tree: Path, origin: str) -> Plan:
    """What the configuration in tree costs to build."""
    files = kernel_files.count(tree)
    seconds = files * SECONDS_PER_FILE / processors()
    return Plan(source, origin, files, seconds, BYTES_ANYWAY + files * BYTES_PER_FILE)


def agree(plan: Plan, home: Path, options: argparse.Namespace) -> None:
    """Show what is going to be done, and ask. Raises KjtuiError where there is too little room, or no yes."""
    free = shutil.disk_usage(home).free
    modules = "only the modules in use" if options.modules_in_use else "all of its modules"
    for line in (
        "",
        f"A kernel package from linux-source-{plan.source},",
        f"  configured like {plan.config_from}, {modules}, with KEXEC_JUMP added;",
        "  without debugging information and without the distribution's signature.",
        f"About {plan.files:,} files to compile: some {rounded(plan.seconds)} on {processors()} processors,",
        f"  and {plan.room / 1e9:.0f} GB of room in {home} ({free / 1e9:.0f} GB are free).",
        f"The package goes to {options.output.resolve()}. Nothing is installed by this.",
        "Ctrl-C stops it; the same command goes on later.",
    ):
        say(line)
    if free < plan.room:
        raise KjtuiError(
            "There is too little room to build it",
            f"{free / 1e9:.0f} GB are free in {home}, {plan.room / 1e9:.0f} GB are needed.",
            "Make room, set XDG_CACHE_HOME to a larger disk, or add --modules-in-use.",
        )
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise KjtuiError("Nobody can be asked here", "Standard input is no terminal.", "Add --yes.")
    say("Build it? [y/N] ")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise KjtuiError("Nothing was built", "You did not say yes.")


def rounded(seconds: float) -> str:
    """A time that is only an estimate."""
    return f"{seconds / 3600:.1f} hours" if seconds > 5400 else f"{max(1, round(seconds / 60))} minutes"


def verified(home: Path) -> Path:
    """The package, after a look at what is in it. Raises KjtuiError."""
    images = [path for path in home.glob("linux-image-*.deb") if "-dbg_" not in path.name]
    if len(images) != 1:
        raise KjtuiError("The package is not where it should be", f"{len(images)} found in {home}")
    listing = home / "package.tar"
    run(["sh", "-c", f"dpkg-deb --fsys-tarfile '{images[0]}' > '{listing}'"], "The package cannot be read")
    try:
        with tarfile.open(listing) as files:
            names = files.getnames()
            config = next((name for name in names if re.search(r"/boot/config-", name)), "")
            member = files.extractfile(config) if config else None
            text = member.read().decode() if member else ""
    finally:
        listing.unlink()
    if "\nCONFIG_KEXEC_JUMP=y\n" not in text or not any("/boot/vmlinuz-" in name for name in names):
        raise KjtuiError("The package lacks the jump or the kernel", f"{images[0].name}: {len(names)} files")
    modules = sum(".ko" in name for name in names)
    plural = "" if modules == 1 else "s"
    say(f"In the package: the kernel, CONFIG_KEXEC_JUMP=y, {modules} module{plural}")
    return images[0]


def explain(target: Path) -> None:
    """How to use it, and how to get rid of it."""
    name = run(["dpkg-deb", "-f", target, "Package"], "The package cannot be read").strip()
    for line in (
        f"Install it:     sudo apt install {target.resolve()}",
        "then restart and choose it in the boot menu, under the advanced options. Your present kernel stays.",
        "It is not signed: with Secure Boot on, the firmware does not start it.",
        f"Take it away:   sudo apt remove {name}",
    ):
        say(line)
