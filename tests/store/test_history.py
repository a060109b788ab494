"""Files as every pytest-benchmark since 2.5 has written them, for one suite."""

import json
from pathlib import Path

import numpy as np
import pytest

from copycost.cli import main
from copycost.store.loading import load
from copycost.store.parametrised import read_parametrised

FILES = sorted(Path(__file__).with_name("history").glob("*.json"))
every_version = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def written(path):
    return json.loads(path.read_text())["benchmarks"]


def typed(capfdbinary, *words):
    assert main([*map(str, words)]) == 0
    out, err = capfdbinary.readouterr()
    assert err == b""
    return out.decode()


def test_versions_from_2_5_to_5_3_are_here():
    versions = [json.loads(path.read_text())["version"] for path in FILES]
    assert versions == [path.stem for path in FILES]
    assert {"2.5", "3.0", "3.1", "3.2", "3.4", "4.0", "5.1", "5.2", "5.3"} <= {v.rpartition(".")[0] for v in versions}


@every_version
def test_the_frame_has_the_rounds_that_the_file_has(path):
    frame = load(path)
    told = [one["stats"] for one in written(path)]
    expected = [stats.get("data") or [stats["median"]] for stats in told]
    assert frame["seconds"].tolist() == [seconds for own in expected for seconds in own]
    medians = frame.groupby("conversion", observed=True, sort=False)["seconds"].median()
    np.testing.assert_allclose(medians, [stats["median"] for stats in told], rtol=1e-12)
    calls = [stats["iterations"] if stats.get("data") else None for stats in told]
    assert frame.groupby("conversion", observed=True, sort=False)["calls"].first().isna().tolist() == [
        own is None for own in calls
    ]
    known = [own for own in calls if own is not None]
    assert frame.groupby("conversion", observed=True, sort=False)["calls"].first().dropna().tolist() == known


@every_version
def test_the_host_is_recognised_and_not_named(path):
    (machine,) = load(path)["machine"].unique()
    assert machine.endswith(load(FILES[0])["machine"].iloc[0].rpartition(" ")[2])
    assert json.loads(path.read_text())["machine_info"]["node"] not in machine


@every_version
def test_the_same_test_has_the_same_name_in_every_version(path):
    frame = load([path, FILES[-1]])
    names = frame.groupby("run", observed=True)["conversion"].unique().map(set)
    own = names[path.stem]
    assert len(own) == len(written(path))
    # The suite of the oldest file had no classes and fewer tests.
    assert own <= names[FILES[-1].stem] if path.stem != "2.5.0" else len(own & names[FILES[-1].stem]) >= 2


@every_version
def test_it_is_shown(path, capfdbinary):
    out = typed(capfdbinary, "show", path)
    assert all(one["name"] in out for one in written(path))


@every_version
def test_its_figures_are_exported(path, capfdbinary):
    cells = json.loads(typed(capfdbinary, "export", path, "--format", "json"))
    told = [one["stats"] for one in written(path)]
    np.testing.assert_allclose([cell["raw_seconds"] for cell in cells], [s["median"] for s in told], rtol=1e-12)
    assert [cell["rounds"] for cell in cells] == [len(s.get("data") or ()) or s.get("rounds", 1) for s in told]


@every_version
def test_compared_with_itself_nothing_differs_and_nothing_is_claimed(path, capfdbinary):
    cells = json.loads(typed(capfdbinary, "compare", path, path, "--format", "json"))["cells"]
    assert len(cells) == len(written(path))
    # One process has no interval, so that even equal figures are no proof of "same".
    assert {(cell["ratio"], cell["verdict"]) for cell in cells} == {(1.0, "undecided")}


@every_version
def test_its_parameters_are_those_that_the_file_tells(path):
    frame = read_parametrised(path).set_index("fullname")
    for one in written(path):
        row = frame.loc[one["fullname"]]
        for key, value in (one.get("params") or {}).items():
            if isinstance(value, int | float):
                assert row[key] == value
    assert frame["seconds"].tolist() == pytest.approx([one["stats"]["median"] for one in written(path)])
