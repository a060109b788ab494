import json

import pytest

from copycost.errors import UsageError
from copycost.store.importing import import_files, shortened
from copycost.store.loading import load
from copycost.store.places import find
from copycost.store.record import read_record

INFO = {
    "node": "build-host-7",
    "system": "Linux",
    "release": "6.1",
    "python_version": "3.11.2",
    "cpu": {"brand_raw": "AMD EPYC", "count": 4},
}


def report(*tests, folder="/home/me/project/tests", moment="2025-03-04T05:06:07", **changes):
    entries = [
        {
            "name": test,
            "fullname": f"{folder}/test_x.py::{test}",
            "group": None,
            "params": None,
            "extra_info": {},
            "stats": {"median": 0.002, "data": [0.001, 0.002, 0.003], "rounds": 3, "iterations": 1},
        }
        for test in tests or ("test_a[1]", "test_b")
    ]
    commit = {"id": "abc", "time": "2025-03-01T00:00:00+01:00", "dirty": False, "project": "p", "branch": "main"}
    content = {"machine_info": INFO, "commit_info": commit, "benchmarks": entries, "datetime": moment}
    return {key: own for key, own in (content | {"version": "5.1.0"} | changes).items() if own is not None}


def file(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def test_a_file_becomes_a_run_with_its_machine_time_and_commit(tmp_path):
    (run,) = import_files([file(tmp_path / "0001_first.json", report())], tmp_path / "results")
    assert run.folder == tmp_path / "results" / "0001_first" and run.new
    record = read_record(run.folder)
    assert record["created"] == "2025-03-04T05:06:07+00:00" and record["status"] == "complete"
    assert record["machine"]["cpu_model"] == "AMD EPYC" and record["machine"]["cores"] == 4
    assert record["commit"]["id"] == "abc" and record["imported"]["pytest_benchmark"] == "5.1.0"
    rounds = load(run.folder)
    assert rounds["conversion"].unique().tolist() == ["test_a[1]", "test_b"]
    assert rounds["machine"].unique().tolist() == [record["machine"]["machine"]]
    assert find("latest", tmp_path / "results") == run.folder


def test_the_hosts_name_stays_behind(tmp_path):
    (run,) = import_files([file(tmp_path / "a.json", report())], tmp_path / "results")
    assert not any("build-host" in path.read_text() or "/home/me" in path.read_text() for path in run.folder.iterdir())


def test_the_same_test_has_the_same_name_wherever_its_suite_was_started(tmp_path):
    tests = ("test_a", "sub/test_b")
    files = [
        file(tmp_path / f"{number}.json", report(*tests, folder=folder))
        for number, folder in enumerate(["/ci/build/42/tests", "tests", "C:\\work\\tests"])
    ]
    runs = list(import_files(files, tmp_path / "results"))
    names = [load(run.folder)["conversion"].unique().tolist() for run in runs]
    assert names[0] == names[1] == names[2]


def test_folders_in_common_go_and_others_stay():
    assert shortened(["/x/a/t.py::test[a/b::c]", "/x/b/t.py::T::test"]) == ["a/t.py::test[a/b::c]", "b/t.py::T::test"]
    assert shortened(["t.py::test"]) == ["t.py::test"]
    assert shortened(["test_without_file", "a/t.py::x"]) == ["test_without_file", "a/t.py::x"]
    assert shortened([]) == []


def test_importing_again_changes_nothing(tmp_path):
    path = file(tmp_path / "a.json", report())
    first, second = (next(import_files([path], tmp_path / "results")) for _ in range(2))
    assert first.new and not second.new and first.folder == second.folder


def test_another_file_of_that_name_has_its_folder_before_it_and_then_is_refused(tmp_path):
    paths = [
        file(tmp_path / one / "0001.json", report(moment=f"2025-0{n}-01T00:00:00")) for n, one in ((1, "a"), (2, "b"))
    ]
    names = [run.folder.name for run in import_files(paths, tmp_path / "results")]
    assert names == ["0001", "b-0001"]
    file(paths[1], report("test_c"))
    with pytest.raises(UsageError, match="holds something else; --name"):
        list(import_files([paths[1]], tmp_path / "results"))


def test_under_one_name_files_are_the_processes_of_one_run(tmp_path):
    paths = [file(tmp_path / f"{n}.json", report(moment=f"2025-01-0{n}T00:00:00")) for n in (3, 1, 2)]
    (run,) = import_files(paths, tmp_path / "results", name="before")
    assert load(run.folder)["process"].unique().tolist() == [1, 2, 3]
    assert read_record(run.folder)["created"].startswith("2025-01-01")
    assert not next(import_files(paths, tmp_path / "results", name="before")).new


def test_files_of_several_machines_are_no_one_run(tmp_path):
    other = file(tmp_path / "b.json", report(machine_info=INFO | {"cpu": {"brand_raw": "Other CPU", "count": 2}}))
    with pytest.raises(UsageError, match=r"a\.json and b\.json are of different CPU models"):
        list(import_files([file(tmp_path / "a.json", report()), other], tmp_path / "results", name="both"))


def test_hosts_of_one_cpu_model_are_one_machine_whose_name_says_so(tmp_path):
    cpu = {"cpu": {"brand_raw": "Shared CPU", "count": 4}}
    paths = [
        file(tmp_path / f"{night}.json", report(machine_info=INFO | cpu | {"node": f"host-{night}"}))
        for night in range(3)
    ]
    (run,) = import_files(paths, tmp_path / "results", name="nights")
    assert read_record(run.folder)["machine"]["machine"] == "Shared CPU 4c, 3 hosts"
    rounds = load(run.folder)
    assert rounds["machine"].unique().tolist() == ["Shared CPU 4c, 3 hosts"] and rounds["process"].nunique() == 3


def test_a_storage_folder_is_imported_with_all_its_files(tmp_path):
    for number in (1, 2):
        file(tmp_path / ".benchmarks" / "Linux-CPython" / f"000{number}_x.json", report())
    runs = import_files([tmp_path / ".benchmarks"], tmp_path / "results")
    assert [run.folder.name for run in runs] == ["0001_x", "0002_x"]


@pytest.mark.parametrize(
    ("changes", "created"),
    [
        ({"datetime": None}, "2025-02-28T23:00:00+00:00"),
        ({"datetime": "yesterday"}, "2025-02-28T23:00:00+00:00"),
    ],
)
def test_without_its_own_time_a_run_is_of_its_commits(tmp_path, changes, created):
    (run,) = import_files([file(tmp_path / "a.json", report(**changes))], tmp_path / "results")
    assert read_record(run.folder)["created"] == created


def test_without_any_time_it_is_of_its_files(tmp_path):
    path = file(tmp_path / "a.json", report(datetime=None, commit_info=None))
    import os

    os.utime(path, (0, 0))
    (run,) = import_files([path], tmp_path / "results")
    assert read_record(run.folder)["created"] == "1970-01-01T00:00:00+00:00"


def test_a_conversion_that_the_suite_has_noted_is_not_taken_for_ours(tmp_path):
    content = report("test_a")
    content["benchmarks"][0]["extra_info"] = {"conversion": "celsius", "size": 3}
    (run,) = import_files([file(tmp_path / "a.json", content)], tmp_path / "results")
    rounds = load(run.folder)
    assert rounds["conversion"].unique().tolist() == ["test_a"] and rounds["size"].isna().all()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "truncated"),
        ("{}", "not a pytest-benchmark file"),
        ('{"benchmarks": [], "copycost": {}}', "a run already"),
    ],
)
def test_what_is_no_report_of_others_is_refused_and_nothing_is_left(tmp_path, content, reason):
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(UsageError, match=reason):
        list(import_files([path], tmp_path / "results"))
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a b", "ä", "con", "latest"])
def test_a_name_that_is_no_runs_is_refused_before_anything_is_read(tmp_path, name):
    with pytest.raises(UsageError, match="name "):
        list(import_files([tmp_path / "none.json"], tmp_path / "results", name=name))


@pytest.mark.parametrize(
    ("stem", "name"), [("con", "run-con"), ("latest", "run-latest"), ("ärger 1", "arger-1"), ("x" * 120, "x" * 100)]
)
def test_a_run_is_named_as_every_system_takes_it(tmp_path, stem, name):
    (run,) = import_files([file(tmp_path / f"{stem}.json", report())], tmp_path / "results")
    assert run.folder.name == name


def test_a_file_of_another_script_is_named_by_its_content(tmp_path):
    paths = [file(tmp_path / f"{stem}.json", report(f"test_{n}")) for n, stem in enumerate(["日本", "한국"])]
    names = [run.folder.name for run in import_files(paths, tmp_path / "results")]
    assert len(set(names)) == 2 and all(name.startswith("imported-") for name in names)


def test_a_name_that_differs_in_case_alone_is_taken(tmp_path):
    paths = [file(tmp_path / "a" / "Mine.json", report()), file(tmp_path / "b" / "mine.json", report("test_c"))]
    assert [run.folder.name for run in import_files(paths, tmp_path / "results")] == ["Mine", "b-mine"]
    with pytest.raises(UsageError, match="Mine: is there and holds something else"):
        list(import_files(paths[1:], tmp_path / "results", name="MINE"))
    (run,) = import_files(paths[:1], tmp_path / "results", name="MINE")
    assert not run.new and run.folder.name == "Mine"


def bad(path, median=-1.0):
    content = report()
    content["benchmarks"][1]["stats"] = {"median": median}
    return file(path, content)


def test_what_no_command_could_read_afterwards_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"a\.json: 'test_b': stats\.median holds a value that is not a time"):
        list(import_files([bad(tmp_path / "a.json")], tmp_path / "results"))
    assert not (tmp_path / "results").exists()


def test_each_run_is_told_when_it_is_made(tmp_path):
    paths = [file(tmp_path / "a.json", report()), bad(tmp_path / "b.json")]
    runs = import_files(paths, tmp_path / "results")
    assert next(runs).folder.name == "a"
    with pytest.raises(UsageError, match=r"b\.json"):
        next(runs)


def test_what_is_bad_is_left_out_when_asked_and_told(tmp_path):
    paths = [bad(tmp_path / "a.json"), file(tmp_path / "b.json", report()), tmp_path / "none.json"]
    told = []
    assert [run.folder.name for run in import_files(paths, tmp_path / "results", on_bad=told.append)] == ["b"]
    assert [str(error).partition(": ")[0] for error in told] == [str(paths[0]), str(paths[2])]
    (run,) = import_files(paths, tmp_path / "results", name="one", on_bad=told.append)
    assert load(run.folder)["process"].unique().tolist() == [1]
    with pytest.raises(UsageError, match="nothing is left to import: 1 skipped"):
        list(import_files(paths[:1], tmp_path / "results", on_bad=told.append))


def test_files_are_read_one_after_the_other(tmp_path):
    paths = [file(tmp_path / f"{number}.json", report()) for number in range(3)]
    runs = import_files(paths, tmp_path / "results")
    next(runs)
    paths[2].unlink()
    next(runs)
    with pytest.raises(UsageError, match="no such file"):
        next(runs)


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    for path, reason in ((tmp_path / "none.json", "no such file"), (tmp_path / "empty", "holds no pytest-benchmark")):
        with pytest.raises(UsageError, match=reason):
            list(import_files([path], tmp_path / "results"))


def test_what_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    from copycost.store import importing

    def refuse(path, content):
        raise UsageError(f"{path}: cannot be written")

    monkeypatch.setattr(importing, "write_json", refuse)
    with pytest.raises(UsageError, match="cannot be written"):
        list(import_files([file(tmp_path / "a.json", report())], tmp_path / "results"))
    assert list((tmp_path / "results").iterdir()) == []
