from copycost.show.report.explanation_section import explanation_section
from copycost.show.report.source import read_sources
from tests.made_up import Law, core_cells, made_up_rounds, write_run
from tests.show.report.suites import scaling_suite


def runs(folder, names):
    for seed, name in enumerate(names):
        write_run(folder / name, made_up_rounds(Law(processes=3, visits=1), core_cells(sizes=(1, 4096)), seed))
    return read_sources([str(folder / name) for name in names], folder)


def test_a_run_has_its_advice_and_a_part_for_each_curve(tmp_path):
    advice, _, *curves = explanation_section(runs(tmp_path, "a")).blocks
    assert advice.kind == "entries"
    assert [curve.title for curve in curves][:2] == ["torch.from_numpy, float32", "torch.from_numpy, float64"]
    labels = [label for label, _ in curves[0].blocks[0].entries]
    assert labels[0] == "model"


def test_two_runs_are_explained_apart_and_more_are_not(tmp_path):
    assert [block.title for block in explanation_section(runs(tmp_path, "ab")).blocks] == ["a", "b"]
    (line,) = explanation_section(runs(tmp_path, "cde")).blocks[0].lines
    assert "explain RUN" in line


def test_what_has_no_sizes_is_not_explained(tmp_path):
    assert explanation_section(read_sources([str(scaling_suite(tmp_path / "theirs.json"))], tmp_path)) is None
