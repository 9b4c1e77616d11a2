"""Memory: the map, and how much there is."""

from kjtui.backend.probe.source import Source

IOMEM = "/proc/iomem"
MEMINFO = "/proc/meminfo"


def iomem(source: Source) -> tuple[str, ...]:
    """Lines of /proc/iomem, as they are."""
    data = source.data(IOMEM)
    return () if data is None else tuple(data.decode("utf-8", "replace").splitlines())


def totals(source: Source) -> tuple[int, int]:
    """All memory and the available part, in bytes; (0, 0) if /proc/meminfo cannot be read."""
    try:
        # Imported here: it takes long to start on a slow machine, and only a probe needs it.
        import psutil
    except ImportError as error:
        source.note(MEMINFO, f"psutil does not start: {error}")
        return 0, 0
    kept = psutil.PROCFS_PATH
    psutil.PROCFS_PATH = str(source.path("/proc"))
    try:
        memory = psutil.virtual_memory()
        return int(memory.total), int(memory.available)
    except OSError as error:
        source.note(MEMINFO, error)
    except (LookupError, ValueError) as error:
        source.note(MEMINFO, f"its content is not understood: {error}")
    finally:
        psutil.PROCFS_PATH = kept
    return 0, 0
