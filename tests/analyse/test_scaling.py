import numpy as np
import pandas as pd
import pytest

from copycost import estimate
from copycost.analyse.curves import Curve, curves
from copycost.analyse.law import KINK, Law
from copycost.analyse.scaling import COLUMNS, fit, fit_curves, names
from tests.analyse.laws import SIZES, constant, draw_law, law_cells, law_rounds, machine_cells
from tests.made_up import machine_facts, made_up_rounds


@pytest.mark.parametrize("regimes", [1, 2, 3, 4])
def test_a_known_law_is_found_in_noisy_rounds(regimes):
    law = draw_law(np.random.default_rng(regimes), regimes)
    rounds = law_rounds(law, seed=regimes)
    found = fit(estimate(rounds), rounds)
    assert found["regimes"].tolist() == [regimes] * regimes
    assert found["fixed_seconds"].iloc[0] == pytest.approx(law.fixed, rel=0.05)
    assert found["gb_per_s"].to_numpy() == pytest.approx(1e-9 / law.slopes, rel=0.05)
    assert np.abs(np.log(found["from_bytes"].to_numpy()[1:] / law.borders)).max(initial=0) < np.log(4)


def test_the_intervals_hold_the_truth_about_as_often_as_they_say():
    held = []
    draw = np.random.default_rng(11)
    for seed in range(40):
        law = draw_law(draw, 2)
        rounds = law_rounds(law, seed)
        found = fit(estimate(rounds), rounds)
        if len(found) == 2:
            held.append(found["fixed_seconds_low"][0] <= law.fixed <= found["fixed_seconds_high"][0])
            held += list((found["gb_per_s_low"] <= 1e-9 / law.slopes) & (1e-9 / law.slopes <= found["gb_per_s_high"]))
            held.append(found["from_bytes_low"][1] <= law.borders[0] <= found["from_bytes_high"][1])
    assert 0.9 <= np.mean(held) <= 0.99 and len(held) > 140


def test_a_conversion_that_moves_no_bytes_is_a_constant():
    rounds = law_rounds(constant(4e-7))
    row = fit(estimate(rounds), rounds).iloc[0]
    assert (row["model"], row["regimes"]) == ("constant", 0)
    assert row["fixed_seconds"] == pytest.approx(4e-7, rel=0.01)
    assert row["fixed_seconds_low"] < row["fixed_seconds"] < row["fixed_seconds_high"]
    assert np.isnan(row["gb_per_s"])


def test_without_rounds_there_is_the_same_model_and_no_interval():
    rounds = law_rounds(draw_law(np.random.default_rng(3), 3))
    with_rounds, without = fit(estimate(rounds), rounds), fit(estimate(rounds))
    ends = [name for name in COLUMNS if name.endswith(("_low", "_high"))]
    assert without[ends].isna().all().all() and with_rounds[ends[:4]].notna().all().all()
    pd.testing.assert_frame_equal(with_rounds.drop(columns=ends), without.drop(columns=ends))


def test_the_law_at_the_sizes_measured_stays_within_the_largest_misfit():
    rounds = law_rounds(draw_law(np.random.default_rng(5), 4))
    cells = estimate(rounds)
    found = fit(cells, rounds)
    (fitted,) = fit_curves(curves(cells))
    ratio = fitted.law.seconds(SIZES) / cells["seconds"].to_numpy()
    assert np.expm1(np.abs(np.log(ratio)).max()) == pytest.approx(found["largest_misfit"].iloc[0], rel=1e-6)


def test_every_curve_gets_its_own_rows():
    rounds = made_up_rounds(cells=machine_cells())
    found = fit(estimate(rounds, references=True), rounds, caches=machine_facts()["caches"])
    models = found.drop_duplicates("conversion").set_index("conversion")["model"]
    assert models["torch.from_numpy"] == models["t.numpy"] == "constant"
    assert models["torch.tensor"] == models["plain copy (mapped)"] == "piecewise"
    last = found[found["conversion"] == "torch.tensor"].iloc[-1]
    assert last["named"] == "page-fault bound"
    assert last["from_bytes_low"] == 8 * 1024**2 and last["from_bytes_high"] == 32 * 1024**2
    constant_time = found.loc[found["conversion"] == "t.numpy", "fixed_seconds"]
    assert constant_time.tolist() == pytest.approx([5e-7], rel=0.01)


def test_a_law_does_not_depend_on_its_neighbours():
    one, other = (draw_law(np.random.default_rng(seed), 2) for seed in (1, 2))
    both = made_up_rounds(cells=[*law_cells(one, "torch.tensor"), *law_cells(other, "torch.Tensor")])
    found = fit(estimate(both), both)
    alone = both[both["conversion"] == "torch.Tensor"]
    own = found[found["conversion"] == "torch.Tensor"].reset_index(drop=True)
    again = fit(estimate(alone), alone)
    assert own["gb_per_s"].to_numpy() == pytest.approx(again["gb_per_s"].to_numpy(), rel=0.02)


def test_no_cells_give_no_rows():
    assert list(fit(estimate(made_up_rounds()).iloc[:0]).columns) == list(COLUMNS)


CACHES = machine_facts()["caches"]
"""32 KiB, 512 KiB, 32 MiB."""
KIB, MIB = 1024.0, 1024.0**2


def curve(faults_from=np.inf, result=1.0, fault_time=np.nan):
    faults = np.where(faults_from <= SIZES, SIZES * result / 4096, 0.0)
    nothing = np.zeros(len(SIZES))
    of_time = np.full(len(SIZES), fault_time)
    return Curve({}, "f(a)", SIZES, SIZES, nothing, SIZES * result, faults, of_time, nothing, 5.0)


def law(*borders):
    slopes = np.geomspace(1e-10, 1e-9, len(borders) + 1)
    return Law(1e-6, slopes, np.array(borders), np.full(len(borders), KINK))


def test_a_regime_has_the_name_of_the_cache_that_it_ends_at():
    own = law(16 * KIB, 256 * KIB, 16 * MIB)
    assert names(own, curve(), CACHES) == ["L1", "L2", "L3", "memory"]


def test_source_and_result_count_together():
    assert names(law(340 * KIB), curve(result=0.5), CACHES)[0] == "L2"
    assert names(law(600 * KIB), curve(), CACHES)[0] is None


def test_a_regime_of_page_faults_is_named_by_them_first():
    assert names(law(16 * KIB, 16 * MIB), curve(faults_from=16 * MIB), CACHES)[-1] == "page-fault bound"


def test_faults_bind_where_they_take_most_of_the_time_and_every_size_of_the_regime_takes_them():
    own = law(16 * KIB, 16 * MIB)
    assert names(own, curve(faults_from=16 * MIB, fault_time=0.17), ())[-1] is None
    assert names(own, curve(faults_from=16 * MIB, fault_time=0.7), ())[-1] == "page-fault bound"
    assert names(own, curve(faults_from=64 * MIB), ())[-1] is None


def test_nothing_is_named_without_caches():
    assert names(law(16 * KIB, 256 * KIB), curve(), ()) == [None, None, None]


def test_caches_with_unknown_sizes_and_those_for_instructions_are_passed_over():
    odd = [{"level": 1, "type": "instruction", "bytes": 32768}, {"level": 2, "type": "unified", "bytes": None}]
    assert names(law(16 * KIB), curve(), odd) == [None, None]
