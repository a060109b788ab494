import numpy as np
import pandas as pd
import pytest

from copycost import estimate
from copycost.analyse.bootstrap import bootstrap
from copycost.analyse.fleet import HANDFUL, fleet, machine_names, shapes
from copycost.analyse.processes import per_process
from copycost.analyse.quiet import mark_quiet
from copycost.analyse.run import Run
from copycost.analyse.select import select
from tests.analyse.fleets import BASE, KINDS, fleet_cells, fleet_runs, slower_machine, usual
from tests.analyse.laws import machine_cells
from tests.made_up import Law, core_cells, machine_facts, made_up_rounds, write_run


def test_a_handful_of_runs_stand_side_by_side():
    own = fleet(fleet_runs([usual, slower_machine], runs=2))
    assert own.models is None and own.ranking["run"].tolist() == list(own.ranking["run"].unique())
    assert len(own.machines) == 4 and set(own.reasons["base"]) == {own.ranking["run"].iloc[0]}
    assert set(own.shapes.model["run"]) == set(own.machines["run"])


def test_more_runs_of_a_few_machines_are_taken_together_by_machine():
    own = fleet(fleet_runs([usual, slower_machine], runs=HANDFUL))
    assert own.models is None and own.ranking["run"].tolist() == ["node-000", "node-001"]
    assert own.ranking["runs"].tolist() == [HANDFUL] * 2


@pytest.mark.parametrize("machines", [40, 200])
def test_many_machines_are_shown_by_their_cpu_models(machines):
    kinds = [KINDS[number % 5] for number in range(machines)]
    own = fleet(fleet_runs(kinds, runs=2, facts=lambda number: {"cpu_model": f"CPU {number % 5}"}))
    assert own.run_spread == pytest.approx(0.01, rel=0.5)
    assert own.models["machines"].tolist() == [machines // 5] * 5
    assert own.models["cpu_model"].iloc[0] == "CPU 0" and own.models["spread"].between(0.005, 0.03).all()
    assert (own.models["lowest"] < own.models["relative"]).all()
    assert (own.models["relative"] < own.models["highest"]).all()
    assert set(own.shapes.model["run"]) == {f"CPU {number}" for number in range(5)}
    assert set(own.reasons["base"]) == {"CPU 0"}
    assert "slower machine" in set(own.reasons["why"]) and "slower conversion" in set(own.reasons["why"])


def test_an_odd_machine_does_not_change_its_models_figures():
    odd = {0: lambda cells: np.full(len(cells), 3.0)}
    with_it, without = (fleet(fleet_runs([usual] * 9, odd=each, alike=0.0)) for each in (odd, None))
    fixed = [own.shapes.model["fixed_seconds"].iloc[0] for own in (with_it, without)]
    assert with_it.models["cpu_model"].tolist() == ["unknown CPU"] and fixed[0] == pytest.approx(fixed[1], rel=0.02)
    assert with_it.models["highest"][0] == pytest.approx(3, rel=0.05)


def test_machines_in_another_environment_are_other_machines():
    runs = fleet_runs([usual] * 2, runs=2, facts=lambda number: {"torch": str(number)})
    for run in runs:
        run.cells["machine"] = "m"
    assert list(machine_names(runs).values()) == ["m", "m", "m (2)", "m (2)"]


def test_a_machine_without_a_name_is_called_as_its_run():
    (run,) = fleet_runs([usual])
    run.cells["machine"] = None
    assert machine_names([run]) == {run.name: run.name}


def test_of_many_kept_runs_and_arms_no_frame_of_each_is_made_and_no_rounds_are_read(tmp_path, monkeypatch):
    for number in range(HANDFUL):
        rounds = made_up_rounds(Law(processes=3, visits=1), machine_cells(), seed=number)
        write_run(
            tmp_path / f"run-{number}", rounds.assign(arm=["one" if p == 1 else "two" for p in rounds["process"]])
        )
    write_run(tmp_path / "stopped", rounds, record={"status": "running"})
    select([str(tmp_path)], tmp_path)
    runs = [arm for run in select([str(tmp_path)], tmp_path) for arm in run.by_arm()]
    monkeypatch.setattr(Run, "rounds", property(lambda run: pytest.fail(run.name)))
    monkeypatch.setattr(Run, "replicates", property(lambda run: pytest.fail(run.name)))
    assert len(fleet(runs).ranking) == 1 and len(runs) == 2 * HANDFUL + 1
    assert [run.name for run in runs if "cells" in run.__dict__] == ["stopped"]


def two():
    cells, names = fleet_cells([usual, slower_machine], alike=0.0, noise=0.0)
    return cells.assign(run=names)


def test_each_machine_has_its_own_laws_crossovers_and_ceilings():
    own = shapes(two(), {"node-000": machine_facts()["caches"]})
    assert own.conditions == {"dtype": "float64", "threads": "1", "cache": "warm", "layout": "contiguous"}
    model = own.model[own.model["conversion"] == "torch.tensor"]
    fixed = model.groupby("run", sort=False)["fixed_seconds"].first()
    assert fixed["node-001"] / fixed["node-000"] == pytest.approx(1.3, rel=0.02)
    crossed = own.crossovers[own.crossovers["event"] == "bound by bandwidth"].set_index(["run", "conversion"])["bytes"]
    assert crossed["node-001", "torch.tensor"] == pytest.approx(crossed["node-000", "torch.tensor"], rel=0.05)
    shares = own.cells[own.cells["conversion"] == "torch.tensor"].pivot(index="bytes", columns="run")["share_of_mapped"]
    np.testing.assert_allclose(shares["node-001"], shares["node-000"], rtol=1e-6)
    assert own.model["fixed_seconds_low"].isna().all()


def test_replicates_give_intervals():
    rounds = made_up_rounds(Law(processes=6, visits=1, offset=0.01), machine_cells())
    cells = estimate(rounds, references=True)
    own = shapes(cells, {}, replicates=bootstrap(cells, per_process(mark_quiet(rounds)), 50))
    assert (own.model["fixed_seconds_low"] < own.model["fixed_seconds"]).all()


def test_the_dtype_is_that_in_which_most_conversions_copy_unless_it_is_named():
    rounds = made_up_rounds(Law(processes=3, visits=1), core_cells(sizes=(1, 4096, 1024**2)))
    cells = estimate(rounds, references=True)
    assert shapes(cells, {}).conditions["dtype"] == "float64"  # torch.Tensor shares memory in float32
    assert shapes(cells, {}, dtype="float32").conditions["dtype"] == "float32"


def test_cells_without_a_size_have_no_shape():
    assert shapes(BASE.assign(bytes=pd.array([pd.NA] * len(BASE), dtype="Int64")), {}) is None
