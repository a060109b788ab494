import pytest

from copycost.errors import UsageError
from copycost.store.json_file import read_json


def refused(tmp_path, content):
    path = tmp_path / "some.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError) as error:
        read_json(path)
    message = str(error.value)
    assert str(path) in message and "\n" not in message
    return message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ('{"benchmarks": [1, 2', "truncated"),
        ("hello", "not JSON"),
        ('{"a": 1}x', "not JSON (Extra data"),
        (b"\xff\xfe\x00\x01", "not UTF-8"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": 1, "a": 2}', "'a' is repeated"),
        ("9" * 5000, "not JSON"),
    ],
)
def test_what_is_not_json_is_refused_with_the_reason(tmp_path, content, reason):
    assert reason in refused(tmp_path, content)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_json(tmp_path / "none.json")


def test_nan_and_infinity_are_unknown(tmp_path):
    path = tmp_path / "some.json"
    path.write_text('{"a": NaN, "b": [Infinity, -Infinity, 1.5]}')
    assert read_json(path) == {"a": None, "b": [None, None, 1.5]}
