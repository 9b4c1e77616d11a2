"""Which operations put crashkernel= into a boot loader's configuration: for one trial start, and for good."""

from collections.abc import Sequence
from dataclasses import replace

from kjtui.bootcfg import bls, grubcfg, grubenv, shellfile
from kjtui.errors import KjtuiError
from kjtui.model.boot import TRIAL_OOM, TRIAL_PANIC, BootFile, BootSetup, Loader
from kjtui.plan import boottexts
from kjtui.plan.bootcopies import Generate, KeepCopies, Kept
from kjtui.plan.bootops import EditFile, EndTrial, MakeFolder, ReadBack, RunTool, TakeOut
from kjtui.plan.boottexts import ALL_WORDS, NAME, Kind
from kjtui.plan.operations import Operation

_MKCONFIG = ("grub-mkconfig", "grub2-mkconfig")


def word(value: str) -> str:
    """The word on the kernel's command line."""
    return f"{NAME}={value}"


def configured(setup: BootSetup) -> tuple[tuple[str, ...], ...]:
    """The values of crashkernel= in each entry of the configuration, the next ordinary start first."""
    if setup.loader is Loader.REFIND:
        return tuple(boottexts.values(Kind.REFIND, file.data or "") for file in setup.of("refind"))
    if setup.loader in (Loader.GRUB_BLS, Loader.SYSTEMD_BOOT):
        return tuple(boottexts.values(Kind.ENTRY, file.data or "") for file in setup.of("entries"))
    config = setup.one("config")
    if config is None or config.data is None:
        return ()
    return tuple(found for entry, found in grubcfg.crashkernels(config.data) if entry.id != grubcfg.TRIAL_ID)


def trial(setup: BootSetup, value: str, command_line: str) -> tuple[Operation, ...]:
    """The next start tries the value; the one after it is as before. Raises KjtuiError.

    command_line: of the running kernel, whose entry is the one that is tried with the new word.
    """
    if setup.no_trial or setup.why_not:
        raise KjtuiError(
            "The first start cannot be a trial here",
            setup.no_trial or setup.why_not,
            "Set it for good instead.",
        )
    extra = tuple(one for one in (TRIAL_PANIC, TRIAL_OOM) if one.split("=")[0] + "=" not in command_line)
    if setup.loader in (Loader.GRUB_BLS, Loader.SYSTEMD_BOOT):
        return (_cloned_entry(setup, value, extra), _once(setup))
    config, custom = setup.one("config"), setup.one("custom")
    entry = grubcfg.booted(grubcfg.entries(config.data or ""), command_line) if config else None
    if config is None or custom is None or entry is None:
        raise KjtuiError(
            "The menu entry of this system is not found",
            "It is needed as the pattern for the trial start.",
            "Set it for good instead.",
        )
    block = grubcfg.trial(config.data or "", entry, value, extra)
    edit = EditFile(
        custom,
        grubcfg.with_block(custom.data, block),
        Kind.CUSTOM,
        value,
        f"Add an entry for the trial start to {custom.path}",
    )
    return (edit, _once(setup))


def _cloned_entry(setup: BootSetup, value: str, extra: Sequence[str]) -> Operation:
    entries, target = setup.of("entries"), setup.one("trial")
    if not entries or target is None:
        raise KjtuiError(
            "The entry of this system is not found",
            "It is needed as the pattern for the trial start.",
            "Set it for good instead.",
        )
    text = bls.clone(entries[0].data or "", f"kjtui: trial start with {word(value)}", value, tuple(extra))
    return EditFile(target, text, Kind.OURS, value, f"Add an entry for the trial start: {target.path}")


def _once(setup: BootSetup) -> Operation:
    """The trial's entry is the next one to be started, once."""
    about = "Start that entry next, once; the start after it is as before"
    if setup.loader is Loader.SYSTEMD_BOOT:
        bootctl = setup.tools["bootctl"]
        undo = (bootctl, "set-oneshot", "")
        return RunTool(
            (bootctl, "set-oneshot", f"{bls.TRIAL_ID}.conf"), about, undo, "Start no other entry once"
        )
    environment = setup.one("env")
    if environment is None or environment.data is None:
        raise KjtuiError(
            "GRUB has nowhere to remember the next entry",
            "There is no grubenv.",
            "Set the reservation for good instead.",
        )
    entry = bls.TRIAL_ID if setup.loader is Loader.GRUB_BLS else grubcfg.TRIAL_ID
    text = grubenv.with_value(environment.data, boottexts.NEXT, entry)
    return EditFile(environment, text, Kind.ENVIRONMENT, entry, about)


def end_of_trial() -> Operation:
    """What the trial start that came up has besides is taken back for the rest of this boot."""
    return EndTrial()


def permanent(setup: BootSetup, value: str) -> tuple[Operation, ...]:
    """Every start from now on has the value. Raises KjtuiError."""
    if setup.why_not:
        raise KjtuiError(
            f"kjtui does not change {setup.title} itself", setup.why_not, "Follow the lines shown."
        )
    make = {
        Loader.GRUB_DEBIAN: _debian,
        Loader.GRUB_MKCONFIG: _mkconfig,
        Loader.GRUB_BLS: _fedora,
        Loader.SYSTEMD_BOOT: _entries,
        Loader.REFIND: _refind,
    }[setup.loader]
    return (*make(setup, value), ReadBack(setup.loader, value))


def _debian(setup: BootSetup, value: str) -> list[Operation]:
    drop_in, config = _needed(setup, "drop-in"), _needed(setup, "config")
    folder = drop_in.path.rpartition("/")[0]
    there = bool(setup.roles.get("snippets")) or drop_in.data is not None
    edit = EditFile(
        drop_in,
        shellfile.drop_in(value),
        Kind.OURS,
        value,
        f"Write {drop_in.path}: {word(value)} for every ordinary entry",
    )
    made = [] if there else [MakeFolder(folder)]
    return _generated(config, (setup.tools["update-grub"],), value, [*made, edit])


def _mkconfig(setup: BootSetup, value: str) -> list[Operation]:
    defaults, config = _needed(setup, "defaults"), _needed(setup, "config")
    tool = next(setup.tools[name] for name in _MKCONFIG if name in setup.tools)
    return _generated(config, (tool,), value, [_edit(defaults, Kind.SHELL, value)])


def _generated(
    config: BootFile, tool: tuple[str, ...], value: str, edits: list[Operation]
) -> list[Operation]:
    """Edits of what a grub.cfg is made from, then the making, in an order that can be undone backwards."""
    staging = f"{config.path}.kjtui"
    argv = (*tool, "-o", staging)
    keep = KeepCopies((Kept(config, Kind.GENERATED),), value, argv, staging)
    return [keep, *edits, Generate(argv, staging, config, value)]


def _fedora(setup: BootSetup, value: str) -> list[Operation]:
    if "grubby" not in setup.tools:
        return _entries(setup, value)
    kept = [Kept(file, Kind.ENTRY) for file in setup.of("entries")]
    kept += [Kept(file, Kind.WORDS) for file in setup.of("cmdline") if file.data is not None]
    kept += [Kept(file, Kind.SHELL_ALL) for file in setup.of("defaults") if file.data is not None]
    argv = (setup.tools["grubby"], "--update-kernel=ALL", f"--args={word(value)}")
    return [
        KeepCopies(tuple(kept), value),
        RunTool(argv, f"Have grubby put {word(value)} into every entry"),
    ]


def _entries(setup: BootSetup, value: str) -> list[Operation]:
    """Entries of the Boot Loader Specification, and what new kernels' entries are made from."""
    operations = [_edit(file, Kind.ENTRY, value) for file in setup.of("entries")]
    operations += [_edit(file, Kind.WORDS, value) for file in setup.of("cmdline") if file.data is not None]
    if setup.loader is Loader.GRUB_BLS:
        kept = [file for file in setup.of("defaults") if shellfile.evaluate((file.data or "",), ALL_WORDS)]
        operations += [_edit(file, Kind.SHELL_ALL, value) for file in kept]
    return list(operations)


def _refind(setup: BootSetup, value: str) -> list[Operation]:
    return [_edit(file, Kind.REFIND, value) for file in setup.of("refind")]


def _edit(file: BootFile, kind: Kind, value: str) -> Operation:
    new = boottexts.put(kind, file.data or "", value)
    return EditFile(file, new, kind, value, f"Put {word(value)} into {file.path}")


def _needed(setup: BootSetup, role: str) -> BootFile:
    file = setup.one(role)
    if file is None:
        raise KjtuiError(
            f"A file of {setup.title} was not found", f"The {role} of its configuration is missing.", ""
        )
    return file


def strays(setups: Sequence[BootSetup], value: str, known: Sequence[Operation]) -> tuple[Operation, ...]:
    """Take the word out of entries that got it from us by way of others, as a new kernel's entry does.

    known: the operations of the change that is undone, whose own files are not among them.
    """
    paths = {one.file.path for one in known if isinstance(one, EditFile)}
    paths |= {kept.file.path for one in known if isinstance(one, KeepCopies) for kept in one.kept}
    found: list[Operation] = []
    for setup in setups:
        if setup.loader not in (Loader.GRUB_BLS, Loader.SYSTEMD_BOOT):
            continue
        for file in setup.of("entries"):
            text = file.data or ""
            if file.path not in paths and value in boottexts.values(Kind.ENTRY, text):
                paths.add(file.path)
                before = replace(file, data=boottexts.take(Kind.ENTRY, text, value))
                found.append(TakeOut(before, text, Kind.ENTRY, value))
    return tuple(found)
