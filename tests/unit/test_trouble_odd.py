"""Whatever a machine, its logs and a person say: a diagnosis that can be read, and never an exception."""

import textwrap
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_checks import BASE, STRATEGIES
from test_knowledge import LINES

from kjtui.checks import run_all
from kjtui.errors import KjtuiError
from kjtui.model.facts import InstalledKernel, JournalEntry, LogLine
from kjtui.wizard.trouble.clues import Clues
from kjtui.wizard.trouble.model import MOST_QUESTIONS, UNSURE
from kjtui.wizard.trouble.symptoms import SYMPTOMS
from kjtui.wizard.trouble.walk import Walk

TEXT = st.one_of(st.sampled_from([line for _, _, line in LINES]), st.text(max_size=60))
LOG = st.one_of(st.none(), st.lists(st.builds(LogLine, st.floats(0, 1e9), TEXT), max_size=12).map(tuple))
JOURNAL = st.lists(
    st.builds(
        JournalEntry,
        st.floats(),
        st.sampled_from(["here", "before"]),
        st.sampled_from(["jump", "load", "unload"]),
        st.sampled_from(["begun", "done", "failed", "settled", "odd"]),
        st.sampled_from(["", "why", "x" * 500]),
        st.sampled_from(["", "reboot: EBUSY", "kexec_load: EPERM", "reboot: E", ": ", "x" * 500]),
    ),
    max_size=6,
).map(tuple)
ERRORS = st.one_of(
    st.none(),
    st.builds(
        KjtuiError,
        TEXT,
        st.sampled_from(["", "why", "y " * 300]),
        st.just(""),
        st.sampled_from(["", "reboot: EIO", "kexec_load: ENOMEM"]),
    ),
)
KERNELS = st.one_of(
    st.none(),
    st.lists(st.builds(InstalledKernel, TEXT, TEXT, st.sampled_from([None, True, False])), max_size=3).map(
        tuple
    ),
)


@given(
    data=st.data(), log=LOG, before=LOG, journal=st.one_of(st.none(), JOURNAL), error=ERRORS, kernels=KERNELS
)
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.reuse, Phase.generate, Phase.shrink],
)
def test_any_clues_end_in_a_diagnosis(data, log, before, journal, error, kernels):
    names = data.draw(st.sets(st.sampled_from(sorted(STRATEGIES)), max_size=6))
    odd = {name: data.draw(STRATEGIES[name], label=name) for name in sorted(names)}
    facts = replace(BASE, **{**odd, "boot_id": "here", "journal": journal})
    clues = Clues(facts, run_all(facts), log, before, kernels, error)
    for symptom in SYMPTOMS:
        walk = Walk(symptom, clues)
        while (question := walk.question) is not None:
            walk.answer(data.draw(st.sampled_from([*(one.id for one in question.choices), UNSURE])))
        assert walk.number <= MOST_QUESTIONS + 1
        told = walk.diagnosis()
        for one in (told.cause, *told.others):
            finding = one.finding
            assert 0 < len(finding.title) <= 60
            assert finding.title.isprintable()
            assert finding.evidence
            assert len(textwrap.wrap(finding.why, 76)) <= 3
            assert 0 < len(textwrap.wrap(finding.cure, 76)) <= 3, finding
