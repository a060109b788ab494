from copycost.show.charts.gallery import draw
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
