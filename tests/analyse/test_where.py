import pandas as pd
import pytest

from copycost.analyse.select import select, select_one, select_sides
from copycost.analyse.where import parse_where
from copycost.errors import UsageError
from tests.made_up import EMPTY_CALL, Law, core_cells, made_up_rounds, write_run
from tests.show.suites import benchmark, write_suite

CELLS = [*core_cells((1, 4096, 65536), ("float32", "float64")), EMPTY_CALL]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    results = tmp_path_factory.mktemp("results")
    for name in ("one", "two"):
        write_run(results / name, made_up_rounds(Law(processes=4), CELLS).assign(run=name))
    return results


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("dtype=float64", lambda cells: cells["dtype"] == "float64"),
        ("dtype!=float64", lambda cells: cells["dtype"] != "float64"),
        ("size>=4K", lambda cells: cells["size"] >= 4096),
        ("size<4096", lambda cells: cells["size"] < 4096),
        ("bytes<=32KiB", lambda cells: cells["bytes"] <= 32 * 1024),
        ("conversion=torch.*", lambda cells: cells["conversion"].str.startswith("torch.")),
        ("dtype=float32, size=1 ,threads=1", lambda cells: (cells["dtype"] == "float32") & (cells["size"] == 1)),
        ("direction=to_array,cache=warm", lambda cells: cells["direction"] == "to_array"),
    ],
)
def test_a_run_is_narrowed_to_the_cells_that_meet_all_conditions(results, text, left):
    whole, narrow = (select_one("one", results, where=where) for where in (None, parse_where(text)))
    wanted = whole.estimates[left(whole.estimates)]
    pd.testing.assert_frame_equal(narrow.estimates.reset_index(drop=True), wanted.reset_index(drop=True))
    assert 0 < len(wanted) < len(whole.estimates)
    assert (narrow.cells["direction"] == "reference").any()  # what figures are taken beside stays


def test_rounds_kept_and_fresh_are_narrowed_alike(results):
    where = parse_where("size=1")
    first = select_one("two", results, where=where).estimates  # the first makes what is kept
    again = select_one("two", results, where=where)
    assert again.estimates["seconds"].tolist() == first["seconds"].tolist()
    assert set(again.rounds["size"][again.rounds["direction"] != "reference"]) == {1}
    assert len(again.missing) == 0


def test_both_sides_of_a_comparison_are_narrowed(results):
    sides = select_sides(("one", "two"), results, where=parse_where("conversion=t.numpy"))
    assert [set(run.estimates["conversion"]) for run in sides] == [{"t.numpy"}] * 2


def test_runs_of_which_nothing_is_left_are_refused_by_name(results):
    with pytest.raises(UsageError, match=r"--where 'dtype=int8' leaves no cell of one"):
        select(["one", "two"], results, where=parse_where("dtype=int8"))


def test_a_cell_of_another_suite_has_no_size_to_meet_a_condition():
    frame = pd.DataFrame({"direction": [None], "size": pd.array([None], dtype="Int64")})
    for text in ("size<10", "size!=10", "size>=0"):
        assert not parse_where(text).among(frame).any()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not parse"),
        ("dtype", "does not parse"),
        ("dtype=", "does not parse"),
        ("size>=", "does not parse"),
        ("size==4", "does not parse"),
        ("workers<few", "'few' is not a number"),
        ("size>=many", "not a count"),
        ("dtype>float64", "is a text"),
        ("bytes=12parsecs", "not a number of bytes"),
    ],
)
def test_what_does_not_parse_is_refused_with_what_would(text, said):
    with pytest.raises(UsageError, match=said):
        parse_where(text)


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    """Eight tests of two parameters, ``size`` among them; half of them are in a group and tell their memory."""
    tests = []
    for workers in (1, 2, 16):
        for size in (100, 1000, 1024):
            item = benchmark(f"test_sort[{workers}-{size}]", 1e-6 * size, {"workers": workers, "size": size})
            if workers == 2:
                item |= {"group": "pair", "extra_info": {"peak.mb": size / 100, "note": "text", "workers": 99}}
            tests.append(item)
    tests.append(benchmark("test_cast[float32-True]", 1e-6, {"dtype": "float32", "fast": True}))
    tests.append(benchmark("test_cast[None-False]", 1e-6, {"dtype": None, "fast": False}))
    tests.append(benchmark("test_plain", 1e-6))
    return write_suite(tmp_path_factory.mktemp("suite") / "suite.json", tests)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("workers=2,size>=1000", ["2-1000", "2-1024"]),
        ("workers=2, size>=1K", ["2-1024"]),
        ("workers>2", ["16-100", "16-1000", "16-1024"]),  # a number, and not a text
        ("workers=1*,size=100", ["1-100", "16-100"]),
        ("workers!=2,size!=1024", ["1-100", "1-1000", "16-100", "16-1000"]),  # what has none meets nothing
        ("group=pair,size<1000", ["2-100"]),
        ("peak.mb>9.5", ["2-1000", "2-1024"]),
        ("dtype=float32", ["float32-True"]),
        ("fast=false", ["None-False"]),
        ("fast=True", ["float32-True"]),
        ("conversion=test_plain*", [""]),
    ],
)
def test_another_suite_is_narrowed_by_what_it_tells_itself(suite, text, left):
    run = select_one(str(suite), suite.parent, where=parse_where(text))
    assert sorted(run.estimates["name"].str.partition("[")[2].str.removesuffix("]")) == sorted(left)
    assert set(run.rounds["name"]) == set(run.estimates["name"])
    assert set(run.benchmarks["suite"]["fullname"]) == set(run.estimates["fullname"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("worker=2", "'worker' is not known: did you mean workers"),
        ("note=text", "'note' is not known: "),  # a text of extra_info is none
        ("zzz=2", "valid: workers, size, dtype, fast, peak.mb, group, conversion, direction, cache, "),
    ],
)
def test_a_name_that_no_run_tells_is_answered_with_those_that_are_told(suite, text, said):
    with pytest.raises(UsageError) as caught:
        select_one(str(suite), suite.parent, where=parse_where(text))
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_a_run_of_ours_has_no_parameters_of_its_own(results, suite):
    with pytest.raises(UsageError, match="'dtyp' is not known: did you mean dtype"):
        select_one("one", results, where=parse_where("dtyp=float64"))
    runs = select([str(suite)], results, where=parse_where("workers=2"))
    assert [run.name for run in runs] == ["suite"]
    with pytest.raises(UsageError, match="leaves no cell of one"):
        select(["one", str(suite)], results, where=parse_where("workers=2"))
