"""Looking at a machine: one topic per module, `gather` puts them together."""

from kjtui.backend.probe.gather import gather

__all__ = ["gather"]
