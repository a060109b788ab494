import json

from copycost.cli import main
from copycost.commands.semantics import semantics_document
from copycost.show.render import terminal
from copycost.show.render.formats import render

ROW = {
    "conversion": "mine", "expression": "f(a) | <b>", "dtype": "float32", "source": "reversed",
    "shares_memory": None, "result_dtype": None, "outcome": "error", "message": "ValueError: no\nway",
}  # fmt: skip
SHARED = ROW | {"shares_memory": True, "result_dtype": "torch.float32", "outcome": "ok", "message": ""}
CLAIM = {"claim": "f copies", "verdict": False, "evidence": "a write is seen"}


def told(format):
    document = semantics_document([ROW, SHARED], [CLAIM])
    return terminal.render(document, width=80) if format == "table" else render(document, format)


def test_json_holds_rows_and_claims_as_they_are():
    content = json.loads(told("json"))
    assert (content["semantics"], content["claims"]) == ([ROW, SHARED], [CLAIM])


def test_csv_is_the_rows():
    assert told("csv").splitlines()[0] == ",".join(ROW)


def test_markdown_is_a_table_that_hostile_names_cannot_break():
    lines = told("markdown").splitlines()
    row = next(line for line in lines if "no way" in line)
    assert row.replace("\\|", "").count("|") == lines[0].count("|")
    assert "<b>" not in row and "ValueError: no way" in row


def test_the_terminal_table_has_verdicts_and_no_control_characters():
    lines = told("table").splitlines()
    assert "shares  torch.float32  ok" in lines[-4] and max(map(len, lines)) <= 80
    assert lines[-2:] == ["  false          f copies", "                 a write is seen"]
    assert all(sign.isprintable() for line in lines for sign in line)


def test_a_mistyped_format_fails_before_the_conversions_are_run(capsys, monkeypatch):
    monkeypatch.setattr("copycost.catalogue.semantics.table", lambda *_: 1 / 0)
    assert main(["semantics", "--format", "markdwon"]) == 2
    assert "did you mean markdown" in capsys.readouterr().err
