import sys

from copycost.show.reading_progress import WORTH_SHOWING, reading_progress


def test_nothing_is_shown_where_nobody_looks(capsys):
    with reading_progress(1000) as progress:
        assert progress is None
    assert capsys.readouterr() == ("", "")


def test_nothing_is_shown_for_a_few_runs(monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with reading_progress(WORTH_SHOWING - 1) as progress:
        assert progress is None


def test_a_bar_stands_on_standard_error_only(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with reading_progress(WORTH_SHOWING) as progress:
        progress(5, WORTH_SHOWING)
    out, err = capsys.readouterr()
    assert out == "" and f"5/{WORTH_SHOWING}" in err
