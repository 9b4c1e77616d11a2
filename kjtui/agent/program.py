"""Running a program of the person's own in kernel B, and gathering what it leaves."""

import os
from dataclasses import replace

from kjtui.agent.visit import GoHome, Visit
from kjtui.kexec import orders
from kjtui.model.word import ProgramEnd, WayHome

OUTPUT = "output"  # the name under which what it says is brought home
_FOLDER = "/kjtui/program/work"
_SAID = "/kjtui/program/output"
_RESERVE = 64 << 10  # bytes of the word that are left for everything else


def run(visit: Visit) -> None:
    """Run it to its end and go home with what it made. Raises GoHome, always."""
    visit.consoles.write("\r\nYour program runs. It is brought home with what it made when it has ended.\r\n")
    visit.consoles.write("[Enter] go home now, without waiting for it\r\n\r\n")
    os.makedirs(_FOLDER, exist_ok=True)
    said = os.open(_SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    child = _start(said)
    shown = os.open(_SAID, os.O_RDONLY | os.O_CLOEXEC)

    def follow() -> None:
        """Show what it has said since, and hear whether somebody wants to leave."""
        while piece := os.read(shown, 4096):
            visit.consoles.write(piece.decode("ascii", "replace").replace("\n", "\r\n"))
        pressed = visit.consoles.key(0)
        if pressed and pressed[0] in "\r\n":
            raise GoHome(WayHome.KEY, "the program was still running")

    try:
        status = visit.wait(child, follow)
    except GoHome as leaving:
        os.killpg(child, 9)
        os.waitpid(child, 0)
        # A shell tells 128 and the number of the signal that ended a program.
        gather(visit, 128 + 9, "it was still running and was ended")
        raise leaving from None
    follow()
    gather(visit, status if status >= 0 else 128 - status)
    raise GoHome(WayHome.DONE)


def _start(said: int) -> int:
    """The program's process, the leader of a group of its own."""
    child = os.fork()
    if child:
        try:
            os.setpgid(child, child)
        except PermissionError:
            pass  # it was quicker, has done that itself and become the program (EACCES of setpgid(2))
        return child
    try:
        os.setpgid(0, 0)
        os.chdir(_FOLDER)
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        path = f"/{orders.PROGRAM_PATH}"
        os.execv(path, [path])
    except OSError as error:
        os.write(2, f"the program cannot be run: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def gather(visit: Visit, status: int, trouble: str = "") -> None:
    """Put what the program said and made into the word."""
    troubles = [trouble] if trouble else []
    files: dict[str, bytes] = {}
    room = visit.letter.room - _RESERVE
    for name, path in [(OUTPUT, _SAID)] + [(name, f"{_FOLDER}/{name}") for name in visit.orders.bring_back]:
        try:
            size = os.stat(path).st_size
            if size > room:
                troubles.append(f"{name} has {size} bytes, and there is room for {room}")
                continue
            with open(path, "rb") as file:
                files[name] = file.read()
            room -= len(files[name])
        except OSError as error:
            troubles.append(f"{name}: {error.strerror}")
    end = ProgramEnd(status, "; ".join(troubles))
    visit.letter.text = replace(visit.letter.text, program=end, files=files)
