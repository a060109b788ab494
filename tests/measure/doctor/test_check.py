import pytest

from copycost.measure.doctor.check import Check, Untold, fine
from tests.measure.doctor.made_up import system


def failing(error: Exception) -> Check:
    def fail(machine):
        raise error

    return Check("name", "Is it so?", fail, fail)


def test_a_finding_bears_its_checks_name():
    assert Check("name", "Is it so?", lambda machine: fine("Yes.", "1")).finding(system()).name == "name"


@pytest.mark.parametrize(
    "error", [Untold("no such file"), ValueError("odd"), KeyError("odd"), ZeroDivisionError("odd")]
)
def test_what_cannot_be_told_or_understood_is_unknown_with_the_reason(error):
    found = failing(error).finding(system())
    assert found.severity == "unknown"
    assert found.sentence == "Is it so? Not known here."
    assert str(error) in found.evidence
    assert failing(error).watched(system()) == []


def test_a_mistake_in_a_check_is_not_hidden():
    with pytest.raises(AttributeError):
        failing(AttributeError("a bug")).finding(system())
