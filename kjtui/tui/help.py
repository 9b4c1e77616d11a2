"""The help page: the keys and the words."""

from collections.abc import Sequence

from kjtui.tui.page import FIND_CAUSE, Page
from kjtui.tui.rows import Row, Tone
from kjtui.tui.widgets.bars import KeyHint

KEYS = (
    ("Enter", "do what the line above the keys says"),
    ("B, Esc", "one step back; nothing is lost"),
    ("arrows, Tab", "move the choice, or read on; PgUp, PgDn: by pages"),
    ("E", "evidence: what was read, and where"),
    ("D, F1", "something does not work: find the cause"),
    ("R", "look at the machine again (step 1, a cause)"),
    ("X", "set right what can be set right (step 1, a cause, report)"),
    ("+ -, U, L", "step 2: more or less memory; undo; another boot loader"),
    ("K, O", "step 3: another kernel; what belongs to the purpose"),
    ("Q, F10", "leave; a loaded kernel is asked about"),
    ("Ctrl-L", "draw the screen anew"),
)
WORDS = (
    ("Kernel A", "the system you are using now. It sleeps in memory during the visit."),
    ("Kernel B", "a second Linux, started beside it. It uses only the memory it is given."),
    ("Jump", "from A to B and back (kexec jump). Programs in A notice only that time passed."),
    ("Borrowed memory", "memory of A whose content is kept elsewhere during the visit and put back."),
    ("Reserved memory", "set aside when A was started (crashkernel=); it holds nothing of A."),
    ("Load", "put kernel B into memory (kexec_load). A goes on as before; it can be undone."),
)


class HelpPage(Page):
    """Keys and words."""

    def key_hints(self) -> Sequence[KeyHint]:
        """Reading only. The keys for that are named where there is more than fits."""
        return (("B", "back"), FIND_CAUSE, ("Q", "quit"))

    def fill(self) -> None:
        """Two lists."""
        rows = [Row("Keys", Tone.STRONG)]
        rows += [Row(text, mark=f"  {key:<13}", mark_tone=Tone.STRONG) for key, text in KEYS]
        rows += [Row(), Row("Words", Tone.STRONG)]
        rows += [Row(text, mark=f"  {word:<17}", mark_tone=Tone.STRONG) for word, text in WORDS]
        self.show("Help", "kjtui visits a second kernel and brings you back, with everything intact.", rows)
        self.action_bar.ready("Enter: back")

    def action_help(self) -> None:
        """It is shown already."""

    def action_forward(self) -> None:
        """Enter."""
        self.dismiss("back")
