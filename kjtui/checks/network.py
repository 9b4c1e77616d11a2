"""What becomes of the network: its links, and the connections over them."""

from collections import Counter

from kjtui.checks.words import clip, named, partly_hidden, reasons
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Connection, Facts, NetLink

_LINKS = "/sys/class/net"
_TCP = "/proc/net/tcp"
_NFS = 2049
# Members of a cluster watch one another by the second, and shut out, or restart, who does not answer.
_CLUSTER = frozenset(
    {
        *("corosync", "pacemakerd", "etcd", "ceph-mon", "ceph-osd", "ceph-mds", "kubelet", "k3s-server"),
        *("k3s-agent", "consul", "nomad", "garbd", "keepalived", "ctdbd", "glusterd", "patroni", "cockroach"),
        *("pmxcfs", "pve-ha-lrm"),
    }
)
_CLUSTER_PORTS = {
    2380: "etcd",
    4567: "Galera",
    5405: "corosync",
    7788: "DRBD",
    10250: "kubelet",
    24007: "Gluster",
}


def network(facts: Facts) -> Finding:
    """For information: the links sleep and wake with their drivers."""
    why = "Network cards sleep with this system: it answers nobody until it is back, then goes on by itself."
    if facts.links is None or partly_hidden(facts, _LINKS):
        title = "Which network links there are cannot be told"
        cure = "Going on does no harm: connections pause, as with a cable that is pulled out for a while."
        return Finding("network", title, Verdict.UNKNOWN, reasons(facts, _LINKS), why, cure)
    real = tuple(one for one in facts.links if one.driver)
    evidence = tuple(Evidence(f"{_LINKS}/{clip(one.name, 20)}", _link(one)) for one in real[:4])
    if len(real) > 4:
        evidence = (*evidence, Evidence(_LINKS, f"and {len(real) - 4} more"))
    count = len(facts.links)
    evidence = evidence or (Evidence(_LINKS, f"{count} link{'' if count == 1 else 's'}, none with a card"),)
    up = tuple(one.name for one in real if one.up)
    if not up:
        return Finding("network", "No network card is in use", Verdict.READY, evidence, why)
    title = f"The network pauses during the visit: {named(up, 2, 23)}"
    return Finding("network", title, Verdict.READY, evidence, why)


def connections(facts: Facts) -> Finding:
    """For information, except where others would take this machine for dead."""
    why = (
        "Nobody is told that this system sleeps. TCP bears minutes of silence; who is at the other end may "
        "give up sooner. A Quick test takes seconds."
    )
    if facts.connections is None:
        title = "Which connections are open cannot be told"
        cure = "Go on with Quick test: seconds of silence are rarely noticed."
        return Finding("connections", title, Verdict.UNKNOWN, reasons(facts, _TCP, "/proc/net"), why, cure)
    if not facts.connections:
        evidence: tuple[Evidence, ...] = (Evidence(_TCP, "no connection to another machine"),)
        return Finding("connections", "No connection would time out", Verdict.READY, evidence, why)
    count = len(facts.connections)
    cluster = tuple(name for one in facts.connections if (name := _member(one)))
    if cluster:
        title = f"Other machines watch this one: {named(cluster, 1, 27)}"
        why = (
            "The members of a cluster shut out who does not answer for some seconds, and some restart it by "
            "remote control (fencing). Then this system is lost while it sleeps."
        )
        cure = (
            "Take this machine out of its cluster first (maintenance mode, drain, pcs node standby), and "
            "bring it back after the jump."
        )
        evidence = _programs(tuple(one for one in facts.connections if _member(one)))
        return Finding("connections", title, Verdict.ATTENTION, evidence, why, cure)
    names = tuple(_called(one) for one in facts.connections)
    noun = "connection pauses" if count == 1 else "connections pause"
    title = f"{count} {noun}: {named(names, 2, 30)}"
    return Finding("connections", clip(title, 60), Verdict.READY, _programs(facts.connections), why)


def _link(one: NetLink) -> str:
    state = {True: "up", False: "down", None: "state unknown"}[one.up]
    return f"driver {clip(one.driver, 24)}, {state}"


def _member(one: Connection) -> str:
    """The cluster program behind a connection, "" for others. Ports count where the program is not told."""
    if one.program:
        return one.program if one.program in _CLUSTER else ""
    return _CLUSTER_PORTS.get(one.local_port, "") or _CLUSTER_PORTS.get(one.remote_port, "")


def _called(one: Connection) -> str:
    """The program, or the kernel's own use of the port."""
    if not one.program and _port(one) == _NFS:
        return "NFS"
    return one.program or f"port {_port(one)}"


def _port(one: Connection) -> int:
    """The serving side's port: the lower one, but NFS takes a low one for its client, too."""
    return _NFS if _NFS in (one.local_port, one.remote_port) else min(one.local_port, one.remote_port)


def _programs(found: tuple[Connection, ...]) -> tuple[Evidence, ...]:
    """Programs with the ports of the serving side and how many connections; no addresses."""
    counted = Counter((_called(one), _port(one)) for one in found)
    lines = tuple(Evidence(_TCP, _line(name, port, count)) for (name, port), count in counted.most_common(4))
    more = len(counted) - len(lines)
    return (*lines, Evidence(_TCP, f"and {more} more")) if more else lines


def _line(name: str, port: int, count: int) -> str:
    number = f"port {clip(str(port), 8)}"
    times = f", {count} times" if count > 1 else ""
    return f"{number}{times}" if name == number else f"{clip(name, 30)}, {number}{times}"
