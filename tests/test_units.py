import pytest

from copycost.errors import UsageError
from copycost.show.render.figures import ratio
from copycost.units import format_ratio, format_seconds, parse_bytes


@pytest.mark.parametrize(
    ("text", "count"),
    [("1000", 1000), ("512M", 512 * 1024**2), ("4g", 4 * 1024**3), ("1.5 GiB", 1536 * 1024**2), ("64kb", 65536)],
)
def test_bytes_are_read_in_binary_multiples(text, count):
    assert parse_bytes(text) == count


@pytest.mark.parametrize("text", ["", "0", "-1", "much", "1T", "0.1", "1e9", "4 G B"])
def test_what_is_no_number_of_bytes_is_refused(text):
    with pytest.raises(UsageError, match="512M or 4G"):
        parse_bytes(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1.02e-15, "1.02e-06 ns"),
        (4e-12, "0.004 ns"),
        (1e-11, "0.01 ns"),
        (0.0, "0.00 ns"),
        (1.2e-6, "1.20 µs"),
        (9e8, "900000000 s"),
    ],
)
def test_no_time_is_written_as_none_that_is_one(seconds, text):
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(
    ("value", "text", "multiple"),
    [(1e-24, "1e-24", "1e-24×"), (0.0004, "0.0004", "0.0004×"), (1.0522, "1.052", "1.05×"), (1270.0, "1,270", "1270×")],
)
def test_no_ratio_is_written_as_none_that_is_one(value, text, multiple):
    assert (ratio(value), format_ratio(value)) == (text, multiple)
