import numpy as np
import pandas as pd
import pytest

from copycost import estimate
from copycost.analyse.bootstrap import bootstrap
from copycost.analyse.machine_shapes import shapes
from copycost.analyse.processes import per_process
from copycost.analyse.quiet import mark_quiet
from tests.analyse.fleets import BASE, fleet_cells, slower_machine, usual
from tests.analyse.laws import machine_cells
from tests.made_up import Law, core_cells, machine_facts, made_up_rounds


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
