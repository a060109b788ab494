import json
import re

import pytest

from copycost.cli import main
from copycost.show.report.report import encoded_content, report_runs
from copycost.show.report.source import read_sources
from tests.made_up import Law, core_cells, made_up_rounds, write_run
from tests.show.report.suites import MARKUP, hostile_suite, scaling_suite


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    rounds = made_up_rounds(Law(processes=3, visits=2), core_cells(sizes=(1, 4096)))
    return write_run(tmp_path_factory.mktemp("results") / "mine", rounds)


def content_of(html):
    return json.loads(re.search(r'id="content">(.*?)</script>', html, re.DOTALL)[1])


def test_the_doubts_come_first_and_the_figures_last(run):
    names = [section["name"] for section in content_of(report_runs([str(run)], run.parent))["sections"]]
    assert names == ["doubts", "summary", "charts", "explanation", "semantics", "machine", "figures"]


def test_the_same_results_make_the_same_file(run):
    sources = read_sources([str(run)], run.parent)
    assert encoded_content(sources, run.parent) == content_of(report_runs([str(run)], run.parent))


def test_results_stand_in_the_file_as_data_only(tmp_path):
    html = report_runs([str(hostile_suite(tmp_path / "theirs.json"))], tmp_path)
    assert MARKUP not in html and "<img" not in html and html.count("</script>") == 4
    assert MARKUP in json.dumps(content_of(html)).replace('\\"', '"')


def test_runs_and_files_of_other_suites_may_stand_in_one_report(run, tmp_path):
    content = content_of(report_runs([str(run), str(scaling_suite(tmp_path / "theirs.json"))], tmp_path))
    assert content["title"] == "mine, theirs"
    charts = next(section for section in content["sections"] if section["name"] == "charts")
    assert [block["table"] for block in charts["blocks"]] == ["cells", "benchmarks"]


def test_the_command_writes_the_file_and_says_where(run, tmp_path, capsys):
    assert main(["report", str(run), "--out", str(tmp_path / "mine.html")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "mine.html")
    assert (tmp_path / "mine.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("out", "said"), [("", "a folder"), ("nowhere/mine.html", "its folder does not exist")], ids=["folder", "nowhere"]
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_read(tmp_path, capsys, out, said):
    assert main(["report", "no-such-run", "--out", str(tmp_path / out)]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_an_unknown_run_is_refused_in_one_line(tmp_path, capsys):
    assert main(["report", "no-such-run", "--out", str(tmp_path / "x.html"), "--results", str(tmp_path)]) == 2
    assert "no-such-run" in capsys.readouterr().err
    assert not (tmp_path / "x.html").exists()
