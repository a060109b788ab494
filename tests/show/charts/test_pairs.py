import pandas as pd

from copycost.show.charts.pairs import both_sides, cell_text, counted, one_sided, side_name, time_ratio, with_bytes


def test_cells_without_a_ratio_or_bytes_are_told_apart():
    frame = pd.DataFrame({"ratio": [1.0, float("nan"), 2.0], "bytes": [8.0, 8.0, 0.0]})
    assert (len(both_sides(frame)), len(with_bytes(frame))) == (2, 1)
    assert one_sided(frame) == ("1 cells were measured on one side only",)
    assert one_sided(both_sides(frame)) == ()


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
