import pytest

from copycost.analyse import run as run_module
from copycost.analyse import run_files, select
from tests.made_up import Law, core_cells, made_up_rounds, write_run

CELLS = core_cells((1, 4096, 16384), ("float64",))


@pytest.fixture
def results(tmp_path):
    for number, name in enumerate(("a", "b")):
        write_run(tmp_path / "results" / name, made_up_rounds(Law(processes=4, visits=1, rounds=3), CELLS, number))
    return tmp_path / "results"


@pytest.fixture
def made(monkeypatch):
    """Return what was made of which run: rounds loaded, quiet ones marked, cells estimated."""
    calls = []

    def counting(module, name, of):
        function = getattr(module, name)

        def call(*arguments, **named):
            made_of = function(*arguments, **named)
            calls.append((name, of(arguments)))
            return made_of

        monkeypatch.setattr(module, name, call)

    counting(run_files, "load_alike", lambda arguments: arguments[0][0][0].name)
    counting(run_module, "mark_quiet", lambda arguments: str(arguments[0]["run"].iloc[0]))
    counting(run_module, "estimate_cells", lambda arguments: str(arguments[0]["run"].iloc[0]))
    return calls


ALL = ("load_alike", "mark_quiet", "estimate_cells")


@pytest.mark.parametrize(
    ("words", "runs"),
    [
        (["show", "a"], "a"),
        (["explain", "a"], "a"),
        (["plot", "a", "--chart", "all", "--format", "svg", "--out", "plots"], "a"),
        (["plot", "a", "b", "--format", "svg", "--out", "plots"], "ab"),
        (["compare", "a", "b"], "ab"),
        (["compare", "a", "b", "--plots", "plots"], "ab"),
        (["report", "a", "--out", "report.html"], "a"),
        (["report", "a", "b", "--out", "report.html"], "ab"),
        (["docs", "a", "--out", "docs"], "a"),
        (["machines", "a", "b"], "ab"),
    ],
    ids=" ".join,
)
def test_a_command_loads_marks_and_estimates_each_run_once(tell, results, made, tmp_path, monkeypatch, words, runs):
    monkeypatch.chdir(tmp_path)
    told = tell(*words, "--results", results)
    assert told.status == 0, told.err
    assert sorted(made) == sorted((name, run) for name in ALL for run in runs)


@pytest.mark.parametrize("words", [["show", "a"], ["export", "a"], ["report", "a", "b", "--out", "report.html"]])
def test_what_needs_no_rounds_is_told_from_the_kept_estimates(tell, results, made, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    for run in ("a", "b"):
        tell("show", run, "--results", results)
    made.clear()
    told = tell(*words, "--results", results)
    assert told.status == 0 and {name for name, _ in made} <= (
        {"load_alike", "mark_quiet"} if "report" in words else set()
    )


def test_tests_of_many_runs_are_kept_apart_once_for_all(results, monkeypatch):
    calls = []
    monkeypatch.setattr(select, "labels", lambda suites: calls.append(len(suites)) or suites)
    select.cells_of(select.select(["a", "b"], results))
    assert len(calls) == 1
