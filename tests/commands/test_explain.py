import json
import re

import pytest

from copycost.cli import main
from tests.analyse.laws import machine_cells
from tests.made_up import EMPTY_CALL, Law, made_up_rounds, write_run

LAW = Law(processes=6, visits=2, rounds=3, offset=0.01)


@pytest.fixture
def explained(capfd):
    """Explain a run in a format; return what is told."""

    def explain(run, *options):
        assert main(["explain", str(run), *options]) == 0
        return capfd.readouterr().out

    return explain


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results") / "mine"
    return write_run(folder, made_up_rounds(LAW, [*machine_cells(), EMPTY_CALL]))


def test_the_terminal_text_keeps_to_its_width_and_has_no_control_characters(run, explained):
    text = explained(run)
    assert max(map(len, text.splitlines())) <= 100
    assert all(sign.isprintable() or sign == "\n" for sign in text)
    for word in ("mine", "torch.tensor, float64", "page faults", "costs 10×", "What to try", "THP_MEM_ALLOC_ENABLE=1"):
        assert word in text


def test_a_command_that_is_too_long_goes_on_as_a_shell_reads_it(run, explained):
    lines = explained(run).splitlines()
    start = next(n for n, line in enumerate(lines) if "bench_runner.py" in line and "thp:" not in line)
    assert lines[start].endswith(" \\")


def test_markdown_has_a_heading_for_each_conversion_and_commands_as_code(run, explained):
    text = explained(run, "--format", "markdown")
    assert "## `torch.tensor`, float64\n" in text
    assert "```sh\npython bench_runner.py run --conversion torch.tensor" in text


def test_json_holds_every_frame_with_null_for_unknown(run, explained):
    content = json.loads(explained(run, "--format", "json"), parse_constant=pytest.fail)
    assert set(content) == {
        "title",
        "run",
        "model",
        "crossovers",
        "ceilings",
        "breakdown",
        "advice",
        "first_calls",
        "notes",
    }
    constant = next(row for row in content["model"] if row["conversion"] == "t.numpy")
    assert constant["model"] == "constant" and constant["gb_per_s"] is None
    assert content["advice"][0]["command"].startswith("python bench_runner.py run")


def test_hostile_names_cannot_break_the_text(tmp_path, explained):
    rounds = made_up_rounds(LAW, machine_cells())
    rounds["conversion"] = rounds["conversion"].cat.rename_categories({"torch.tensor": "evil\x1b[31m<b>|"})
    run = write_run(tmp_path / "evil", rounds)
    assert "\x1b" not in explained(run)
    text = explained(run, "--format", "markdown")
    assert "\x1b" not in text and "<b>" not in re.sub(r"```sh\n.*\n```", "", text)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_run_too_small_for_intervals_is_explained_without_them(tmp_path, processes, explained):
    rounds = made_up_rounds(Law(processes=processes, visits=2, rounds=3), machine_cells())
    content = json.loads(explained(write_run(tmp_path / "small", rounds), "--format", "json"))
    assert all(row["fixed_seconds_low"] is None for row in content["model"])
    assert "torch.tensor, float64" in explained(tmp_path / "small")


def test_results_without_sizes_are_refused_before_anything_is_drawn(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr("copycost.analyse.run.bootstrap", lambda *_: pytest.fail("drawn"))
    run = write_run(tmp_path / "bare", made_up_rounds(LAW, [EMPTY_CALL]))
    assert main(["explain", str(run)]) == 2
    assert "nothing to explain" in capfd.readouterr().err
