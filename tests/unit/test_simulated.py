"""Simulated machines: their files, and that they behave as the kernel does."""

import errno
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kjtui.backend import synthetic
from kjtui.backend.machine import Writer
from kjtui.backend.recorded import facts_from_json, facts_to_json
from kjtui.backend.recording import Recording, read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.backend.syscalls import explain_jump, explain_load
from kjtui.errors import KjtuiError
from kjtui.kexec import bzimage, iomem
from kjtui.kexec.layout import plan_image
from kjtui.kexec.regions import choose_region
from kjtui.model.choices import Choices, Purpose
from kjtui.model.facts import Facts
from kjtui.model.image import LoadImage
from kjtui.model.memory import MIB, RegionKind, Span
from kjtui.model.report import JumpReport

MACHINES = Path(__file__).parent.parent / "machines"


def machine(name: str) -> SimulatedMachine:
    return SimulatedMachine.from_file(MACHINES / f"{name}.json")


def changed(name: str, **facts: object) -> SimulatedMachine:
    """A recorded machine with other facts."""
    recording = read_recording(MACHINES / f"{name}.json")
    return SimulatedMachine(replace(recording, facts=replace(recording.facts, **facts)))  # type: ignore[arg-type]


def no_progress(_what: str, _fraction: float) -> None:
    pass


def image_for(one: Writer, purpose: Purpose = Purpose.QUICK) -> LoadImage:
    facts = one.facts()
    region = choose_region(facts.iomem, RegionKind.BORROWED, Choices().region_size)
    assert facts.kernel_file
    kernel = one.read_kernel(facts.kernel_file)
    return plan_image(
        facts,
        region,
        Choices(purpose=purpose),
        kernel,
        one.initramfs(Choices(purpose=purpose), facts.kernel_release, no_progress).data,
    )


class TestMistakes:
    @pytest.fixture
    def good(self) -> dict[str, Any]:
        recorded: dict[str, Any] = json.loads((MACHINES / "ready.json").read_text())
        return recorded

    @pytest.mark.parametrize(
        ("path", "value", "words"),
        [
            (("name",), 5, "name is '5'"),
            (("facts", "efi"), "yes", "facts.efi is 'yes'"),
            (("facts", "cpus_online"), True, "facts.cpus_online is 'True'"),
            (("facts", "cpus_online"), 2.5, "facts.cpus_online is '2.5'"),
            (("facts", "cpus_online"), None, "facts.cpus_online is 'None'"),
            (("facts", "acpi_rsdp"), "0x10", "facts.acpi_rsdp is '0x10'"),
            (("facts", "screen_info"), "zz", "facts.screen_info is 'zz'"),
            (("facts", "screen_info"), 5, "facts.screen_info is '5'"),
            (("facts", "vmcoreinfo"), [1], "facts.vmcoreinfo has 1 entries"),
            (("facts", "iomem"), "text", "facts.iomem is 'text'"),
            (("facts", "iomem"), [1], "facts.iomem[0] is '1'"),
            (("facts", "config"), {"CONFIG_KEXEC": True}, "facts.config.CONFIG_KEXEC is 'True'"),
            (("facts", "config"), [], "facts.config is '[]'"),
            (("facts", "mounts"), [{"source": "a"}], "facts.mounts[0].target is missing"),
            (("facts", "colour"), "red", "facts.colour is not known"),
            (("faults",), {"load": {"errno": "EWHAT"}}, "faults.load.errno is 'EWHAT'"),
            (("faults",), {"jump": {}}, "faults.jump.errno is missing"),
            (("faults",), {"lode": None}, "faults.lode is not known"),
            (("visitor",), {"away": "long"}, "visitor.away is 'long'"),
        ],
    )
    def test_are_named_by_their_place(
        self, good: dict[str, Any], tmp_path: Path, path: tuple[str, ...], value: object, words: str
    ) -> None:
        place = good
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        file = tmp_path / "bad.json"
        file.write_text(json.dumps(good))
        with pytest.raises(KjtuiError) as caught:
            read_recording(file)
        assert words in caught.value.detail
        assert caught.value.hint

    def test_missing_key(self, good: dict[str, Any]) -> None:
        del good["facts"]["lockdown"]
        with pytest.raises(KjtuiError) as caught:
            facts_from_json(good["facts"])
        assert "facts.lockdown is missing" in caught.value.detail

    @pytest.mark.parametrize("content", [b"{", b"[]", b'"text"', b"\xff\xfe", b""])
    def test_other_files(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "bad.json"
        file.write_bytes(content)
        with pytest.raises(KjtuiError):
            SimulatedMachine.from_file(file)

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(KjtuiError, match=r"none\.json"):
            SimulatedMachine.from_file(tmp_path / "none.json")


class TestReading:
    def test_name(self) -> None:
        assert machine("ready").name == "practice: ready"

    def test_kernel_passes_for_a_real_one(self) -> None:
        parsed = bzimage.parse(synthetic.kernel("6.14.0-24-generic"))
        assert parsed.version == "6.14.0-24-generic"
        assert parsed.protocol == 0x020F
        assert parsed.init_size == synthetic.INIT_SIZE
        assert parsed.loads_above_4g

    def test_other_kernel_file(self) -> None:
        with pytest.raises(KjtuiError, match="/etc/passwd"):
            machine("ready").read_kernel("/etc/passwd")

    def test_initramfs_tells_progress(self) -> None:
        told: list[float] = []
        progress = lambda _what, fraction: told.append(fraction)  # noqa: E731
        found = machine("ready").initramfs(Choices(purpose=Purpose.LOOK), "6.12", progress)
        assert found.data
        assert found.notes == ()
        assert told == sorted(told)
        assert (told[0], told[-1]) == (0.0, 1.0)

    def test_progress_may_give_up(self) -> None:
        def give_up(_what: str, _fraction: float) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            machine("ready").initramfs(Choices(purpose=Purpose.LOOK), "6.12", give_up)

    def test_mailbox_keeps_clear(self) -> None:
        one = machine("ready")
        first = one.mailbox((), 16)
        assert first is not None
        assert len(first.nonce) == 16
        assert len(set(first.pages)) == first.words == 16
        above = Span(1 << 32, 1 << 40)
        second = one.mailbox((above,), 2112)
        assert second is not None
        assert len(set(second.pages)) == second.words == 2112
        for page in second.pages:
            assert page < 1 << 32
            assert any(span.contains(Span(page, page + 4096)) for span in _ram(one))
        assert one.mailbox((Span(0, 1 << 40),), 1) is None

    def test_no_mailbox_without_a_memory_map(self) -> None:
        assert machine("not-root").mailbox((), 1) is None

    def test_pace(self) -> None:
        slept: list[float] = []
        recording = read_recording(MACHINES / "ready.json")
        one = SimulatedMachine(recording, pace=0.05, sleep=slept.append)
        one.initramfs(Choices(), "6.12", no_progress)
        assert slept == [0.05] * 20


def _ram(one: SimulatedMachine) -> tuple[Span, ...]:
    return iomem.ram(iomem.parse(one.facts().iomem))


class TestJumping:
    def _away_and_back(self, one: SimulatedMachine) -> JumpReport:
        before = one.snapshot()
        one.jump()
        return JumpReport(before, one.snapshot(), one.word())

    def test_round_trip(self) -> None:
        one = machine("ready")
        one.load(image_for(one))
        assert one.facts().kexec_loaded is True
        assert one.word() is None
        report = self._away_and_back(one)
        assert report.all_well
        assert report.away == 11.5
        assert report.after.monotonic == report.before.monotonic
        assert report.word is not None
        assert (report.word.kernel_version, report.word.uptime) == ("6.14.0-24-generic", 9.0)
        assert report.word.way_home == "countdown"

    def test_look_around_comes_home_by_key(self) -> None:
        one = machine("ready")
        one.load(image_for(one, Purpose.LOOK))
        word = self._away_and_back(one).word
        assert word is not None
        assert word.way_home == "key"

    def test_parked_kernel_goes_on(self) -> None:
        one = machine("ready")
        one.load(image_for(one))
        self._away_and_back(one)
        again = self._away_and_back(one)
        assert again.all_well
        assert again.word is not None
        assert again.word.uptime == 18.0
        one.load(image_for(one))
        afresh = self._away_and_back(one).word
        assert afresh is not None
        assert afresh.uptime == 9.0

    def test_older_kernel_must_be_loaded_anew(self) -> None:
        one = machine("old-kernel")
        one.load(image_for(one))
        word = self._away_and_back(one).word
        assert word is not None
        assert not word.can_be_parked
        with pytest.raises(KjtuiError, match="lost"):
            one.jump()
        one.load(image_for(one))
        assert self._away_and_back(one).all_well

    def test_nothing_loaded(self) -> None:
        with pytest.raises(KjtuiError) as caught:
            machine("ready").jump()
        assert str(caught.value) == str(explain_jump(errno.EINVAL))

    def test_unload(self) -> None:
        one = machine("ready")
        one.load(image_for(one))
        one.unload()
        assert one.facts().kexec_loaded is False
        with pytest.raises(KjtuiError):
            one.jump()

    def test_jump_refused(self) -> None:
        one = machine("jump-refused")
        one.load(image_for(one))
        before = one.snapshot()
        with pytest.raises(KjtuiError) as caught:
            one.jump()
        assert str(caught.value) == str(explain_jump(errno.EBUSY))
        assert one.facts().kexec_loaded is True
        assert one.snapshot().boot_id == before.boot_id

    def test_load_fails(self) -> None:
        one = machine("load-fails")
        with pytest.raises(KjtuiError) as caught:
            one.load(image_for(one))
        assert str(caught.value) == str(explain_load(errno.ENOMEM))
        assert one.facts().kexec_loaded is False

    def test_bad_return(self) -> None:
        one = machine("memory-lost")
        one.load(image_for(one))
        report = self._away_and_back(one)
        assert not report.memory_intact
        assert report.after.cpus_online == 1
        assert report.same_boot
        assert report.word is None

    def test_other_boot(self) -> None:
        recording = read_recording(MACHINES / "ready.json")
        damage = replace(recording.faults.after, same_boot=False)
        one = SimulatedMachine(replace(recording, faults=replace(recording.faults, after=damage)))
        one.load(image_for(one))
        assert not self._away_and_back(one).same_boot


class TestRefusals:
    """The order and the errno of kexec_load's own checks."""

    @pytest.mark.parametrize(
        ("facts", "number"),
        [
            ({"capabilities": 0}, errno.EPERM),
            ({"capabilities": None}, errno.EPERM),
            ({"kexec_load_disabled": 1}, errno.EPERM),
            ({"kexec_load_limit_reboot": 0}, errno.EPERM),
            ({"lockdown": "integrity"}, errno.EPERM),
            ({"config": {}}, errno.ENOSYS),
            ({"config": {"CONFIG_KEXEC": "y"}}, errno.EINVAL),
            ({"memory_total": 300 * MIB}, errno.EINVAL),
        ],
    )
    def test_load(self, facts: dict[str, object], number: int) -> None:
        image = image_for(machine("ready"))
        with pytest.raises(KjtuiError) as caught:
            changed("ready", **facts).load(image)
        assert str(caught.value) == str(explain_load(number))

    def test_unload_needs_the_same_rights(self) -> None:
        with pytest.raises(KjtuiError):
            changed("ready", capabilities=0).unload()

    def test_limit_counts_down_whatever_comes_of_it(self) -> None:
        one = changed("ready", kexec_load_limit_reboot=3, lockdown="integrity")
        image = image_for(machine("ready"))
        for left in (2, 1, 0, 0):
            with pytest.raises(KjtuiError):
                one.load(image)
            assert one.facts().kexec_load_limit_reboot == left

    def test_unloading_counts_too(self) -> None:
        one = changed("ready", kexec_load_limit_reboot=2)
        one.load(image_for(one))
        one.unload()
        assert one.facts().kexec_load_limit_reboot == 0

    def test_no_limit_stays(self) -> None:
        one = machine("ready")
        one.load(image_for(one))
        assert one.facts().kexec_load_limit_reboot == -1


def test_defaults_may_be_left_out() -> None:
    """A recording needs a name and the facts that have no default."""
    facts = facts_to_json(machine("ready").facts())
    for name in ("screen_info", "block_devices", "watchdogs", "mounts", "swaps", "unreadable"):
        del facts[name]
    read: Facts = facts_from_json(facts)
    assert read.block_devices == ()
    assert Recording("x", read).visitor is not None
