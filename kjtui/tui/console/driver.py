"""A Textual driver for plain consoles.

What Textual writes goes into a wanted screen; a moment after the last write of a frame, the difference to
what the terminal shows is sent, in the terminal's own glyphs and colours. While a slow line is still busy
with one frame, the later ones come together in the next. Nothing is sent while nothing changes.
"""

import asyncio
import atexit
import fcntl
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rich.color import ColorSystem
from textual import constants, events
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.driver import Driver
from textual.geometry import Size
from textual.message import Message

from kjtui.tui.console.keys import KeyDecoder
from kjtui.tui.console.outlet import Outlet, write_all
from kjtui.tui.console.paint import Painter, leave
from kjtui.tui.console.printk import KernelMessages, is_kernel_console
from kjtui.tui.console.terminals import terminal_for
from kjtui.tui.console.ttymode import RawLine
from kjtui.tui.console.ttysize import DEFAULT_SIZE, ask_terminal, line_size
from kjtui.tui.console.wanted import WantedScreen

_FRAME_SECONDS = 0.012  # the updates of one frame come closer together than this
_DRAIN_SECONDS = 3.0  # 9600 baud send a screen in two
_KDGKBMODE, _K_UNICODE = 0x4B44, 3  # linux/kd.h


class ConsoleDriver(Driver):
    """Draws on any terminal and reads its keyboard; see the module. All methods are for the app's own thread.

    The terminal is the standard output (or the standard error, if only that is one); keys come from the
    standard input. The app ends, with return code 1, when the terminal is gone.
    """

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._fixed_size = size
        self._input = _fileno(sys.__stdin__, 0)
        outputs = (_fileno(sys.__stdout__, 1), _fileno(sys.__stderr__, 2))
        self._output = next((fd for fd in outputs if os.isatty(fd)), outputs[0])
        self._terminal = terminal_for(os.environ, utf8_console=_utf8_console(self._output))
        self._answers = self._terminal.reports_cursor and os.isatty(self._input) and os.isatty(self._output)
        self._line = RawLine(self._input, keep_flow_control=self._terminal.flow_control)
        self._messages = KernelMessages()
        self._painter = Painter(self._terminal)
        self._screen = WantedScreen(*DEFAULT_SIZE, self._terminal)
        self._outlet: Outlet | None = None
        self._frame_timer: asyncio.TimerHandle | None = None
        self._frame_waits = False  # for the outlet to be idle
        self._running = False
        self._reading = False
        self._parser = XTermParser(debug)
        self._keys = KeyDecoder()
        self._key_timer: asyncio.TimerHandle | None = None
        # The nearest console colours are chosen here; of what Rich would choose too little is left.
        app.console._color_system = ColorSystem.TRUECOLOR

    # Output ---------------------------------------------------------------------------------------------

    def write(self, data: str) -> None:
        """Take what Textual draws; shown with the next frame."""
        self._screen.feed(data)
        if self._running and self._screen.changed:
            self._show_soon()

    def repaint(self) -> None:
        """Forget what the terminal shows and paint everything anew: another program may have drawn on it."""
        self._painter.forget()
        self._show_soon()

    def _show_soon(self) -> None:
        if self._running and self._frame_timer is None:
            # There is nothing that the first frame could come together with.
            wait = 0 if self._painter.knows_nothing else _FRAME_SECONDS
            self._frame_timer = self._loop.call_later(wait, self._show_frame)

    def _show_frame(self) -> None:
        self._frame_timer = None
        if not self._running or self._outlet is None:
            return
        if self._outlet.busy:
            self._frame_waits = True
            return
        _stop_blinking(self._app)
        text = self._painter.paint(self._screen)
        if text:
            self._outlet.send(text.encode("utf-8", "replace"))

    def _output_idle(self) -> None:
        """In the app's thread, after the outlet has written everything."""
        if self._frame_waits:
            self._frame_waits = False
            self._show_soon()

    def _terminal_gone(self) -> None:
        """In the app's thread, when nothing can be written or read any more."""
        if self._running:
            self._running = False
            self._stop_reading()
            self._app.exit(return_code=1)

    def _in_app_thread(self, call: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(call)
        except RuntimeError:
            pass  # the loop has ended before the last byte was out

    # Application mode -----------------------------------------------------------------------------------

    @property
    def can_suspend(self) -> bool:
        """Always: `with app.suspend():` works."""
        return True

    def start_application_mode(self) -> None:
        """Take the terminal: raw mode, kernel messages off, keys read, all painted once it is drawn."""
        self._line.enter()
        if _on_kernel_console(self._output):
            self._messages.quiet()
        atexit.register(self._restore_at_exit)
        if self._outlet is None:
            self._outlet = Outlet(
                self._output,
                on_idle=lambda: self._in_app_thread(self._output_idle),
                on_lost=lambda _error: self._in_app_thread(self._terminal_gone),
            )
        self._running = True
        size, typed = self._find_size()
        self._start_reading()
        self._handle_signals()
        self._painter.forget()
        self._resize(size)
        if typed:
            self._feed_keys(typed)

    def stop_application_mode(self) -> None:
        """Give the terminal back, clean, as it was before."""
        if self._outlet is None:
            return
        self.disable_input()
        if self._frame_timer is not None:
            self._frame_timer.cancel()
            self._frame_timer = None
        self._running = self._frame_waits = False
        self._outlet.send(leave(self._terminal).encode(), until_sent=True)
        if not self._outlet.drain(_DRAIN_SECONDS):
            self._line.drop_output()
        self._line.drop_input()
        self._line.restore()
        self._messages.restore()
        self._leave_signals()
        atexit.unregister(self._restore_at_exit)

    def resume_application_mode(self) -> None:
        """Take the terminal again; what was typed meanwhile was not meant for the app."""
        self._line.drop_input()
        self.start_application_mode()
        self.repaint()

    def close(self) -> None:
        """End the output thread."""
        if self._outlet is not None:
            self._outlet.close()
            self._outlet = None

    def _restore_at_exit(self) -> None:
        """After a crash: what stop_application_mode would have done, with nothing of the app left to rely
        on."""
        try:
            write_all(self._output, leave(self._terminal).encode())
        except OSError:
            pass  # the terminal is gone
        self._line.restore()
        self._messages.restore()

    # Size and signals -----------------------------------------------------------------------------------

    def _find_size(self) -> tuple[tuple[int, int], bytes]:
        """The terminal's columns and lines, and keys read while asking for them."""
        size, typed = self._fixed_size or line_size((self._output, self._input), os.environ), b""
        if size is None and self._answers:
            size, typed = ask_terminal(self._input, self._output)
            self._answers = size is not None
        return size or DEFAULT_SIZE, typed

    def _resize(self, size: tuple[int, int]) -> None:
        self._size = size
        if (self._screen.columns, self._screen.lines) != size:
            self._screen = WantedScreen(*size, self._terminal)
            self._painter.forget()
        textual_size = Size(*size)
        self.send_message(events.Resize(textual_size, textual_size))

    def _window_changed(self) -> None:
        if self._running:
            size = self._fixed_size or line_size((self._output, self._input), os.environ)
            self._resize(size or self._size or DEFAULT_SIZE)

    def _signals(self) -> dict[signal.Signals, Callable[[], None]]:
        return {
            signal.SIGWINCH: self._window_changed,
            signal.SIGTSTP: self._stop_and_go_on,
            signal.SIGTERM: lambda: self._app.exit(return_code=128 + signal.SIGTERM),
            signal.SIGHUP: lambda: self._app.exit(return_code=128 + signal.SIGHUP),
        }

    def _handle_signals(self) -> None:
        try:
            for number, handler in self._signals().items():
                self._loop.add_signal_handler(number, handler)
        except (RuntimeError, ValueError):
            pass  # an app that does not run in the main thread gets no signals

    def _leave_signals(self) -> None:
        for number in self._signals():
            self._loop.remove_signal_handler(number)

    def _stop_and_go_on(self) -> None:
        """Asked to stop (SIGTSTP): give the terminal back first, and take it again when told to go on."""
        self.suspend_application_mode()
        os.kill(os.getpid(), signal.SIGSTOP)
        self.resume_application_mode()
        self.send_message(self.SignalResume())

    # Keys -----------------------------------------------------------------------------------------------

    def disable_input(self) -> None:
        """Read no more keys."""
        self._stop_reading()

    def _start_reading(self) -> None:
        self._parser, self._keys = XTermParser(self._debug), KeyDecoder()
        try:
            self._loop.add_reader(self._input, self._read_keys)
            self._reading = True
        except OSError:
            pass  # a plain file or /dev/null, which has no keys

    def _stop_reading(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._input)
        if self._key_timer is not None:
            self._key_timer.cancel()
            self._key_timer = None

    def _read_keys(self) -> None:
        try:
            data = os.read(self._input, 4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._feed_keys(data)
        elif os.isatty(self._output):
            self._terminal_gone()
        else:
            self._stop_reading()

    def _feed_keys(self, data: bytes) -> None:
        text = self._keys.decode(data)
        if text:
            self._send_events(self._parser.feed(text))
        if self._key_timer is not None:
            self._key_timer.cancel()
        # An Esc may be a key or the head of a sequence: the parser decides when told that time has passed.
        self._key_timer = self._loop.call_later(constants.ESCAPE_DELAY + 0.01, self._key_time_passed)

    def _key_time_passed(self) -> None:
        self._key_timer = None
        self._send_events(self._parser.tick())

    def _send_events(self, found: Iterable[Message]) -> None:
        for event in found:
            self.process_message(event)


def repaint(app: App[Any]) -> None:
    """Repaint everything on the app's terminal, with any driver."""
    driver = app._driver
    if isinstance(driver, ConsoleDriver):
        driver.repaint()
    else:
        app.refresh(layout=True)


def _stop_blinking(app: App[Any]) -> None:
    """Let no text cursor blink and nothing slide: both would send bytes all the time.

    Widgets with a cursor have a `cursor_blink`; only the focused one blinks, and whoever takes the focus is
    drawn.
    """
    app.animation_level = "none"
    if app.screen_stack:
        focused = app.screen_stack[-1].focused
        if getattr(focused, "cursor_blink", False):
            setattr(focused, "cursor_blink", False)  # noqa: B010 - not declared in Widget


def _fileno(file: Any, default: int) -> int:
    try:
        number = file.fileno()
    except (AttributeError, OSError, ValueError):
        return default
    return int(number)


def _utf8_console(fd: int) -> bool | None:
    """Whether a Linux virtual terminal is in UTF-8 mode (ioctl KDGKBMODE); None for any other terminal."""
    mode = bytearray(4)
    try:
        fcntl.ioctl(fd, _KDGKBMODE, mode)
    except OSError:
        return None
    return int.from_bytes(mode, sys.byteorder) == _K_UNICODE


def _on_kernel_console(fd: int) -> bool:
    try:
        return is_kernel_console(os.ttyname(fd), Path("/proc/consoles").read_text())
    except OSError:
        return False
