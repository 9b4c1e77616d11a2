"""Step 3: what is kernel B, and what shall it do?"""

from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.choices import Purpose
from kjtui.wizard.session import Session
from kjtui.wizard.view import Need, Option, StepView

SENTENCE = "Chooses the kernel to visit and what to do there. Nothing is changed yet."
ORDER = (Purpose.QUICK, Purpose.LOOK)


def view(session: Session) -> StepView:
    """Kernel B is this kernel, started a second time; what it does is the person's choice."""
    if session.seen is None:
        return StepView(SENTENCE, action="", need=Need.LOOK, waiting="looking at this machine")
    facts = session.seen.facts
    countdown = session.choices.countdown
    kernel = Finding(
        id="kernel-file",
        title=f"Kernel B is this same kernel, Linux {facts.kernel_release}",
        verdict=Verdict.READY if facts.kernel_file else Verdict.BLOCKED,
        evidence=(
            Evidence("uname -r", facts.kernel_release),
            Evidence(
                facts.kernel_file or "/boot", "its file" if facts.kernel_file else "no file of this kernel"
            ),
        ),
        why="The same kernel is known to run on this machine.",
    )
    missing = Finding(
        id="no-kernel-file",
        title="The file of the running kernel was not found",
        verdict=Verdict.BLOCKED,
        evidence=kernel.evidence,
        why=f"Kernel B is started from the file of Linux {facts.kernel_release} (vmlinuz); "
        f"neither /boot nor /lib/modules/{facts.kernel_release} holds it.",
        cure="Install this kernel's package or mount /boot, then go back to step 1 and press R.",
    )
    return StepView(
        SENTENCE,
        action="go on to Load",
        found=(kernel,) if facts.kernel_file else (missing,),
        options=(
            Option(
                "Quick test", f"Kernel B starts, counts down {countdown} seconds and comes back by itself."
            ),
            Option("Look around", "Kernel B stays until you press Enter there. A shell is at hand."),
        ),
        chosen=ORDER.index(session.choices.purpose),
        will=(
            "Kernel B will run from memory alone: it touches no disk of yours.",
            "Your own system will sleep untouched beside it.",
        ),
        blocked=None if facts.kernel_file else missing,
    )
