"""My kernel cannot jump: who ships one that can, what is installed already, and how one is built."""

from kjtui.checks.words import clip, named
from kjtui.knowledge import distributions
from kjtui.knowledge.distributions import BUILD, DISTRIBUTIONS, Distribution
from kjtui.model.checks import Evidence, Verdict
from kjtui.wizard.trouble.clues import Clues
from kjtui.wizard.trouble.model import Cause, Choice, Question, Strength, Suspicion, Symptom, suspect

_WHICH = "which-distribution"
_KNOWN = 6  # rows of the table that are offered, and "another"
_CHOICES = (*(Choice(one.id, one.name) for one in DISTRIBUTIONS[:_KNOWN]), Choice("other", "Another"))
_OPTION = "CONFIG_KEXEC_JUMP"


def _distribution(clues: Clues) -> Distribution | None:
    if given := clues.answer(_WHICH):
        return next((one for one in DISTRIBUTIONS if one.id == given), None)
    return distributions.found(clues.facts.distribution)


def _lacking(clues: Clues) -> bool | None:
    """Whether the running kernel lacks the jump, None where its configuration was not found."""
    config = clues.facts.config
    return None if config is None else config.get(_OPTION) != "y"


def _read(clues: Clues) -> tuple[Evidence, ...]:
    config, source = clues.facts.config, clues.facts.config_source
    option = "the configuration was not found" if config is None else config.get(_OPTION, "is not set")
    running = Evidence("uname -r", clip(clues.facts.kernel_release, 60))
    return (running, Evidence(source or "/proc/config.gz", f"{_OPTION} {option}"))


def _processor(clues: Clues) -> Suspicion | None:
    if clues.verdict("architecture") is not Verdict.BLOCKED:
        return None
    return suspect(
        Strength.PROVEN,
        "processor",
        f"Not on this kind of processor: {clip(clues.facts.architecture, 20)}",
        (Evidence("uname -m", clip(clues.facts.architecture, 40)),),
        "kjtui enters and leaves kernel B with x86-64 machine code; it has none for other processors.",
        "Use a 64-bit Intel or AMD machine.",
    )


def _container(clues: Clues) -> Suspicion | None:
    if not clues.facts.container:
        return None
    return suspect(
        Strength.PROVEN,
        "container",
        f"In a container the kernel belongs to the host ({clip(clues.facts.container, 16)})",
        (Evidence("container", clip(clues.facts.container, 40)), *_read(clues)),
        "A container has no kernel of its own that could jump, and may not load one into the host's.",
        "Run kjtui on the host itself, or in a virtual machine.",
    )


def _can_already(clues: Clues) -> Suspicion | None:
    if _lacking(clues) is not False:
        return None
    blocked = [one for one in clues.findings if one.verdict is Verdict.BLOCKED]
    first = blocked[0] if blocked else None
    return suspect(
        Strength.PROVEN,
        "can-already",
        "This kernel can jump" + ("; something else is in the way" if first else ""),
        (*_read(clues), *(Evidence(f"check {one.id}", one.title) for one in blocked[:4])),
        f"It was built with {_OPTION}. Each further check has its own reason and its own cure.",
        first.cure if first and first.cure else 'Go to step 1. If a load is refused, see "It will not load".',
        first.remedy if first else "",
    )


def _installed(clues: Clues) -> Suspicion | None:
    able = [one for one in clues.kernels or () if one.can_jump and one.release != clues.facts.kernel_release]
    if not able or _lacking(clues) is False:
        return None
    evidence = [Evidence(clip(one.path, 60), f"{_OPTION}=y ({clip(one.config_source, 40)})") for one in able]
    return suspect(
        Strength.PROVEN,
        "installed",
        f"An installed kernel can: {named((one.release for one in able), 1, 32)}",
        (*_read(clues), *evidence[:3]),
        "It lies on this machine's disk already and was built with the jump.",
        f"Restart and choose Linux {clip(able[0].release, 40)} in the boot menu (Shift or Esc at the start; "
        "Advanced options). With systemd-boot: bootctl set-oneshot, then restart.",
    )


def _other_kernel(clues: Clues) -> Suspicion | None:
    """The distribution's usual kernel can, and a special one is running."""
    here = _distribution(clues)
    if here is None or not here.can_jump or _lacking(clues) is False:
        return None
    return suspect(
        Strength.LIKELY,
        "special-kernel",
        f"{here.name}: the usual kernel can jump, not this one",
        (*_read(clues), Evidence("kernels looked at", f"{here.name}: {here.seen}")),
        "A special kernel is running: for the cloud, for real time, or one of your own.",
        f"Install the usual one, then choose it in the boot menu: {here.get}",
    )


def _build(clues: Clues) -> Suspicion | None:
    """Debian and its like: a kernel like the running one, with the jump added."""
    here = _distribution(clues)
    if here is None or here.can_jump or here.get != BUILD or _lacking(clues) is False:
        return None
    return suspect(
        _sure(clues),
        "build-one",
        f"{here.name} ships no kernel that can jump",
        (*_read(clues), _who_can()),
        "One can be built from the distribution's own source, with your configuration and the jump added: "
        "an hour or more and some 6 GB of disk, with --modules-in-use some minutes and 3 GB.",
        f"{BUILD} (in kjtui's source) tells the time it takes, asks, and makes a "
        "package. Then: sudo apt install ./PACKAGE.deb, and restart into it.",
    )


def _build_otherwise(clues: Clues) -> Suspicion | None:
    here = _distribution(clues)
    if here is None or here.can_jump or here.get == BUILD or _lacking(clues) is False:
        return None
    return suspect(
        _sure(clues),
        "build-theirs",
        f"{here.name} ships no kernel that can jump",
        (*_read(clues), _who_can()),
        "Its own kernel package can be built anew with the one option added.",
        f"How: {here.get}. Then install the package and restart into it.",
    )


def _elsewhere(clues: Clues) -> Suspicion | None:
    if _distribution(clues) is not None or _lacking(clues) is not True:
        return None
    return suspect(
        Strength.PROVEN,
        "other-distribution",
        "This kernel was built without the jump",
        (*_read(clues), _who_can()),
        f"The option {_OPTION} is chosen when a kernel is built. It needs CONFIG_KEXEC and "
        "CONFIG_HIBERNATION beside it.",
        f"Build your kernel with {_OPTION}=y, or use a distribution whose kernels have it: "
        f"{distributions.names(can_jump=True)}.",
    )


def _config_hidden(clues: Clues) -> Suspicion | None:
    if _lacking(clues) is not None:
        return None
    return suspect(
        Strength.POSSIBLE,
        "config-hidden",
        "Whether this kernel can jump cannot be told",
        (*_read(clues), _who_can()),
        "The kernel's configuration is not where kernels keep it: /proc/config.gz, /boot or /lib/modules.",
        "Install the package that brings it, or mount /boot. Trying does no harm: a kernel without the jump "
        "refuses at step 4 (Load).",
    )


def _sure(clues: Clues) -> Strength:
    return Strength.PROVEN if _lacking(clues) else Strength.LIKELY


def _who_can() -> Evidence:
    return Evidence("kernels that can", distributions.names(can_jump=True))


def _ask_which(clues: Clues) -> bool:
    able = any(one.can_jump for one in clues.kernels or ())
    return not clues.facts.distribution and _lacking(clues) is not False and not able


CANNOT = Symptom(
    "cannot",
    "My kernel cannot jump",
    "Step 1 says so, or you want to know which kernel to install.",
    (
        Cause("processor", _processor),
        Cause("container", _container),
        Cause("can-already", _can_already),
        Cause("installed", _installed),
        Cause("special-kernel", _other_kernel),
        Cause("build-one", _build),
        Cause("build-theirs", _build_otherwise),
        Cause("other-distribution", _elsewhere),
        Cause("config-hidden", _config_hidden),
    ),
    (Question(_WHICH, "Which distribution is this?", _CHOICES, _ask_which),),
)
