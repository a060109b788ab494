import numpy as np
import pandas as pd
import pytest

from copycost.show.charts.frames import NOISE, PAIR, PARAMETERS, RUNS
from copycost.show.charts.gallery import draw, drawable
from tests.show.charts.layout import complaints, texts
from tests.show.charts.made_up import cells, comparison, several, suite, with_references


def test_a_line_for_each_conversion_passes_through_its_times():
    frame = cells(("torch.tensor", "t.numpy"), ("float64",), (1, 64, 4096))
    (axes,) = draw("cost", frame).figure.axes
    markers = [line for line in axes.lines if line.get_linestyle() == "None" and len(line.get_xdata()) == 3]
    drawn = sorted(float(line.get_ydata()[0]) for line in markers)
    assert np.allclose(drawn, sorted(frame.loc[frame["size"] == 1, "seconds"]))


def test_both_axes_are_logarithmic():
    (axes,) = draw("cost", cells(dtypes=("float64",))).figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")


def test_all_panels_have_the_same_axes():
    figure = draw("cost", cells()).figure
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in figure.axes}) == 1


def test_cells_without_a_time_cannot_be_drawn():
    frame = cells(sizes=(1,))
    frame["seconds"] = np.nan
    assert drawable(frame)["cost"] == "no cell has a time"


def multiples(frame):
    """Return the values of the copying conversions' markers, by size, of a one-panel chart."""
    (axes,) = draw("multiple", frame).figure.axes
    return [line.get_ydata() for line in axes.lines if line.get_linestyle() == "None"]


def exact(**seconds):
    frame = cells(tuple(seconds), ("float64",), (1, 64))
    frame["seconds"] = [value for values in seconds.values() for value in values]
    frame["ci_low"] = frame["ci_high"] = frame["seconds"]
    frame["flags"] = ""
    return frame


def test_the_reference_is_the_cheapest_zero_copy_cell_of_that_size():
    frame = exact(one=[1.0, 4.0], other=[2.0, 2.0], copy=[6.0, 8.0])
    frame["direction"] = "to_tensor"
    frame["shares_memory"] = [True, True, True, True, False, False]
    (found,) = multiples(frame)
    assert list(found) == [6.0, 4.0]


def test_sharing_is_by_evidence_not_by_name():
    frame = exact(**{"torch.from_numpy": [5.0, 5.0], "torch.Tensor": [1.0, 1.0]})
    frame["shares_memory"] = [False, False, True, True]
    (found,) = multiples(frame)
    assert list(found) == [5.0, 5.0]


def test_a_copy_is_compared_within_its_own_direction():
    frame = cells(dtypes=("float64",), sizes=(1, 64))
    drawing = draw("multiple", frame)
    assert "NumPy → PyTorch: 1× is torch.from_numpy. PyTorch → NumPy: 1× is t.numpy." in drawing.alt


def test_one_is_on_the_axis():
    (axes,) = draw("multiple", cells(dtypes=("float64",))).figure.axes
    low, high = axes.get_ylim()
    assert low < 1 < high


def test_without_zero_copy_there_is_no_multiple():
    frame = cells(sizes=(1, 64))
    frame["shares_memory"] = False
    assert "zero-copy" in str(drawable(frame)["multiple"])


def test_the_interval_is_that_of_a_ratio():
    frame = exact(zero=[1.0, 1.0], copy=[2.0, 2.0])
    frame["direction"] = "to_tensor"
    frame["shares_memory"] = [True, True, False, False]
    frame["ci_low"] = frame["seconds"] * np.exp(-0.3)
    frame["ci_high"] = frame["seconds"] * np.exp(0.3)
    (axes,) = draw("multiple", frame).figure.axes
    reach = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert np.log([reach.min() / 2, reach.max() / 2]) == pytest.approx([-0.3 * np.sqrt(2), 0.3 * np.sqrt(2)])


def test_only_copying_cells_have_a_throughput():
    drawing = draw("throughput", cells(dtypes=("float32",), sizes=(1, 4096)))
    assert "torch.tensor" in drawing.alt
    assert "torch.from_numpy" not in drawing.alt
    assert "torch.Tensor" not in drawing.alt


def test_a_slower_bound_is_a_lower_throughput():
    frame = cells(("torch.tensor",), ("float64",), (4096, 4**8))
    frame["flags"] = ""
    frame["ci_high"] = frame["seconds"] * 2
    frame["ci_low"] = frame["seconds"]
    (axes,) = draw("throughput", frame).figure.axes
    lowest = axes.collections[0].get_paths()[0].vertices[:, 1].min()
    assert lowest == pytest.approx(2 * frame["gb_per_s"].min() / 2)


@pytest.mark.parametrize(
    ("direction", "counted", "axis"),
    [("to_tensor", 2, "GB/s read and written"), ("to_device_there", 1, "GB/s over the link")],
)
def test_bytes_go_over_a_link_once(direction, counted, axis):
    frame = cells(("torch.tensor",), ("float64",), (4096, 4**8)).assign(direction=direction)
    drawing = draw("throughput", frame)
    (axes,) = drawing.figure.axes
    drawn = next(line for line in axes.lines if len(line.get_ydata()) == 2 and line.get_linestyle() == "-")
    assert sorted(drawn.get_ydata()) == pytest.approx(sorted(counted * frame["gb_per_s"]))
    assert f": {axis}, " in drawing.alt


def test_sizes_at_which_the_call_takes_the_time_are_left_out_and_told():
    frame = cells(("torch.tensor",), ("float64",), tuple(4**k for k in range(10)))
    frame["seconds"] = 1e-6 + frame["bytes"] / 10e9  # a tenth of the last one's 9.95 GB/s is reached with 1,239 bytes
    drawing = draw("throughput", frame)
    (axes,) = drawing.figure.axes
    markers = next(line for line in axes.lines if line.get_linestyle() == "None" and line.get_marker() != "o")
    assert min(markers.get_xdata()) == 2048
    assert "Below 2 KiB the call takes the time, not its bytes." in drawing.alt


def test_zero_copy_alone_has_no_throughput():
    frame = cells(("t.numpy",), sizes=(1, 64))
    assert frame["gb_per_s"].isna().all()
    assert "no cell copies" in str(drawable(frame)["throughput"])
    assert np.isfinite(frame["seconds"]).all()


def test_the_machines_own_copies_are_the_ceilings():
    frame = with_references(cells(dtypes=("float64",), sizes=(64, 4096, 4**9)), fresh=4.0)
    figure = draw("throughput", frame).figure
    (axes,) = figure.axes
    mapped, fresh = (line.get_ydata() for line in axes.lines[:2])
    assert np.allclose(mapped[np.isfinite(mapped)], 100)
    assert np.allclose(fresh[np.isfinite(fresh)], 25)
    assert axes.get_ylim()[1] > 100
    written = {text.get_text() for text in texts(figure)}
    assert {"the most that a plain copy reaches", "into fresh memory, where that is less"} <= written


def test_a_copy_into_fresh_memory_that_is_faster_raises_the_one_ceiling():
    frame = with_references(cells(dtypes=("float64",), sizes=(64, 4096, 4**9)), fresh=0.5)
    (axes,) = draw("throughput", frame).figure.axes
    dashed = [line for line in axes.lines if line.get_marker() == "None" and len(line.get_xdata()) == 200]
    assert len(dashed) == 1
    ceiling = dashed[0].get_ydata()
    assert np.allclose(ceiling[np.isfinite(ceiling)], 200)


def test_a_cast_has_the_ceiling_of_the_bytes_that_it_reads_and_writes_and_of_its_own_fresh_pages():
    frame = with_references(cells(("torch.tensor",), ("float64",), (4**7, 4**8, 4**9)), fresh=4.0)
    casts = frame[frame["direction"] != "reference"].assign(conversion="torch.Tensor")
    casts["result_bytes"] = casts["bytes"] / 2
    (axes,) = draw("throughput", pd.concat([frame, casts], ignore_index=True)).figure.axes
    _, cast, copy = (line.get_ydata() for line in axes.lines[:3])
    # Of n bytes: 1.5 n are moved in 0.75 n / 50e9 s, and 0.5 n fresh bytes take 0.5 n * 3 / 50e9 s more.
    assert np.allclose(cast[np.isfinite(cast)][-1], 1.5 / (0.75 + 1.5) * 50)
    assert np.allclose(copy[np.isfinite(copy)], 25)


def test_without_references_there_are_no_ceilings():
    written = {text.get_text() for text in texts(draw("throughput", cells(sizes=(64,))).figure)}
    assert not any("plain copy" in text for text in written)


SHARED = {"dtypes": ("float64",), "sizes": (64, 4096, 4**9)}


def test_copies_stand_at_their_share_below_the_ceiling():
    frame = with_references(cells(**SHARED))
    drawing = draw("share", frame)
    (axes,) = drawing.figure.axes
    markers = [line for line in axes.lines if line.get_linestyle() == "None" and line.get_marker() != "o"]
    drawn = sorted(float(y) for line in markers for y in line.get_ydata())
    assert drawn == pytest.approx(sorted(frame["share_of_mapped"].dropna()))
    assert axes.get_ylim()[1] > 1
    assert "torch.from_numpy" not in drawing.alt


def test_what_fresh_memory_allows_is_a_line_where_it_is_less():
    (axes,) = draw("share", with_references(cells(**SHARED), fresh=4.0)).figure.axes
    fresh = axes.lines[1].get_ydata()
    assert np.nanmax(np.abs(fresh - 0.25)) < 1e-9
    (axes,) = draw("share", with_references(cells(**SHARED), fresh=0.5)).figure.axes
    assert np.isnan(axes.lines[1].get_ydata()).all()


def test_the_guides_are_explained():
    written = {text.get_text() for text in texts(draw("share", with_references(cells(**SHARED))).figure)}
    assert "100%: a plain copy into memory that is mapped" in written


def test_without_plain_copies_there_is_no_share():
    assert "no plain copy" in str(drawable(cells(**SHARED))["share"])


def test_cells_without_a_plain_copy_beside_them_are_left_out():
    frame = cells(("torch.tensor",), ("float64",))
    frame["flags"] = ""
    (axes,) = draw("copy-ratio", frame).figure.axes
    (markers,) = [line for line in axes.lines if line.get_linestyle() == "None"]
    assert len(markers.get_xdata()) == frame["copy_ratio"].notna().sum()


def test_where_no_plain_copy_was_timed_the_chart_says_so():
    frame = cells(sizes=(1, 64))
    frame["copy_ratio"] = np.nan
    assert "plain copy" in str(drawable(frame)["copy-ratio"])
    assert "plain copy" in str(drawable(frame.drop(columns="copy_ratio"))["copy-ratio"])


def test_no_faults_are_on_the_axis_as_zero():
    figure = draw("page-faults", cells(dtypes=("float64",))).figure
    (axes,) = figure.axes
    assert axes.get_ylim()[0] < 0
    written = {text.get_text() for text in texts(figure)}
    assert {"0", "1", "10,000", "one fault per 4 KiB"} <= written


def test_a_run_without_any_fault_can_be_drawn():
    frame = cells(sizes=(1, 64))
    frame["page_faults"] = 0.0
    assert draw("page-faults", frame).figure.axes


def test_faults_that_were_not_counted_cannot():
    frame = cells(sizes=(1, 64))
    frame["page_faults"] = np.nan
    assert drawable(frame)["page-faults"] == "page faults were not counted"


def test_twice_as_fast_is_a_speed_up_of_two():
    frame = cells(("torch.tensor",), ("float64",), (4096, 4**8), threads=(1, 2))
    frame["seconds"] = frame["threads"].map({1: 4e-6, 2: 2e-6})
    frame["flags"] = ""
    (axes,) = draw("threads", frame).figure.axes
    (markers,) = [line for line in axes.lines if line.get_linestyle() == "None"]
    assert list(markers.get_ydata()) == pytest.approx([2.0, 2.0])


def test_each_number_of_threads_has_its_panel():
    frame = cells(("torch.tensor",), ("float64",), (4096, 4**8), threads=(1, 2, 4))
    assert len(draw("threads", frame).figure.axes) == 2


COMPARED = {"dtypes": ("float64",), "sizes": (1, 64, 4096, 4**9)}


def drawn(**options):
    return draw("ratio", comparison(cells(**COMPARED)), names=("old", "new"), **options)


def test_a_line_passes_through_the_ratios_and_its_band_is_the_interval():
    (axes,) = drawn().figure.axes
    markers = [line for line in axes.lines if line.get_linestyle() == "None"]
    assert {round(float(y), 3) for line in markers for y in line.get_ydata()} == {0.8, 1.0, 1.3}
    edges = [path.vertices[:, 1] for band in axes.collections for path in band.get_paths()]
    assert max(edge.max() for edge in edges) == pytest.approx(1.3 * 1.03)


def test_verdicts_are_told_apart_by_their_markers():
    written = {text.get_text() for text in texts(drawn().figure)}
    assert {"faster or slower", "the same", "undecided"} <= written


def test_the_axis_names_both_sides_and_the_description_counts_verdicts():
    drawing = drawn()
    assert "time of new ÷ time of old" in {text.get_text() for text in texts(drawing.figure)}
    assert "Of 20 cells: 2 slower, 2 faster, 11 same, 5 undecided." in drawing.alt
    assert "Most of all slower: torch.tensor, float64, 8 B, 1.30×." in drawing.alt


def test_a_small_change_is_still_seen():
    frame = comparison(cells(**COMPARED))
    frame["ratio"] = 1.02
    frame[["ci_low", "ci_high"]] = float("nan")
    (axes,) = draw("ratio", frame).figure.axes
    low, high = axes.get_ylim()
    assert high / low < 2


def test_cells_of_one_side_are_counted():
    frame = comparison(cells(**COMPARED))
    frame.loc[0, ["ratio", "seconds_b"]] = float("nan")
    frame.loc[0, "verdict"] = "only in A"
    assert "1 cells were measured on one side only." in draw("ratio", frame).alt


def test_without_bytes_there_is_no_ratio_against_them():
    frame = comparison(cells(**COMPARED)).astype({"bytes": "Int64"})
    frame["bytes"] = None
    reasons = drawable(frame, shows=PAIR)
    assert "bytes" in str(reasons["ratio"]) and "bytes" in str(reasons["heat-map"])
    assert reasons["dumbbells"] is None


TWO = {"conversions": ("torch.tensor", "t.numpy"), "dtypes": ("float64",), "sizes": (1, 64, 4096)}


def test_each_conversion_has_a_panel_and_each_of_a_few_runs_a_line():
    figure = draw("runs", several(3, **TWO)).figure
    assert len(figure.axes) == 2
    written = [text.get_text() for text in texts(figure)]
    assert all(written.count(f"run-{i}") == 2 for i in range(3))


def test_more_runs_are_bands_around_their_median():
    drawing = draw("runs", several(9, **TWO))
    written = {text.get_text() for text in texts(drawing.figure)}
    assert {"median of 9 runs", "the middle half of them", "nine of ten of them"} <= written
    assert not any(text.startswith("run-") for text in written)
    assert "9 runs" in drawing.alt


def test_a_band_holds_the_runs():
    frame = several(9, conversions=("torch.tensor",), dtypes=("float64",), sizes=(64, 4096))
    (axes,) = draw("runs", frame).figure.axes
    wide = axes.collections[0].get_paths()[0].vertices
    at_64 = frame.loc[frame["size"] == 64, "seconds"]
    edges = wide[np.isclose(wide[:, 0], 512), 1]
    assert np.allclose([edges.min(), edges.max()], at_64.quantile([0.05, 0.95]))


def test_cells_of_one_run_only_are_left_out():
    assert "more than one run" in str(drawable(cells(**TWO), shows=RUNS)["runs"])


def test_a_run_half_as_slow_again_stands_at_one_and_a_half():
    frame = several(5, conversions=("torch.tensor",), dtypes=("float64",), sizes=(1, 64))
    (axes,) = draw("runs-relative", frame).figure.axes
    markers = [line for line in axes.lines if line.get_linestyle() == "None"]
    highest = max(float(y) for line in markers for y in line.get_ydata())
    assert highest == pytest.approx(1.5, rel=0.05)
    assert sorted(float(line.get_ydata()[0]) for line in markers)[2] == pytest.approx(1)


def profile(floor=0.01):
    rows = [{"kind": kind, "bytes": size, "floor": floor} for kind in ("zero-copy", "copy") for size in (8, 512, 2**20)]
    return pd.DataFrame(rows).assign(machine="AMD EPYC 2c")


def test_both_kinds_of_conversion_have_a_line_in_percent():
    figure = draw("noise", profile(), machine={"machine": "AMD EPYC 2c"}).figure
    written = {text.get_text() for text in texts(figure)}
    assert {"zero-copy conversions", "copying conversions", "95% differ by less than", "1%"} <= written
    assert complaints(figure) == []


def test_a_profile_without_a_floor_cannot_be_drawn():
    assert "no noise floor" in str(drawable(profile(0.0), shows=NOISE)["noise"])


def test_each_value_is_a_line_and_the_axes_are_named_after_the_parameter():
    drawing = draw("parameters", suite(), about=("suite.json",))
    written = {text.get_text() for text in texts(drawing.figure)}
    assert {"Time per call against n", "n", "list", "array", "each line is one value of kind", "suite.json"} <= written
    assert drawing.title == "Time per call against n"
    assert "list 1 µs at 1, 100 µs at 100" in drawing.alt


def test_each_value_of_another_parameter_is_a_panel():
    figure = draw("parameters", suite(panels=("float32", "float64"))).figure
    assert len(figure.axes) == 2


@pytest.mark.parametrize(("xs", "scale"), [((1, 10, 1000), "log"), ((10, 11, 13), "linear"), ((-5, 0, 5000), "linear")])
def test_an_axis_is_logarithmic_where_the_numbers_are_far_apart(xs, scale):
    (axes,) = draw("parameters", suite(xs=xs).assign(seconds=1e-6)).figure.axes
    assert axes.get_xscale() == scale


@pytest.mark.parametrize("width", [480, 720])
def test_hostile_names_are_shown_as_text(width):
    names = ("<script>alert(1)</script>", "$x^2$", "n" * 200, "שלום", "a\x00b\n")
    frame = suite(lines=names, panels=("p" * 300, "$p_1$")).assign(across="<b>" + "x" * 200, along="k" * 200)
    assert complaints(draw("parameters", frame, width=width, about=("f" * 250,)).figure) == []


def test_benchmarks_without_a_time_are_left_out_and_alone_refused():
    frame = suite()
    frame.loc[frame["line"] == "list", "seconds"] = np.nan
    assert "list" not in draw("parameters", frame).alt
    assert "no benchmark has a time" in str(drawable(frame.assign(seconds=0.0), shows=PARAMETERS)["parameters"])
