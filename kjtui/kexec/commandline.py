"""Kernel B's command line: what the agent needs, in words that the agent reads back."""

from dataclasses import dataclass

from kjtui.kexec.stub import RETURN_DIGITS
from kjtui.model.choices import Choices, Purpose
from kjtui.model.facts import Facts
from kjtui.model.report import Mailbox

JUMP_BACK = "kexec_jump_back_entry=0x"


def build(facts: Facts, choices: Choices, mailbox: Mailbox | None, elf_core: int | None) -> str:
    """The command line. It ends in the digits that the entry stub fills in.

    elf_core: physical address of the ELF core header, None for no /proc/vmcore.
    """
    words = [f"console={console}" for console in consoles(facts)]
    # One processor: the others of A stay parked where A left them, and B starts sooner.
    words += ["quiet", "nr_cpus=1", "reset_devices", "nowatchdog", "rdinit=/init"]
    words += [f"kjtui.purpose={choices.purpose}", f"kjtui.countdown={choices.countdown}"]
    if choices.plain:
        words.append("kjtui.plain=1")
    if mailbox:
        words.append(f"kjtui.mailbox={mailbox.address:#x},{mailbox.nonce}")
    if facts.restores_gdt is not True and facts.gdt_address is not None:
        words.append(f"kjtui.gdt={facts.gdt_address:#x}")
    if facts.restores_gdt:
        words.append("kjtui.park=1")  # B is the same kernel: it can be entered a second time
    if elf_core is not None:
        words.append(f"elfcorehdr={elf_core:#x}")
    words.append(JUMP_BACK + "0" * RETURN_DIGITS)
    return " ".join(words)


def consoles(facts: Facts) -> list[str]:
    """A's consoles as console= wants them; the one that this program runs on comes last: /dev/console."""
    told = [word[len("console=") :] for word in facts.command_line.split() if word.startswith("console=")]
    names = [name.split(",")[0] for name in told]
    for name in facts.consoles:
        if name not in names and not (name == "tty0" and "tty1" in names):
            told.append(name)
            names.append(name)
    here = (facts.terminal or "").removeprefix("/dev/")
    if here.startswith("tty") and here[3:].isdigit():
        here = "tty0"  # any virtual terminal: B draws on the one in front
    if here in names:
        told.append(told.pop(names.index(here)))
    return told


@dataclass(frozen=True)
class AgentOrders:
    """What the agent reads from kernel B's command line.

    entry: where to go back to, 0 when B was not jumped to. gdt: virtual address of A's GDT, for kernels that
    do not restore theirs. parkable: whether this B may be entered again.
    plain: lines only, for terminals on which nothing can be drawn.
    """

    entry: int
    purpose: Purpose
    countdown: int
    mailbox: Mailbox | None
    gdt: int | None
    parkable: bool
    plain: bool


def read_orders(command_line: str) -> AgentOrders:
    """The inverse of build(), as far as the agent is concerned. Words that make no sense count as absent."""
    words = dict(word.split("=", 1) for word in command_line.split() if "=" in word)
    address, _, nonce = words.get("kjtui.mailbox", "").partition(",")
    mailbox = Mailbox(_number(address), nonce) if _number(address) and nonce else None
    purpose = words.get("kjtui.purpose", "")
    return AgentOrders(
        entry=_number(words.get("kexec_jump_back_entry", "")),
        purpose=Purpose(purpose) if purpose in list(Purpose) else Purpose.LOOK,
        countdown=_number(words.get("kjtui.countdown", "5")),
        mailbox=mailbox,
        gdt=_number(words.get("kjtui.gdt", "")) or None,
        parkable=words.get("kjtui.park") == "1",
        plain=words.get("kjtui.plain") == "1",
    )


def _number(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        return 0
