"""`kjtui record`: this machine as a simulated machine, without what is private, to practise on or pass on."""

import json
from dataclasses import replace

from kjtui.backend.machine import Reader
from kjtui.backend.recorded import encode, facts_to_json
from kjtui.commands import output
from kjtui.commands.output import Streams, say, wrapped
from kjtui.errors import KjtuiError
from kjtui.knowledge.redact import Redactor, Secrets
from kjtui.model.facts import Facts, InstalledKernel, LogLine


def run(machine: Reader, secrets: Secrets, name: str, streams: Streams, *, force: bool) -> int:
    """Write the recording to a file, or to standard output for "-". Raises KjtuiError."""
    output.check_target(name, force=force)
    facts = machine.facts()
    kernels, (before, _) = machine.installed_kernels(), previous_log(machine)
    redactor = Redactor(with_releases(secrets, facts, kernels))
    data = recording(recorded_name(machine, facts), redactor.facts(facts), redactor, kernels, before)
    output.write(name, data.encode(), streams.stdout, force=force)
    tell(streams, redactor)
    if name != output.STANDARD_OUTPUT:
        practise = f"kjtui --machine {name} practises on it; look into it before you pass it on."
        say(streams.stderr, wrapped(f"Written to {name}, readable by you alone. {practise}"))
    return 0


def recording(
    name: str,
    redacted: Facts,
    redactor: Redactor,
    kernels: tuple[InstalledKernel, ...],
    before: tuple[LogLine, ...],
) -> str:
    """The file as kjtui.backend.simulated reads it. The facts are redacted already, the rest is here."""
    value = {
        "name": redactor.text(name),
        "facts": facts_to_json(redacted),
        "kernels": encode(redactor.all(kernels)),
        "before": encode(redactor.all(before)),
    }
    return json.dumps(value, indent=2) + "\n"


def previous_log(machine: Reader) -> tuple[tuple[LogLine, ...], str]:
    """What is left of the log of the boot before, and why nothing is."""
    try:
        return machine.previous_log(), "nothing is left of it"
    except KjtuiError as error:
        return (), error.detail or error.title


def with_releases(secrets: Secrets, facts: Facts, kernels: tuple[InstalledKernel, ...]) -> Secrets:
    """The secrets, with the releases of all kernels known for what they are."""
    return replace(secrets, releases=(facts.kernel_release, *(one.release for one in kernels)))


def tell(streams: Streams, redactor: Redactor) -> None:
    """Say what was left out."""
    left_out = ", ".join(redactor.left_out())
    say(streams.stderr, wrapped(f"Left out: {left_out}." if left_out else "Nothing private was found."))


def recorded_name(machine: Reader, facts: Facts) -> str:
    """What the recorded machine is called on screen: "this machine" would be a lie later on."""
    if machine.name != "this machine":
        return machine.name
    system = (facts.distribution or {}).get("PRETTY_NAME") or "Linux"
    return f"recorded: {system}, {facts.kernel_release}"
