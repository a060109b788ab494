import numpy as np
import pandas as pd
import pytest

from copycost import estimate
from copycost.analyse.measurement import Measurement
from copycost.errors import UsageError
from tests.made_up import Law, made_up_rounds


def test_its_cells_are_the_estimates_of_its_rounds():
    rounds = made_up_rounds(Law(contended=0.3))
    measurement = Measurement.of(rounds)
    pd.testing.assert_frame_equal(measurement.cells, estimate(rounds, references=True))
    assert set(measurement.processes["process"]) == set(rounds["process"])


def test_rounds_that_are_marked_already_are_taken_as_they_are():
    marked = Measurement.of(made_up_rounds()).rounds
    assert Measurement.of(marked).rounds is marked


def test_the_runs_of_one_measurement_are_one_run_whose_processes_are_numbered_afresh():
    files = [made_up_rounds(Law(processes=1, canary=False), seed=n).assign(run=f"file-{n}") for n in range(4)]
    measurement = Measurement.of(pd.concat(files, ignore_index=True))
    assert measurement.cells["run"].nunique() == 1
    assert (measurement.cells["processes"] == 4).all()
    assert np.unique(measurement.rounds["process"]).tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("column", ["arm", "machine"])
def test_several_arms_or_machines_are_not_one_measurement(column):
    rounds = pd.concat([made_up_rounds(), made_up_rounds().assign(**{column: "other"})], ignore_index=True)
    with pytest.raises(UsageError, match=f"A holds several {column}s"):
        Measurement.of(rounds, "A")
