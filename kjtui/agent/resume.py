"""In the initramfs of an ordinary start, before any file system is mounted: is there a system to go back to?

Whatever is in doubt ends in an ordinary start, with the image as it was, and with the reason on the screen
and in a file for the wizard.
"""

import json
import os
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

from kjtui.agent import onserver, samemachine, sticks
from kjtui.agent.consoles import Consoles, active
from kjtui.agent.progress import Progress
from kjtui.agent.telling import tell
from kjtui.backend import imagereader, images, syscalls
from kjtui.backend.images import Found
from kjtui.backend.medium import open_image
from kjtui.errors import KjtuiError
from kjtui.imagefile import errand as errands
from kjtui.imagefile.header import Header, State
from kjtui.imagefile.seal import key_of
from kjtui.kexec import orders
from kjtui.kexec.layout import plan_image
from kjtui.model.choices import Choices, Purpose
from kjtui.model.facts import Facts
from kjtui.model.image import LoadImage
from kjtui.model.memory import MIB, Region, RegionKind
from kjtui.model.saved import Errand, Manifest, Target, Task
from kjtui.model.saved import Medium as Kind
from kjtui.model.visit import Orders
from kjtui.pack import cpio

TREE = "/kjtui"
KERNEL = f"{TREE}/vmlinuz"
ZSTD = f"{TREE}/zstd"  # see kjtui.backend.resumetree
REASON = "/run/kjtui/resume.json"  # /run goes over into the system that is started
LOOKED = "/run/kjtui/looked"
COUNTDOWN = 10  # seconds
SEALED_COUNTDOWN = 60
TRIES = 3  # of a passphrase
MOST_TRIES = 2  # of going back without being asked: a power cut is no reason to give up
_MADE_HERE = ("started", "pid", "orders.json", "errand.json", "vmlinuz", "zstd")
_FOR_SEALED = "/cryptography/"  # half of the tree


def main() -> None:
    """Go back to the saved system, which never returns, or return for an ordinary start."""
    consoles = Consoles(active())
    _note_that_it_was_looked_for()
    try:
        whole, faults = _found()
        if not whole:
            sticks.settle()
            whole, faults = _found()
        if whole:
            _offer(consoles, *max(whole, key=lambda one: one[1].created))
        elif faults:
            raise faults[0]
        elif target := onserver.told():
            _look_on_server(consoles, target)
    except KjtuiError as error:
        _tell(consoles, error)
    except Exception as error:  # an ordinary start must go on, whatever happens here
        _tell(consoles, KjtuiError("The saved system cannot be gone back to", repr(error)))


def _look_on_server(consoles: Consoles, target: Target) -> None:
    """Look on an NFS export, with the network brought up for that alone. Raises KjtuiError."""
    consoles.write(f"\r\n  Looking on {target.name} for a saved system ...\r\n")
    with onserver.mounted(target) as path:
        found = images.in_file(path, target)
        if found and found.fault:
            raise found.fault
        if found and found.header and found.header.state is State.VALID:
            _offer(consoles, found, found.header)


def _found() -> tuple[list[tuple[Found, Header]], list[KjtuiError]]:
    """The images that can be gone back to, and why others cannot."""
    found = tuple(images.found())
    whole = [(one, one.header) for one in found if one.header and one.header.state is State.VALID]
    return whole, [one.fault for one in found if one.fault]


def _note_that_it_was_looked_for() -> None:
    """The wizard knows by this that the starts of this machine come by here.

    Not where kjtui's own hook has called this, with a word: whether that is still there can be seen.
    """
    if len(sys.argv) > 1:
        return
    try:
        os.makedirs(os.path.dirname(LOOKED), mode=0o755, exist_ok=True)
        target = onserver.told()
        with open(LOOKED, "w", encoding="utf-8") as file:
            file.write(f"1\n{target.name if target else ''}\n")
    except OSError:
        pass  # it will ask for what is there


def _offer(consoles: Consoles, found: Found, head: Header) -> None:
    """Show it, and do what the person wants of it. Raises KjtuiError."""
    medium = open_image(found.path)
    stored = imagereader.read_manifest(medium, head)
    sealed = head.sealing is not None
    manifest = None if sealed else imagereader.open_manifest(stored, head, b"")
    saved = time.strftime("%Y-%m-%d %H:%M", time.localtime(head.created))
    what = f"{manifest.host}, Linux {manifest.release}, {saved}" if manifest else f"sealed, {saved}"
    consoles.show(
        [
            "-" * 72,
            f"  A saved system was found: {what}",
            "-" * 72,
            "",
            f"  {head.end // MIB} MiB on {found.target.name}",
            "",
            "  [Enter] go back to it   [F] start afresh, keep it   [D] throw it away",
            "",
        ]
    )
    # What is sealed waits for somebody who knows the passphrase, and what has failed for somebody who looks:
    # nobody is kept from an ordinary start, and nothing is tried for ever.
    failed = head.tries >= MOST_TRIES
    if failed:
        consoles.write("  Going back has failed before; unasked it is not tried again.\r\n")
    answer = _answer(consoles, "f" if sealed or failed else "")
    if answer == "d":
        medium.close()
        images.discard(found.path)
        consoles.write("\r\n  It is thrown away.\r\n")
        return
    if answer == "f":
        raise KjtuiError("You have started afresh", "The saved system is kept for the next start.")
    key = b""
    if manifest is None:
        key, manifest = _opened(consoles, head, stored)
    samemachine.check(manifest)
    whole = sum(piece.stored for piece in manifest.pieces)
    progress = Progress(consoles.write, whole, "Checking")

    def done(size: int) -> None:
        if progress.due():
            progress.show(size)

    imagereader.verify(medium, manifest, done)
    medium.close()
    images.note_try(found.path)
    image = prepared(found.target, head, manifest, key)
    consoles.write("\r\n  All of it is as it was saved. Going back ...\r\n")
    syscalls.kexec_load_for_good(image.entry, image.segments)
    syscalls.reboot_kexec()


def _answer(consoles: Consoles, usual: str) -> str:
    """f, d, or anything else for going back; after a while the usual one by itself."""
    what = "Starting afresh" if usual else "Going back to it"
    end = time.monotonic() + (SEALED_COUNTDOWN if usual else COUNTDOWN)
    while (left := end - time.monotonic()) > 0:
        consoles.write(f"\r  {what} in {int(left) + 1} s ")
        if pressed := consoles.key(left % 1 or 1):
            return pressed[0].lower()
    return usual


def _opened(consoles: Consoles, head: Header, stored: bytes) -> tuple[bytes, Manifest]:
    """Ask for the passphrase until it is right: the key and the manifest. Raises KjtuiError."""
    assert head.sealing is not None
    for left in range(TRIES - 1, -1, -1):
        consoles.write("\r\n  Passphrase (Esc: start afresh): ")
        typed = consoles.hidden_line()
        if typed is None:
            break
        consoles.write("\r\n  One moment ...\r\n")
        key = key_of(typed, head.sealing)
        try:
            return key, imagereader.open_manifest(stored, head, key)
        except KjtuiError as error:
            consoles.write(f"\r\n  {error.title}. {f'{left} tries are left.' if left else ''}\r\n")
    raise KjtuiError("The image was not opened", "The saved system is kept for the next start.")


def prepared(target: Target, head: Header, manifest: Manifest, key: bytes) -> LoadImage:
    """The kernel that puts the image back, laid out in the place that kernel B had. Raises KjtuiError."""
    with open(KERNEL, "rb") as file:
        kernel = file.read()
    on_server = target.medium is Kind.NFS
    own = (target.address, target.gateway) if on_server else ()
    told = Orders(Purpose.RESTORE, timer=0, disks=manifest.disks, network=on_server, own_address=own)
    errand = Errand(Task.RESTORE, target, replace(manifest, pieces=()), None, key, head.sealing)
    files = [
        *tree(sealed=head.sealing is not None),
        cpio.Entry.file(orders.PATH, orders.encode(told), 0o600),
        cpio.Entry.file(errands.PATH, errands.encode(errand), 0o600),
    ]
    region = Region(manifest.region.span, RegionKind.RESERVED)  # only what is loaded needs a place
    choices = Choices(purpose=Purpose.RESTORE)
    archive = cpio.archive(files)
    packed = _squeezed(archive) if os.path.exists(ZSTD) else archive
    return plan_image(_facts(), region, choices, kernel, packed, unpacked=len(archive))


def _squeezed(archive: bytes) -> bytes:
    """As small as it was beside the system that was saved, whose place it takes."""
    import zstandard

    return zstandard.ZstdCompressor(level=1, write_checksum=True).compress(archive)


def tree(sealed: bool) -> Iterator[cpio.Entry]:
    """The initramfs of the kernel that puts the image back: the same program as here.

    sealed: whether with what opens a sealed image.
    """
    yield from cpio.skeleton("kjtui/init")
    for folder, _, names in os.walk(TREE):
        for name in names:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            if (folder == TREE and name in _MADE_HERE) or not stat.S_ISREG(status.st_mode):
                continue
            if _FOR_SEALED in path and not sealed:
                continue
            with open(path, "rb") as file:
                yield cpio.Entry.file(path.lstrip("/"), file.read(), stat.S_IMODE(status.st_mode))


def _facts() -> Facts:
    """As much as laying out a kernel asks for."""
    from kjtui.backend.probe import firmware
    from kjtui.backend.probe.source import Source

    source = Source()
    return Facts(
        architecture="x86_64",
        kernel_release=os.uname().release,
        command_line=(source.text("/proc/cmdline") or "").strip(),
        config=None,
        config_source="",
        kernel_file=None,
        lockdown=None,
        efi=firmware.efi(source),
        secure_boot=None,
        acpi_rsdp=firmware.acpi_rsdp(source, firmware.efi(source)),
        kexec_load_disabled=None,
        kexec_load_limit_reboot=None,
        capabilities=None,
        iomem=tuple((source.text("/proc/iomem") or "").splitlines()),
        kexec_loaded=None,
        kexec_crash_loaded=None,
        kexec_crash_size=None,
        memory_total=0,
        memory_available=0,
        cpus_online=1,
        consoles=tuple(active()),
        terminal=None,
        restores_gdt=None,
        gdt_address=None,
        vmcoreinfo=None,
        screen_info=firmware.screen_info(source),
    )


def _tell(consoles: Consoles, error: KjtuiError) -> None:
    """The reason on the screen, and in a file for the wizard."""
    tell(consoles, error.title, error.detail, "The start goes on in the ordinary way.")
    try:
        os.makedirs(os.path.dirname(REASON), mode=0o755, exist_ok=True)
        told = {"title": error.title, "detail": error.detail, "hint": error.hint, "at": time.time()}
        with open(REASON, "w", encoding="utf-8") as file:
            json.dump(told, file)
    except OSError:
        pass  # it has been on the screen
