"""What kernel B told of its visit, as findings of the return report."""

from kjtui.checks.words import clip
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.report import JumpReport
from kjtui.model.word import KeptDisk, VisitorWord, WayHome

BECAUSE = {
    WayHome.COUNTDOWN: "its countdown had run out",
    WayHome.KEY: "you pressed a key there",
    WayHome.COMMAND: "it was told to by kjtui back",
    WayHome.TIMER: "no key had been pressed there for long",
    WayHome.CANCELLED: "the saving was cancelled: nothing of it is kept",
    WayHome.DONE: "its program had ended",
    WayHome.RESTORED: "the image was put back",
    WayHome.AGENT: "its own program ended before its time",
    WayHome.ERROR: "something did not work there",
    WayHome.PANIC: "it failed (panic)",
}
_GIVEN_UP = (WayHome.CANCELLED, WayHome.ERROR)
_AMISS = (WayHome.AGENT, WayHome.ERROR, WayHome.PANIC)
_SHOWN = 12  # lines of the kernel's log
_MOST_SAID = 200  # characters of one thing in the journal


def findings(report: JumpReport) -> tuple[Finding, ...]:
    """How kernel B ended, what came of its program, which disks were out of its reach."""
    word = report.word
    left = (*_image(report), *_swap_area(report))
    if word is None:
        return (*left, _silent(report.fault))
    return (*left, _ended(word), *_program(word), *_files(report, word), *_disks(word))


def _image(report: JumpReport) -> tuple[Finding, ...]:
    """An image that might be gone back to, though this system goes on."""
    if not report.image_fault:
        return ()
    word = report.word
    if word is not None and word.way_home in _GIVEN_UP and not word.saved:
        verdict, title = Verdict.ATTENTION, "Where the image was to go cannot be looked at any more"
        why = (
            "Kernel B came back before it had said that the image was whole, so most likely there is none. "
            "Going back to one would damage the disks, for this system goes on."
        )
        cure = "When it is there again, kjtui image list shows what is on it; image discard takes it away."
    else:
        verdict = Verdict.BLOCKED
        title = "The image of this system could not be made one that nobody goes back to"
        why = "This system goes on and changes its disks. Going back to that image would damage them."
        cure = "Solve that, then run kjtui image discard; or press D when the next start asks."
    return (Finding("image", title, verdict, (Evidence("the image", report.image_fault),), why, cure),)


def _swap_area(report: JumpReport) -> tuple[Finding, ...]:
    """The swap area that the image was in, where it is not used again."""
    if not report.swap_fault:
        return ()
    return (
        Finding(
            id="swap-area",
            title="The swap area that carried the image is not in use again",
            verdict=Verdict.ATTENTION,
            evidence=(Evidence("swapon", report.swap_fault),),
            why="Nothing was in it. Without it this system has less room for what memory does not hold.",
            cure="Try swapon -a; the next start uses it again by itself.",
        ),
    )


def sentence(report: JumpReport) -> str:
    """How the visit has ended, in one sentence for the journal: the way home first, as WayHome has it."""
    word = report.word
    if word is None:
        told = "unknown: kernel B's word is damaged" if report.fault else "unknown: kernel B left no word"
        parts = [told]
    else:
        ran = f"Linux {word.kernel_version} ran {word.uptime:.1f} s"
        said = word.panic or word.error
        parts = [f"{word.way_home or 'unknown'}: {ran}" + (f", {clip(said, _MOST_SAID)}" if said else "")]
        if word.program:
            parts.append(f"its program ended with status {word.program.status}")
        open_ = [one.name for one in word.disks if not one.read_only]
        if word.disks:
            names = ", ".join(open_ or [one.name for one in word.disks])
            parts.append(clip(f"disks {'not ' if open_ else ''}read-only: {names}", _MOST_SAID))
    parts.append(f"away {report.away:.1f} s")
    before, after = report.before, report.after
    lost = {
        "another boot": not report.same_boot,
        "memory changed": not report.memory_intact,
        f"{after.cpus_online} of {before.cpus_online} processors": before.cpus_online != after.cpus_online,
    }
    if report.files_fault:
        parts.append("what was brought home could not be written")
    return "; ".join([*parts, *(name for name, is_lost in lost.items() if is_lost)])


def _silent(fault: str) -> Finding:
    return Finding(
        id="visitor",
        title="Kernel B's word of its visit is damaged" if fault else "Kernel B left no word of its visit",
        verdict=Verdict.UNKNOWN,
        evidence=(Evidence("mailbox", fault or "no valid word in it"),),
        why="It writes its version, its running time and how it ended into pages of this kernel.",
        cure="Nothing needs to be done: what counts is above.",
    )


def _ended(word: VisitorWord) -> Finding:
    amiss = word.way_home in _AMISS
    said = word.panic or word.error
    log = tuple(Evidence("kernel B's log", line) for line in word.log[-_SHOWN:]) if amiss else ()
    return Finding(
        id="visitor",
        title=_title(word),
        verdict=Verdict.ATTENTION if amiss else Verdict.READY,
        evidence=(
            *((Evidence("kernel B", said),) if said else ()),
            Evidence(
                "mailbox", f"version {word.kernel_version}, up {word.uptime:.3f} s, way home {word.way_home}"
            ),
            *log,
        ),
        why="These are kernel B's own words, left in pages of this kernel.",
        cure=_CURES[WayHome(word.way_home)] if amiss else "",
    )


def _title(word: VisitorWord) -> str:
    """How kernel B came to go back, and what was saved."""
    if word.saved and word.way_home == WayHome.RESTORED:
        return f"This system was saved, switched off and put back: {word.saved}"
    way = BECAUSE[WayHome(word.way_home)] if word.way_home in list(WayHome) else word.way_home
    if word.saved and word.way_home == WayHome.DONE:
        way = f"all was saved: {word.saved}"
    return f"Kernel B, Linux {word.kernel_version}, ran {word.uptime:.1f} s and came back because {way}"


_CURES = {
    WayHome.AGENT: "If you ended it on purpose, all is well; else look at kernel B's log (E).",
    WayHome.ERROR: "Look at what it says, and at the end of kernel B's log (E).",
    WayHome.PANIC: "The end of kernel B's log (E) says why. Your system was not touched; load kernel B anew.",
}


def _program(word: VisitorWord) -> tuple[Finding, ...]:
    if word.program is None:
        return ()
    end, files = word.program, word.files
    well = end.status == 0 and not end.trouble
    brought = ", ".join(f"{name} ({len(data)} bytes)" for name, data in files.items())
    title = f"Your program ended with status {end.status}"
    return (
        Finding(
            id="program",
            title=f"{title}; brought home: {brought}" if brought else f"{title}; nothing was brought home",
            verdict=Verdict.READY if well else Verdict.ATTENTION,
            evidence=(
                Evidence("program", f"status {end.status}" + (f"; {end.trouble}" if end.trouble else "")),
                *(Evidence(name, f"{len(data)} bytes") for name, data in files.items()),
            ),
            why="A status of 0 means that all went well; 127 that it could not be started.",
            cure=""
            if well
            else f"{end.trouble[:1].upper()}{end.trouble[1:]}."
            if end.trouble
            else "Its output says why.",
        ),
    )


def _files(report: JumpReport, word: VisitorWord) -> tuple[Finding, ...]:
    """Where what was brought home is now."""
    if not word.files or not (report.files_in or report.files_fault):
        return ()
    evidence = tuple(Evidence(name, f"{len(data)} bytes") for name, data in word.files.items())
    if report.files_in:
        why = "It came home in pages of this kernel and was written to the disk, readable by you alone."
        title = f"What was brought home is in {report.files_in}"
        return (Finding("files", title, Verdict.READY, evidence, why),)
    return (
        Finding(
            id="files",
            title="What was brought home could not be written to the disk",
            verdict=Verdict.ATTENTION,
            evidence=(Evidence("the disk", report.files_fault), *evidence),
            why=f"{report.files_fault} It is in this program's memory, and is lost when you leave it.",
            cure="Solve that, then jump again with the program loaded anew.",
        ),
    )


def _disks(word: VisitorWord) -> tuple[Finding, ...]:
    if not word.disks:
        return ()
    open_ = [one for one in word.disks if not one.read_only]
    names = ", ".join(one.name for one in word.disks)
    return (
        Finding(
            id="disks",
            title=(
                f"Kernel B could have written to your disks {', '.join(one.name for one in open_)}"
                if open_
                else f"Kernel B could not write to your disks: {names}"
            ),
            verdict=Verdict.ATTENTION if open_ else Verdict.READY,
            evidence=tuple(Evidence(one.name, _seen(one)) for one in word.disks),
            why="They were set read-only there before anything else ran.",
            cure="Check the file systems on them (fsck) before you write to them." if open_ else "",
        ),
    )


def _seen(one: KeptDisk) -> str:
    use = f"{one.why}; " if one.why else ""
    if not one.seen_as:
        return f"{use}kernel B had no driver for it"
    return f"{use}{one.seen_as} there, {'read-only' if one.read_only else 'writable'}"
