"""Beside an initramfs of the person's own: what keeps A safe, and the ways home."""

import os
import signal
import time

from kjtui.agent.visit import PID_FILE, GoHome, Visit, read_orders
from kjtui.errors import KjtuiError

_TICK = 0.5


def main() -> None:
    """Prepare everything, leave a process behind that watches, and return to init."""
    visit = Visit(read_orders(), watching=True)
    try:
        visit.begin()
        leaving = None
    except GoHome as early:
        leaving = early
    if os.fork():
        return
    os.setsid()
    # An init that ends all other processes before it goes on (switch_root's do) spares what asks for it so
    # (systemd's "argv[0][0] is @"); others send these.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    with open(PID_FILE, "w", encoding="ascii") as file:
        file.write(str(os.getpid()))
    while True:
        try:
            if leaving is not None:
                visit.go(leaving.way, leaving.error)
            leaving = None
            time.sleep(_TICK)
            visit.tick()
        except GoHome as now:
            leaving = now
        except KjtuiError:
            os._exit(1)
