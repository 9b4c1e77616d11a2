"""Words that a person adds to kernel B's command line, judged as the kernel will read them.

The kernel cuts the line at blanks that are not within double quotes, takes a word's name for the part before
the first "=", and does not tell "-" from "_" in names (next_arg in lib/cmdline.c, parameq in
kernel/params.c).
"""

from collections.abc import Callable

from kjtui.bootcfg import words as line_words
from kjtui.model.checks import Evidence, Finding, Verdict

MOST = 800  # characters: what kernel B is told besides must fit into 2047 as well (COMMAND_LINE_SIZE)
_HOME = "Leave it out: kernel B could not bring you back."

Wrong = Callable[[str], bool]
"""Whether a value is one that must not be."""


def _any(_value: str) -> bool:
    return True


def _several(value: str) -> bool:
    """More than one processor. What is no number is refused as well."""
    return value not in ("0", "1")


_PROCESSORS = "kernel B runs on one processor: the others wait where the sleeping system has put them"
_MEMORY = "it would take memory for its own that belongs to the sleeping system"
_FIRST = "its first program must be kjtui's, which knows the way home"
_SET = "kjtui sets it, and it holds the way home"
_LOCKS = "kernel B would not be allowed to load the way home"
# What would break the way home, or this system's memory and disks.
REFUSED: dict[str, tuple[Wrong, str]] = {
    "kexec_jump_back_entry": (_any, _SET),
    "elfcorehdr": (_any, "kjtui sets it: it says where the sleeping system's memory is"),
    "rdinit": (_any, _FIRST),
    "init": (_any, _FIRST),
    "noinitrd": (_any, "everything that kernel B runs comes in its initramfs"),
    "initrd": (_any, "kjtui puts the initramfs into memory itself"),
    "initrdmem": (_any, "kjtui puts the initramfs into memory itself"),
    "nr_cpus": (_several, _PROCESSORS),
    "maxcpus": (_several, _PROCESSORS),
    "possible_cpus": (_several, _PROCESSORS),
    "crashkernel": (_any, "kjtui sets it: a panic comes home by that memory"),
    "mem": (_any, _MEMORY),
    "memmap": (_any, _MEMORY),
    "add_efi_memmap": (_any, _MEMORY),
    "acpi_rsdp": (_any, "kjtui sets it: it says where the firmware's tables are"),
    "panic": (_any, "a panic would restart the machine in place of coming home"),
    "lockdown": (lambda value: value != "none", _LOCKS),
    "sysctl.kernel.kexec_load_disabled": (_any, _LOCKS),
    "sysctl.kernel.kexec_load_limit_reboot": (_any, _LOCKS),
    "sysctl.kernel.kexec_load_limit_panic": (_any, _LOCKS),
    "sysctl.kernel.panic": (_any, "a panic would restart the machine in place of coming home"),
    "resume": (_any, "it would wake a hibernated system on top of the sleeping one"),
    "memtest": (lambda value: value != "0", "it writes into memory"),
}
_NO_ACPI = (
    "Without ACPI it may find no timer that ticks: then it ends before it can come back, and this system "
    "with it. Nor can it switch the machine off, as it must for Hibernate."
)
_USELESS = frozenset(
    {"root", "rootfstype", "rootflags", "rootwait", "rootdelay", "ro", "rw", "nfsroot", "vga"}
)


def judge(text: str) -> Finding:
    """Whether these words may be added. Never raises, whatever the text."""
    if not text.strip():
        return Finding("words", "No further words", Verdict.READY, (), "")
    if not text.isascii():
        odd = next(one for one in text if not one.isascii())
        return _bad("Only ASCII letters can be passed on", f"{_name(odd)} is none.", "Leave it out.")
    if not text.isprintable():
        return _bad("There is a letter that cannot be printed", "The line must be one line.", "Leave it out.")
    if len(text) > MOST:
        why = f"It has {len(text)} characters; {MOST} is what fits beside kjtui's own words."
        return _bad("This is too long", why, "Leave out what is not needed.")
    if text.count('"') % 2:
        why = "A quote that is never closed swallows all that follows, kjtui's own words among it."
        return _bad("A quote is not closed", why, 'Add the second ".')
    found = line_words.split(text)
    # Some parts of the kernel look for their words before quotes mean anything (arch/x86/lib/cmdline.c,
    # kernel/crash_reserve.c), and so does kernel B's program.
    for word in (*found, *text.replace('"', " ").split()):
        if reason := refusal(word):
            return _bad(f"{_short(word)} is refused", f"With it, {reason}.", _HOME)
    for hidden in ("crashkernel=", "kexec_jump_back_entry="):
        if hidden in text:  # the first is looked for within other words, too
            return _bad(f"{hidden} is refused", f"With it, {REFUSED[hidden[:-1]][1]}.", _HOME)
    useless = [word for word in found if name(word) in _USELESS]
    if useless:
        why = "Kernel B lives in its initramfs: it mounts no root file system and never looks at these."
        said = ", ".join(_short(word) for word in useless[:3])
        return Finding("words", f"Without effect: {said}", Verdict.ATTENTION, _evidence(found), why)
    if any(name(word) == "acpi" and value(word) == "off" for word in found):
        return Finding(
            "words", "acpi=off may keep kernel B from starting", Verdict.ATTENTION, _evidence(found), _NO_ACPI
        )
    return Finding(
        "words", f"{len(found)} word{'s' if len(found) > 1 else ''}", Verdict.READY, _evidence(found), ""
    )


def refusal(word: str) -> str:
    """Why a word is not passed on, "" where it may be."""
    if word == line_words.INIT_FOLLOWS:
        return "what comes behind it is for the first program, and the kernel looks no further"
    called = name(word)
    if called.startswith("kjtui."):
        return "kernel B's program would be told something that kjtui does not know of"
    wrong, reason = REFUSED.get(called, (None, ""))
    return reason if wrong and wrong(value(word)) else ""


def name(word: str) -> str:
    """A parameter's name as the kernel compares it."""
    return word.removeprefix('"').split("=", 1)[0].removesuffix('"').replace("-", "_")


def value(word: str) -> str:
    """A parameter's value as the kernel takes it: quotes around it or around the whole word are gone."""
    bare = word[1:].removesuffix('"') if word.startswith('"') else word
    told = bare.partition("=")[2]
    return told[1:].removesuffix('"') if told.startswith('"') else told


def _evidence(found: tuple[str, ...]) -> tuple[Evidence, ...]:
    return (Evidence("kernel B's command line", " ".join(found)),)


def _bad(title: str, why: str, cure: str) -> Finding:
    return Finding("words", title, Verdict.BLOCKED, (), why, cure)


def _short(word: str) -> str:
    return word if len(word) <= 40 else f"{word[:39]}…"


def _name(letter: str) -> str:
    return f"U+{ord(letter):04X}"
