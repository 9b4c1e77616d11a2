"""The modules and the firmware that kernel B gets, as files of its initramfs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kjtui.backend import moduleneeds
from kjtui.backend.probe.source import Source, decoded
from kjtui.errors import KjtuiError
from kjtui.model.choices import Purpose
from kjtui.pack import compressed, kmod, modinfo
from kjtui.pack.compressed import Kind
from kjtui.pack.cpio import Entry

FOLDER = "kjtui/modules"
ORDER = f"{FOLDER}/order"
FIRMWARE = "lib/firmware"
_TREES = ("/lib/modules", "/usr/lib/modules", "/run/booted-system/kernel-modules/lib/modules")
# Where the kernel looks for firmware, best first (drivers/base/firmware_loader/main.c); NixOS's place last.
_FIRMWARE = ("{0}/updates/{1}", "{0}/updates", "{0}/{1}", "{0}")
_FIRMWARE_ROOTS = ("/lib/firmware", "/usr/lib/firmware", "/run/current-system/firmware")
_ENDINGS = (("", None), (".xz", Kind.XZ), (".zst", Kind.ZSTD))
_MOST_TEXT = 32 << 20  # bytes of one of depmod's files; the largest in use have 2 MiB
_MOST_FILE = 64 << 20  # bytes of one module or firmware file
_NAMED = 3  # firmware files that a sentence names


@dataclass(frozen=True)
class ModulePack:
    """What goes along.

    entries: modules, the list of them, firmware, sorted by path. order: the modules' file names in the order
    in which they are to be loaded. missing: sentences for people about what could not be found. size: bytes
    of all entries' content.
    """

    entries: tuple[Entry, ...] = ()
    order: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(len(entry.data) for entry in self.entries)


@dataclass(frozen=True)
class _Module:
    data: bytes
    info: modinfo.ModInfo


def module_pack(
    root: Path,
    release: str,
    config: Mapping[str, str] | None,
    purpose: Purpose,
    network: bool,
    watchdogs: bool,
) -> ModulePack:
    """The modules of kernel RELEASE that this machine's devices need for the purpose, and their firmware.

    root: where the machine's files are. config: that kernel's own configuration, None if it is not known.
    network: whether kernel B uses the network; watchdogs: whether it must feed watchdogs. Modules and
    firmware are uncompressed, since a kernel may lack what undoes them; a module's signature stays. The same
    files give the same pack. Never raises for what is missing: `missing` says it.
    """
    if purpose is Purpose.CUSTOM or (config is not None and config.get("CONFIG_MODULES") != "y"):
        return ModulePack()
    source = Source(root)
    tree = _tree(source, release)
    if tree is None:
        if config is None:
            return ModulePack()
        return ModulePack(
            missing=(f"The modules of kernel {release} are not installed ({_TREES[0]}/{release}).",)
        )
    texts = {name: _text(source, f"{tree}/{name}") for name in kmod.FILES}
    if not texts[kmod.DEP]:
        return ModulePack(
            missing=(f"{tree}/{kmod.DEP} cannot be read; `depmod -a {release}` makes it anew.",),
        )
    modules = kmod.parse(texts)
    wanted = moduleneeds.needs(source, modules, release, config, purpose, network, watchdogs)
    missing = list(wanted.missing)
    found = _read(source, tree, modules, release, sorted(wanted.names), missing)
    files = {f"{FOLDER}/{name}.ko": module.data for name, module in found.items()}
    order = tuple(f"{name}.ko" for name in found)
    if order:
        files[ORDER] = "".join(f"{name}\n" for name in order).encode()
    files |= _firmware(source, release, found, missing)
    return ModulePack(
        entries=tuple(Entry.file(path, data) for path, data in sorted(files.items())),
        order=order,
        missing=tuple(dict.fromkeys(missing)),
    )


def _tree(source: Source, release: str) -> str | None:
    if not release or "/" in release or release in (".", ".."):
        return None
    return next((f"{tree}/{release}" for tree in _TREES if source.is_folder(f"{tree}/{release}")), None)


def _text(source: Source, name: str) -> str:
    data = source.data(name, limit=_MOST_TEXT, optional=True)
    return decoded(data or b"")


def _read(
    source: Source,
    tree: str,
    modules: kmod.Modules,
    release: str,
    names: Iterable[str],
    missing: list[str],
) -> dict[str, _Module]:
    """The modules and all that they depend on, in load order, without those that cannot be had whole."""
    found: dict[str, _Module] = {}
    for name in modules.closure(names):
        if moduleneeds.forbidden(modules, name):
            continue
        needed = set(modules.needed(name)) - {name}
        # Each stands behind what it depends on: what is not there by now could not be read, or must not be.
        absent = sorted(needed - found.keys()) + list(modules.lacking(name))
        if absent:
            missing.append(f"The driver {name} is left out: it needs {absent[0]}, which is not to be had.")
            continue
        try:
            found[name] = _module(source, f"{tree}/{modules.files[name]}", release)
        except KjtuiError as error:
            missing.append(f"The driver {name} is left out: {error.title}.")
    return found


def _module(source: Source, path: str, release: str) -> _Module:
    """One module's file. Raises KjtuiError with a title that says why it is of no use."""
    data = source.data(path, limit=_MOST_FILE)
    if data is None:
        raise KjtuiError(f"{path} cannot be read ({source.unreadable.get(path, 'unknown why')})")
    how = compressed.kind(data)
    if how is not None:
        data = compressed.unpack(data, how, path, _MOST_FILE)
    info = modinfo.parse(data)
    if not info.vermagic:
        raise KjtuiError(f"{path} is damaged, or no kernel module")
    if info.release != release:
        raise KjtuiError(f"{path} is made for kernel {info.release}")
    return _Module(data, info)


def _firmware(
    source: Source, release: str, modules: Mapping[str, _Module], missing: list[str]
) -> dict[str, bytes]:
    """The firmware that these modules name, by path in the initramfs."""
    found: dict[str, bytes] = {}
    for name, module in sorted(modules.items()):
        absent = []
        for file in sorted(module.info.firmware):
            if f"{FIRMWARE}/{file}" in found or not _is_plain(file):
                continue
            data = _firmware_file(source, release, file, missing)
            if data is None:
                absent.append(file)
            else:
                found[f"{FIRMWARE}/{file}"] = data
        if absent:
            some = "Some of the" if len(absent) < len(module.info.firmware) else "The"
            more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
            missing.append(
                f"{some} firmware that the driver {name} may ask for is not installed: "
                f"{', '.join(absent[:_NAMED])}{more}."
            )
    return found


def _is_plain(name: str) -> bool:
    """Whether it is a file's name: drivers may name patterns, too, and nothing may lead out of the folder."""
    return (
        not any(mark in name for mark in "*?[\0\\")
        and not name.startswith("/")
        and ".." not in name.split("/")
    )


def _firmware_file(source: Source, release: str, file: str, missing: list[str]) -> bytes | None:
    for root in _FIRMWARE_ROOTS:
        for form in _FIRMWARE:
            for ending, how in _ENDINGS:
                path = f"{form.format(root, release)}/{file}{ending}"
                data = source.data(path, limit=_MOST_FILE, optional=True)
                if data is None:
                    continue
                try:
                    return data if how is None else compressed.unpack(data, how, path, _MOST_FILE)
                except KjtuiError as error:
                    missing.append(f"{error.title}.")
    return None
