import numpy as np
import pandas as pd

from copycost.analyse.machine_kinds import Kinds
from copycost.analyse.machines import describe
from copycost.analyse.odd_machines import COLUMNS
from copycost.show.machines_kinds import kinds_section, odd_section
from tests.made_up import machine_facts

MACHINES = describe([{"name": f"m{number}", "machine": machine_facts()} for number in range(5)])
FOUND = Kinds(np.array([0, 0, 1, 1, 1]), np.array([False, False, False, False, True]), 0.012)


def test_each_kind_has_its_size_its_time_and_its_spread():
    own = kinds_section(FOUND, MACHINES, [1.0, 1.1, 2.0, 2.0, 3.0], 0.004)
    assert own.said == (
        "2 kinds among 5 machines, and 1 machine like no other; machines of one kind differ by 1.2%, "
        "runs of one machine by 0.4%",
    )
    assert own.rows[0] == ("kind 1", "2", "AMD EPYC", "kvm", "1.049", "1.000", "1.100", "6.7%")
    assert own.rows[1][:2] == ("kind 2", "2") and own.rows[1][-1] == "0%"


def test_runs_that_were_not_repeated_are_not_told_of():
    own = kinds_section(Kinds(np.zeros(1, int), np.zeros(1, bool), 0.0), MACHINES[:1], [1.0], float("nan"))
    assert "1 kind among 1 machine;" in own.said[0] and "runs of" not in own.said[0] and own.rows[0][-1] == "–"


def test_odd_machines_are_told_with_what_they_are_odd_in():
    rows = [["m1", 0, "torch.tensor", "to_tensor", "above 4 MiB", 1.31, 9.04, False]]
    rows += [["m4", 1, "torch.tensor", "to_tensor", "above 4 MiB", 0.5, 30.0, True]]
    own = odd_section(pd.DataFrame(rows, columns=list(COLUMNS)))
    assert own.rows[0] == ("m1", "kind 1", "torch.tensor, above 4 MiB", "1.310× its kind's", "9.0")
    assert own.rows[1][1] == "none, nearest to kind 2"


def test_no_odd_machine_is_said_too():
    own = odd_section(pd.DataFrame(columns=list(COLUMNS)))
    assert own.said == ("no machine is odd in its kind",) and not own.rows
