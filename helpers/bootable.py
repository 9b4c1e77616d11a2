"""What is known about a kernel that the rehearsal machine can boot."""

from dataclasses import dataclass
from pathlib import Path

from common import KjtuiError

from kjtui.kexec import bzimage


@dataclass(frozen=True)
class Kernel:
    """A bootable kernel: the bzImage, its configuration if known, an initramfs if it needs one.

    modules: the folder that /lib/modules/RELEASE is made from, if there are any.
    """

    release: str
    image: Path
    config: Path | None = None
    initramfs: Path | None = None
    modules: Path | None = None


def from_file(image: Path) -> Kernel:
    """A kernel given as a file by the person; a config-VERSION file beside it is used. Raises KjtuiError."""
    try:
        data = image.read_bytes()
    except OSError as error:
        raise KjtuiError(f"The kernel {image} cannot be read", str(error)) from error
    release = bzimage.parse(data).version or image.name
    config = image.with_name(f"config-{release}")
    modules = image.with_name("lib") / "modules" / release
    return Kernel(
        release,
        image.resolve(),
        config if config.exists() else None,
        modules=modules if modules.is_dir() else None,
    )
