"""kjtui: boot a second Linux kernel, work in it, and jump back with everything still there."""

__version__ = "0.1.0"
