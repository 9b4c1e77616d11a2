"""Lasting changes by question and answer: reserve memory, take a change back, settle one that was cut off."""

from collections.abc import Callable

from kjtui.plain import sentences
from kjtui.plain.milestones import Milestones, Say
from kjtui.wizard import changing, lookout
from kjtui.wizard.changing import Plan
from kjtui.wizard.session import Session, Way

Ask = Callable[[str], str]
"""Shows a prompt and returns the answer."""


def reserve(session: Session, ask: Ask, say: Say) -> None:
    """Show what reserving memory changes, and do it after a yes. Raises KjtuiError."""
    while True:
        plan = changing.reservation(session, keep=session.way is Way.KEEP)
        _show(plan, say)
        others = len(session.reservation.setups) > 1
        loader = ", l: another boot loader" if others else ""
        if plan.blocked:
            answer = ask(f"This cannot be done. Enter: back{loader}")
        else:
            answer = ask(f"Do it? Type y for yes, Enter for no{loader}")
        if answer == "l" and others:
            session.reservation.other_loader()
            continue
        if answer in ("y", "yes") and not plan.blocked:
            changing.reserve(session, plan, Milestones(say))
            session.choose_way_anew()
            _offer_restart(session, ask, say)
        return


def look_out(session: Session, ask: Ask, say: Say) -> None:
    """Have the starts of this machine look for saved systems, after a yes. Raises KjtuiError."""
    plan = lookout.plan(session)
    _show(plan, say)
    if plan.blocked:
        ask("This cannot be done. Enter: back")
    elif ask("Do it? Type y for yes, Enter for no") in ("y", "yes"):
        lookout.enable(session, Milestones(say))
        say("Done. What is saved from now on is found at the next start.")


def take_back(session: Session, ask: Ask, say: Say) -> None:
    """Show what taking the newest change back does, and do it after a yes. Raises KjtuiError."""
    _show(changing.undoing(session), say)
    if ask("Do it? Type y for yes, Enter for no") in ("y", "yes"):
        changing.undo(session, Milestones(say))
        say("Taken back: the boot configuration is as it was before.")
        session.choose_way_anew()
        _offer_restart(session, ask, say)


def settle(session: Session, ask: Ask, say: Say) -> None:
    """A change that was cut off is undone or finished, or left for now. Raises KjtuiError."""
    if session.reservation.cut_off is None:
        return
    plan = changing.cut_off(session)
    _show(plan, say)
    finish = ", f: finish it" if plan.can_finish else ""
    answer = ask(f"u: undo it{finish}, Enter: leave it for now")
    if answer == "u" or (answer == "f" and plan.can_finish):
        changing.settle_cut_off(session, Milestones(say), finish=answer == "f")


def _offer_restart(session: Session, ask: Ask, say: Say) -> None:
    session.seen = None  # what was seen may hold no more
    if session.reservation.state is None:
        return
    say("It takes effect with the next restart. After it, start kjtui again: it goes on here.")
    if ask("r: restart this machine now (all programs end), Enter: later") == "r":
        session.restart()


def _show(plan: Plan, say: Say) -> None:
    say(plan.sentence)
    for line in sentences.findings((*plan.found, *plan.asks)):
        say(line)
    if plan.blocked and plan.blocked not in plan.found:
        for line in sentences.findings((plan.blocked,)):
            say(line)
    for heading, lines in plan.parts:
        say(heading)
        for line in lines:
            say(f"  {line}")
