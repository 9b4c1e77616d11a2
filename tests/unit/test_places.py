"""Where memory can be saved to, and what the steps say of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend.simulated import SimulatedMachine
from kjtui.checks.registry import BY_ID
from kjtui.errors import KjtuiError
from kjtui.model.checks import Verdict
from kjtui.model.choices import Purpose
from kjtui.model.facts import BlockDevice, NotResumed
from kjtui.model.memory import MIB
from kjtui.model.saved import FileSpace, Medium, Target, Task
from kjtui.plan import places, saving
from kjtui.wizard import choose, goals, imageplace, returned
from kjtui.wizard.session import Session
from kjtui.wizard.steps import STEPS

MACHINES = Path(__file__).parent.parent / "machines"


def quiet(_what: str, _fraction: float) -> None:
    pass


def walk(name: str = "hibernate", task: Task = Task.HIBERNATE) -> Session:
    session = Session(SimulatedMachine.from_file(MACHINES / f"{name}.json"))
    goals.begin(session, next(one for one in goals.GOALS if one.task is task))
    session.take_look(session.look())
    return session


def test_only_what_this_system_does_not_use_is_offered() -> None:
    session = walk()
    assert [one.label for one in imageplace.options(session)] == ["/dev/sda1"]
    assert session.seen is not None
    told = {one.target.name: one.why_not for one in places.places(session.seen.facts, session.seen.disks)}
    assert "mounted at /" in told["/dev/nvme0n1p2"]
    assert "swaps to it" in told["/dev/nvme0n1p3"]
    assert "/dev/nvme0n1" not in told  # a disk with partitions is no place
    assert told["/dev/sda1"] == ""


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"content": "ext4"}, "ext4"),
        ({"member_of": "zfs pool tank"}, "zfs pool tank"),
        ({"mounted_at": ("/mnt",)}, "/mnt"),
        ({"swap": True}, "swaps"),
    ],
)
def test_what_holds_something_is_not_taken(fields: dict[str, object], why: str) -> None:
    session = walk()
    assert session.seen is not None
    devices = tuple(
        replace(one, **fields) if one.name == "sda1" else one  # type: ignore[arg-type]
        for one in session.seen.facts.block_devices
    )
    facts = replace(session.seen.facts, block_devices=devices)
    found = next(one for one in places.places(facts, session.seen.disks) if one.target.name == "/dev/sda1")
    assert why in found.why_not
    session.take_look(replace(session.seen, facts=facts))
    with pytest.raises(KjtuiError):
        imageplace.place(session)


def test_a_disk_without_partitions_is_a_place_of_its_own() -> None:
    session = walk()
    assert session.seen is not None
    disk = BlockDevice("sdb", 8 << 30, kind="disk", bus="usb", removable=True)
    facts = replace(session.seen.facts, block_devices=(*session.seen.facts.block_devices, disk))
    disks = (*session.seen.disks, replace(session.seen.disks[0], name="sdb", size=8 << 30))
    found = next(one for one in places.places(facts, disks) if one.target.name == "/dev/sdb")
    assert (found.target.medium, found.target.partition, found.why_not) == (Medium.DISK, 0, "")


def test_the_walk_saves_switches_off_and_tells() -> None:
    session = walk()
    view = STEPS[2].view(session)
    assert view.blocked is None
    assert [one.id for one in view.asks] == ["overwrites"]
    assert "switched off" in " ".join(view.will)
    session.take_image(session.prepare(quiet))
    session.load(quiet)
    assert "switched off" in " ".join(STEPS[4].view(session).will)
    report = session.jump()
    assert report.word is not None
    assert report.word.way_home == "restored"


def test_a_snapshot_says_that_it_comes_back() -> None:
    session = walk(task=Task.SNAPSHOT)
    assert "go on" in " ".join(STEPS[2].view(session).will)
    session.take_image(session.prepare(quiet))
    session.load(quiet)
    report = session.jump()
    assert report.word is not None
    assert report.word.way_home == "done"


def test_without_a_place_it_does_not_go_on() -> None:
    view = STEPS[2].view(walk("ready", Task.SNAPSHOT))
    assert view.blocked is not None
    assert view.blocked.id == "no-place"


def test_what_would_not_be_found_again_is_not_saved() -> None:
    view = STEPS[2].view(walk("ready"))
    assert view.blocked is imageplace.NOT_LOOKED_FOR
    assert "enable-resume" in view.blocked.cure


def test_another_goal_is_another_walk() -> None:
    session = walk()
    assert session.choices.purpose is Purpose.SAVE
    goals.begin(session, goals.GOALS[0])
    assert session.choices.purpose is Purpose.QUICK
    assert choose.view(session).options[0].label == "Quick test"


def test_a_place_that_is_not_there_is_named() -> None:
    session = walk()
    session.choose(replace(session.choices, image_on="/dev/nowhere1"))
    with pytest.raises(KjtuiError, match="no such place") as told:
        session.prepare(quiet)
    assert "/dev/sda1" in told.value.hint


def test_the_heads_of_what_is_mounted_are_watched() -> None:
    session = walk()
    assert session.seen is not None
    parts = ((1 << 20, 1 << 30), (2 << 30, 5 << 30), (8 << 30, 1 << 30))
    disk = replace(session.seen.disks[0], partitions=parts)
    found = saving.footprints(session.seen.facts, (disk,))
    # Nothing in a swap area's head tells that it is used.
    assert [(one.offset, one.size, one.what) for one in found] == [
        (1 << 20, saving.FOOTPRINT, "/boot/efi (vfat)"),
        (2 << 30, saving.FOOTPRINT, "/ (ext4)"),
        (8 << 30, saving.FURTHER, "swap (swap)"),
    ]


def test_a_key_is_made_of_a_passphrase() -> None:
    session = walk()
    assert session.seen is not None
    facts = session.seen.facts
    own = session.machine.identity()
    region = session.offer.region if session.offer else None
    assert region is not None
    from kjtui.model.visit import Orders

    target = imageplace.place(session).target
    told = saving.errand(facts, region, Orders(), own, Task.HIBERNATE, target, ())
    sealed = saving.sealed(told, "correct horse")
    assert len(sealed.key) == 32
    assert sealed.sealing is not None
    assert saving.key_of(b"correct horse", sealed.sealing) == sealed.key
    assert saving.key_of(b"wrong horse", sealed.sealing) != sealed.key


def test_why_a_system_was_not_gone_back_to_is_told() -> None:
    session = walk()
    assert session.seen is not None
    told = NotResumed("A disk has been used since", "/ (ext4) on vda is not as it was.", "Start afresh.")
    finding = BY_ID["saved-system"].run(replace(session.seen.facts, not_resumed=told))
    assert finding.verdict is Verdict.ATTENTION
    assert "vda" in finding.why
    assert finding.cure == "Start afresh."


def saved(session: Session) -> Session:
    session.take_image(session.prepare(quiet))
    session.load(quiet)
    session.jump()
    return session


def test_an_image_s_key_is_used_once() -> None:
    """What is saved again is prepared again, with another id and another key."""
    session = saved(walk())
    assert session.image is None
    assert not session.can_jump
    with pytest.raises(KjtuiError, match="not prepared"):
        session.load(quiet)


def test_an_image_that_cannot_be_made_useless_is_the_first_thing_to_be_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = walk()

    def fail(_path: str, _name: str) -> bool:
        raise KjtuiError("The medium of the image does not work", "/dev/sda1: Input/output error.")

    monkeypatch.setattr(session.machine, "discard_image", fail)
    saved(session)
    assert session.report is not None
    assert not session.report.all_well
    first = returned.findings(session.report)[0]
    assert (first.id, first.verdict) == ("image", Verdict.BLOCKED)
    assert "Input/output error" in first.evidence[0].text


def test_a_saved_system_that_would_be_overwritten_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    session = walk()
    monkeypatch.setattr(session.machine, "waiting_image", lambda _path: "a system that was saved yesterday")
    session.take_image(session.prepare(quiet))
    asks = STEPS[3].view(session).asks
    assert [one.id for one in asks] == ["image-waits"]
    assert "yesterday" in asks[0].evidence[0].text


def with_devices(session: Session, change: dict[str, dict[str, object]], **facts: object) -> Session:
    """The same walk on a machine whose devices are otherwise. change: by the device's name."""
    assert session.seen is not None
    devices = tuple(
        replace(one, **change.get(one.name, {}))  # type: ignore[arg-type]
        for one in session.seen.facts.block_devices
    )
    known = replace(session.seen.facts, block_devices=devices, **facts)  # type: ignore[arg-type]
    spaces = session.machine.file_spaces(devices)
    session.take_look(replace(session.seen, facts=known, spaces=spaces))
    return session


def test_a_file_is_put_on_a_file_system_that_is_not_mounted() -> None:
    session = with_devices(walk(), {"sda1": {"content": "ext4"}})
    place = imageplace.place(session)
    assert (place.target.medium, place.target.path) == (Medium.FILE, "kjtui.image")
    assert imageplace.asks(session) == ()  # nothing is overwritten
    assert "the file kjtui.image on /dev/sda1" in " ".join(imageplace.will(session))
    image = session.prepare(quiet)
    assert image.segments


def test_a_file_system_that_is_not_to_be_touched_is_no_place() -> None:
    session = walk()
    assert session.seen is not None
    space = FileSpace("sda1", "ext4", 8 << 30, "a boot loader is in its first sector")
    found = places.places(session.seen.facts, session.seen.disks, (space,))
    told = {one.target.name: one.why_not for one in found}
    assert told["/dev/sda1"] == "a boot loader is in its first sector"
    found = places.places(session.seen.facts, session.seen.disks, (replace(space, free=1, why_not=""),))
    assert "free" in next(one.why_not for one in found if one.target.name == "/dev/sda1")


def test_what_udev_does_not_know_is_not_overwritten() -> None:
    session = walk()
    assert session.seen is not None
    for space, why in (
        (FileSpace("sda1", "xfs", 0), "it holds xfs, which would be lost"),
        (FileSpace("sda1", "", 0, "it cannot be read (Input/output error)"), "it cannot be read"),
    ):
        found = places.places(session.seen.facts, session.seen.disks, (space,))
        assert why in next(one.why_not for one in found if one.target.name == "/dev/sda1")


SWAP = "/dev/nvme0n1p3"


def test_an_empty_swap_area_is_not_swapped_to_meanwhile() -> None:
    """It is left before the jump, and taken again behind it, when no image is in it any more."""
    session = with_devices(walk(), {}, empty_swaps=(SWAP,), swaps=(SWAP,))
    session.choose(replace(session.choices, image_on=SWAP))
    assert imageplace.place(session).target.medium is Medium.SWAP
    assert imageplace.asks(session) == ()
    session.take_image(session.prepare(quiet))
    session.load(quiet)
    calls = noted_calls(session)
    report = session.jump()
    assert calls == ["drop_caches", f"swap_off {SWAP}", "jump", f"discard_image {SWAP}", f"swap_on {SWAP}"]
    assert report.swap_fault == ""


def noted_calls(session: Session) -> list[str]:
    """What is done to the machine from now on, with the first word of each."""
    calls: list[str] = []
    machine = session.machine
    for name in ("drop_caches", "swap_off", "swap_on", "jump", "discard_image"):
        was = getattr(machine, name)

        def noted(*words: str, name: str = name, was: Callable[..., object] = was) -> object:
            calls.append(f"{name} {words[0] if words else ''}".strip())
            return was(*words)

        setattr(machine, name, noted)
    return calls


@pytest.mark.parametrize("keep", [False, True])
def test_copies_of_files_are_given_back_unless_they_are_wanted(keep: bool) -> None:
    session = walk()
    session.choose(replace(session.choices, keep_caches=keep))
    assert ("copies of files" in " ".join(imageplace.will(session))) is not keep
    session.take_image(session.prepare(quiet))
    session.load(quiet)
    calls = noted_calls(session)
    session.jump()
    assert calls[: 2 - keep] == (["jump"] if keep else ["drop_caches", "jump"])


def test_a_jump_that_saves_nothing_leaves_the_caches() -> None:
    session = walk()
    session.choose_purpose(Purpose.QUICK)
    session.take_image(session.prepare(quiet))
    session.load(quiet)
    calls = noted_calls(session)
    session.jump()
    assert calls == ["jump"]


def test_a_jump_that_is_refused_swaps_again(monkeypatch: pytest.MonkeyPatch) -> None:
    session = with_devices(walk(), {}, empty_swaps=(SWAP,), swaps=(SWAP,))
    session.choose(replace(session.choices, image_on=SWAP))
    session.take_image(session.prepare(quiet))
    session.load(quiet)

    def refuse() -> None:
        raise KjtuiError("The jump did not take place")

    monkeypatch.setattr(session.machine, "jump", refuse)
    with pytest.raises(KjtuiError, match="did not take place"):
        session.jump()
    assert SWAP in session.machine.facts().swaps


def test_a_swap_area_that_is_not_taken_again_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    session = with_devices(walk(), {}, empty_swaps=(SWAP,), swaps=(SWAP,))
    session.choose(replace(session.choices, image_on=SWAP))
    session.take_image(session.prepare(quiet))
    session.load(quiet)

    def fail(_path: str) -> None:
        raise KjtuiError("This system does not swap to it any more", "swapon: Invalid argument.")

    monkeypatch.setattr(session.machine, "swap_on", fail)
    report = session.jump()
    first = returned.findings(report)[0]
    assert (first.id, first.verdict) == ("swap-area", Verdict.ATTENTION)
    assert "Invalid argument" in first.evidence[0].text


def test_a_swap_area_in_which_something_is_is_no_place() -> None:
    session = with_devices(walk(), {}, empty_swaps=(), swaps=(SWAP,))
    session.choose(replace(session.choices, image_on=SWAP))
    with pytest.raises(KjtuiError, match="cannot take"):
        imageplace.place(session)


def test_the_swap_area_that_carries_the_image_is_not_watched() -> None:
    session = walk()
    assert session.seen is not None
    parts = ((1 << 20, 1 << 30), (2 << 30, 5 << 30), (8 << 30, 1 << 30))
    disk = replace(session.seen.disks[0], partitions=parts)
    target = Target(Medium.SWAP, SWAP, 1 << 30, disk, 3)
    found = saving.footprints(session.seen.facts, (disk,), target)
    assert [one.what for one in found] == ["/boot/efi (vfat)", "/ (ext4)"]


def test_a_server_is_a_place_where_the_next_start_looks_there() -> None:
    session = with_devices(walk(), {}, looks_on_server="nas:/images")
    assert imageplace.options(session)[-1].label == "nas:/images"
    session.choose(replace(session.choices, image_on="nas:/images"))
    assert imageplace.asks(session) == ()
    assert session.prepare(quiet).segments
    session.choose(replace(session.choices, image_on="other:/images"))
    with pytest.raises(KjtuiError, match="cannot take") as told:
        imageplace.place(session)
    assert "enable-resume --server other:/images" in told.value.detail


def test_a_snapshot_goes_to_any_server() -> None:
    session = walk(task=Task.SNAPSHOT)
    session.choose(replace(session.choices, image_on="other:/images"))
    target = imageplace.place(session).target
    assert (target.medium, target.server, target.export) == (Medium.NFS, "other", "/images")


def test_a_snapshot_goes_to_no_swap_area() -> None:
    session = with_devices(walk(task=Task.SNAPSHOT), {}, empty_swaps=(SWAP,), swaps=(SWAP,))
    session.choose(replace(session.choices, image_on=SWAP))
    with pytest.raises(KjtuiError, match="cannot take") as told:
        imageplace.place(session)
    assert "over the snapshot" in told.value.detail


def least(task: Task) -> int:
    """The smallest region, MiB, that kernel B is laid out in."""
    for mib in range(64, 256, 2):
        session = walk(task=task)
        session.resize(mib * MIB - session.choices.region_size)
        packed = session.machine.initramfs(session.choices, "", quiet)
        large = replace(packed, unpacked=40 * MIB)
        session.machine.initramfs = lambda *_, large=large: large  # type: ignore[method-assign]
        try:
            session.prepare(quiet)
        except KjtuiError as error:
            assert "too small" in error.title  # noqa: PT017
        else:
            return mib
    raise AssertionError("none")


def test_what_puts_memory_back_has_room_in_the_same_place() -> None:
    assert least(Task.HIBERNATE) - least(Task.SNAPSHOT) >= 2 * saving.GOING_BACK // MIB - 2
