import numpy as np
import pytest

from copycost.analyse.fleet import HANDFUL, Runs, fleet, machine_names
from tests.analyse.fleets import KINDS, fleet_cells, slower_conversion, slower_machine, usual


def runs_of(machines, runs=1, **law):
    cells, names = fleet_cells(machines, runs=runs, **law)
    machine_of = dict(zip(cells["run"], names, strict=True))
    return Runs(
        [{"name": run, "machine": {"machine": own}, "method": {}} for run, own in machine_of.items()], cells, None
    )


def test_a_handful_of_runs_stand_side_by_side():
    own = fleet(runs_of([usual, slower_machine], runs=2))
    assert own.kinds is None and own.ranking["run"].tolist() == list(own.ranking["run"].unique())
    assert len(own.machines) == 4 and set(own.reasons["base"]) == {own.ranking["run"].iloc[0]}
    assert set(own.shapes.model["run"]) == set(own.machines["run"])


def test_more_runs_of_a_few_machines_are_taken_together_by_machine():
    own = fleet(runs_of([usual, slower_machine], runs=HANDFUL))
    assert own.kinds is None and own.ranking["run"].tolist() == ["node-000", "node-001"]
    assert own.ranking["runs"].tolist() == [HANDFUL] * 2


@pytest.mark.parametrize("machines", [40, 200])
def test_many_machines_are_shown_by_their_kinds(machines):
    truth = np.arange(machines) % 5
    own = fleet(runs_of([KINDS[kind] for kind in truth], runs=2, odd={3: slower_conversion}))
    assert own.kinds.count == 5 and own.run_spread == pytest.approx(0.01, rel=0.5)
    assert set(own.shapes.model["run"]) == {f"kind {number}" for number in range(1, 6)}
    assert "slower machine" in set(own.reasons["why"]) and "slower conversion" in set(own.reasons["why"])
    assert own.odd["machine"].tolist() == ["node-003"]


def test_an_odd_machine_does_not_change_its_kinds_figures():
    odd = {0: lambda cells: np.full(len(cells), 3.0)}
    with_it, without = (fleet(runs_of([usual] * 9, odd=one, alike=0.0)) for one in (odd, None))
    fixed = [own.shapes.model["fixed_seconds"].iloc[0] for own in (with_it, without)]
    assert with_it.kinds.count == without.kinds.count == 1 and fixed[0] == pytest.approx(fixed[1], rel=0.02)


def test_machines_in_another_environment_are_other_machines():
    facts = [{"name": f"r{n}", "machine": {"machine": "m", "torch": str(n // 2)}, "method": {}} for n in range(4)]
    assert machine_names(facts) == {"r0": "m", "r1": "m", "r2": "m (2)", "r3": "m (2)"}
    assert machine_names([{"name": "r", "machine": {}, "method": {}}]) == {"r": "r"}
