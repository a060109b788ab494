"""Estimates as programs that follow benchmarks read them, held against the rules of each format."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from copycost.errors import UsageError
from copycost.show.render.formats import TRACKERS, render_estimates

HOSTILE = 'a\\b"c\nd{e="f"}'


def cell(**told):
    """Return a cell of 2 µs between 1.9 and 2.2 µs, but for what is told."""
    usual = {"run": "mine", "machine": "EPYC", "arm": "base", "conversion": "torch.tensor", "dtype": "float64"}
    usual |= {"size": 4096, "threads": 1, "cache": "warm", "layout": "contiguous", "flags": ""}
    figures = {"seconds": 2e-6, "ci_low": 1.9e-6, "ci_high": 2.2e-6, "instructions": np.nan}
    return usual | figures | {"rounds": 40, "processes": 6} | told


def frame(*cells):
    return pd.DataFrame(cells).astype({"size": "Int64", "threads": "Int64"})


CELLS = frame(
    cell(),
    cell(size=1, threads=2, cache="cold", ci_low=np.nan, ci_high=np.nan, flags="unsteady;one-session"),
    cell(conversion=HOSTILE, dtype=None, size=None, threads=None, cache=None, layout=None, instructions=5135.0),
    cell(conversion="never.measured", seconds=np.nan),
)
NAMES = ["torch.tensor, float64, 4096 elements", "torch.tensor, float64, 2 threads, cold cache, 1 element"]


def loaded(format, cells=CELLS):
    return json.loads(render_estimates(cells, format), parse_constant=pytest.fail)


def test_bencher_gets_nanoseconds_with_the_ends_of_the_interval():
    metrics = loaded("bencher")
    assert list(metrics)[:2] == NAMES and len(metrics) == 3 and all("\n" not in name for name in metrics)
    assert metrics[NAMES[0]] == {
        "latency": {
            "value": pytest.approx(2000),
            "lower_value": pytest.approx(1900),
            "upper_value": pytest.approx(2200),
        }
    }
    assert metrics[NAMES[1]] == {"latency": {"value": pytest.approx(2000)}}
    assert list(metrics.values())[2]["instructions"] == {"value": 5135.0}


def test_github_action_benchmark_gets_a_range_that_it_can_read():
    entries = loaded("github-action-benchmark")
    assert [set(entry) - {"range", "extra"} for entry in entries] == [{"name", "unit", "value"}] * 4
    first, second, _, counted = entries
    assert (first["name"], first["unit"], first["value"]) == (NAMES[0], "ns", pytest.approx(2000))
    # That program takes a range apart by this pattern; half of 1900 to 2200 ns is 150 ns.
    prefix, half = re.fullmatch(r"((?:\+-|±)\s*)(\d.*)", first["range"]).groups()
    assert (prefix.strip(), float(half)) == ("±", 150)
    assert first["extra"] == "95% interval: 1900 to 2200 ns\n40 rounds of 6 processes"
    assert "range" not in second and second["extra"].endswith("\ndoubts: unsteady, one-session")
    assert (counted["unit"], counted["value"]) == ("instructions", 5135.0)


def test_large_figures_have_no_exponent():
    (entry,) = loaded("github-action-benchmark", frame(cell(seconds=0.0593, ci_low=0.058, ci_high=0.0612)))
    assert entry["range"] == "± 1600000" and entry["extra"].startswith("95% interval: 58000000 to 61200000 ns\n")


def test_openmetrics_keeps_the_rules_of_the_format():
    lines = render_estimates(CELLS, "openmetrics").splitlines()
    assert lines[-1] == "# EOF" and lines.count("# EOF") == 1
    families = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
    assert len(set(families)) == len(families) == 4
    label = r'[a-z]+="(?:[^"\\]|\\[\\"n])*"'
    sample = re.compile(rf"(\w+)\{{{label}(?:,{label})*\}} \d\S*")
    current = None
    for line in lines[:-1]:
        told = re.fullmatch(r"# (TYPE|UNIT|HELP) (\w+) (.+)", line)
        if told and told[1] == "TYPE":
            current, kind = told[2], told[3]
            assert kind == "gauge"
        elif told:
            assert told[2] == current and (told[1] != "UNIT" or current.endswith(f"_{told[3]}"))
        else:
            assert sample.fullmatch(line)[1] == current


def test_openmetrics_is_read_by_prometheus():
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    families = {family.name: family for family in parser.text_string_to_metric_families(_openmetrics())}
    seconds = families["copycost_call_seconds"]
    assert (seconds.type, seconds.unit) == ("gauge", "seconds")
    assert [sample.value for sample in seconds.samples] == [2e-6] * 3
    assert seconds.samples[1].labels == {
        **{"machine": "EPYC", "conversion": "torch.tensor", "dtype": "float64", "size": "1"},
        **{"threads": "2", "cache": "cold", "layout": "contiguous"},
    }
    # A line break in a name is a space everywhere; all else comes back as it was.
    assert set(seconds.samples[2].labels) == {"machine", "conversion"}
    assert re.fullmatch(r'a\\b"c.+d\{e="f"\}', seconds.samples[2].labels["conversion"])
    assert [sample.value for sample in families["copycost_call_lower_seconds"].samples] == [1.9e-6] * 2
    assert [sample.value for sample in families["copycost_call_upper_seconds"].samples] == [2.2e-6] * 2
    assert [sample.value for sample in families["copycost_call_instructions"].samples] == [5135.0]


def _openmetrics():
    return render_estimates(CELLS, "openmetrics")


def test_runs_and_arms_are_named_only_where_there_are_several():
    cells = frame(cell(), cell(arm="thp"), cell(run="other"))
    assert list(loaded("bencher", cells)) == [f"{name}: {NAMES[0]}" for name in ("mine@base", "mine@thp", "other@base")]
    assert 'run="other",arm="base"' in render_estimates(cells, "openmetrics")
    assert "run=" not in _openmetrics()


@pytest.mark.parametrize("format", TRACKERS)
def test_two_cells_of_one_name_are_refused_before_one_hides_the_other(format):
    with pytest.raises(UsageError, match="two cells would be called"):
        render_estimates(frame(cell(), cell()), format)


def test_no_cells_are_no_figures():
    none = CELLS.iloc[:0]
    assert (loaded("bencher", none), loaded("github-action-benchmark", none)) == ({}, [])
    assert render_estimates(none, "openmetrics") == "# EOF\n"
