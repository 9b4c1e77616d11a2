"""What a debugger sees in a saved system's memory: drgn opens what `kjtui image export` has written."""

import json
import struct
import subprocess
import sys
from pathlib import Path

from common import REPO, KjtuiError, run
from stage import Stage

_AT = 1 << 20  # where the partition of the disk for images begins
_PT_LOAD = 1
_KEPT = "linux_banner|init_uts_ns"
_PAGES = 64  # of a process that are looked for
_NAME_SIZE = 65  # bytes of each text in struct new_utsname (include/uapi/linux/utsname.h)


def addresses(stage: Stage) -> dict[str, int]:
    """Where kernel A has what will be looked for, by its own word."""
    said = stage.shell.must(f"grep -Ew '{_KEPT}' /proc/kallsyms")
    return {line.split()[2]: int(line.split()[0], 16) for line in said.splitlines()}


def pages(stage: Stage, pid: int) -> dict[int, bytes]:
    """Bytes in some pages of a process by their physical addresses, by kernel A's own word."""
    said = stage.shell.must(f"python3 /usr/lib/rehearsal/pages.py {pid} {_PAGES}")
    return {address: bytes.fromhex(content) for address, content in json.loads(said)}


def export(disk: Path, home: Path) -> Path:
    """Write the memory in the image on a disk's partition as an ELF core. Raises KjtuiError."""
    raw, part, core = home / "disk", home / "partition", home / "vmcore"
    trouble = "The disk with the image cannot be read"
    run(["qemu-img", "convert", "-O", "raw", disk, raw], trouble)
    words = [f"if={raw}", f"of={part}", "bs=1M", f"skip={_AT >> 20}", "conv=sparse", "status=none"]
    run(["dd", *words], trouble)
    raw.unlink()
    command = [sys.executable, "-m", "kjtui", "image", "export", str(part), "--elf", str(core), "--yes"]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KjtuiError("The image cannot be exported", f"{done.stdout}{done.stderr}"[-2000:])
    return core


def seen(
    core: Path, known: dict[str, int], held: dict[int, bytes], version: str, host: str
) -> dict[str, bool]:
    """Whether drgn opens it, and reads through kernel A's own page tables what kernel A has said.

    held: of pages(); each has to be in the file.
    """
    import drgn

    program = drgn.Program()
    program.set_core_dump(str(core))
    banner = program.read(known["linux_banner"], 200).split(b"\0")[0].decode()
    names = program.read(known["init_uts_ns"], 8 * _NAME_SIZE)
    there = [(at, _mapped(core, at), content) for at, content in held.items()]
    return {
        "opened": bool(program.flags & drgn.ProgramFlags.IS_LINUX_KERNEL),
        "banner": banner.strip() == version.strip(),
        "host": host.encode() + b"\0" in names,
        "process": bool(there)
        and all(
            virtual is not None
            and program.read(physical, len(content), physical=True) == content
            and program.read(virtual, len(content)) == content
            for physical, virtual, content in there
        ),
    }


def _mapped(core: Path, physical: int) -> int | None:
    """The virtual address that the file's head gives a physical one, None where it is not in the file."""
    with core.open("rb") as file:
        head = file.read(1 << 16)
    for number in range(struct.unpack_from("<H", head, 56)[0]):
        kind, _, _, virtual, start, size = struct.unpack_from("<IIQQQQ", head, 64 + 56 * number)
        if kind == _PT_LOAD and start <= physical < start + size:
            return int(virtual + physical - start)
    return None
