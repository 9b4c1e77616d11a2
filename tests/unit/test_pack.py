import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kjtui.backend import agentimage, libraries
from kjtui.pack import compressed, cpio, cpioread, elf
from kjtui.pack.compressed import Kind


def test_an_archive_is_unpacked_by_cpio(tmp_path: Path) -> None:
    entries = [
        cpio.Entry.file("etc/deep/file", b"hello", 0o640),
        cpio.Entry.symlink("link", "etc/deep/file"),
        cpio.Entry.directory("empty"),
    ]
    busybox = agentimage._busybox()
    subprocess.run([busybox, "cpio", "-id"], input=cpio.archive(entries), cwd=tmp_path, check=True)
    assert (tmp_path / "etc/deep/file").read_bytes() == b"hello"
    assert (tmp_path / "etc/deep/file").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "link").read_bytes() == b"hello"
    assert (tmp_path / "empty").is_dir()


@given(
    st.lists(
        st.tuples(st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5}){0,2}", fullmatch=True), st.binary(max_size=99))
    )
)
def test_archives_are_aligned_and_reproducible(files: list[tuple[str, bytes]]) -> None:
    entries = [cpio.Entry.file(path, data) for path, data in files]
    data = cpio.archive(entries)
    assert len(data) % 4 == 0
    assert data == cpio.archive(entries)
    assert data.count(b"070701") >= len({path for path, _ in files}) + 1


def test_a_program_names_its_loader_and_libraries() -> None:
    needs = elf.needs(Path(agentimage._python()).read_bytes())
    assert needs.interpreter.startswith("/lib")
    assert "libc.so.6" in needs.libraries


def test_the_closure_is_what_the_loader_finds() -> None:
    python = Path(agentimage._python())
    told = subprocess.run(["ldd", python], capture_output=True, text=True, check=True).stdout
    expected = {Path(line.split("=> ")[1].split()[0]).name for line in told.splitlines() if "=> /" in line}
    assert expected <= {Path(path).name for path in libraries.closure([python])}


@given(st.binary(max_size=300))
def test_noise_needs_nothing(data: bytes) -> None:
    assert elf.needs(b"\x7fELF\x02\x01" + data) is not None
    assert elf.loadable(data) == data or data[:4] == b"\x7fELF"


def test_a_stripped_program_still_runs(tmp_path: Path) -> None:
    program = tmp_path / "busybox"
    program.write_bytes(elf.loadable(agentimage._busybox().read_bytes()))
    program.chmod(0o755)
    assert subprocess.run([program, "echo", "alive"], capture_output=True, check=True).stdout == b"alive\n"


MODULES = ("main", "last", "beside", "around", "program", "disks", "modules", "network", "wayback", "letter")


def quiet(_what: str, _fraction: float) -> None:
    pass


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    cache = tmp_path_factory.mktemp("agent")
    said: list[tuple[str, float]] = []
    data = agentimage.agent_initramfs(cache, lambda text, done: said.append((text, done)))
    assert [done for _, done in said] == sorted(done for _, done in said)
    assert said[-1][1] == 1.0
    assert agentimage.agent_initramfs(cache, quiet) == data
    return data


@pytest.fixture(scope="module")
def unpacked(packed: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree that kernel B has: the agent, and what is our own besides."""
    tree = tmp_path_factory.mktemp("tree")
    archive = compressed.unpack(packed, Kind.ZSTD, "the agent")
    # Nodes of devices are left to whoever may make them.
    rest = [entry for entry in agentimage._own() if not entry.path.startswith("dev/")]
    for data in (archive, cpio.archive(rest)):
        subprocess.run(
            [agentimage._busybox(), "cpio", "-id"], input=data, cwd=tree, check=True, capture_output=True
        )
    return tree


def inside(tree: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Run Python from the tree, with nothing else to be seen where this process may change its root."""
    root = "" if os.geteuid() == 0 else str(tree)
    command = [f"{root}/kjtui/lib/ld.so", "--library-path", f"{root}/kjtui/lib", f"{root}/kjtui/bin/python3"]
    command += ["-I", "-S", "-B", "-c", program]
    if not root:
        command = [str(agentimage._busybox()), "chroot", str(tree), *command]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={})


def test_the_same_is_packed_every_time(packed: bytes, tmp_path: Path) -> None:
    assert agentimage.agent_initramfs(tmp_path, quiet) == packed


def test_it_is_one_zstd_frame_of_at_most_16_mib(packed: bytes) -> None:
    assert len(packed) <= 16 << 20
    stream = compressed.stream(packed, Kind.ZSTD, "the agent")
    assert stream.used == len(packed)
    assert stream.data[:6] == b"070701"


def test_the_cache_keeps_one_initramfs(tmp_path: Path) -> None:
    for name in ("agent-0123.cpio", "agent-4567.cpio.zst", "agent-89.999"):
        (tmp_path / name).write_bytes(b"old")
    agentimage.agent_initramfs(tmp_path, quiet)
    assert [path.suffixes for path in tmp_path.iterdir()] == [[".cpio", ".zst"]]


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(packed: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert agentimage.agent_initramfs(tmp_path / "file" / "cache", quiet) == packed


def test_all_of_the_agent_lies_below_one_folder(packed: bytes) -> None:
    """An initramfs of somebody else's keeps all its own files when the agent is put beside it."""
    names = [
        one.name
        for one in cpioread.members(compressed.unpack(packed, Kind.ZSTD, "the agent"), 0, "the agent")
        if not isinstance(one, int)
    ]
    assert {name.split("/")[0] for name in names} == {"kjtui", "TRAILER!!!"}


def test_what_is_our_own_starts_the_agent(unpacked: Path) -> None:
    assert os.readlink(unpacked / "init") == "kjtui/init"
    assert (unpacked / "kjtui/init").stat().st_mode & 0o111
    for name in ("sh", "mount", "cat"):
        assert os.readlink(unpacked / "bin" / name) == "/kjtui/bin/busybox"
    assert all((unpacked / name).is_dir() for name in ("proc", "sys", "dev", "tmp", "mnt", "etc"))
    consoles = [entry for entry in agentimage._own() if entry.path == "dev/console"]
    assert [(entry.mode, entry.device) for entry in consoles] == [(0o020600, (5, 1))]


@pytest.mark.parametrize("script", ["init", "udhcpc", "bin/kjtui"])
def test_scripts_are_right_by_the_shell_that_runs_them(unpacked: Path, script: str) -> None:
    path = unpacked / "kjtui" / script
    assert path.read_text().startswith("#!/kjtui/bin/busybox sh\n")
    subprocess.run([unpacked / "kjtui/bin/busybox", "sh", "-n", path], check=True)


def test_the_agent_starts_from_its_own_tree(unpacked: Path) -> None:
    names = ", ".join(f"kjtui.agent.{name}" for name in MODULES)
    program = (
        f"import {names}, sys;"
        "origins = [getattr(m.__spec__, 'origin', None) for n, m in sys.modules.items() if n != '__main__'];"
        "print(sys.version_info[:2], [o for o in origins if o and o[0] == '/' and '/kjtui/' not in o])"
    )
    result = inside(unpacked, program)
    assert result.stdout.strip() == f"{tuple(sys.version_info[:2])} []", result.stderr


SAVING = {"save", "saver", "progress", "restore", "resume", "target", "memory", "samemachine"}
SAVING |= {"place", "extents", "nfs", "onserver", "sticks", "telling"}


def test_every_module_of_the_agent_travels(unpacked: Path, tmp_path: Path) -> None:
    """What saves and restores travels only where that is wanted: it takes as much room again."""
    there = {path.stem for path in (Path(agentimage.__file__).parents[1] / "agent").glob("*.py")}
    packed_too = {path.stem for path in unpacked.rglob("kjtui/agent/*.pyc")}
    assert packed_too == there - SAVING
    saver = agentimage.agent_initramfs(tmp_path, quiet, saving=True)
    archive = compressed.unpack(saver, Kind.ZSTD, "the agent")
    names = {one.name for one in cpioread.members(archive, 0, "the agent") if not isinstance(one, int)}
    assert there == {Path(name).stem for name in names if "/kjtui/agent/" in name}
    assert any("/zstandard/backend_c" in name for name in names)


def test_what_is_put_off_is_read_when_it_is_needed(unpacked: Path) -> None:
    program = (
        "import kjtui.agent.main, sys; before = 'ast' in sys.modules;"
        "import inspect; print(before, inspect.signature(lambda a, b: a), 'ast' in sys.modules)"
    )
    result = inside(unpacked, program)
    assert result.stdout.strip() == "False (a, b) True", result.stderr


def test_the_agent_works_from_its_own_tree(unpacked: Path) -> None:
    """What is read in late is there, too: orders and word there and back, a trampoline, a log's line."""
    program = (
        "from kjtui.kexec import orders, word, trampoline;"
        "from kjtui.model.visit import Orders;"
        "from kjtui.model.word import VisitorWord;"
        "told = orders.decode(orders.encode(Orders()));"
        "left = VisitorWord('6', 1.0, 'key', True, log=('x' * 999,) * 9);"
        "short = word.decode(word.fitted(left, 3000));"
        "code = trampoline.trampoline(4096, 8192, 1 << 30);"
        "print(told == Orders(), len(short.log), len(code) // 4096)"
    )
    result = inside(unpacked, program)
    assert result.stdout.split() == ["True", "1", "5"], result.stderr


def test_the_agent_s_end_is_told_in_words_without_orders(unpacked: Path) -> None:
    result = inside(
        unpacked,
        "from kjtui.agent.visit import read_orders\ntry: read_orders()\nexcept Exception as e: print(e)",
    )
    assert "Kernel B has no orders" in result.stdout, result.stderr


def test_the_agent_brings_no_screen_library_and_nothing_slow(unpacked: Path) -> None:
    names = {path.name.split(".")[0] for path in unpacked.rglob("*") if path.is_file() or path.is_dir()}
    assert not names & {"textual", "rich", "psutil", "pyudev", "pyte", "zstandard"}
    assert not names & {"typing", "pathlib", "unittest", "asyncio"}
    assert not list(unpacked.rglob("*.py"))  # bytecode alone
