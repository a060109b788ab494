import pytest

from copycost.errors import UsageError
from copycost.units import parse_bytes


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
