import json
import shutil

import pytest

from copycost.cli import main
from tests.made_up import EMPTY_CALL, Law, core_cells, made_up_rounds, write_run


@pytest.fixture
def results(tmp_path, monkeypatch):
    cells = [*core_cells(sizes=(1, 4096), dtypes=("float64",)), EMPTY_CALL]
    for number in range(2):
        rounds = made_up_rounds(Law(processes=3, visits=2, runs=(f"day-{number}",)), cells, number)
        record = {"created": f"2026-02-0{number + 1}T08:00:00+00:00"}
        write_run(tmp_path / "results" / f"day-{number}", rounds, record=record)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "results"


def test_a_check_ends_with_0_where_all_match_1_where_one_does_not_and_2_without_charts(results, capsys):
    assert main(["plot", "day-0", "--chart", "cost", "--format", "svg"]) == 0
    assert main(["plot", "--check"]) == 0
    assert "1 of 1 charts match their results" in capsys.readouterr().out
    shutil.rmtree(results / "day-0")
    assert main(["plot", "--check", "--plots", "plots"]) == 1
    assert "plots/cost.svg: its results cannot be read: no run 'day-0'" in capsys.readouterr().out
    assert main(["plot", "--check", "--plots", "elsewhere"]) == 2
    assert "elsewhere: no such folder" in capsys.readouterr().err


def test_words_and_page_can_be_left_out(results):
    arguments = ["plot", "day-0", "--chart", "cost", "--format", "svg", "--lang-free", "--background", "transparent"]
    assert main(arguments) == 0
    written = (results.parent / "plots" / "cost.svg").read_text()
    assert "95% interval" not in written.partition("</metadata>")[2]
    assert main([*arguments[:-1], "blue"]) == 2


def test_compare_and_history_draw_their_charts_too(results, capsys):
    assert main(["compare", "day-0", "day-1", "--plots", "compared", "--margin", "10%"]) == 0
    assert main(["history", "day", "--plots", "past"]) == 0
    made = {path.name for path in results.parent.rglob("*.svg")}
    assert made == {"ratio.svg", "heat-map.svg", "dumbbells.svg", "history.svg"}
    assert main(["plot", "--check", "--plots", "compared"]) == main(["plot", "--check", "--plots", "past"]) == 0


def test_a_noise_profile_is_drawn_and_checked(results):
    row = {"kind": "copy", "bytes": 8, "cells": 5, "pooled": 5, "floor": 0.01}
    row |= dict.fromkeys(("over_1", "over_2", "over_5", "same", "false_verdicts"), 0.0)
    profile = {"schema": 1, "machine": "m", "fingerprint": {}, "created": "2026-01-01", "repeats": 3, "noise": [row]}
    path = results / "noise-m.json"
    path.write_text(json.dumps(profile))
    assert main(["plot", str(path), "--out", "noise"]) == 0
    assert main(["plot", "--check", "--plots", "noise"]) == 0
    path.write_text(json.dumps(profile | {"noise": [row | {"floor": 0.02}]}))
    assert main(["plot", "--check", "--plots", "noise"]) == 1
