import numpy as np
import pandas as pd

from copycost.analyse.cell_bands import EVERY_SIZE, band_means, bands


def cells(shares=False, sizes=(8, 16384, 16385, 8 * 1024**2)):
    return pd.DataFrame(
        {
            "conversion": "c",
            "direction": "to_tensor",
            "bytes": pd.array(sizes, dtype="Int64"),
            "shares_memory": pd.array([shares] * len(sizes), dtype="boolean"),
        }
    )


def test_copies_fall_into_bands_by_bytes():
    codes, labels = bands(cells())
    assert codes.tolist() == [0, 0, 1, 2]
    assert labels["sizes"].tolist() == ["up to 16 KiB", "16 KiB to 4 MiB", "above 4 MiB"]


def test_what_shares_memory_or_has_no_size_is_one_band():
    for frame in (cells(shares=True), cells(shares=None, sizes=(pd.NA, pd.NA))):
        codes, labels = bands(frame)
        assert set(codes) == {0} and labels["sizes"].tolist() == [EVERY_SIZE]


def test_means_leave_unknown_values_out():
    values = np.array([[1.0, 3.0, np.nan], [np.nan, np.nan, 5.0]])
    np.testing.assert_array_equal(band_means(values, np.array([0, 0, 1]), 2), [[2, np.nan], [np.nan, 5]])
