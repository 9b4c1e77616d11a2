"""Step 3: what is kernel B, and what shall it do?"""

from dataclasses import replace

from kjtui.model.checks import Finding, Verdict
from kjtui.model.choices import Choices, Purpose
from kjtui.model.facts import Facts, InstalledKernel
from kjtui.wizard import imageplace, kernels, options
from kjtui.wizard.session import Session
from kjtui.wizard.view import Need, Option, StepView

SAVING = "Chooses where this system's memory is saved to. Nothing is changed yet."
SENTENCE = "Chooses the kernel to visit and what to do there. Nothing is changed yet."
ORDER = (Purpose.QUICK, Purpose.LOOK, Purpose.RESCUE, Purpose.PROGRAM, Purpose.CUSTOM)


def view(session: Session) -> StepView:
    """Kernel B is the running kernel, started a second time, or another; what it does is chosen as well."""
    if session.seen is None:
        return StepView(SENTENCE, action="", need=Need.LOOK, waiting="looking at this machine")
    if session.choices.purpose is Purpose.SAVE:
        return _saving(session, session.seen.facts)
    kernel = judged(session, session.seen.facts)
    blocked = kernel if kernel.verdict is Verdict.BLOCKED else options.missing(session)
    return StepView(
        SENTENCE,
        action="go on to Load",
        found=(kernel,),
        options=tuple(_option(purpose, session.choices) for purpose in ORDER),
        chosen=ORDER.index(session.choices.purpose),
        will=_will(session.choices),
        blocked=blocked,
        asks=(kernel,) if kernel.verdict is Verdict.UNKNOWN else (),
    )


def _saving(session: Session, facts: Facts) -> StepView:
    """Where this system's memory is saved to."""
    kernel = judged(session, facts)
    told = (kernel,) if kernel.verdict is Verdict.UNKNOWN else ()
    return StepView(
        SAVING,
        title="Choose where to save",
        action="go on to Load",
        found=(*imageplace.found(session), kernel),
        options=imageplace.options(session),
        chosen=imageplace.chosen(session),
        will=imageplace.will(session),
        blocked=kernel if kernel.verdict is Verdict.BLOCKED else imageplace.blocked(session),
        asks=(*imageplace.asks(session), *told),
    )


def take(session: Session, option: int) -> None:
    """The person has chosen this option of the step."""
    if session.choices.purpose is Purpose.SAVE:
        name = imageplace.usable(session)[option].target.name
        session.choose(replace(session.choices, image_on=name))
    else:
        session.choose_purpose(ORDER[option])


def judged(session: Session, facts: Facts) -> Finding:
    """What is to be said of the chosen kernel."""
    chosen = session.choices.kernel
    if not chosen:
        return kernels.running(facts, session.kernels.of(facts.kernel_file or ""))
    return kernels.judge(session.kernels.of(chosen) or InstalledKernel(chosen, "", None))


def _option(purpose: Purpose, choices: Choices) -> Option:
    name = choices.program.rpartition("/")[2] or "a program of yours"
    own = choices.initramfs.rpartition("/")[2] or "an initramfs of yours"
    home = f"{len(choices.bring_back)} of its files" if choices.bring_back else "what it prints"
    network = "network by DHCP" if choices.network else "no network (O)"
    texts = {
        Purpose.QUICK: (
            "Quick test",
            f"Kernel B starts, counts down {choices.countdown} seconds and comes back by itself.",
        ),
        Purpose.LOOK: ("Look around", "Kernel B stays until you press Enter there. A shell is at hand."),
        Purpose.RESCUE: ("Rescue", f"The same, with tools to look at disks, read-only; {network}."),
        Purpose.PROGRAM: ("Program", f"Runs {name} in kernel B and brings home {home}."),
        Purpose.CUSTOM: ("Own initramfs", f"Starts {own}, with kjtui's way back put beside it."),
    }
    return Option(*texts[purpose])


def _will(choices: Choices) -> tuple[str, ...]:
    will = ["Kernel B will run from memory alone: it touches no disk of yours."]
    if choices.purpose is Purpose.RESCUE:
        will = ["Kernel B will run from memory alone; disks are looked at read-only."]
    elif choices.purpose is Purpose.CUSTOM:
        will = ["Kernel B will run what is in your initramfs. Keep it away from this system's disks."]
    if choices.purpose is not Purpose.QUICK:
        minutes = choices.timer // options.MINUTE
        will.append(
            f"Without a key press for {minutes} min it goes back by itself (O changes that)."
            if minutes
            else "It goes back only when it is told to (O changes that)."
        )
    if choices.words:
        will.append(f"Its command line gets: {choices.words}")
    return (*will, "Your own system will sleep untouched beside it.")
