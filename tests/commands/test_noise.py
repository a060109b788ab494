import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from copycost.analyse.noise_profile import noise_profile
from copycost.cli import main
from copycost.commands.noise import noise_document
from copycost.run import execution
from copycost.show.render import terminal
from copycost.show.render.formats import render
from tests.commands.runs_to_compare import write
from tests.made_up import MACHINE


def profile_document():
    """Return what is told of five made-up pairs of identical runs."""
    draw = np.random.default_rng(1)
    rows = pd.DataFrame({"bytes": [8, 8, 4096, 4096] * 20, "shares_memory": [True, False] * 40})
    frames = [
        rows.assign(ratio=np.exp(draw.normal(0, 0.01, len(rows))), verdict=["same"] * 79 + ["slower"]) for _ in range(5)
    ]
    return noise_document(noise_profile(frames, machine=MACHINE, method={"protocol": 1}))


@pytest.fixture(scope="module")
def document():
    return profile_document()


def test_there_is_a_row_per_kind_and_size_and_the_rate_of_false_verdicts(document):
    text = terminal.render(document, width=80)
    assert "\x1b" not in text and max(map(len, text.splitlines())) <= 80
    assert text.splitlines()[0].startswith(f"{MACHINE}, 20")
    assert [line.split()[0] for line in text.splitlines() if line.endswith("copy")] == ["zero-copy", "copy"]
    assert text.count("4 KiB") == 2 and "although nothing differed: 1.25%" in text


def test_json_has_the_sizes_and_the_whole(document):
    content = json.loads(render(document, "json"))
    assert content["machine"] == MACHINE and content["repeats"] == 5 and content["created"].startswith("20")
    assert len(content["noise"]) == 4 and content["false_verdicts"] == pytest.approx(1 / 80)
    assert content["same"] == pytest.approx(79 / 80)
    assert {"kind", "floor", "over_1", "over_2", "over_5", "same"} <= set(content["noise"][0])


def test_csv_is_the_sizes(document):
    assert len(render(document, "csv").splitlines()) == 1 + 4


def refused(capsys, *typed):
    """Return the one line by which the command refuses what was typed."""
    assert main(["noise", *map(str, typed)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("--repeats", "0"), "at least 1"),
        (("--format", "markdwon"), "markdown"),
        (("--preset", "qick"), "quick"),
    ],
)
def test_what_is_not_valid_is_refused_before_anything_is_measured(tmp_path, capsys, typed, said):
    assert said in refused(capsys, *typed, "--results", tmp_path, "--plots", tmp_path / "plots")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_charts_folder_that_cannot_be_made_is_refused_before_anything_is_measured(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert "charts folder" in refused(capsys, "--repeats", "1", "--results", tmp_path, "--plots", tmp_path / "file")


def test_whole_runs_are_measured_in_turn_and_each_is_compared_with_the_next(tmp_path, monkeypatch, capsys):
    measured = []

    def execute(settings, bar):
        settings.folder.rmdir()
        write(settings.folder, seed=len(measured), factor=1.3 if len(measured) == 2 else 1.0)
        measured.append((settings.folder.name, len(settings.arms)))
        return SimpleNamespace(status="complete", machine={"machine": MACHINE}, method={"protocol": 2})

    monkeypatch.setattr(execution, "execute", execute)
    typed = ["--repeats", "2", "--format", "json", "--results", tmp_path, "--plots", tmp_path / "plots"]
    assert main(["noise", *map(str, typed)]) == 0
    assert measured == [("run-1", 1), ("run-2", 1), ("run-3", 1)]
    content = json.loads(capsys.readouterr().out)
    assert content["repeats"] == 2 and content["false_verdicts"] == pytest.approx(0.5, abs=0.05)
