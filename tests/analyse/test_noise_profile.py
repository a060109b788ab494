import json

import numpy as np
import pandas as pd
import pytest

from copycost.analyse.noise_profile import noise_profile, profile_path, read_profile, write_profile
from copycost.errors import UsageError
from tests.made_up import MACHINE

METHOD = {"protocol": 1, "canary": "python-100"}


def repeats(deviation, *, sizes=(8, 8192, 8 * 1024**2), count=30, cells=4, seed=0):
    """Return comparisons whose log ratios have a standard deviation: ``deviation(bytes, copies)``."""
    draw = np.random.default_rng(seed)
    frames = []
    for _ in range(count):
        rows = [(size, shares) for size in sizes for shares in (True, False) for _ in range(cells)]
        logs = [draw.normal(0, deviation(size, not shares)) for size, shares in rows]
        frame = pd.DataFrame(rows, columns=["bytes", "shares_memory"]).astype({"shares_memory": "boolean"})
        frames.append(frame.assign(ratio=np.exp(logs), verdict="same"))
    return frames


def profile(*arguments, **more):
    return noise_profile(repeats(*arguments, **more), machine=MACHINE, method=METHOD)


def test_the_floor_is_what_95_percent_of_identical_figures_stay_below():
    own = profile(lambda size, copies: 0.05 if copies and size > 1e6 else 0.005).sizes
    large = own[(own["kind"] == "copy") & (own["bytes"] > 1e6)].iloc[0]
    assert large["floor"] == pytest.approx(1.96 * 0.05, rel=0.2)
    assert own[own["kind"] == "zero-copy"]["floor"].to_numpy() == pytest.approx(1.96 * 0.005, rel=0.25)
    assert large["over_5"] == pytest.approx(0.317, abs=0.1) and large["over_1"] > large["over_2"] > large["over_5"]


def test_few_figures_are_pooled_with_their_neighbours():
    few = profile(lambda size, copies: 0.01, count=2).sizes
    assert (few["cells"] == 8).all() and (few["pooled"] == 24).all()
    many = profile(lambda size, copies: 0.01).sizes
    assert (many["pooled"] == many["cells"]).all()


def test_a_profile_comes_back_as_it_was_written(tmp_path):
    own = profile(lambda size, copies: 0.01)
    path = profile_path(tmp_path, MACHINE)
    write_profile(path, own)
    back = read_profile(path)
    assert (back.machine, back.fingerprint, back.created, back.repeats) == (MACHINE, METHOD, own.created, 30)
    pd.testing.assert_frame_equal(back.sizes, own.sizes)
    assert json.loads(path.read_text())["schema"] == 1


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"schema": 1, "noise": []},
        {"schema": 1, "machine": "m", "fingerprint": {}, "noise": []},
        {"schema": 2, "machine": "m", "fingerprint": {}, "noise": [{}]},
        {"schema": 1, "machine": "m", "fingerprint": {}, "noise": [{"kind": "copy", "bytes": 8}]},
        {"schema": 1, "machine": "m", "fingerprint": {}, "noise": [{"kind": "copy", "bytes": 8, "floor": "x"}]},
    ],
)
def test_a_file_that_is_no_profile_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "noise.json"
    path.write_text(json.dumps(content))
    with pytest.raises(UsageError, match=r"noise\.json"):
        read_profile(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("floor", "over_1", "same") for value in ("9" * 400, "1e400", "-1", "true")),
        *((name, value) for name in ("bytes", "cells", "pooled") for value in ("9" * 400, str(2**62), "0.5", "null")),
    ],
    ids=lambda value: value[:9],
)
def test_a_row_with_a_number_that_nobody_can_have_measured_is_refused(tmp_path, name, value):
    path = tmp_path / "noise.json"
    write_profile(path, profile(lambda size, copies: 0.01))
    content = json.loads(path.read_text())
    content["noise"][-1][name] = "HERE"
    path.write_text(json.dumps(content).replace('"HERE"', value))
    with pytest.raises(UsageError, match=r"noise\.json: not a noise profile"):
        read_profile(path)


def test_no_cell_on_both_sides_gives_no_profile():
    with pytest.raises(UsageError, match="not one cell"):
        noise_profile([], machine=MACHINE, method=METHOD)
