"""Kernel B's initramfs for starting kernel B by itself, without a kernel A."""

from pathlib import Path

from kjtui.backend import agentimage
from kjtui.backend.visitorfiles import joined
from kjtui.model.visit import Orders
from kjtui.plan.visit import with_orders


def write(scratch: Path, told: Orders) -> Path:
    """The file, in a directory for scratch files."""
    agent = agentimage.agent_initramfs(scratch, lambda _what, _fraction: None)
    place = scratch / "initramfs"
    place.write_bytes(with_orders(joined(agent, agentimage.own()), told))
    return place
