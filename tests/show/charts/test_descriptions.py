import pandas as pd

from copycost.show.charts.descriptions import cell_text, counted, one_sided, side_name, time_ratio
from copycost.show.charts.gallery import draw
from copycost.show.charts.line_charts import with_bytes
from tests.show.charts.made_up import CORE, MACHINE, cells


def test_each_line_is_told_from_end_to_end_lowest_first():
    frame = cells(("torch.tensor", "t.numpy"), ("float64",), (1, 4096))
    frame["seconds"] = [2e-6, 3e-6, 5e-7, 5.1e-7]
    frame["flags"] = ""
    assert draw("cost", frame, machine=MACHINE).alt == (
        "Time per call against bytes: time per call, for bytes of the source from 8 B to 32 KiB, as lines on "
        "logarithmic axes. AMD EPYC 2c 3f9a1c, run reference, torch 2.13.0, NumPy 2.4.6, float64, "
        "1 thread, warm cache. t.numpy (shares memory) 500 ns at 8 B, 510 ns at 32 KiB; "
        "torch.tensor (copies) 2 µs at 8 B, 3 µs at 32 KiB."
    )


def test_many_lines_are_summed_up():
    names = CORE + tuple(f"conversion {i}" for i in range(20))
    alt = draw("cost", cells(names, sizes=(1, 64))).alt
    assert "others between" in alt
    assert len(alt) < 3000


def test_doubts_are_told():
    frame = cells(dtypes=("float32",), sizes=(1, 64))
    frame["flags"] = ""
    frame.loc[0, "flags"] = "few-quiet"
    assert "1 of 10 points are marked as doubtful." in draw("cost", frame).alt


def test_cells_without_a_ratio_or_bytes_are_told_apart():
    frame = pd.DataFrame({"ratio": [1.0, float("nan"), 2.0], "bytes": [8.0, 8.0, 0.0]})
    assert len(with_bytes(frame)) == 1
    assert one_sided(frame) == ("1 cells were measured on one side only",)
    assert one_sided(frame[frame["ratio"] > 0]) == ()


def test_a_long_name_of_a_side_is_shortened():
    assert side_name("n" * 99) == "n" * 39 + "…"
    assert time_ratio(("a\n", "b")) == "time of b ÷ time of a"


def test_verdicts_are_counted_in_their_order():
    assert (
        counted(pd.Series(["same", "slower", "same"]), ("slower", "faster", "same")) == "Of 3 cells: 1 slower, 2 same."
    )


def test_a_cell_in_words_leaves_out_what_is_usual():
    usual = {"conversion": "t.numpy", "dtype": "float32", "bytes": 2**20, "threads": 1, "cache": "warm", "layout": ""}
    assert cell_text(pd.Series(usual)) == "t.numpy, float32, 1 MiB"
    other = pd.Series(usual | {"threads": 2, "cache": "cold", "layout": "strided"})
    assert cell_text(other) == "t.numpy, float32, 1 MiB, 2 threads, cold cache, strided"
