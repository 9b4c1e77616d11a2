"""How long programs and drivers may take to freeze, before a jump as before any sleep."""

from kjtui.backend.probe.source import Source

TIMEOUT = "/sys/power/pm_freeze_timeout"


def timeout(source: Source) -> int | None:
    """Milliseconds (kernel/power/main.c); kernels without suspend do not tell."""
    return source.number(TIMEOUT, optional=True)
