import pandas as pd
import pytest

from copycost.analyse.pairing import pairs


def processes(*numbers, run="r", machine="m"):
    return pd.DataFrame({"run": [run] * len(numbers), "machine": [machine] * len(numbers), "process": numbers})


def test_arms_in_turns_are_paired_block_by_block():
    a, b = pairs(processes(1, 4, 5), processes(2, 3, 6, 7))
    assert a.tolist() == [1, 4, 5] and b.tolist() == [2, 3, 6]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (processes(1, 2, 3), processes(4, 5, 6)),  # one arm after the other
        (processes(1, 3), processes(2, 4, run="other")),
        (processes(1, 3), processes(2, 4, machine="other")),
        (processes(1, 2), processes(1, 2)),  # the same processes
        (processes(1, 3), processes(2, 4).assign(run=None)),
    ],
)
def test_what_does_not_alternate_within_one_run_is_not_paired(a, b):
    assert pairs(a, b) is None
