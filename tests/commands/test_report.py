import json
import os
import re
from pathlib import Path

import pytest

from copycost.cli import main
from tests.made_up import Law, core_cells, made_up_rounds, write_run
from tests.show.suites import MARKUP, hostile_suite, scaling_suite


def small_run(folder, seed=0, **law):
    return write_run(folder, made_up_rounds(Law(processes=3, visits=1, **law), core_cells(sizes=(1, 4096)), seed))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    rounds = made_up_rounds(Law(processes=3, visits=2), core_cells(sizes=(1, 4096)))
    return write_run(tmp_path_factory.mktemp("results") / "mine", rounds)


@pytest.fixture
def report(tmp_path, capfd):
    """Write a report and return the file's text."""

    def written(*runs, options=()):
        out = tmp_path / "report.html"
        assert main(["report", *map(str, runs), "--out", str(out), "--results", str(tmp_path), *options]) == 0
        assert capfd.readouterr().out.strip() == str(out)
        return out.read_text(encoding="utf-8")

    return written


def content_of(html):
    return json.loads(re.search(r'id="content">(.*?)</script>', html, re.DOTALL)[1])


def section_of(content, name):
    return next(section["blocks"] for section in content["sections"] if section["name"] == name)


def cells_of(content):
    """Return the names of the runs in the table of cells, a row each."""
    table = section_of(content, "figures")[0]
    column = next(column for column in table["columns"] if column["name"] == "run")
    return [column["names"][code] for code in column["codes"]]


def test_the_summary_comes_first_and_the_figures_last(run, report):
    names = [section["name"] for section in content_of(report(run))["sections"]]
    assert names == ["summary", "doubts", "charts", "explanation", "sharing", "machine", "figures"]


def test_first_calls_stand_in_the_report_and_on_the_docs_page_of_a_run_that_has_them(report, tmp_path):
    cell = {"seconds": {"torch.tensor-float64-4096-1-warm-contiguous": [4e-3, 1e-3, 2e-3]}, "failed": {}}
    cells = core_cells(sizes=(1, 4096))
    rounds = made_up_rounds(Law(processes=3, visits=1), cells)
    for name in ("one", "two"):
        write_run(tmp_path / name, rounds, record={"first_calls": {"base": cell}})
    plain = report(small_run(tmp_path / "plain"))
    assert "First calls" not in plain
    assert "First calls" in report("one")
    both = json.dumps(section_of(content_of(report("one", "two")), "explanation"))
    assert '"first_calls"' in both and '"first_calls_1"' in both
    assert main(["docs", "one", "--out", str(tmp_path / "docs"), "--results", str(tmp_path), "--theme", "light"]) == 0
    page = (tmp_path / "docs" / "costs" / "index.md").read_text()
    assert "## First calls" in page and "2 ms" in page.replace("2.00", "2").replace("\N{NO-BREAK SPACE}", " ")


def test_the_same_results_make_the_same_file(run, report):
    assert report(run) == report(run)


def test_results_stand_in_the_file_as_data_only(report, tmp_path):
    html = report(hostile_suite(tmp_path / "theirs.json"))
    assert MARKUP not in html and "<img" not in html and html.count("</script>") == 4
    assert MARKUP in json.dumps(content_of(html)).replace('\\"', '"')


def test_runs_and_files_of_other_suites_may_stand_in_one_report(run, report, tmp_path):
    content = content_of(report(run, scaling_suite(tmp_path / "theirs.json")))
    assert content["title"] == "mine, theirs"
    assert [block["table"] for block in section_of(content, "charts")] == ["cells", "benchmarks"]


def test_a_run_has_the_chart_of_its_rounds_and_a_part_for_each_curve(run, report):
    content = content_of(report(run))
    assert [chart["script"] for chart in section_of(content, "charts")] == ["curves", "rounds"]
    curves = [block for block in section_of(content, "explanation") if block["kind"] == "folded"]
    assert [block["title"] for block in curves[:2]] == [
        ["torch.from_numpy", ", float32"],
        ["torch.from_numpy", ", float64"],
    ]
    assert curves[0]["blocks"][0]["entries"][0][0] == "model"


def test_a_few_runs_are_explained_apart_and_more_are_not(report, tmp_path):
    runs = [small_run(tmp_path / name, seed) for seed, name in enumerate("abcd")]
    two = content_of(report(*runs[:2]))
    assert [block["title"] for block in section_of(two, "explanation")] == ["a", "b"]
    assert len(section_of(two, "charts")) == 1 and set(cells_of(two)) == {"a", "b"}
    four = content_of(report(*runs))
    assert four["title"] == "a, b, c and 1 more"
    assert "explain RUN" in section_of(four, "explanation")[0]["lines"][0]
    assert "And 1 more run" in section_of(four, "summary")[-1]["lines"][0][0]


def test_what_has_no_sizes_is_neither_explained_nor_said_to_share(report, tmp_path):
    names = {section["name"] for section in content_of(report(scaling_suite(tmp_path / "theirs.json")))["sections"]}
    assert not names & {"explanation", "sharing", "comparison"}


def test_runs_of_the_same_name_and_one_typed_twice_are_told_apart(report, tmp_path):
    runs = [small_run(tmp_path / place / "mine", seed) for seed, place in enumerate("ab")]
    content = content_of(report(*runs, runs[0]))
    assert content["title"] == "mine, b/mine, mine (2)"
    assert set(cells_of(content)) == {"mine", "b/mine", "mine (2)"}


def test_one_arm_of_a_run_may_be_reported(report, tmp_path):
    small_run(tmp_path / "mine", arm="thp")
    assert content_of(report("mine@thp"))["title"] == "mine@thp"


def test_a_bad_run_among_others_is_left_out_when_asked_for(report, tmp_path, capfd):
    runs = [small_run(tmp_path / name) for name in ("one", "two")]
    for path in (tmp_path / "two").glob("process-*.json"):
        path.write_text("{")
    assert main(["report", *map(str, runs), "--out", str(tmp_path / "x.html")]) == 2
    assert "truncated" in capfd.readouterr().err
    assert content_of(report(*runs, options=["--skip-bad"]))["title"] == "one"


def test_files_of_a_folder_stay_apart(report, tmp_path):
    folder = tmp_path / "suites"
    folder.mkdir()
    for name in ("one", "two"):
        scaling_suite(folder / f"{name}.json")
    assert set(cells_of(content_of(report(folder)))) == {"one", "two"}


def test_a_files_name_that_is_not_utf_8_is_text(report, tmp_path):
    path = scaling_suite(Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff.json")))
    assert content_of(report(path))["title"] == "b\ufffd"


@pytest.mark.parametrize(
    ("out", "said"), [("", "a folder"), ("nowhere/mine.html", "its folder does not exist")], ids=["folder", "nowhere"]
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_read(tmp_path, capsys, out, said):
    assert main(["report", "no-such-run", "--out", str(tmp_path / out)]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_what_is_unknown_or_holds_nothing_is_refused_in_one_line(tmp_path, capsys):
    (tmp_path / "empty.json").write_text('{"benchmarks": []}')
    for typed, said in (("no-such-run", "no-such-run"), (str(tmp_path / "empty.json"), "empty")):
        assert main(["report", typed, "--out", str(tmp_path / "x.html"), "--results", str(tmp_path)]) == 2
        error = capsys.readouterr().err
        assert said in error and error.count("\n") == 1
    assert not (tmp_path / "x.html").exists()
