"""What travels to kernel B besides the agent."""

import shutil
from pathlib import Path

import pytest
from test_initramfs_files import elf

from kjtui.backend import agentimage, visitorfiles
from kjtui.backend.modulefiles import ModulePack
from kjtui.errors import KjtuiError
from kjtui.kexec import orders
from kjtui.model.choices import Choices, Purpose
from kjtui.pack import compressed, cpio
from kjtui.pack.initramfs import check


def test_a_program_travels_with_the_libraries_that_it_needs():
    program = shutil.which("ls")
    assert program is not None
    first, *others = visitorfiles.program_entries(program)
    assert first.path == orders.PROGRAM_PATH
    assert first.data == Path(program).read_bytes()
    assert any(entry.path.endswith("/libc.so.6") for entry in others)
    assert any("ld-linux" in entry.path for entry in others)
    assert all(entry.data == Path(f"/{entry.path}").read_bytes() for entry in others)


def test_a_script_travels_alone(tmp_path):
    script = tmp_path / "s.sh"
    script.write_text("#!/bin/sh\n")
    assert [entry.path for entry in visitorfiles.program_entries(str(script))] == [orders.PROGRAM_PATH]


def test_a_program_that_is_gone_is_said_to_be(tmp_path):
    with pytest.raises(KjtuiError, match="program for kernel B cannot be read"):
        list(visitorfiles.program_entries(str(tmp_path / "gone")))


OPTIONS = {"CONFIG_RD_ZSTD": "y", "CONFIG_RD_GZIP": "y"}
NO_MODULES = ModulePack(missing=("no driver for x",))


@pytest.fixture
def quick(tmp_path, monkeypatch):
    """A small agent, and a machine whose kernel brings all drivers."""
    archive = cpio.archive([cpio.Entry.file("kjtui/init", bytes(50_000), 0o755)])
    monkeypatch.setattr(agentimage, "agent_initramfs", lambda *_, **_kinds: compressed.squeeze(archive))
    monkeypatch.setattr(visitorfiles, "module_pack", lambda *_: NO_MODULES)
    return archive


def made(tmp_path, monkeypatch, choices, options=OPTIONS):
    monkeypatch.setattr(visitorfiles, "_config", lambda _root, _release: options)
    return visitorfiles.initramfs(tmp_path, choices, "6.12", lambda *_: None)


def test_the_agent_is_compressed_for_a_kernel_that_can_undo_it(quick, tmp_path, monkeypatch):
    found = made(tmp_path, monkeypatch, Choices())
    assert found.data.startswith(b"\x28\xb5\x2f\xfd")
    assert found.notes == ("no driver for x",)
    summary = check(found.data, "it", OPTIONS)
    assert {"init", "kjtui/init"} <= set(summary.names)
    assert found.unpacked >= summary.unpacked > len(quick)


@pytest.mark.parametrize("options", [None, {}, {"CONFIG_RD_ZSTD": "m"}])
def test_it_is_plain_where_that_is_not_known(quick, tmp_path, monkeypatch, options):
    found = made(tmp_path, monkeypatch, Choices(), options)
    assert found.data.startswith(quick)
    assert found.unpacked == len(found.data)


def test_an_own_initramfs_counts_as_what_comes_of_it(quick, tmp_path, monkeypatch):
    own = tmp_path / "own.img"
    init = cpio.Entry.file("init", elf() + bytes(300_000), 0o755)
    own.write_bytes(compressed.squeeze(cpio.archive([init])))
    found = made(tmp_path, monkeypatch, Choices(purpose=Purpose.CUSTOM, initramfs=str(own)))
    assert found.data.startswith(own.read_bytes())
    assert found.unpacked > 350_000 > len(found.data)
    own.write_bytes(found.data)
    again = made(tmp_path, monkeypatch, Choices(purpose=Purpose.CUSTOM, initramfs=str(own)))
    assert again.data == found.data  # the agent is in it already
    assert abs(again.unpacked - found.unpacked) < 16


def test_a_program_comes_last(quick, tmp_path, monkeypatch):
    script = tmp_path / "s.sh"
    script.write_text("#!/bin/sh\necho unmistakable\n")
    found = made(tmp_path, monkeypatch, Choices(purpose=Purpose.PROGRAM, program=str(script)))
    assert b"unmistakable" in found.data
    assert orders.PROGRAM_PATH.encode() in found.data
