import json
import subprocess
import sys

import pytest

from copycost.run.cluster.fitness import EXAMINATION, misfits
from copycost.run.cluster.host_facts import facts

OWN = {
    "python": "3.11.7",
    "copycost": "0.1.0",
    "torch": "2.13.0",
    "numpy": "2.4.6",
    "pytest": "9.0",
    "pytest-benchmark": "5.3.1",
    "machine": {"machine": "AMD EPYC 2c 3f9a1c"},
    "method": {"protocol": 1, "canary": "python-100"},
    "layout": None,
    "fault": None,
}


def test_a_host_like_this_one_fits():
    assert misfits(OWN, dict(OWN), "fixed") == []


def test_the_last_digit_of_pythons_version_may_differ():
    assert misfits(OWN, {**OWN, "python": "3.11.99"}, "fixed") == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"python": "3.12.1"}, "Python 3.12.1, not 3.11"),
        ({"torch": "2.9.0"}, "torch 2.9.0, not 2.13.0"),
        ({"numpy": "1.26.0"}, "numpy 1.26.0, not 2.4.6"),
        ({"copycost": None, "fault": "ModuleNotFoundError"}, "copycost is not installed"),
        ({"pytest-benchmark": None}, "pytest-benchmark is not installed"),
        ({"method": {"protocol": 2, "canary": "python-100"}}, "method: protocol 2, not 1"),
        ({"fault": "ImportError: no such name"}, "ImportError: no such name"),
        ({"layout": "Operation not permitted"}, "the address layout cannot be fixed (Operation not permitted)"),
    ],
)
def test_a_host_that_is_another_is_refused_with_the_reason(found, said):
    reasons = misfits(OWN, {**OWN, **found}, "fixed")
    assert len(reasons) == 1 and reasons[0].startswith(said)


def test_a_layout_that_is_not_asked_for_need_not_be_possible():
    assert misfits(OWN, {**OWN, "layout": "Operation not permitted"}, "random") == []


def test_a_host_is_examined_where_copycost_is_missing():
    code = f"import sys, json\nsys.modules['copycost'] = None\nprint(json.dumps(eval({EXAMINATION!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["python"].startswith(f"{sys.version_info[0]}.{sys.version_info[1]}.")
    assert found["machine"] is None and "copycost" in found["fault"]


def test_this_machine_fits_itself():
    own = facts()
    assert misfits(own, eval(EXAMINATION), "random") == []
