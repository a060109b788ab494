import json

import pytest

from copycost import load
from copycost.errors import UsageError
from copycost.store.importing import import_files, shortened
from copycost.store.run_folder import find, read_record

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
    runs = import_files(files, tmp_path / "results")
    names = [load(run.folder)["conversion"].unique().tolist() for run in runs]
    assert names[0] == names[1] == names[2]


def test_folders_in_common_go_and_others_stay():
    assert shortened(["/x/a/t.py::test[a/b::c]", "/x/b/t.py::T::test"]) == ["a/t.py::test[a/b::c]", "b/t.py::T::test"]
    assert shortened(["t.py::test"]) == ["t.py::test"]
    assert shortened(["test_without_file", "a/t.py::x"]) == ["test_without_file", "a/t.py::x"]
    assert shortened([]) == []


def test_importing_again_changes_nothing(tmp_path):
    path = file(tmp_path / "a.json", report())
    first, second = (import_files([path], tmp_path / "results")[0] for _ in range(2))
    assert first.new and not second.new and first.folder == second.folder


def test_another_file_of_that_name_has_its_folder_before_it_and_then_is_refused(tmp_path):
    paths = [
        file(tmp_path / one / "0001.json", report(moment=f"2025-0{n}-01T00:00:00")) for n, one in ((1, "a"), (2, "b"))
    ]
    names = [run.folder.name for run in import_files(paths, tmp_path / "results")]
    assert names == ["0001", "b-0001"]
    file(paths[1], report("test_c"))
    with pytest.raises(UsageError, match="holds something else; --name"):
        import_files([paths[1]], tmp_path / "results")


def test_under_one_name_files_are_the_processes_of_one_run(tmp_path):
    paths = [file(tmp_path / f"{n}.json", report(moment=f"2025-01-0{n}T00:00:00")) for n in (3, 1, 2)]
    (run,) = import_files(paths, tmp_path / "results", name="before")
    assert load(run.folder)["process"].unique().tolist() == [1, 2, 3]
    assert read_record(run.folder)["created"].startswith("2025-01-01")
    assert not import_files(paths, tmp_path / "results", name="before")[0].new


def test_files_of_several_machines_are_no_one_run(tmp_path):
    other = file(tmp_path / "b.json", report(machine_info=INFO | {"node": "other"}))
    with pytest.raises(UsageError, match=r"a\.json and b\.json are of different machines"):
        import_files([file(tmp_path / "a.json", report()), other], tmp_path / "results", name="both")


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
        import_files([path], tmp_path / "results")
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", ".hidden", "a b", "x\n"])
def test_a_name_that_is_no_folders_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match="a run's name has letters"):
        import_files([file(tmp_path / "a.json", report())], tmp_path / "results", name=name)


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    for path, reason in ((tmp_path / "none.json", "no such file"), (tmp_path / "empty", "holds no pytest-benchmark")):
        with pytest.raises(UsageError, match=reason):
            import_files([path], tmp_path / "results")


def test_what_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    from copycost.store import importing

    def refuse(path, content):
        raise UsageError(f"{path}: cannot be written")

    monkeypatch.setattr(importing, "write_json", refuse)
    with pytest.raises(UsageError, match="cannot be written"):
        import_files([file(tmp_path / "a.json", report())], tmp_path / "results")
    assert list((tmp_path / "results").iterdir()) == []
