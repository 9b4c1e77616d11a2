"""`kjtui pack-agent`: an initramfs of the person's own with kernel B's agent and the way home put into it."""

from kjtui.backend import visitorfiles
from kjtui.backend.machine import Progress
from kjtui.commands import output
from kjtui.commands.output import Streams, say, wrapped
from kjtui.plan.sizes import amount


def run(source: str, target: str, streams: Streams, progress: Progress, *, force: bool) -> int:
    """Write the initramfs `source` with the agent beside its own files to `target`. Raises KjtuiError."""
    output.check_target(target, force=force)
    data = visitorfiles.with_agent(source, progress)
    output.write(target, data, streams.stdout, force=force)
    if target != output.STANDARD_OUTPUT:
        text = (
            f"Written to {target}: {amount(len(data))}. Start it with rdinit=/kjtui/init, as kjtui does: "
            "that sets the disks read-only, lays the way home, and goes on with its own /init."
        )
        say(streams.stderr, wrapped(text))
    return 0
