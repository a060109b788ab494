import numpy as np
import pytest

from copycost.analyse.processes import per_process
from copycost.analyse.quiet import mark_quiet
from tests.made_up import CLOCK, Law, core_cells, made_up_rounds


def test_one_row_for_each_cell_and_process():
    rounds = made_up_rounds(Law(processes=4), core_cells((1, 64), ("float64",)))
    processes = per_process(mark_quiet(rounds))
    assert len(processes) == 4 * 10
    assert processes["n_rounds"].eq(20).all()


def test_medians_are_of_quiet_rounds_at_the_reference_clock():
    law = Law(contended=0.4, drift=0.2, noise=0.0, visits=10)
    processes = per_process(mark_quiet(made_up_rounds(law)), clock_reference=CLOCK)
    own = processes[processes["conversion"] == "t.numpy"]
    assert np.exp(own["log_quiet"]).to_numpy() == pytest.approx(3.1e-7, rel=2e-5)
    assert (own["n_quiet"] < own["n_rounds"]).any()


def test_the_ratio_is_to_the_copy_beside_each_round():
    processes = per_process(mark_quiet(made_up_rounds(Law(noise=0.0, contended=0.3))))
    copies = processes["ratio_quiet"].notna()
    assert copies.any() and not copies.all()
    own = processes[(processes["conversion"] == "torch.tensor") & copies]
    expected = 1 + 2.1e-6 / (own["bytes"].astype(float) / 1e10)
    assert np.exp(own["ratio_quiet"]).to_numpy() == pytest.approx(expected.to_numpy())


def test_rounds_of_unknown_quietness_all_count():
    processes = per_process(mark_quiet(made_up_rounds(Law(canary=False))))
    assert (processes["n_quiet"] == processes["n_rounds"]).all()
    assert not processes["gating"].any()


def test_times_that_the_timer_did_not_see_are_unknown():
    rounds = made_up_rounds()
    rounds["seconds"] = 0.0
    assert per_process(mark_quiet(rounds))["log_quiet"].isna().all()
