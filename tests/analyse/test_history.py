from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from copycost import estimate
from copycost.analyse.history import latest, series, step_changes, steps
from tests.made_up import Law, core_cells, made_up_rounds

CELLS = core_cells(sizes=(1, 4096), dtypes=("float64",))
START = datetime(2026, 1, 1, tzinfo=UTC)


def runs(factors):
    return [
        (
            f"run-{day}",
            START + timedelta(days=day),
            estimate(made_up_rounds(Law(processes=4, visits=2, offset=0.004, factor=factor), CELLS, seed=day)),
        )
        for day, factor in enumerate(factors)
    ]


def test_a_step_is_dated_by_the_first_run_at_the_new_level():
    own = step_changes(series(runs([1.0] * 5 + [1.1] * 4)))
    assert len(own) == len(CELLS)
    assert set(own["run"]) == {"run-5"} and set(own["created"]) == {START + timedelta(days=5)}
    assert own["ratio"].to_numpy() == pytest.approx(1.1, rel=0.01)
    assert (own["runs_before"] == 5).all() and (own["runs_after"] == 4).all()


def test_figures_of_rounds_that_were_not_quiet_make_no_step():
    own = runs([1.0] * 5 + [1.7] * 2)
    assert len(step_changes(series(own))) == len(CELLS)
    unknown = {"gated": False, "ci_low": np.nan, "ci_high": np.nan, "error": np.nan, "flags": "few-quiet"}
    doubtful = [*own[:5], *((name, created, cells.assign(**unknown)) for name, created, cells in own[5:])]
    assert len(step_changes(series(doubtful))) == 0
    assert set(latest(series(doubtful))["flags"]) == {"few-quiet"}


def test_a_change_that_comes_with_other_interruptions_makes_no_step():
    own = runs([1.0] * 5 + [1.06] * 3)
    assert len(step_changes(series(own))) == len(CELLS)
    shares = [0.07] * 5 + [0.10] * 3
    other = [(*run[:2], run[2].assign(interrupted=share)) for run, share in zip(own, shares, strict=True)]
    assert len(step_changes(series(other))) == 0


def test_without_a_change_there_is_no_step():
    assert len(step_changes(series(runs([1.0] * 9)))) == 0


def test_runs_stand_in_the_order_of_time_however_they_came():
    own = series(runs([1.0] * 4)[::-1])
    for _, one in own.groupby(["conversion", "size"], observed=True):
        assert one["run"].tolist() == ["run-0", "run-1", "run-2", "run-3"]


def test_the_newest_run_is_set_against_the_median_of_the_past():
    own = latest(series(runs([1.0, 1.0, 1.0, 1.2])))
    assert own["ratio"].to_numpy() == pytest.approx(1.2, rel=0.02) and (own["runs"] == 4).all()
    alone = latest(series(runs([1.0])))
    assert alone["past"].isna().all()


def test_no_runs_give_empty_frames():
    assert len(series([])) == 0
    assert isinstance(step_changes(series([])), pd.DataFrame)
    assert np.array_equal(latest(series([])).columns[-3:], ["runs", "past", "ratio"])


def found(values, deviation=0.01):
    return steps(np.asarray(values, dtype=float), np.full(len(values), deviation))


def test_a_step_is_found_where_it_is():
    assert found([0.0] * 5 + [0.1] * 5) == [5]
    assert found([0.0] * 4 + [0.1] * 3 + [-0.1] * 4) == [4, 7]


def test_one_odd_value_is_no_step():
    assert found([0.0] * 5 + [0.08] + [0.0] * 5) == []


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_values_have_no_steps(count):
    assert found(list(range(count))) == []


def test_noise_alone_has_hardly_any_steps_and_a_real_one_is_found_in_it():
    draw = np.random.default_rng(1)
    noise = draw.normal(0, 0.01, (300, 20))
    assert np.mean([bool(found(one)) for one in noise]) <= 0.05
    noise[:, 12:] += 0.05
    assert np.mean([found(one) == [12] for one in noise]) >= 0.9


def test_uncertain_values_weigh_less():
    values = np.array([0.0] * 4 + [0.05] * 4)
    sure = np.full(8, 0.01)
    assert steps(values, sure) == [4]
    assert steps(values, sure * 10) == []
