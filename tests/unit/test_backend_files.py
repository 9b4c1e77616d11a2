"""Writing files of the machine: whole or not at all."""

import errno
import os
import stat
from pathlib import Path

import pytest

from kjtui.backend import files
from kjtui.backend.linux import LinuxMachine
from kjtui.backend.probe import mounts
from kjtui.errors import KjtuiError
from kjtui.model.boot import BootFile
from kjtui.model.facts import Mount
from kjtui.plan import changes
from kjtui.plan.bootcopies import Generate, KeepCopies, Kept
from kjtui.plan.bootops import TakeOut
from kjtui.plan.boottexts import Kind

PATH = "/etc/default/grub"
OLD = "GRUB_TIMEOUT=5\r\nodd byte: \udcff\n"
NEW = "GRUB_TIMEOUT=0\n" * 1000  # several pieces
ME = (os.getuid(), os.getgid())
CAUSES = {
    errno.ENOSPC: "full",
    errno.EROFS: "read-only",
    errno.EACCES: "not permitted",
    errno.EIO: "disk reports an error",
}


@pytest.fixture
def place(tmp_path):
    place = tmp_path / PATH.lstrip("/")
    place.parent.mkdir(parents=True)
    place.write_bytes(OLD.encode("utf-8", "surrogateescape"))
    return place


def put(root, old=OLD, new=NEW, mode=0o640, path=PATH):
    files.replace(path, old, new, mode, *ME, root)


def names(place):
    return sorted(one.name for one in place.parent.iterdir())


class TestReading:
    def test_every_byte_comes_back(self, tmp_path, place):
        assert files.read(PATH, tmp_path) == OLD

    def test_a_missing_file_is_none(self, tmp_path):
        assert files.read(PATH, tmp_path) is None

    def test_a_folder_or_a_link_is_told(self, tmp_path, place):
        with pytest.raises(KjtuiError, match="/etc/default could not be read") as caught:
            files.read("/etc/default", tmp_path)
        assert "a folder in its place" in caught.value.detail
        place.rename(place.with_name("other"))
        place.symlink_to("other")
        with pytest.raises(KjtuiError) as caught:
            files.read(PATH, tmp_path)
        assert "is a link" in caught.value.detail


class TestReplacing:
    def test_content_and_mode_are_the_new_ones(self, tmp_path, place):
        put(tmp_path)
        assert place.read_text() == NEW
        assert stat.S_IMODE(place.stat().st_mode) == 0o640
        assert names(place) == ["grub"]

    def test_every_byte_is_written_as_it_was(self, tmp_path, place):
        put(tmp_path)
        put(tmp_path, NEW, OLD)
        assert place.read_bytes() == OLD.encode("utf-8", "surrogateescape")

    def test_a_new_file(self, tmp_path, place):
        place.unlink()
        put(tmp_path, None)
        assert place.read_text() == NEW

    def test_removing(self, tmp_path, place):
        put(tmp_path, new=None)
        assert names(place) == []
        put(tmp_path, new=None)  # done already

    def test_what_is_done_already_is_not_done_again(self, tmp_path, place):
        put(tmp_path)
        before = place.stat()
        put(tmp_path)
        assert place.stat() == before

    @pytest.mark.parametrize("new", [NEW, None])
    @pytest.mark.parametrize("there", ["someone else's", None])
    def test_what_was_changed_meanwhile_is_left_alone(self, tmp_path, place, there, new):
        if there is None:
            if new is None:
                return
            place.unlink()
        else:
            place.write_text(there)
        with pytest.raises(KjtuiError, match="has changed since you saw the preview") as caught:
            put(tmp_path, new=new)
        assert PATH in caught.value.title
        assert files.read(PATH, tmp_path) == there
        assert len(names(place)) == (there is not None)

    def test_a_change_while_the_new_file_is_being_written(self, tmp_path, place, monkeypatch):
        real = os.fsync

        def fsync(descriptor):
            place.write_text("somebody was faster")
            real(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)
        with pytest.raises(KjtuiError, match="has changed"):
            put(tmp_path)
        assert place.read_text() == "somebody was faster"
        assert names(place) == ["grub"]

    def test_what_an_earlier_crash_left_is_overwritten(self, tmp_path, place):
        (tmp_path / files.leftover(PATH).lstrip("/")).write_text("half of it")
        assert files.leftover(PATH) == "/etc/default/.grub.kjtui-new"
        put(tmp_path)
        assert names(place) == ["grub"]

    def test_links_are_refused(self, tmp_path, place):
        place.rename(place.with_name("other"))
        place.symlink_to("other")
        with pytest.raises(KjtuiError) as caught:
            put(tmp_path)
        assert "is a link" in caught.value.detail
        assert files.read("/etc/default/other", tmp_path) == OLD

    def test_a_missing_folder(self, tmp_path):
        with pytest.raises(KjtuiError, match="could not be written") as caught:
            put(tmp_path, None, path="/boot/efi/loader/x{}.conf")
        assert "its folder /boot/efi/loader is not there" in caught.value.detail
        assert "x{}.conf" in caught.value.detail

    def test_extended_attributes_are_kept(self, tmp_path, place):
        try:
            os.setxattr(place, "user.label", b"boot_t")
        except OSError:
            pytest.skip("this file system has no attributes")
        put(tmp_path)
        assert os.getxattr(place, "user.label") == b"boot_t"

    def test_what_vouches_for_the_old_content_is_not_kept(self, tmp_path, place, monkeypatch):
        set_ = []
        monkeypatch.setattr(os, "listxattr", lambda *_, **__: ["security.ima", "security.selinux"])
        monkeypatch.setattr(os, "getxattr", lambda *_, **__: b"x")
        monkeypatch.setattr(os, "setxattr", lambda _, name, value: set_.append(name))
        put(tmp_path)
        assert set_ == ["security.selinux"]


class TestOwners:
    def refuse(self, monkeypatch, fstype):
        def fchown(*_):
            raise PermissionError(errno.EPERM, "no")

        def read(_source):
            device = os.stat(self.folder).st_dev
            mount = Mount("/dev/sda1", "/boot", fstype)
            return (mounts.MountLine(f"{os.major(device)}:{os.minor(device)}", mount),)

        monkeypatch.setattr(os, "fchown", fchown)
        monkeypatch.setattr(mounts, "read", read)

    def test_a_file_system_without_owners(self, tmp_path, place, monkeypatch):
        self.folder = place.parent
        self.refuse(monkeypatch, "vfat")
        put(tmp_path)
        assert place.read_text() == NEW

    def test_any_other(self, tmp_path, place, monkeypatch):
        self.folder = place.parent
        self.refuse(monkeypatch, "ext4")
        with pytest.raises(KjtuiError) as caught:
            put(tmp_path)
        assert "not permitted" in caught.value.detail
        assert files.read(PATH, tmp_path) == OLD


CALLS = ("open", "write", "fchown", "fchmod", "listxattr", "getxattr", "setxattr", "fsync", "replace", "read")


class Fault:
    """Lets one call of one function fail: the number-th."""

    def __init__(self, monkeypatch, name, number, code):
        self.left, self.struck = number, False
        real = getattr(os, name)

        def call(*arguments, **options):
            self.left -= 1
            if self.left == 0:
                self.struck = True
                raise OSError(code, os.strerror(code))
            return real(*arguments, **options)

        monkeypatch.setattr(os, name, call)


@pytest.mark.parametrize("code", CAUSES, ids=errno.errorcode.get)
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("old", [OLD, None], ids=["changed", "made"])
def test_a_fault_anywhere_leaves_the_old_file(tmp_path, place, name, code, old):
    if old is None:
        place.unlink()
    elif hasattr(os, "setxattr"):
        try:
            os.setxattr(place, "user.label", b"boot_t")
        except OSError:
            pass  # then these calls are not made
    struck = 0
    for number in range(1, 40):
        with pytest.MonkeyPatch.context() as patch:
            fault = Fault(patch, name, number, code)
            if name == "setxattr":
                patch.setattr(os, "getxattr", lambda *_, **__: b"boot_t")
            try:
                put(tmp_path, old)
            except KjtuiError as error:
                caught = error
            else:
                caught = None
        if not fault.struck:
            break
        struck += 1
        assert caught is not None, f"{name} number {number}"
        assert files.read(PATH, tmp_path) == old, f"{name} number {number}"
        assert names(place) == (["grub"] if old else [])
        assert caught.title.startswith(f"{PATH} could not be ")
        assert PATH in caught.detail
        assert CAUSES[code] in caught.detail
        assert errno.errorcode[code] in caught.detail
        assert caught.hint
    assert struck or name in ("getxattr", "setxattr") or (name == "read" and old is None)
    assert files.read(PATH, tmp_path) == NEW


@pytest.mark.parametrize("code", CAUSES, ids=errno.errorcode.get)
@pytest.mark.parametrize("name", ["open", "fsync", "replace", "read"])
def test_a_fault_while_removing_leaves_the_file(tmp_path, place, name, code):
    for number in range(1, 10):
        with pytest.MonkeyPatch.context() as patch:
            fault = Fault(patch, name, number, code)
            if name == "replace" and number > 1:
                break
            try:
                put(tmp_path, new=None)
                detail = CAUSES[code]
            except KjtuiError as error:
                detail = error.detail
        assert CAUSES[code] in detail
        if not fault.struck:
            break
        assert files.read(PATH, tmp_path) == OLD
        assert names(place) == ["grub"]


def test_a_short_write_goes_on_where_it_ended(tmp_path, place, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:7]))
    put(tmp_path)
    assert place.read_text() == NEW


class TestFolders:
    def test_made_and_removed(self, tmp_path):
        (tmp_path / "etc").mkdir()
        for _ in range(2):
            files.make_folder("/etc/grub.d", tmp_path)
        assert stat.S_IMODE((tmp_path / "etc/grub.d").stat().st_mode) == 0o755
        (tmp_path / "etc/grub.d/x").write_text("")
        files.remove_folder("/etc/grub.d", tmp_path)
        assert (tmp_path / "etc/grub.d/x").exists()
        (tmp_path / "etc/grub.d/x").unlink()
        for _ in range(2):
            files.remove_folder("/etc/grub.d", tmp_path)
        assert not (tmp_path / "etc/grub.d").exists()

    def test_trouble(self, tmp_path):
        (tmp_path / "file").write_text("")
        for make in (files.make_folder, files.remove_folder):
            with pytest.raises(KjtuiError, match="/file could not be"):
                make("/file", tmp_path)
        with pytest.raises(KjtuiError) as caught:
            files.make_folder("/file", tmp_path)
        assert "something else has its name" in caught.value.detail
        with pytest.raises(KjtuiError) as caught:
            files.make_folder("/gone/x", tmp_path)
        assert "/gone is not there" in caught.value.detail


class TestOwnFiles:
    def test_lines(self, tmp_path):
        files.append_line("/var/lib/kjtui/x.jsonl", "one", tmp_path)
        place = tmp_path / "var/lib/kjtui/x.jsonl"
        place.write_bytes(place.read_bytes() + b"cut o")
        files.append_line("/var/lib/kjtui/x.jsonl", "two", tmp_path)
        assert place.read_text() == "one\ncut o\ntwo\n"
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700

    def test_private_files(self, tmp_path):
        files.write_private("/var/lib/kjtui/undo.json", "one", tmp_path)
        files.write_private("/var/lib/kjtui/undo.json", "two", tmp_path)
        place = tmp_path / "var/lib/kjtui/undo.json"
        assert place.read_text() == "two"
        assert names(place) == ["undo.json"]
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700

    def test_faults(self, tmp_path, monkeypatch):
        files.write_private("/var/lib/kjtui/undo.json", "one", tmp_path)
        Fault(monkeypatch, "fsync", 1, errno.ENOSPC)
        with pytest.raises(KjtuiError, match="could not be written") as caught:
            files.write_private("/var/lib/kjtui/undo.json", "two", tmp_path)
        assert "full" in caught.value.detail
        assert files.read("/var/lib/kjtui/undo.json", tmp_path) == "one"
        (tmp_path / "blocked").write_text("a file where a folder should be")
        with pytest.raises(KjtuiError):
            files.append_line("/blocked/x", "text", tmp_path)


def test_what_a_power_cut_has_left_is_swept_when_a_change_is_settled(tmp_path: Path) -> None:
    """Beside a file that is as it should be already, and beside one that is gone."""
    (tmp_path / "boot").mkdir()
    for name in ("grub.cfg", ".grub.cfg.kjtui-new", ".staged.kjtui-new", ".custom.cfg.kjtui-new"):
        (tmp_path / "boot" / name).write_text("old\n")
    (tmp_path / "proc/sys/kernel/random").mkdir(parents=True)
    (tmp_path / "proc/sys/kernel/random/boot_id").write_text("0\n")
    kept = KeepCopies((Kept(BootFile("/boot/grub.cfg", "old\n"), Kind.GENERATED),), "192M")
    made = Generate(("update-grub",), "/boot/staged", BootFile("/boot/grub.cfg", "old\n"), "")
    entry = TakeOut(BootFile("/boot/custom.cfg", None), "new\n", Kind.CUSTOM, "192M")
    change = changes.Change("c", "t", 0.0, "", (kept, made, entry))
    changes.undo(change, LinuxMachine(tmp_path), lambda _what, _fraction: None)
    assert [path.name for path in (tmp_path / "boot").iterdir()] == ["grub.cfg"]
