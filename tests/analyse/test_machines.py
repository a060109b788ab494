import numpy as np
import pandas as pd

from copycost import estimate
from copycost.analyse.machine_figures import figures
from copycost.analyse.machines import describe, differences, rank
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
