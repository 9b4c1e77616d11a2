"""Giving the terminal away for the jump, and taking it back."""

from textual.app import App

from kjtui.errors import KjtuiError
from kjtui.model.report import JumpReport
from kjtui.tui.host import Announce
from kjtui.wizard import preflight
from kjtui.wizard.faults import unexpected
from kjtui.wizard.session import Session

GOING = (
    "",
    "Going to kernel B. Your system sleeps in memory until you are back.",
    "The screen may stay dark for some seconds: devices are being stopped.",
    "Should kernel B fail before it is up, the machine restarts by itself after 10 seconds; if it stays",
    "silent for minutes, switch it off and on. kjtui then tells what happened.",
    "",
)


def jump(app: App[int], session: Session, announce: Announce) -> JumpReport | KjtuiError:
    """Jump with the terminal in its ordinary state, and return what came of it. Never raises.

    Blocks the thread that draws: nothing of this system runs during a jump anyway.
    """
    outcome: list[JumpReport | KjtuiError] = []

    def go() -> None:
        try:
            outcome.append(session.jump())
        except KjtuiError as error:
            outcome.append(error)
        except Exception as error:
            outcome.append(unexpected(error))

    driver = app._driver
    if driver is not None and driver.can_suspend:
        with app.suspend():
            for line in (*preflight.summary(session.preflown), *GOING):
                announce(line)
            go()
    else:
        go()
    return outcome[0]
