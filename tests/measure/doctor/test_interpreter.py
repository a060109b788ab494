import pytest

from copycost.measure.doctor.interpreter import CHECKS
from copycost.measure.doctor.system import Interpreter
from tests.measure.doctor.made_up import finding, system


def test_a_debug_build_disturbs():
    machine = system(interpreter=Interpreter(debug_build=True))
    assert finding(CHECKS, "Python build", machine).severity == "disturbs"
    assert finding(CHECKS, "Python build", system()).severity == "fine"


def test_a_tracer_disturbs_and_no_command_ends_it():
    machine = system(interpreter=Interpreter(tracers=("sys.gettrace()",)))
    found = finding(CHECKS, "Python tracing", machine)
    assert (found.severity, found.command) == ("disturbs", "")
    assert "sys.gettrace()" in found.evidence


@pytest.mark.parametrize(
    ("name", "value", "severity"),
    [
        ("PYTHONDEVMODE", "1", "disturbs"),
        ("PYTHONMALLOC", "debug", "disturbs"),
        ("PYTHONMALLOC", "pymalloc", "fine"),
        ("PYTHONTRACEMALLOC", "", "fine"),
    ],
)
def test_development_settings_are_found(name, value, severity):
    found = finding(CHECKS, "Python tracing", system(environment={name: value}))
    assert found.severity == severity
    assert found.command == (f"unset {name}" if severity == "disturbs" else "")
