"""Step 4: put kernel B into memory."""

from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.plan.operations import LoadKernel
from kjtui.wizard.session import Session
from kjtui.wizard.view import Act, Need, StepView

SENTENCE = "Puts kernel B into memory, ready to go. Your system keeps running as before."
FOREIGN = Finding(
    id="foreign-image",
    title="Another kernel is already loaded here, and not by this program",
    verdict=Verdict.ATTENTION,
    evidence=(Evidence("/sys/kernel/kexec_loaded", "1"),),
    why="Only one kernel can be loaded at a time: loading kernel B drops the other one for good.",
    cure="Say no if you do not know what loaded it (kexec -l, or a fast reboot being prepared).",
)


def view(session: Session) -> StepView:
    """The preview of the load, or that it has been done."""
    if session.can_jump and session.loaded:
        return StepView(
            SENTENCE,
            action="go on to Jump and return",
            will=("Kernel B is loaded already:", *LoadKernel(session.loaded.image).preview()),
        )
    if session.seen is None or session.image is None:
        return StepView(
            SENTENCE, action="", need=Need.PREPARE, waiting="preparing kernel B", note=session.note
        )
    return StepView(
        SENTENCE,
        action="load kernel B",
        will=LoadKernel(session.image).preview(),
        act=Act.LOAD,
        asks=(FOREIGN,) if session.foreign_image else (),
        note=session.note or _stale(session),
    )


def _stale(session: Session) -> str:
    """Why loading is needed though something of ours is loaded."""
    if session.loaded is None:
        return ""
    return "Your choices have changed: kernel B is loaded anew and replaces the one loaded before."
