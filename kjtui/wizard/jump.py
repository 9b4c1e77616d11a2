"""Step 5: go to kernel B and come back."""

from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.choices import Choices, Purpose
from kjtui.model.image import LoadImage
from kjtui.plan.sizes import amount
from kjtui.wizard import imageplace
from kjtui.wizard.session import Session
from kjtui.wizard.view import Act, StepView

SAVING = "Saves this system's memory. It sleeps meanwhile."
SENTENCE = "Visits kernel B. Your system sleeps in memory until you are back."


def view(session: Session) -> StepView:
    """What will happen, and how to come back."""
    loaded = session.loaded
    if loaded is None or not session.can_jump:
        return StepView(SENTENCE, action="", blocked=_not_loaded())
    if session.choices.purpose is Purpose.SAVE:
        return _saving(session, loaded.image)
    return StepView(
        SENTENCE,
        action="jump now",
        found=(_loaded(loaded.image),),
        will=(
            "1. A last look; files are written out; all programs and devices are stopped.",
            f"2. {amount(loaded.image.bytes_swapped)} of memory change places; kernel B starts here.",
            f"3. {_back(session.choices)}",
            "4. Everything goes on where it was. The clock, and addresses and routes that were lost, are put "
            "right; a report tells what.",
        ),
        know=(
            "The way there and back takes about as long as starting a small kernel twice.",
            "While away, nobody answers on the network: peers may give up their connections.",
            "Should a device not stop, the kernel refuses, and you stay here unharmed.",
            "Should kernel B fail or hang, its own failure is the way home, with its last words.",
        ),
        act=Act.JUMP,
    )


def _saving(session: Session, image: LoadImage) -> StepView:
    """What happens when memory is saved."""
    name = imageplace.place(session).target.name
    after = (
        (
            "4. Everything goes on where it was, and a report tells what was saved.",
            "The image is there to be looked into; it is none to go back to, for this system goes on.",
        )
        if session.choices.snapshot
        else (
            "4. The machine is switched off.",
            "The next start finds the image before it touches a disk, and offers to go back to this moment.",
        )
    )
    return StepView(
        SAVING,
        title="Save and go on" if session.choices.snapshot else "Save and switch off",
        action="save now",
        found=(_loaded(image),),
        will=(
            "1. A last look; files are written out; all programs and devices are stopped.",
            f"2. {amount(image.bytes_swapped)} of memory change places; kernel B starts here.",
            f"3. It saves what is in use to {name}, and shows how far it is.",
            after[0],
        ),
        know=(
            "C cancels while it is saving: you are back at once, and no image is left.",
            after[1],
            "Until then leave the disks alone: should another system use them, there is no way back.",
        )[: 2 if session.choices.snapshot else 3],
        act=Act.JUMP,
    )


def _back(choices: Choices) -> str:
    """How this kernel B comes home."""
    minutes = choices.timer // 60
    timer = f", or after {minutes} min without a key" if minutes else ""
    match choices.purpose:
        case Purpose.QUICK:
            return f"Kernel B counts down {choices.countdown} seconds and comes back by itself."
        case Purpose.PROGRAM:
            return "Your program runs there; when it has ended, you are back with what it made."
        case Purpose.CUSTOM:
            return f"Your initramfs runs there; kjtui back in it comes home{timer}."
        case _:
            return f"You come back by pressing Enter in kernel B{timer}."


def _loaded(image: LoadImage) -> Finding:
    return Finding(
        id="loaded",
        title=f"Kernel B is loaded and ready: Linux {image.kernel_version}",
        verdict=Verdict.READY,
        evidence=(
            Evidence("kexec_load", f"returned 0 for {len(image.segments)} segments, entry {image.entry:#x}"),
            Evidence("command line", image.command_line),
        ),
        why="The kernel has accepted it and keeps it until the jump.",
    )


def _not_loaded() -> Finding:
    return Finding(
        id="not-loaded",
        title="Kernel B is not loaded, or not for these choices",
        verdict=Verdict.BLOCKED,
        evidence=(Evidence("this program", "nothing it loaded can be entered"),),
        why="There is nothing to jump to.",
        cure="Press B to go back to the step Load.",
    )
