import json

import numpy as np
import pytest

from copycost.errors import UsageError
from copycost.show.compare_side import read_side
from tests.made_up import MACHINE, Law, core_cells, made_up_rounds, process_json, write_run

CELLS = core_cells(sizes=(1,), dtypes=("float64",))


@pytest.fixture
def results(tmp_path):
    rounds = made_up_rounds(Law(processes=4), CELLS)
    write_run(tmp_path / "plain", rounds)
    arms = rounds.assign(arm=["base" if process % 2 else "thp" for process in rounds["process"]])
    write_run(tmp_path / "arms", arms)
    return tmp_path


def test_a_run_of_one_arm_is_that_arm(results):
    side = read_side("plain", results)
    assert side.name == "plain" and side.arm["name"] == "base"
    assert side.machine_name == MACHINE and side.machine["torch"] == "2.13.0"
    assert side.method["protocol"] == 1 and side.processes == 4 and side.unfinished is None


def test_an_arm_has_only_its_own_processes(results):
    side = read_side("arms@thp", results)
    assert set(side.rounds["process"]) == {2, 4} and side.name == "arms@thp"


def test_several_arms_must_be_told_apart(results):
    with pytest.raises(UsageError, match="arms@base, arms@thp"):
        read_side("arms", results)


def test_an_unknown_arm_names_the_nearest(results):
    with pytest.raises(UsageError, match="no arm 'tph': did you mean thp"):
        read_side("arms@tph", results)


def test_an_arm_that_has_not_been_measured_yet_is_said(results):
    arms = [{"name": name, "environment": {}, "python": None} for name in ("base", "late")]
    write_run(results / "young", made_up_rounds(Law(processes=3), CELLS), record={"arms": arms, "status": "running"})
    with pytest.raises(UsageError, match="no process of arm 'late' has been finished yet"):
        read_side("young@late", results)
    assert read_side("young@base", results).unfinished == "running"


def test_files_are_sides_too_even_with_an_at_sign_in_their_names(results):
    rounds = made_up_rounds(Law(processes=1), CELLS)
    path = results / "odd@name.json"
    path.write_text(json.dumps(process_json(rounds, run="r", arm="base", process=1), default=np.generic.item))
    side = read_side(str(path), results)
    assert side.record == {} and side.method == {} and side.processes == 1
    with pytest.raises(UsageError, match="no run 'nowhere'"):
        read_side("nowhere@base", results)
