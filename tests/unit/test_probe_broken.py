"""Machines whose files are missing, cut off, junk, pipes, loops: a look never fails, never waits, says why.

A thousand machines, each with one to six places of a good one damaged. The damage is chosen by numbers that
are the same in each run.
"""

import importlib
import json
import os
import random
import shutil
import signal
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields
from pathlib import Path

import pytest
import trees

from kjtui.backend.probe import gather
from kjtui.backend.probe.source import Source
from kjtui.backend.recorded import facts_from_json, facts_to_json
from kjtui.checks import CHECKS, run_all
from kjtui.model.checks import Finding, Verdict
from kjtui.model.facts import Facts

ROUNDS, EACH = 20, 50
LONGEST = 10  # seconds for one look at a damaged machine; a good one takes hundredths
# What may be None of a machine of which nothing is wrong, or goes with something that is named.
MAY_BE_NONE = {
    *("acpi_rsdp", "terminal", "gdt_address", "wall_clock", "freeze_timeout", "kernel_header", "sleeping")
}
OTHERS = (
    "/sys/hypervisor/type",
    "/sys/hypervisor/guest_type",
    "/sys/hypervisor/properties/features",
    "/proc/xen/capabilities",
    f"/lib/modules/{trees.RELEASE}/config",
    "/usr/lib/os-release",
    "/sys/kernel/kexec/loaded",
    "/sys/class/misc/tdx_guest",
)
TEXTS = (
    b"xen\n",
    b"",
    b"\0" * 100,
    b"\xff\xfe\x80abc \xc3\x28\n\xf0\x9f",
    b"9" * 5000,
    b"0x" + b"f" * 5000,
    b"18446744073709551616\n",
    b"9223372036854775808\n",
    b"-1\n",
    b"-9223372036854775809\n",
    b"nan\n",
    b"1e999\n",
    b"inf 1e400 -inf\n",
    b"4294967295-0,7\n",
    b"0-18446744073709551615\n",
    "\u0663\u0662 \u00b2\n".encode(),  # digits to str.isdigit(), not to a kernel
    b"\xed\xa0\x80\xed\xbf\xbf\n",  # surrogates in UTF-8
    b"a=b=c\n=\n==\n\n : : :\n- - -\n",
    b"[[[[[[" * 2000,
    b'{"version": 1, "at": 1e400}\n{"version": 1}\n[]\nnull\n{"version": 1, "at": "x", "state": 7',
    b'{"version": 1, "at": 1, "boot_id": "\\ud800", "operation": "", "state": "done", "about": "\\udcff"}',
    b"A" * 100_000,
    b"x y z\n" * 20_000,
    b"0: " * 3000 + b"\n",
    b"\\777\\400\\000 - - -\n",
    b"1 2 8:1 / /\\777\\134 rw - ext4 /dev/\0 rw\n",
    b"/\n/dev/../../..\n",
)
NAMES = (
    b"sd\xff\xfe",
    b"a\nb",
    b" ",
    b"\xf0\x9f\x92\xa5",
    b"x" * 250,
    b"-",
    b"\xed\xa0\x80",
    b"9" * 200,
    b"\\xff",
)


class Damage:
    """Damages places of a tree, and heals them all."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        self.root = root
        self.chance = chance
        self.done: list[str] = []
        self._healers: list[Callable[[], object]] = []
        self._aside = root.parent / "aside"
        self._aside.mkdir(exist_ok=True)

    def place(self, name: str) -> None:
        """Damage what lies there, or put something there if nothing does."""
        path = self.root / name.lstrip("/")
        if not self._reachable(path):
            return
        if path.is_dir() and self.chance.random() < 0.6:
            self._odd_name(path)
            return
        original = path.read_bytes() if path.is_file() else b""
        if os.path.lexists(path):
            kept = self._aside / str(len(self._healers))
            os.rename(path, kept)
            self._healers.append(lambda: os.rename(kept, path))
        kind = self.chance.choice(
            (
                *(self._text, self._text, self._bytes, self._cut, self._missing, self._folder),
                *(self._dangling, self._loop, self._pipe, self._device, self._huge, self._changed),
            )
        )
        kind(path, original)
        self.done.append(f"{kind.__name__} {name}")
        if os.path.lexists(path):
            self._healers.append(lambda: _remove(path))

    def heal(self) -> None:
        """Undo everything, the last first."""
        while self._healers:
            self._healers.pop()()

    def _reachable(self, path: Path) -> bool:
        """Whether its folder is one, or can be made one."""
        missing = []
        folder = path.parent
        while not os.path.lexists(folder):
            missing.append(folder)
            folder = folder.parent
        if not folder.is_dir() or self.root not in (folder, *folder.resolve().parents):
            return False
        for new in reversed(missing):
            new.mkdir()
            self._healers.append(lambda new=new: _remove(new))
        return True

    def _odd_name(self, folder: Path) -> None:
        """A name that no terminal shows, for something that is like its neighbours."""
        name = os.fsencode(folder) + b"/" + self.chance.choice(NAMES)
        if not os.path.lexists(name):
            like = sorted(os.listdir(folder))
            os.symlink(self.chance.choice(like) if like else "nothing", name)
            self._healers.append(lambda: os.unlink(name))
            self.done.append(f"odd name {name!r}")

    def _text(self, path: Path, original: bytes) -> None:
        path.write_bytes(self.chance.choice(TEXTS))

    def _bytes(self, path: Path, original: bytes) -> None:
        path.write_bytes(self.chance.randbytes(self.chance.choice((1, 64, 5000))))

    def _cut(self, path: Path, original: bytes) -> None:
        path.write_bytes(original[: self.chance.randrange(len(original) + 1)])

    def _changed(self, path: Path, original: bytes) -> None:
        data = bytearray(original or b"0\n")
        for _ in range(self.chance.choice((1, 1, 10))):
            data[self.chance.randrange(min(len(data), 2000))] = self.chance.randrange(256)
        path.write_bytes(data)

    def _huge(self, path: Path, original: bytes) -> None:
        with path.open("wb") as file:
            file.write(original)
            file.truncate(1 << 40)  # a hole: it takes no room

    def _missing(self, path: Path, original: bytes) -> None:
        pass

    def _folder(self, path: Path, original: bytes) -> None:
        path.mkdir()

    def _dangling(self, path: Path, original: bytes) -> None:
        path.symlink_to("is/not/there")

    def _loop(self, path: Path, original: bytes) -> None:
        path.symlink_to(path.name)

    def _pipe(self, path: Path, original: bytes) -> None:
        os.mkfifo(path)

    def _device(self, path: Path, original: bytes) -> None:
        path.symlink_to(self.chance.choice(("/dev/zero", "/dev/full", "/dev/tty")))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Facts, list[str]]:
    """A good machine, what is found on it, and every place that any probe looks at."""
    root = tmp_path_factory.mktemp("machine") / "root"
    trees.grow(root)
    asked: set[str] = set()
    plain = Source.place

    def place(self: Source, name: str) -> str:
        asked.add("/" + name.strip("/"))
        return plain(self, name)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Source, "place", place)
        facts = gather(root)
    assert facts.unreadable == {}
    # What is looked for only where something else is missing or odd.
    asked |= {f"/{name}" for name in trees.FILES} | set(OTHERS)
    return root, facts, sorted(asked)


@pytest.fixture
def nets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What only the net of gather() caught."""
    caught: list[str] = []

    def unforeseen(_source: Source, place: str, error: Exception) -> None:
        caught.append(place + "\n" + "".join(traceback.format_exception(error)))

    monkeypatch.setattr(importlib.import_module("kjtui.backend.probe.gather"), "unforeseen", unforeseen)
    return caught


@pytest.fixture
def alarm() -> Iterator[None]:
    """An error instead of a look that waits for ever."""

    def late(_number: int, _frame: object) -> None:
        raise TimeoutError("a look takes too long")

    kept = signal.signal(signal.SIGALRM, late)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, kept)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_damaged_machine_is_looked_at_all_the_same(machine, nets, alarm, round_):
    root, good, places = machine
    verdicts = {finding.id: finding.verdict for finding in run_all(good)}
    for number in range(EACH):
        chance = random.Random(f"{round_}/{number}")
        damage = Damage(root, chance)
        try:
            for name in chance.sample(places, chance.choice((1, 1, 2, 3, 6))):
                damage.place(name)
            signal.setitimer(signal.ITIMER_REAL, LONGEST)
            facts = gather(root)
            signal.setitimer(signal.ITIMER_REAL, 0)
        except BaseException as error:
            error.add_note(f"damaged: {damage.done}")
            raise
        finally:
            damage.heal()
        try:
            assert nets == []
            _can_be_kept(facts)
            _names_what_is_not_known(good, facts)
            for finding in run_all(facts):
                _can_be_shown(finding)
                if finding.verdict is Verdict.UNKNOWN and verdicts[finding.id] is not Verdict.UNKNOWN:
                    _gives_a_reason(finding, facts)
        except Exception as error:
            error.add_note(f"damaged: {damage.done}\nunreadable: {facts.unreadable}")
            raise


def _can_be_kept(facts: Facts) -> None:
    text = json.dumps(facts_to_json(facts), ensure_ascii=False, allow_nan=False)
    assert text.encode("utf-8")
    assert facts_from_json(json.loads(text)) == facts


def _can_be_shown(finding: Finding) -> None:
    assert json.dumps(asdict(finding), ensure_ascii=False).encode("utf-8")
    assert finding.title
    assert finding.evidence


def _names_what_is_not_known(good: Facts, facts: Facts) -> None:
    """Every fact that is missing has left a note."""
    lost = [
        field.name
        for field in fields(Facts)
        if getattr(facts, field.name) is None and getattr(good, field.name) is not None
    ]
    if set(lost) - MAY_BE_NONE:
        assert facts.unreadable, f"nothing says why: {lost}"
    assert all(reason and "\n" not in reason for reason in facts.unreadable.values())


def _gives_a_reason(finding: Finding, facts: Facts) -> None:
    """ "Cannot tell" comes with what could not be read, and why."""
    reasons = {" ".join(reason.split())[:30] for reason in facts.unreadable.values()}  # evidence may be cut
    assert any(" ".join(evidence.text.split())[:30] in reasons for evidence in finding.evidence), finding


def test_the_good_machine_is_as_it_was(machine):
    """The damage of all rounds is healed: none hides that of another."""
    root, good, _ = machine
    assert gather(root) == good


def test_all_checks_are_asked(machine):
    _, good, places = machine
    assert len(run_all(good)) == len(CHECKS)
    assert len(places) > 150
