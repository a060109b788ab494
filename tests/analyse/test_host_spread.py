import numpy as np
import pandas as pd
import pytest

from copycost.analyse.estimates import BETWEEN_RUNS, FIRST, OVER_RUNS, estimate
from copycost.analyse.host_spread import (
    _COMBINED,
    CLOCK,
    host_spread,
    kind_names,
    parse_pool,
    pooled,
    process_clocks,
    relative_times,
)
from copycost.errors import UsageError
from tests.made_up import Law, made_up_rounds


def fleet(factors, *, clocks=None, noise=0.003, processes=8, kinds=None):
    """Return cells and clocks of hosts that are a factor slower each, in time or in clock."""
    cells, seen = [], []
    for number, factor in enumerate(factors):
        rounds = made_up_rounds(Law(noise=noise, processes=processes), seed=number)
        clock = 1.0 if clocks is None else clocks[number]
        seconds = rounds["seconds"] * factor * clock
        name = f"host-{number}"
        rounds = rounds.assign(run=name, seconds=seconds, clock=rounds["clock"] * clock)
        kind = "one kind" if kinds is None else kinds[number]
        cells.append(estimate(rounds).assign(run=name, kind=kind))
        seen.append(process_clocks(rounds))
    return pd.concat(cells, ignore_index=True), pd.concat(seen, ignore_index=True)


def row(spread, conversion):
    (found,) = spread[spread["conversion"] == conversion].to_dict("records")
    return found


def test_hosts_that_are_alike_are_said_to_be():
    spread = host_spread(*fleet([1.0] * 6))
    assert len(spread) > 1 and not spread["differ"].any()
    assert (spread["apart"] < 1.02).all()


def test_a_host_that_is_slow_makes_its_kind_differ_and_is_named():
    cells, clocks = fleet([1.0, 1.0, 1.08, 1.0, 1.0])
    spread = host_spread(cells, clocks)
    conversions = spread[spread["conversion"] != CLOCK]
    assert conversions["differ"].all()
    assert set(conversions["slowest"]) == {"host-2"}
    assert conversions["apart"].to_numpy() == pytest.approx(1.08, abs=0.02)
    assert not row(spread, CLOCK)["differ"]


def test_a_slower_clock_is_the_clocks_and_not_the_conversions():
    spread = host_spread(*fleet([1.0] * 5, clocks=[1.0, 1.0, 1.0, 1.0, 1.1]))
    assert row(spread, CLOCK)["differ"] and row(spread, CLOCK)["slowest"] == "host-4"
    assert row(spread, CLOCK)["apart"] == pytest.approx(1.1, abs=0.01)
    assert not spread[spread["conversion"] != CLOCK]["differ"].any()


def test_kinds_are_looked_at_apart():
    cells, clocks = fleet([1.0, 1.0, 2.0, 2.0], kinds=["a", "a", "b", "b"])
    spread = host_spread(cells, clocks)
    assert set(spread["kind"]) == {"a", "b"}
    assert (spread["hosts"] == 2).all() and not spread["differ"].any()


def test_a_host_alone_in_its_kind_has_nothing_to_differ_from():
    cells, clocks = fleet([1.0, 1.0], kinds=["a", "b"])
    assert host_spread(cells, clocks).empty


def test_runs_of_two_processes_say_nothing():
    assert host_spread(*fleet([1.0, 1.0], processes=2)).empty


def test_without_clocks_times_are_compared_as_they_are():
    cells, clocks = fleet([1.0, 1.0, 1.1])
    spread = host_spread(cells.assign(clock=np.nan), clocks.iloc[:0])
    assert CLOCK not in set(spread["conversion"])
    assert spread["differ"].all()


def test_the_fastest_host_is_first_and_one():
    cells, _ = fleet([1.1, 1.0, 1.3])
    times = relative_times(cells)
    assert list(times["run"]) == ["host-1", "host-0", "host-2"]
    assert times["relative"].to_numpy() == pytest.approx([1.0, 1.1, 1.3], rel=0.02)


def test_pooled_figures_lie_among_the_hosts_and_bound_where_they_lie():
    cells, _ = fleet([0.98, 1.0, 1.02])
    made = pooled(cells)
    key = ["conversion", "dtype", "size"]
    low, high = (cells.groupby(key, observed=True)["seconds"].agg(name) for name in ("min", "max"))
    seconds = made.groupby(key, observed=True)["seconds"].first()
    assert ((low < seconds) & (seconds < high)).all()
    assert (made["ci_low"] < made["seconds"]).all() and (made["seconds"] < made["ci_high"]).all()
    assert (made["processes"] == 24).all() and set(made["run"]) == {"one kind"}
    assert list(made.columns) == list(cells.columns.drop("kind"))


def test_two_hosts_have_no_interval_and_one_keeps_its_own():
    cells, _ = fleet([1.0, 1.0, 1.0], kinds=["a", "a", "b"])
    made = pooled(cells)
    assert made[made["run"] == "a"]["ci_low"].isna().all()
    assert made[made["run"] == "b"]["seconds"].tolist() == cells[cells["kind"] == "b"]["seconds"].tolist()


def test_a_kind_is_what_the_facts_say():
    machines = [
        {"machine": "m1", "cpu_model": "AMD EPYC", "memory_bytes": 8 * 1024**3},
        {"machine": "m2", "cpu_model": "AMD EPYC", "memory_bytes": 16 * 1024**3},
        {"machine": "m3"},
    ]
    assert kind_names(machines, ("cpu_model",)) == ["AMD EPYC", "AMD EPYC", "unknown cpu_model"]
    assert kind_names(machines, ("cpu_model", "memory_bytes"))[:2] == ["AMD EPYC, 8 GiB", "AMD EPYC, 16 GiB"]
    assert kind_names(machines, ()) == ["m1", "m2", "m3"]


def test_every_column_of_the_estimates_says_how_it_is_combined():
    assert set(OVER_RUNS.values()) <= {FIRST, BETWEEN_RUNS, *_COMBINED}
    cells, _ = fleet([0.9, 1.0, 1.2])
    made, key = pooled(cells), ["conversion", "dtype", "size"]
    groups, pooled_rows = cells.groupby(key, observed=True), made.set_index(key).sort_index()
    assert list(made.columns) == list(OVER_RUNS)
    np.testing.assert_allclose(pooled_rows["rounds"], groups["rounds"].sum().sort_index())
    np.testing.assert_allclose(pooled_rows["quiet_share"], groups["quiet_share"].median().sort_index())
    np.testing.assert_allclose(pooled_rows["clock_change"], groups["clock_change"].max().sort_index())
    logs = groups["seconds"].apply(lambda seconds: np.log(seconds).std(ddof=1) / np.sqrt(3)).sort_index()
    np.testing.assert_allclose(pooled_rows["error"], logs)
    assert (made["degrees"] == 2).all() and made["drift"].isna().all()


def test_facts_are_parsed_and_unknown_ones_refused():
    assert parse_pool("none") == ()
    assert parse_pool("cpu_model, memory_bytes,cpu_model") == ("cpu_model", "memory_bytes")
    with pytest.raises(UsageError, match="cpu_model"):
        parse_pool("cpu_modle")
    with pytest.raises(UsageError, match="is not a fact"):
        parse_pool("")
