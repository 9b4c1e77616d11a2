"""A second, small disk with kjtui and the guest's helpers: they change daily, the first disk does not."""

import os
import tempfile
from pathlib import Path

from common import REPO, cache_dir, digest, locked
from guest_image import add_project, make_file_system, sources_of_project
from guest_runtime import guest_site_packages

KEEP = 4  # older ones are removed


def project_disk() -> Path:
    """An ext4 image, its paths as in the guest, made now or taken from the cache. Raises KjtuiError."""
    sources = {path: path.read_bytes() for path in sources_of_project()}
    parts: list[str | bytes] = [guest_site_packages()]
    for path, data in sources.items():
        parts += [str(path.relative_to(REPO)), str(os.access(path, os.X_OK)), data]
    home = cache_dir("disks")
    image = home / f"project-{digest(parts)}.ext4"
    with locked(home / "project.lock", "Waiting for another run that writes the disk with kjtui …"):
        if image.exists():
            os.utime(image)
            return image
        with tempfile.TemporaryDirectory(dir=home, prefix="project-new-") as scratch:
            tree, new = Path(scratch, "tree"), Path(scratch, "image")
            tree.mkdir()
            add_project(tree, sources)
            make_file_system(tree, new, "kjtui", 2 << 20)
            new.rename(image)
        for old in sorted(home.glob("project-*.ext4"), key=lambda path: path.stat().st_mtime)[:-KEEP]:
            old.unlink()
    return image
