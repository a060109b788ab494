import numpy as np
import pandas as pd

from copycost import estimate
from copycost.analyse.machines import NEEDED, as_cells, common, describe, differences, figures, rank
from tests.analyse.fleets import BASE, fleet_cells, usual
from tests.made_up import Law, core_cells, machine_facts, made_up_rounds


def cells(name, factor=1.0, sizes=(1, 4096)):
    law = Law(processes=3, visits=1, noise=0.001, factor=factor)
    return estimate(made_up_rounds(law, core_cells(sizes=sizes))).assign(run=name)


def ranked(*frames):
    return rank(figures(pd.concat(frames, ignore_index=True))).set_index("run")


def test_machines_are_ranked_by_the_geometric_mean_of_their_common_cells():
    own = ranked(cells("slow", 2.0), cells("fast"), cells("middle", 1.5, sizes=(1, 4096, 1024**2)))
    assert own["rank"].to_dict() == {"fast": 1, "middle": 2, "slow": 3}
    np.testing.assert_allclose(own.loc[["fast", "middle", "slow"], "relative"], [1, 1.5, 2], rtol=0.01)
    assert (own["cells"] == 20).all()


def test_a_run_with_another_grid_is_listed_without_a_rank():
    own = ranked(cells("a"), cells("b", 1.1), cells("other", sizes=(7,)))
    assert own.loc["other", "rank"] == 0 and np.isnan(own.loc["other", "relative"])
    assert own.loc["b", "rank"] == 2


def test_a_machine_without_figures_is_listed_all_the_same():
    own = rank(figures(cells("a")), ["none", "a"]).set_index("run")
    assert own["rank"].to_dict() == {"a": 1, "none": 0} and own.loc["none", "cells"] == 0


def test_only_facts_that_differ_are_named():
    other = machine_facts() | {"torch": "2.14.0", "memory_bytes": 16 * 1024**3, "hugepages": None}
    assert differences([machine_facts(), other]) == [
        ("memory", ["8 GiB", "16 GiB"]),
        ("hugepages", ["madvise", None]),
        ("torch", ["2.13.0", "2.14.0"]),
    ]


def test_a_machine_is_described_in_words():
    own = describe([{"name": "r", "machine": machine_facts(), "method": {"allocator": "as found"}}, {}])
    assert own.loc[0, "caches"] == "L1 32 KiB, L2 512 KiB, L3 32 MiB"
    assert own.loc[0, "allocator"] == "as found" and own.loc[0, "memory_bytes"] == "8 GiB"
    assert own.loc[1, "cpu_model"] is None


def test_each_run_is_a_machine_by_default():
    cells, _ = fleet_cells([usual, usual])
    own = figures(cells)
    assert own.names == ("run-0-0", "run-1-0") and own.runs.tolist() == [1, 1]
    assert own.logs.shape == (2, len(BASE)) and np.isnan(own.run_spread)
    np.testing.assert_allclose(np.exp(own.logs[0]), cells["seconds"][: len(BASE)])


def test_runs_of_a_machine_are_averaged_and_tell_how_far_they_differ():
    cells, names = fleet_cells([usual] * 20, runs=5, noise=0.02)
    own = figures(cells, names)
    assert len(own.names) == 20 and (own.runs == 5).all()
    assert 0.015 < own.run_spread < 0.026
    assert 0.02 / 5**0.5 < np.median(own.errors) < 0.045 / 5**0.5


def test_a_machine_without_a_cell_has_no_figure_there():
    cells, _ = fleet_cells([usual, usual])
    own = figures(cells.iloc[1:])
    assert np.isnan(own.logs).sum() == 1 == np.isnan(own.errors).sum()


def test_whoever_has_all_cells_is_not_the_fastest_for_that():
    own = ranked(cells("all", sizes=(1, 4096)), cells("one", 0.1, sizes=(1,)), cells("other", 0.1, sizes=(4096,)))
    assert set(own["rank"]) == {0} and own["relative"].isna().all() and set(own["cells"]) == {0}


def test_the_common_cells_are_those_that_all_machines_have():
    cells, _ = fleet_cells([usual] * 3)
    other = cells["run"].eq("run-2-0") & cells["size"].gt(1000)
    machines, places = common(figures(cells[~other]))
    assert machines.tolist() == [0, 1, 2] and len(places) == len(BASE) - other.sum()


def test_one_of_many_with_another_grid_is_left_out():
    cells, _ = fleet_cells([usual] * 9)
    lacks = cells["run"].eq("run-4-0") & cells["conversion"].ne("torch.tensor")
    machines, places = common(figures(cells[~lacks]))
    assert 4 not in machines and len(machines) == 8 and len(places) == len(BASE)


def test_nothing_in_common_is_nothing():
    machines, places = common(figures(BASE.iloc[:0]))
    assert len(machines) == len(places) == 0


def test_unknown_errors_are_taken_from_the_other_machines():
    cells, _ = fleet_cells([usual, usual])
    cells.loc[: len(BASE) - 1, "error"] = np.nan
    own = figures(cells)
    np.testing.assert_allclose(own.errors[0], own.errors[1])
    cells["error"] = np.nan
    np.testing.assert_allclose(figures(cells).errors, 0.02)


def test_figures_become_cells_again():
    cells, names = fleet_cells([usual, usual], runs=3)
    own = figures(cells, names)
    again = as_cells(own)
    assert list(again.columns) == list(NEEDED) and list(pd.unique(again["run"])) == ["node-000", "node-001"]
    np.testing.assert_allclose(again["error"], own.errors.ravel(), rtol=1e-6)
    np.testing.assert_allclose(np.log(again["seconds"]), own.logs.ravel())
