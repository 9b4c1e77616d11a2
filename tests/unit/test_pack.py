import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kjtui.backend import agentimage, libraries
from kjtui.pack import cpio, elf


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


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("agent")
    said: list[tuple[str, float]] = []
    data = agentimage.agent_initramfs(root / "cache", lambda text, done: said.append((text, done)))
    assert [done for _, done in said] == sorted(done for _, done in said)
    assert agentimage.agent_initramfs(root / "cache", lambda *_: None) == data
    busybox = agentimage._busybox()
    (root / "tree").mkdir()
    subprocess.run([busybox, "cpio", "-id"], input=data, cwd=root / "tree", check=True, capture_output=True)
    return root / "tree"


def test_the_cache_keeps_one_initramfs(tmp_path: Path) -> None:
    (tmp_path / "agent-0123.cpio").write_bytes(b"old")
    agentimage.agent_initramfs(tmp_path, lambda *_: None)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert agentimage.agent_initramfs(tmp_path / "file" / "cache", lambda *_: None)[:6] == b"070701"


def test_the_agent_imports_from_the_initramfs_alone(unpacked: Path) -> None:
    python = unpacked / agentimage._python().lstrip("/")
    program = (
        "import kjtui.agent.main, sys;"
        "ours = [m.__spec__.origin for n, m in sys.modules.items() if n[:5] == 'kjtui'];"
        "print(all(origin.startswith(sys.argv[1]) for origin in ours))"
    )
    result = subprocess.run(
        [python, "-I", "-S", "-B", "-c", program, str(unpacked)],
        capture_output=True,
        text=True,
        check=False,
        env={"LD_LIBRARY_PATH": str((unpacked / sys.base_prefix.lstrip("/")) / "lib")},
    )
    assert result.stdout.strip() == "True", result.stderr


def test_the_agent_brings_no_screen_library(unpacked: Path) -> None:
    names = {path.name for path in unpacked.rglob("*")}
    assert not names & {"textual", "rich", "psutil", "pyudev", "pyte"}
    assert "init" in names
