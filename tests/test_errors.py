import pytest

from copycost.cli import main
from copycost.errors import one_line


@pytest.mark.parametrize("sign", ["\n", "\r", "\x1b", "\x07", "\x9b", "\u202e", "\u2028", "\udcff"])
def test_a_text_is_one_line_without_control_characters(sign):
    text = one_line(f"a{sign}b")
    assert sign not in text and text.startswith("a") and text.endswith("b") and text.isprintable()


def test_what_can_be_printed_stays():
    assert one_line("1 µs ±3% [bold]") == "1 µs ±3% [bold]"


def test_a_file_name_with_control_characters_is_told_without_them(tmp_path, capfd):
    (tmp_path / "a\x1b]0;b\n.json").write_text("{")
    assert main(["show", str(tmp_path)]) == 2
    told = capfd.readouterr().err
    assert told.count("\n") == 1 and told[:-1].isprintable() and "truncated" in told
