"""What happened before: the last jump, and one that did not come back."""

from kjtui.checks.words import ago, clip, reasons
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts, JournalEntry

JOURNAL = "/var/lib/kjtui/journal.jsonl"
_JUMP = "jump"
_RETURN = "return"
_BEGUN = "begun"


def last_jump(facts: Facts) -> Finding:
    """For information."""
    why = "A machine that has come back once does so again, as long as kernel and hardware stay the same."
    if facts.journal is None:
        title = "Whether this machine has jumped before cannot be told"
        cure = "Going on does no harm: the journal is for information. Run kjtui as root to read it."
        return Finding("last-jump", title, Verdict.UNKNOWN, reasons(facts, JOURNAL), why, cure)
    ended = next(
        (
            one
            for one in reversed(facts.journal)
            if one.operation == _JUMP and one.state in ("done", "failed")
        ),
        None,
    )
    if ended is None:
        none = (Evidence(JOURNAL, "no jump stands in it"),)
        return Finding("last-jump", "No jump has been made on this machine yet", Verdict.READY, none, why)
    how = "it came back" if ended.state == "done" else "it was refused"
    lines = (ended, home) if (home := returned(facts, ended)) else (ended,)
    evidence = tuple(Evidence(JOURNAL, _line(one, facts)) for one in lines)
    return Finding("last-jump", f"Last jump {_when(ended, facts)}: {how}", Verdict.READY, evidence, why)


def journal(facts: Facts) -> Finding:
    """What was begun and has no end: after a restart the jump is lost, before it was only interrupted."""
    why = "kjtui notes a jump before it begins, and how it ended. One without an end did not come back."
    if facts.journal is None:
        title = "Whether the last jump came back cannot be told"
        cure = "Go on if you know that it did, or that there was none. Run kjtui as root to read the journal."
        return Finding("journal", title, Verdict.UNKNOWN, reasons(facts, JOURNAL), why, cure)
    still_open = open_jump(facts)
    if still_open is None:
        count = len(facts.journal)
        evidence = (
            Evidence(JOURNAL, f"{count} entries, no jump without its end" if count else "it is empty"),
        )
        return Finding("journal", "No jump is left open in the journal", Verdict.READY, evidence, why)
    evidence = (Evidence(JOURNAL, _line(still_open, facts)),)
    if still_open.boot_id and still_open.boot_id == facts.boot_id:
        return _interrupted(facts, evidence)
    title = f"The last jump did not come back ({_when(still_open, facts)})"
    why = "The machine restarted instead of coming back. Until the cause is known, it may do so again."
    cure = (
        'Open troubleshooting (F1), "It rebooted instead", which looks for the cause. Then take note of it '
        "here; the next jump is best a Quick test with nothing unsaved."
    )
    return Finding("journal", title, Verdict.ATTENTION, evidence, why, cure, "settle-journal")


def _interrupted(facts: Facts, evidence: tuple[Evidence, ...]) -> Finding:
    """This boot's: kjtui itself was ended, perhaps when it had taken the other processors offline."""
    title = "A jump is under way, or its program was ended"
    why = (
        "This system still runs, so nothing is lost: either another kjtui is jumping now, or it was "
        "ended before it could write down how the jump went."
    )
    back = ""
    if facts.cpus_present is not None and facts.cpus_online < facts.cpus_present:
        count = f"{facts.cpus_online} of {facts.cpus_present} processors are online"
        evidence = (*evidence, Evidence("/sys/devices/system/cpu/online", clip(count, 60)))
        back = " Bring the processors back, too, that it had taken offline."
    cure = f"Look whether another kjtui runs (pgrep -a kjtui). If none does, take note of it and go on.{back}"
    return Finding("journal", title, Verdict.ATTENTION, evidence, why, cure, "settle-journal")


def open_jump(facts: Facts) -> JournalEntry | None:
    """The newest jump, if nothing says how it ended."""
    last = next((one for one in reversed(facts.journal or ()) if one.operation == _JUMP), None)
    return last if last is not None and last.state == _BEGUN else None


def returned(facts: Facts, jump: JournalEntry) -> JournalEntry | None:
    """What stands in the journal of the way home from a jump, None if nothing does. jump: how it ended."""
    entries = facts.journal or ()
    later = entries[entries.index(jump) + 1 :] if jump in entries else ()
    for one in later:
        if one.operation == _JUMP:
            return None
        if one.operation == _RETURN:
            return one
    return None


def _when(entry: JournalEntry, facts: Facts) -> str:
    if facts.wall_clock is None or not 0 <= facts.wall_clock - entry.at < 1e10:
        return "at an unknown time"
    return f"{ago(facts.wall_clock - entry.at)} ago"


def _line(entry: JournalEntry, facts: Facts) -> str:
    about = f": {clip(entry.about, 80)}" if entry.about.strip() else ""
    same = "this boot" if entry.boot_id and entry.boot_id == facts.boot_id else "an earlier boot"
    return f"{clip(entry.operation, 20)} {clip(entry.state, 12)}, {_when(entry, facts)}, in {same}{about}"
