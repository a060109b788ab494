import json

import pytest

from copycost.cli import main
from tests.made_up import Law, core_cells, made_up_rounds, write_run

ROUNDS = made_up_rounds(Law(processes=3, visits=1), core_cells((16,), ("float32",)))
STATS = {"median": 2e-6, "rounds": 3, "iterations": 5, "data": [1e-6, 2e-6, 3e-6]}
SMALL = {"benchmarks": [{"name": "test_a[1]", "fullname": "t.py::test_a[1]", "stats": STATS}], "version": "5.3.1"}


@pytest.fixture(autouse=True)
def caches(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))


@pytest.fixture
def folder(tmp_path):
    """Return a folder of two results files and three that cannot be read."""
    own = tmp_path / "files"
    own.mkdir()
    for name in ("a", "e"):
        (own / f"{name}.json").write_text(json.dumps(SMALL))
    (own / "b.json").write_text(json.dumps(SMALL)[:-9])
    (own / "c.json").write_bytes(b"\xff\xfe\x00")
    (own / "d.json").write_text("[]")
    return own


BAD = ("b.json: truncated", "c.json: not JSON (not UTF-8 text)", "d.json: not a pytest-benchmark file")


@pytest.mark.parametrize("words", [["show"], ["export", "--format", "json"], ["compare", "a.json"]], ids=str)
def test_a_command_ends_with_the_first_bad_file_or_lists_them_all(folder, words, capfd):
    typed = [words[0], *(str(folder / word) if word.endswith(".json") else word for word in words[1:]), str(folder)]
    assert main(typed) == 2
    out, err = capfd.readouterr()
    assert out == "" and err.count("\n") == 1 and BAD[0] in err
    assert main([*typed, "--skip-bad"]) == 0
    out, err = capfd.readouterr()
    assert "test_a[1]" in out
    assert all(reason in err for reason in BAD) and err.count("\n") == len(BAD)


@pytest.mark.parametrize("words", [["machines"], ["history"], ["export"]], ids=str)
def test_a_tree_is_read_without_a_run_that_cannot_be(tmp_path, words, capfd):
    results = tmp_path / "results"
    for number in range(3):
        created = {"created": f"2026-01-0{number + 1}T00:00:00+00:00"}
        write_run(results / f"nightly-{number}", ROUNDS, record=created)
    (results / "nightly-1" / "process-0002.json").write_text("{")
    subject = {"history": ["nightly", "--results", str(results)]}.get(words[0], [str(results)])
    out_to = ["--out", str(tmp_path / "made")]
    assert main([*words, *subject, *out_to]) == 2
    assert "process-0002.json: truncated" in capfd.readouterr().err and not (tmp_path / "made").exists()
    assert main([*words, *subject, *out_to, "--skip-bad"]) == 0
    err = capfd.readouterr().err
    assert "process-0002.json: truncated" in err and "Traceback" not in err
    assert (tmp_path / "made").exists()


def test_files_are_imported_without_those_that_cannot_be(folder, tmp_path, capfd):
    results = tmp_path / "results"
    typed = ["import", *sorted(map(str, folder.iterdir())), "--results", str(results), "--format", "json"]
    made = [{"run": name, "state": "imported", "folder": str(results / name)} for name in ("a", "e")]
    assert main(typed) == 2
    out, err = capfd.readouterr()
    assert json.loads(out)["runs"] == made[:1] and err.count("\n") == 1 and BAD[0] in err
    assert main([*typed, "--skip-bad"]) == 0
    out, err = capfd.readouterr()
    assert json.loads(out)["runs"] == [made[0] | {"state": "was there"}, made[1]]
    assert all(reason in err for reason in BAD) and err.count("\n") == len(BAD)


def test_a_run_is_explained_without_a_process_that_cannot_be_read(tmp_path, capfd):
    run = write_run(tmp_path / "nightly", made_up_rounds(Law(processes=4, visits=1), core_cells((1, 64, 4096, 65536))))
    (run / "process-0002.json").write_text("{")
    assert main(["explain", str(run)]) == 2
    assert "process-0002.json: truncated" in capfd.readouterr().err
    assert main(["explain", str(run), "--skip-bad"]) == 0
    out, err = capfd.readouterr()
    assert "torch.tensor" in out and "process-0002.json: truncated" in err


def test_a_report_is_of_the_processes_that_can_be_read_and_names_no_folder(tmp_path, capfd):
    cells = core_cells((1, 64, 4096, 65536))
    typed = []
    for seed, name in enumerate(("before", "after")):
        run = write_run(tmp_path / name, made_up_rounds(Law(processes=4, visits=1), cells, seed))
        (run / "process-0002.json").write_text("{")
        typed.append(str(run))
    out_to = ["--out", str(tmp_path / "report.html")]
    assert main(["report", *typed, *out_to]) == 2
    assert "process-0002.json: truncated" in capfd.readouterr().err and not (tmp_path / "report.html").exists()
    assert main(["report", *typed, *out_to, "--skip-bad"]) == 0
    assert capfd.readouterr().err.count("process-0002.json: truncated") == 2
    page = (tmp_path / "report.html").read_text()
    assert "geometric mean B / A" in page and "Time as a function of bytes" in page
    assert "nothing to explain" not in page and "cannot be compared" not in page and str(tmp_path) not in page


def test_a_report_has_the_parameters_of_the_files_that_can_be_read(folder, tmp_path, capfd):
    assert main(["report", str(folder), "--out", str(tmp_path / "report.html"), "--skip-bad"]) == 0
    err = capfd.readouterr().err
    assert all(reason in err for reason in BAD)
    assert '"name":"benchmarks"' in (tmp_path / "report.html").read_text()


def test_with_nothing_left_a_command_still_ends_with_status_2(folder, capfd):
    for left_out in ("b.json", "c.json"):
        assert main(["show", str(folder / left_out), "--skip-bad"]) == 2
        out, err = capfd.readouterr()
        assert out == "" and f"{left_out}: " in err and err.splitlines()[-1].startswith("copycost: ")
