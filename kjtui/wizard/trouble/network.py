"""After coming back the network is dead."""

from kjtui.checks.words import clip, named
from kjtui.model.checks import Evidence
from kjtui.model.facts import NetLink
from kjtui.wizard.trouble.clues import Clues, Told, quotes
from kjtui.wizard.trouble.common import RESTART, last_jump, not_restored, said_by_person, whose
from kjtui.wizard.trouble.model import Cause, Choice, Question, Strength, Suspicion, Symptom, suspect

_EXTENT = "network-extent"
_CHOICES_EXTENT = (
    Choice("old", "Only what was connected before; new connections work"),
    Choice("names", "Nothing by name works, numbers (ping 1.1.1.1) do"),
    Choice("all", "Nothing works at all"),
)


def _real(clues: Clues) -> tuple[NetLink, ...]:
    return tuple(one for one in clues.facts.links or () if one.driver)


def _down(clues: Clues) -> tuple[NetLink, ...]:
    return tuple(one for one in _real(clues) if one.up is False)


def _network_driver(clues: Clues) -> Suspicion | None:
    drivers = [clip(one.driver, 20) for one in _real(clues)]
    lines = (*not_restored(clues, drivers), *clues.said("net-timeout")) if drivers else ()
    lines = lines or clues.said("net-timeout")
    if not lines:
        return None
    names = named(drivers, 1, 24) if drivers else whose(lines)
    return suspect(
        Strength.PROVEN,
        "network-driver",
        f"The network card did not wake: {names}",
        (*last_jump(clues), *quotes(lines)),
        "Its driver could not bring the card back to where it was before the jump.",
        f"Load the driver anew: modprobe -r {drivers[0] if drivers else 'NAME'}, then modprobe "
        f"{drivers[0] if drivers else 'NAME'}. {RESTART}",
    )


def _network_link(clues: Clues) -> Suspicion | None:
    """A card without a link: some need to be asked again, and Wi-Fi has to log in again."""
    last: dict[str, Told] = {one.means.who: one for one in clues.links_told}
    dropped = [one for one in last.values() if one.means.id == "link-down"]
    cards = _down(clues)
    if not cards and not dropped:
        return None
    if clues.facts.links and not cards:
        return None  # the log's last word is older than this look, which sees all of them up
    name = clip(cards[0].name if cards else dropped[0].means.who or "NAME", 20)
    wireless = name.startswith("wl")
    again = (
        f"nmcli device connect {name}, or log in to the access point again"
        if wireless
        else f"ip link set {name} down, then ip link set {name} up, as root; and look at the cable"
    )
    # A machine may have a socket without a cable: what else is up says whether this one is needed.
    alone = not any(one.up for one in _real(clues))
    return suspect(
        Strength.PROVEN if alone and cards else Strength.LIKELY if alone else Strength.POSSIBLE,
        "network-link",
        f"A network interface has no link: {name}",
        (
            *last_jump(clues),
            *(Evidence(f"/sys/class/net/{clip(one.name, 20)}/operstate", "not up") for one in cards[:3]),
            *quotes(dropped),
        ),
        "Devices stop for the jump, and the link goes down with that. It has not come up again.",
        f"{again}. With NetworkManager or systemd-networkd, restarting that service does the same.",
    )


def _network_old(clues: Clues) -> Suspicion | None:
    if _down(clues) or clues.answer(_EXTENT) not in ("old", "unsure"):
        return None
    found = clues.finding("connections")
    return suspect(
        Strength.LIKELY if clues.answer(_EXTENT) == "old" else Strength.POSSIBLE,
        "timed-out",
        "The other side has given up on old connections",
        (
            *last_jump(clues),
            said_by_person(clues, _EXTENT, _CHOICES_EXTENT),
            *(found.evidence[:2] if found else ()),
        ),
        "While this system slept nobody answered for it. Servers, routers and VPNs forget a silent partner, "
        "some after half a minute.",
        "Connect again: log in anew, restart the VPN, reload the page. A shorter visit avoids it.",
    )


def _network_address(clues: Clues) -> Suspicion | None:
    if _down(clues) or clues.answer(_EXTENT) not in ("names", "all", "unsure"):
        return None
    all_gone = clues.answer(_EXTENT) == "all"
    return suspect(
        Strength.LIKELY if clues.answer(_EXTENT) != "unsure" else Strength.POSSIBLE,
        "address-lost" if all_gone else "resolver",
        "The address has run out (DHCP)" if all_gone else "The name service is not reached",
        (
            *last_jump(clues),
            said_by_person(clues, _EXTENT, _CHOICES_EXTENT),
            *(Evidence("/sys/class/net", f"{clip(one.name, 20)} is up") for one in _real(clues)[:3]),
        ),
        "The card works. The address was lent for a time that has passed, or the clock made a step."
        if all_gone
        else "The card and the address work; what turns names into addresses is still waiting for an answer.",
        "As root: systemctl restart NetworkManager (or systemd-networkd, networking); then ip address."
        if all_gone
        else "As root: systemctl restart systemd-resolved (or what resolv.conf names). A VPN: connect anew.",
    )


def _ask_extent(clues: Clues) -> bool:
    return not _down(clues) and not clues.said("net-timeout") and not _network_driver(clues)


NETWORK = Symptom(
    "network",
    "After coming back the network is dead",
    "You are back in your system, and connections do not go on.",
    (
        Cause("network-driver", _network_driver),
        Cause("network-link", _network_link),
        Cause("timed-out", _network_old),
        Cause("address-lost", lambda clues: _only(_network_address(clues), "address-lost")),
        Cause("resolver", lambda clues: _only(_network_address(clues), "resolver")),
    ),
    (Question(_EXTENT, "What does not work?", _CHOICES_EXTENT, _ask_extent),),
)


def _only(found: Suspicion | None, cause: str) -> Suspicion | None:
    return found if found and found.finding.id == cause else None
