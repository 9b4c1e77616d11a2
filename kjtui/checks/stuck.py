"""Is there a program that cannot be frozen?"""

from kjtui.checks.words import clip, reasons
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts, Task

_ID = "stuck-tasks"
_TIMEOUT = "/sys/power/pm_freeze_timeout"
# Kernel functions in which a program waits for a disk, or for its own child: these waits end soon, or the
# freezer takes them as they are (TASK_FREEZABLE in kernel/fork.c, fs/coredump.c).
_SHORT = (
    "io_schedule",
    "folio_wait",
    "wait_on_page",
    "bit_wait_io",
    "wait_on_bit",
    "blk_mq_get_tag",
    "blkdev_",
    "submit_bio_wait",
    "rq_qos_wait",
    "wbt_wait",
    "jbd2_log_wait_commit",
    "wait_transaction_locked",
    "do_get_write_access",
    "xlog_",
    "xfs_log_force",
    "xfs_buf_",
    "btrfs_commit_transaction",
    "wait_for_vfork_done",
    "kernel_clone",
    "coredump",
    "do_coredump",
    "synchronize_rcu",
    "wait_rcu_gp",
    "balance_dirty_pages",
    "msleep",
)


def stuck_tasks(facts: Facts) -> Finding:
    """A task in an uninterruptible wait is frozen only when that wait ends (kernel/power/process.c)."""
    seconds = _seconds(facts.freeze_timeout)
    why = (
        "Before the jump every program is stopped. One that waits for something that does not come cannot be "
        f"stopped: after {seconds} the kernel gives up and refuses the jump. Nothing is lost."
    )
    if facts.stuck is None:
        title = "Whether a program is stuck cannot be told"
        cure = "Going on does no harm: if one cannot be stopped, the jump is refused and all goes on."
        return Finding(_ID, title, Verdict.UNKNOWN, reasons(facts, "/proc", "psutil"), why, cure)
    stuck = tuple(one for one in facts.stuck if not one.waits_in.startswith(_SHORT))
    if stuck:
        first = stuck[0]
        title = f"Cannot be stopped now: {clip(first.name, 15)} (process {clip(str(first.pid), 11)})"
        if len(stuck) > 1:
            title = clip(f"{title} and {len(stuck) - 1} more", 60)
        cure = (
            f"See what it waits for: ps -o stat,wchan:32,args -p {clip(str(first.pid), 11)}. Thaw a frozen "
            "file system (fsfreeze -u), bring its server or disk back, or restart. Then look again."
        )
        return Finding(_ID, title, Verdict.ATTENTION, _evidence(stuck), why, cure)
    if facts.stuck:
        title = "Some programs wait for a disk, as usual"
        return Finding(_ID, title, Verdict.READY, _evidence(facts.stuck), why)
    count = "all processes" if facts.processes is None else f"{facts.processes} processes"
    evidence = (Evidence("/proc/*/stat", f"{clip(count, 40)}, none in an uninterruptible wait (state D)"),)
    return Finding(_ID, "All programs can be stopped", Verdict.READY, evidence, why)


def _seconds(milliseconds: int | None) -> str:
    if milliseconds is None or not 0 < milliseconds < 10**7:
        return "20 s"  # what the kernel takes unless told otherwise (kernel/power/process.c)
    return f"{milliseconds / 1000:.3g} s"


def _evidence(tasks: tuple[Task, ...]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            f"/proc/{clip(str(one.pid), 11)}",
            f"{clip(one.name, 30)}, state {clip(one.state, 2)}"
            + (f", waits in {clip(one.waits_in, 40)}" if one.waits_in else ""),
        )
        for one in tasks[:4]
    )
