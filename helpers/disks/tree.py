"""Debian's file tree for a disk, put together by mmdebstrap from the mirrors that apt uses here."""

import re
import tempfile
from pathlib import Path

from common import KjtuiError, ProgressLine, cache_dir, digest, locked, run
from setup_env import ensure_packages

from disks.kinds import ALWAYS, Kind

NOT_NEEDED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
MAKERS = ("Debian", "Ubuntu")  # what else apt knows here has no part in it
HINT = "This needs the network and a mirror of Debian."


def debian_tree(kind: Kind) -> Path:
    """A tar archive of the tree with all packages configured, made now or from the cache. Raises KjtuiError.

    Without root's rights mmdebstrap works in a user namespace.
    """
    ensure_packages({"mmdebstrap": "mmdebstrap"})
    own = own_sources()
    home = cache_dir("disks")
    packages = sorted({*ALWAYS, *kind.packages})
    done = home / f"tree-{digest([*packages, *NOT_NEEDED, *kind.suites, *own])}.tar"
    with locked(home / "tree.lock", "Waiting for another run that puts a file tree of Debian together …"):
        if not done.exists():
            progress = ProgressLine(f"Putting Debian's file tree together for {kind.name} (once)")
            with tempfile.TemporaryDirectory(dir=home, prefix="tree-new-") as scratch:
                new = Path(scratch, "tree.tar")
                _bootstrap(kind, packages, own, new)
                new.rename(done)
            progress.done()
    return done


def own_sources() -> list[str]:
    """This distribution's suites as lines of sources.list(5), the main one first. Raises KjtuiError."""
    words = "$(ORIGIN) $(CODENAME) $(REPO_URI) $(COMPONENT)"
    said = run(
        ["apt-get", "indextargets", "--format", words, "Created-By: Packages"],
        "apt does not tell its sources",
    )
    codename = re.search(r"^VERSION_CODENAME=(\S+)", Path("/etc/os-release").read_text(), re.MULTILINE)
    lines = []
    for line in said.splitlines():
        maker, suite, *rest = line.split()
        # While apt has never fetched its lists it knows nobody's name, and prints these words.
        if codename and suite.startswith(codename[1]) and maker in MAKERS:
            lines.append(f"deb {rest[0]} {suite} {rest[1]}")
    if not lines:
        raise KjtuiError(
            "The packages for a disk cannot be found",
            "apt knows no source of Debian's own",
            "Run apt-get update.",
        )
    return sorted(dict.fromkeys(lines), key=len)


def _bootstrap(kind: Kind, packages: list[str], own: list[str], target: Path) -> None:
    words: list[str | Path] = [
        "mmdebstrap",
        "--quiet",
        "--variant=essential",
        f"--include={','.join(packages)}",
    ]
    words += [f"--dpkgopt=path-exclude={pattern}" for pattern in NOT_NEEDED]
    words.append("--dpkgopt=force-unsafe-io")
    if not kind.suites:
        run([*words, own[0].split()[2], target, *own], f"The file tree for {kind.name} cannot be made", HINT)
        return
    mirror = own[0].split()[1]
    # A mirror may keep a suite that changes daily as it was some weeks ago.
    words.append('--aptopt=Acquire::Check-Valid-Until "false"')
    failures = []
    for suite in kind.suites:
        try:
            run([*words, suite, target, f"deb {mirror} {suite} main"], suite)
            return
        except KjtuiError as error:
            failures.append(f"{suite}: {error.detail}")
            target.unlink(missing_ok=True)
    title = f"The disk {kind.name} cannot be made here"
    raise KjtuiError(title, "\n".join(failures), f"Its boot loader is only in newer suites of Debian. {HINT}")
