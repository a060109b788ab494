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


def test_markdown_cannot_be_broken_by_hostile_names():
    lines = told("markdown").splitlines()
    header, row = (next(line for line in lines if word in line) for word in ("| expression", "torch.float32"))
    assert row.replace("\\|", "").count("|") == header.count("|")
    assert not any("<b>" in line for line in lines) and any("ValueError: no way" in line for line in lines)


def test_the_terminal_has_the_claims_first_and_no_control_characters():
    lines = told("table").splitlines()
    assert lines[:2] == ["  false          f copies", "                 a write is seen"]
    assert "shares  torch.float32" in "\n".join(lines) and max(map(len, lines)) <= 80
    assert all(sign.isprintable() for line in lines for sign in line)


def test_each_exception_is_told_once_and_rows_that_do_the_same_are_one():
    def rows(expression, source, **changed):
        return [SHARED | {"expression": expression, "dtype": dtype, "source": source,
                          "result_dtype": f"torch.{dtype}"} | changed for dtype in ("float32", "int64")]  # fmt: skip

    failed = {"outcome": "error", "message": "ValueError: negative", "result_dtype": None, "shares_memory": None}
    warned = {"outcome": "warning", "message": "UserWarning: not writable"}
    of_all = [
        *rows("f(a)", "contiguous"), *rows("f(a)", "read-only", **warned), *rows("f(a)", "reversed", **failed),
        *rows("g(a)", "contiguous", shares_memory=False), *rows("g(a)", "reversed", **failed),
        *rows("h(a)", "0-d", **failed)[1:],
    ]  # fmt: skip
    text = terminal.render(semantics_document(of_all, [CLAIM]), width=80)
    assert text.count("ValueError: negative") == text.count("UserWarning: not writable") == 1
    assert [line.split() for line in text.splitlines() if line.startswith(("f(a)", "g(a)"))] == [
        ["f(a)", "float32,", "int64", "contiguous,", "read-only", "shares", "the", "source's"],
        ["g(a)", "float32,", "int64", "contiguous", "copies", "the", "source's"],
    ]
    assert "f(a), g(a), reversed (float32, int64)" in text and "h(a), 0-d (int64)" in text


def test_a_mistyped_format_fails_before_the_conversions_are_run(capsys, monkeypatch):
    monkeypatch.setattr("copycost.catalogue.semantics.table", lambda *_: 1 / 0)
    assert main(["semantics", "--format", "markdwon"]) == 2
    assert "did you mean markdown" in capsys.readouterr().err
