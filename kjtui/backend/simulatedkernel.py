"""What the kernel of a simulated machine permits, and which of its pages are free."""

import errno
from dataclasses import replace

from kjtui.backend.syscalls import explain_load
from kjtui.errors import KjtuiError
from kjtui.kexec import iomem
from kjtui.model.facts import Facts
from kjtui.model.memory import LOW_END, PAGE, Span

CAP_SYS_BOOT = 22  # include/uapi/linux/capability.h


def high_pages(facts: Facts, avoid: tuple[Span, ...], count: int) -> tuple[int, ...]:
    """Addresses of the highest pages of RAM outside every span of avoid.

    Fewer than count where there are no more; () where the memory map is hidden.
    """
    try:
        ranges = iomem.parse(facts.iomem)
    except KjtuiError:
        return ()
    avoid = (*avoid, *iomem.kernel_image(ranges), *iomem.crash_regions(ranges))
    pages: list[int] = []
    for span in reversed(iomem.ram(ranges)):
        page = span.end // PAGE * PAGE - PAGE
        while page >= max(span.start, LOW_END) and len(pages) < count:
            here = Span(page, page + PAGE)
            hole = next((one for one in avoid if one.overlaps(here)), None)
            if hole is None:
                pages.append(page)
            page = (hole.start if hole else page) // PAGE * PAGE - PAGE
    return tuple(pages)


def permit(facts: Facts) -> tuple[Facts, KjtuiError | None]:
    """What kexec_load looks at before anything else (kexec_load_check in kernel/kexec.c).

    Returns the facts with the load counted, and why it is refused.
    """
    limit = facts.kexec_load_limit_reboot
    if facts.config is not None and facts.config.get("CONFIG_KEXEC") != "y":
        return facts, explain_load(errno.ENOSYS)
    capable = facts.capabilities is not None and facts.capabilities >> CAP_SYS_BOOT & 1
    if not capable or facts.kexec_load_disabled or limit == 0:
        return facts, explain_load(errno.EPERM)
    if limit is not None and limit > 0:
        # Counted before lockdown is asked, and whatever comes of the load.
        facts = replace(facts, kexec_load_limit_reboot=limit - 1)
    if facts.lockdown in ("integrity", "confidentiality"):
        return facts, explain_load(errno.EPERM)
    return facts, None
