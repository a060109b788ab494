import json

import pytest
from copycost.show.semantics_view import render

from copycost.errors import UsageError

ROW = {
    "conversion": "mine", "expression": "f(a) | <b>", "dtype": "float32", "source": "reversed",
    "shares_memory": None, "result_dtype": None, "outcome": "error", "message": "ValueError: no\nway",
}  # fmt: skip
CLAIM = {"claim": "f copies", "verdict": False, "evidence": "a write is seen"}


def test_json_holds_rows_and_claims_as_they_are():
    assert json.loads(render([ROW], [CLAIM], "json")) == {"semantics": [ROW], "claims": [CLAIM]}


def test_markdown_is_a_table_that_hostile_names_cannot_break():
    lines = render([ROW], [CLAIM], "markdown").splitlines()
    row = lines[2]
    assert row.replace("\\|", "").count("|") == lines[0].count("|")
    assert "<b>" not in row and "ValueError: no way" in row


def test_the_terminal_table_has_verdicts_and_no_control_characters():
    text = render([ROW], [CLAIM], "table")
    assert "false f copies" in text and "\x1b" not in text


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(UsageError, match="markdown"):
        render([], [], "markdwon")
