import pandas as pd
import pytest

from copycost.analyse.gate import failures, parse_gate
from copycost.errors import UsageError

NAMES = ("torch.tensor", "t.numpy", "f(a, slowly)")


def cells(*rows):
    columns = ["conversion", "dtype", "size", "ci_low", "ratio", "verdict"]
    return pd.DataFrame(rows, columns=columns).astype({"size": "Int64"})


TABLE = cells(
    ("torch.tensor", "float64", 1, 1.18, 1.20, "slower"),
    ("torch.tensor", "float64", 1024, 1.035, 1.04, "slower"),
    ("t.numpy", "float32", 4096, 1.10, 1.30, "undecided"),
    ("t.numpy", "float32", 1024**2, 0.45, 0.50, "faster"),
    ("f(a, slowly)", "float64", 1, float("nan"), float("nan"), "only in A"),
)


def failing(text, table=TABLE):
    return failures(parse_gate(text), table).index.tolist()


def test_only_a_verdict_fails_and_never_a_raw_ratio():
    assert failing("slower>5%") == [0]
    assert failing("slower") == [0, 1]
    assert failing("slower>25%") == []


def test_how_much_slower_is_judged_by_the_whole_interval():
    barely = cells(("t.numpy", "float64", 1, 1.02, 1.06, "slower"), ("t.numpy", "float64", 4, 1.051, 1.06, "slower"))
    assert failing("slower>5%", barely) == [1]
    assert failing("slower", barely) == [0, 1]


def test_several_rules_any_of_which_fails():
    assert failing("slower>5%,undecided") == [0, 2]
    assert failing(" slower > 5 % , undecided ") == [0, 2]
    assert failures(parse_gate("undecided,slower>5%"), TABLE)["rule"].tolist() == ["slower>5%", "undecided"]


def test_a_time_may_be_the_limit_with_or_without_a_baseline():
    table = TABLE.assign(seconds_b=[9e-6, 11e-6, 2e-3, float("nan"), float("nan")])
    assert failing("seconds>10us", table) == failing("seconds > 10 µs", table) == [1, 2]
    assert failing("seconds>1.5ms", table) == [2] and failing("seconds>3ms", table) == []
    assert failing("seconds>10us:conversion=torch.*,undecided", table) == [1, 2]
    alone = table.assign(verdict="only in B")
    assert failing("seconds>10us", alone) == [1, 2]


@pytest.mark.parametrize("text", ["seconds", "seconds>10", "seconds>5%", "seconds>1h"])
def test_a_limit_is_a_time_with_its_unit(text):
    with pytest.raises(UsageError, match="seconds>10us"):
        parse_gate(text)


def test_a_conversion_may_be_named_by_a_part_and_brackets_are_brackets():
    table = TABLE.assign(conversion=["t[a-1]", "t[b-1]", "ta", "t[a-2]", "u"])
    assert failing("slower:conversion=t[*-1]", table) == [0, 1]
    assert failing("slower:conversion=t[a-1]", table) == [0]
    with pytest.raises(UsageError, match="is about no cell"):
        failing("slower:conversion=x*", table)


def test_rules_are_restricted_by_conversion_dtype_and_size():
    assert failing("slower:conversion=torch.tensor:size=1..64") == [0]
    assert failing("slower>3%:size=1K") == [1]
    assert failing("undecided:dtype=float32:size=1..64K") == [2]


def test_a_conversion_may_have_a_comma_in_its_name():
    gate = parse_gate("slower:conversion=f(a, slowly),undecided")
    assert [rule.conversion for rule in gate.rules] == ["f(a, slowly)", None]


def test_the_smallest_slowdown_is_what_the_margin_must_let_through():
    assert parse_gate("slower>5%,slower>2%:size=1,undecided").smallest == pytest.approx(0.02)
    assert parse_gate("slower,undecided").smallest is None


@pytest.mark.parametrize(
    "text",
    [
        *("", ",", "slower>", "slower>5", "slower>%", "slower>-5%", "slower<5%", "quicker", "faster>5%"),
        *("undecided>5%", "slower>5%,", "slower>5%:sise=1", "slower:size=", "slower:size=64..1", "slower:size=x"),
        *("slower:size=1:size=2", "same", "5%", "slower slower", "slower>1e1%"),
    ],
)
def test_what_does_not_parse_is_refused(text):
    with pytest.raises(UsageError):
        parse_gate(text)


def test_a_rule_about_no_cell_at_all_could_never_fail_and_is_refused():
    with pytest.raises(UsageError, match=r"did you mean torch\.tensor"):
        failing("slower:conversion=torch.tensr")
    with pytest.raises(UsageError, match="no such cells"):
        failing("slower:conversion=t.numpy:size=3")
    with pytest.raises(UsageError, match="no such cells on both sides"):
        failing("slower:conversion=f(a, slowly)")
