import json
import os

import pytest

from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.cli import main
from copycost.commands.run import run
from copycost.errors import UsageError
from copycost.run import resume as module
from copycost.run.arms import BASE, Arm
from copycost.run.folder import locked
from copycost.run.record import Record
from copycost.run.resume import settle_again
from tests.run.test_execution import settings

GRID = tuple(
    Cell(name, "to_tensor", dtype, size)
    for name in ("torch.tensor", "torch.from_numpy")
    for dtype in ("float32", "float64")
    for size in (1, 1024)
)


@pytest.fixture(autouse=True)
def fixed_layout_is_possible(monkeypatch):
    monkeypatch.setattr(module, "why_not_fixed", lambda: None)


def unfinished(folder, **changes):
    wanted = settings(folder, **{"cells": (EMPTY_CALL, *GRID), "memory_limit": 2**30, **changes})
    record = Record(wanted, status="interrupted")
    record.write()
    return wanted


def resume(results, run="run", **given):
    return settle_again(run, out=results, given=given)


def test_the_settings_are_those_that_the_run_was_begun_with(tmp_path):
    wanted = unfinished(tmp_path / "run", processes=7, visit_timeout=5.0, layouts=(None,) * 5, layout_reason="no")
    assert resume(tmp_path) == wanted
    assert resume(tmp_path, str(tmp_path / "run")) == wanted


@pytest.mark.parametrize(
    "given",
    [
        {"budget": "1min", "precision": "0.1%"},
        {"size": "1024,1", "dtype": "float64,float32", "threads": "1", "cache": "warm", "layout": "contiguous"},
        {"conversion": ("torch.from_numpy", "torch.tensor")},
        {"memory_limit": "1G", "visit_timeout": "60s", "allocator": "steady", "preset": "quick"},
        {"references": False, "name": "run", "layouts": "1"},
        {"out": "elsewhere", "plots": "elsewhere"},
    ],
    ids=lambda given: " ".join(given),
)
def test_options_that_say_the_same_are_allowed(tmp_path, given):
    unfinished(tmp_path / "run")
    assert resume(tmp_path, **given).name == "run"


IN_BYTES = tuple(
    Cell("torch.tensor", "to_tensor", dtype, size) for dtype, size in (("float32", 25_000), ("float64", 12_500))
)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ("100KB", None),
        ("200KB", "--size 200KB contradicts the plan of run, which has 12500, 25000"),
        ("12500,25000", "--size 12500,25000 contradicts"),  # of each dtype there is one
        ("100001B", "100001 B is not a whole number of float"),
    ],
)
def test_a_size_in_bytes_is_another_number_of_elements_for_each_dtype(tmp_path, size, said):
    unfinished(tmp_path / "run", cells=(EMPTY_CALL, *IN_BYTES))
    if said is None:
        assert resume(tmp_path, size=size).cells[1:] == IN_BYTES
    else:
        with pytest.raises(UsageError, match=said):
            resume(tmp_path, size=size)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"budget": "2min"}, "--budget 2min contradicts the plan of run, which has 60"),
        ({"size": "1,4096"}, "--size 1,4096 contradicts the plan of run, which has 1, 1024"),
        ({"dtype": "float64"}, "--dtype float64 .* float32, float64"),
        ({"conversion": ("torch.tensor",)}, "--conversion torch.tensor .* torch.from_numpy, torch.tensor"),
        ({"family": "all"}, "--family all"),
        ({"cache": "cold"}, "--cache cold"),
        ({"processes": 3}, "--processes 3 .* has None"),
        ({"layouts": "random"}, r"--layouts random .* has \(1,\)"),
        ({"references": True}, "--references True"),
        ({"visit_timeout": "1s"}, "--visit-timeout 1s"),
        ({"with_hostname": True}, "--with-hostname"),
        ({"name": "other"}, "--name other"),
        ({"conversions": "mine.py"}, "--conversions contradicts"),
        ({"arm": ("base", "other:X=1")}, "--arm base --arm other:X=1 contradicts the run's arms: base"),
        ({"budget": "soon"}, "soon"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_an_option_that_contradicts_the_plan_is_refused_in_one_line(tmp_path, given, said):
    unfinished(tmp_path / "run")
    with pytest.raises(UsageError, match=said) as caught:
        resume(tmp_path, **given)
    assert "\n" not in str(caught.value)


def test_without_a_run_it_is_the_latest_that_was_interrupted(tmp_path):
    for number, (name, status) in enumerate([("old", "running"), ("new", "interrupted"), ("done", "complete")]):
        wanted = settings(tmp_path / name, cells=GRID)
        Record(wanted, status=status, created=f"2026-01-0{number + 1}T00:00:00+00:00").write()
    assert resume(tmp_path, "").name == "new"
    with locked(tmp_path / "new"):  # somebody is at it
        assert resume(tmp_path, "").name == "old"


def test_nothing_to_resume_is_said(tmp_path):
    with pytest.raises(UsageError, match="holds no run that was interrupted"):
        resume(tmp_path, "")
    Record(settings(tmp_path / "done", cells=GRID), status="complete").write()
    with pytest.raises(UsageError, match="complete, there is nothing to resume"):
        resume(tmp_path, "done")
    with pytest.raises(UsageError, match="no run 'nowhere'"):
        resume(tmp_path, "nowhere")


@pytest.mark.parametrize("word", ["s3://shelf/run", "file:///results/run"])
def test_a_run_behind_an_address_is_not_gone_on_with_in_a_copy_of_it(tmp_path, word):
    with pytest.raises(UsageError, match=f"{word} is an address: copy the run into a folder first"):
        resume(tmp_path, word)


def test_a_link_to_a_run_is_refused(tmp_path):
    unfinished(tmp_path / "run")
    (tmp_path / "link").symlink_to(tmp_path / "run")
    with pytest.raises(UsageError, match="symbolic link"):
        resume(tmp_path, "link")


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("x = 1\n")
    unfinished(tmp_path / "run", conversions_file=str(path))
    return path


def test_a_users_file_has_to_be_named_again_and_may_have_moved(tmp_path, own):
    with pytest.raises(UsageError, match=r"mine\.py.*--conversions has to name"):
        resume(tmp_path)
    moved = own.rename(tmp_path / "moved.py")
    assert resume(tmp_path, conversions=moved).conversions_file == str(moved)


def test_a_users_file_that_was_changed_is_refused(tmp_path, own):
    other = tmp_path / "other.py"
    other.write_text("x = 2\n")
    with pytest.raises(UsageError, match="its content differs"):
        resume(tmp_path, conversions=other)
    with pytest.raises(UsageError, match="No such file"):
        resume(tmp_path, conversions=tmp_path / "none.py")


def test_arms_that_are_only_threads_and_nodes_are_read_from_the_record(tmp_path):
    arms = (BASE, Arm("far", threads=1, numa=1))
    unfinished(tmp_path / "run", arms=arms)
    assert resume(tmp_path).arms == arms


def test_arms_of_a_record_may_be_given_again(tmp_path):
    arms = (BASE, Arm("one", threads=1))
    unfinished(tmp_path / "run", arms=arms)
    assert resume(tmp_path, arm=("base", "one:threads=1")).arms == arms


def test_an_environment_is_never_taken_from_a_file_and_the_line_says_what_to_type(tmp_path):
    arms = (BASE, Arm("huge", (("THP_MEM_ALLOC_ENABLE", "1"), ("B", "a b")), threads=1))
    unfinished(tmp_path / "run", arms=arms)
    typed = "huge:THP_MEM_ALLOC_ENABLE=1,B=a b,threads=1"
    with pytest.raises(UsageError, match=f"give them again, as --arm base --arm '{typed}'$"):
        resume(tmp_path)
    assert resume(tmp_path, arm=("base", typed)).arms == arms


@pytest.mark.parametrize("with_hostname", [False, True])
def test_a_path_of_an_arm_has_to_be_given_again_and_is_recognised(tmp_path, with_hostname):
    arms = (BASE, Arm("other", (("LD_PRELOAD", "/opt/me/libx.so"),)))
    unfinished(tmp_path / "run", arms=arms, with_hostname=with_hostname)
    with pytest.raises(UsageError, match=r"give them again, as --arm base --arm .*libx\.so"):
        resume(tmp_path)
    assert resume(tmp_path, arm=("base", "other:LD_PRELOAD=/opt/me/libx.so")).arms == arms
    with pytest.raises(UsageError, match="contradicts the run's arms"):
        resume(tmp_path, arm=("base", "other:LD_PRELOAD=/opt/me/liby.so"))


def test_layouts_that_cannot_be_chosen_any_more_are_refused(tmp_path, monkeypatch):
    unfinished(tmp_path / "run")
    monkeypatch.setattr(module, "why_not_fixed", lambda: "not permitted")
    with pytest.raises(UsageError, match=r"cannot go on here.*not permitted"):
        resume(tmp_path)


@pytest.mark.parametrize("missing", ["cells", "layouts", "budget", "with_hostname", "conversions_file"])
def test_a_plan_of_an_older_version_is_refused_in_one_line(tmp_path, missing):
    unfinished(tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    record = json.loads(path.read_text())
    del record["plan"][missing]
    path.write_text(json.dumps(record))
    with pytest.raises(UsageError, match="older version") as caught:
        resume(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_only_looked_at_is_left_as_it_is(tmp_path):
    unfinished(tmp_path / "run")
    with pytest.raises(UsageError):
        resume(tmp_path, budget="2min")
    assert os.listdir(tmp_path / "run") == ["run.json"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--resume"], "holds no run that was interrupted"),
        (["--resume", "nowhere"], "no run 'nowhere'"),
        (["--resume", "run", "--budget", "2min"], "--budget 2min contradicts the plan"),
        (["--resume", "run", "--no-references", "--with-hostname"], "--with-hostname"),
        (["--resume", "run", "--size", "1,4096"], "--size 1,4096 contradicts"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_command_line_says_in_one_line_why_it_cannot_resume(tmp_path, typed, said, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if "run" in typed:
        unfinished(tmp_path / "results" / "run")
    assert main(["run", *typed]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1
    assert not (tmp_path / "plots").exists()


def test_every_option_of_a_run_is_compared_with_the_plan_or_no_part_of_it():
    assert {option.name for option in run.params} == set(module._OPTIONS) | module.BESIDE


#: What somebody or a failing disk may have made of a record, by its place, and what has to be said of it.
DAMAGE = {
    "plan.cells": ([], [[]], "x"),
    "plan.cells.0.dtype": ("float65", 4, None),
    "plan.cells.1.size": ("many", -1, 10**30, 2.5, True),
    "plan.cells.1.threads": (1000000, 0, "2"),
    "plan.cells.1.cache": ("hot", []),
    "plan.cells.1.layout": ("crooked", 7, "list:999999999"),
    "plan.cells.1.direction": ("to_array", "sideways"),
    "plan.cells.1.conversion": ("", "x" * 8_000_000, "mine.own", {}),
    "plan.cells.3.dtype": ("float32",),  # the same cell as the one before: taken for it
    "plan.preset": ("slow", 5),
    "plan.precision": (0, 2, "1%"),
    "plan.budget": (0, "an hour", 1e300),
    "plan.processes": (0, 2.5, "three"),
    "plan.layouts": ([], [0], [1, 1], [None, 1], "1..5", [10**9]),
    "plan.layout_reason": (3, []),
    "plan.conversions_file": ("mine.py", {"name": "mine.py"}, []),
    "plan.allocator": ("unsteady", None),
    "plan.visit_timeout": (0, "60s", 1e300),
    "plan.memory_limit": (0, "4G", -1),
    "plan.with_hostname": ("no", 1),
    "plan.device": ("the first", 3),
    "arms": ([], [{"name": "a"}] * 2, "base", None),
    "plan": (None, [], {}),
    "arms.0.name": ("", "a b", 7, "x" * 51),
    "arms.0.threads": (1000000, "2"),
    "arms.0.environment": ([], {"A": 1}),
    "failed": ([{"conversion": 3}], [{"cell": "x"}]),
    "skipped": ([{"reason": "no"}],),
}


@pytest.mark.parametrize(
    ("place", "value"), [(place, value) for place, values in DAMAGE.items() for value in values], ids=lambda _: ""
)
def test_a_damaged_record_is_refused_in_one_line_and_nothing_is_touched(tmp_path, place, value, capsys, monkeypatch):
    monkeypatch.setattr("copycost.run.execution.execute", None)
    unfinished(tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    record = json.loads(path.read_text())
    *way, last = [int(part) if part.isdigit() else part for part in place.split(".")]
    part = record
    for step in way:
        part = part[step]
    part[last] = value
    path.write_text(json.dumps(record))
    before = path.read_bytes()
    assert main(["run", "--resume", "run", "--out", str(tmp_path), "--plots", str(tmp_path / "plots")]) == 2
    out, said = capsys.readouterr()
    assert out == "" and said.count("\n") == 1 and len(said) < 3000
    assert "damaged" in said or "older version" in said or f"{way[-1] if way else last}" in said, said
    assert path.read_bytes() == before and [file.name for file in (tmp_path / "run").iterdir()] == ["run.json"]


def test_a_plan_that_does_not_fit_into_memory_is_refused(tmp_path):
    large = Cell("torch.tensor", "to_tensor", "float64", 2**46)
    unfinished(tmp_path / "run", cells=(EMPTY_CALL, large))
    with pytest.raises(UsageError, match="of memory"):
        resume(tmp_path)


def test_a_plan_of_several_thread_counts_and_an_arm_that_sets_them_is_refused(tmp_path):
    cells = tuple(Cell("torch.tensor", "to_tensor", "float64", 64, threads) for threads in (1, 2))
    unfinished(tmp_path / "run", cells=(EMPTY_CALL, *cells), arms=(Arm("a", threads=2),))
    with pytest.raises(UsageError, match="has several"):
        resume(tmp_path)
