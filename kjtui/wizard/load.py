"""Step 4: put kernel B into memory."""

from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.image import LoadImage
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
            found=(_prepared(session.loaded.image, session, "Kernel B is loaded already"),),
            done=LoadKernel(session.loaded.image).preview(),
        )
    if session.seen is None or session.image is None:
        return StepView(
            SENTENCE,
            action="",
            will=("You see it here as soon as kernel B is prepared. Nothing is done until you say so.",),
            need=Need.PREPARE,
            waiting="preparing kernel B",
            note=session.note,
        )
    return StepView(
        SENTENCE,
        action="load kernel B",
        found=(_prepared(session.image, session, "Kernel B is prepared"),),
        will=LoadKernel(session.image).preview(),
        know=session.notes,
        act=Act.LOAD,
        asks=(*_foreign(session), *_waiting(session)),
        note=session.note or _stale(session),
    )


def _foreign(session: Session) -> tuple[Finding, ...]:
    return (FOREIGN,) if session.foreign_image else ()


def _waiting(session: Session) -> tuple[Finding, ...]:
    """A saved system that would be overwritten."""
    if not session.waits:
        return ()
    return (
        Finding(
            id="image-waits",
            title="A saved system waits where this one is to be saved to",
            verdict=Verdict.ATTENTION,
            evidence=(Evidence("the image", session.waits),),
            why="It will be overwritten; what was running when it was saved is then lost for good.",
            cure="Say yes if it is not wanted any more; say no to keep it.",
        ),
    )


def _prepared(image: LoadImage, session: Session, title: str) -> Finding:
    file = session.choices.kernel or (session.seen.facts.kernel_file if session.seen else None)
    return Finding(
        id="prepared",
        title=f"{title}: Linux {image.kernel_version}",
        verdict=Verdict.READY,
        evidence=(
            Evidence(file or "kernel file", f"its header says Linux {image.kernel_version}"),
            Evidence("command line", image.command_line),
            *(
                Evidence(segment.name, f"{len(segment.data)} bytes at {segment.span.start:#x}")
                for segment in image.segments
            ),
        ),
        why="It fits the memory that you chose, with its files packed beside it.",
    )


def _stale(session: Session) -> str:
    """Why loading is needed though something of ours is loaded."""
    if session.loaded is None:
        return ""
    return "Your choices have changed: kernel B is loaded anew and replaces the one loaded before."
