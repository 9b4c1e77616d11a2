"""Real causes are named, and looking changes nothing: the real program in a real kernel."""

import pytest
from rehearsing import rehearse
from scenarios import causes, looking

pytestmark = pytest.mark.vm


def test_real_causes_are_named() -> None:
    answer = rehearse("causes", [])
    absent = answer.get("absent", {})
    assert answer["causes"] == {
        cause.name: cause.expected for cause in causes.ALL if cause.name not in absent
    }
    assert set(absent) <= {causes.LASTING[0].name}
    assert set(answer["on_screen"]) == set(causes.SCREENS)
    assert any(causes.STUBBORN in line for line in answer["refusal"])


def test_looking_changes_nothing() -> None:
    answer = rehearse("looking", [])
    assert answer["changed_nothing"] is True
    assert answer["loads_left"] in (str(looking.LOADS_LEFT), "this kernel counts no loads")
    for command in looking.COMMANDS:
        counts = answer["syscalls"][command.words]
        assert counts["execve"] >= 1
        assert not {"kexec_load", "kexec_file_load", "reboot", "mount", "sethostname"} & set(counts)
        assert {path for path in answer["written"][command.words] if path == command.output} == (
            {command.output} if command.output else set()
        )
    assert all(answer["controls_seen"].values())
