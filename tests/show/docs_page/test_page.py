import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from copycost import estimate, load
from copycost.errors import UsageError
from copycost.show.docs_page.page import Options, check_page, command_for, options, write_page
from copycost.units import format_seconds
from tests.made_up import Law, core_cells, made_up_rounds, write_run
from tests.show.docs_page.pages import named, usual
from tests.show.docs_page.test_markdown import HOSTILE, Shown

COMMAND = "python bench_runner.py docs made-up --out docs"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    run = usual(folder / "made-up")
    files = write_page(run, folder / "docs", Options(), COMMAND)
    return run, folder / "docs", files


def page_of(out):
    return (out / "costs" / "index.md").read_text()


def test_the_page_and_its_charts_are_written(written):
    _, out, files = written
    names = {path.name for path in files}
    assert files[0] == out / "costs" / "index.md" and {"cost.svg", "cost-dark.svg", "cost.alt.txt"} <= names
    page = page_of(out)
    assert page.startswith("# ") and page.count("<picture>") == page.count('src="') == len(names) // 4
    for path in re.findall(r'(?:src|srcset)="([^"]+)"', page):
        assert path in names


def test_the_figures_are_those_of_the_run(written):
    run, out, _ = written
    cells = estimate(load(run))
    row = cells[(cells["conversion"] == "torch.tensor") & (cells["size"] == 1)].iloc[0]
    assert format_seconds(row["seconds"]).replace(" ", "\N{NO-BREAK SPACE}") in page_of(out)
    for words in ("shares memory and costs", "copies: it costs", "GB/s from", "page faults of", "costs 10×"):
        assert words in page_of(out)


def test_the_page_says_where_it_comes_from(written):
    _, out, _ = written
    page = page_of(out)
    known = json.loads(page.splitlines()[-1].removeprefix("<!-- copycost ").removesuffix(" -->"))
    assert known["run"] == "made-up" and known["command"] == COMMAND and len(known["data"]) == 64
    assert f"```sh\n{COMMAND}\n```" in page and "AMD EPYC" in page and "torch 2.13.0" in page


def test_a_page_that_matches_its_run_has_no_differences(written):
    run, out, _ = written
    assert check_page(run, out) == []


def small(folder, **law):
    cells = core_cells(sizes=(1, 4096, 65536), dtypes=("float64",))
    return write_run(folder, made_up_rounds(Law(processes=3, visits=1, **law), cells))


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    write_page(small(folder / "made-up"), folder / "docs", Options(("light",)), COMMAND)
    return folder


@pytest.fixture
def copied(kept, tmp_path):
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    return tmp_path / "made-up", tmp_path / "docs"


def test_other_results_are_told(copied, tmp_path):
    _, out = copied
    other = small(tmp_path / "other" / "made-up", factor=1.2)
    differences = check_page(other, out)
    assert any("index.md: line" in line and "would be" in line for line in differences)
    assert any("cost.svg: its results have changed" in line for line in differences)
    assert any("more lines" in line for line in differences)


def test_a_changed_page_or_chart_is_told(copied):
    run, out = copied
    page = out / "costs" / "index.md"
    page.write_text(page.read_text().replace("shares memory", "shares nothing", 1))
    chart = out / "costs" / "cost.svg"
    chart.write_text(chart.read_text().replace("Time per call", "Time for a call"))
    differences = check_page(run, out)
    assert len(differences) == 2 and "shares nothing" in differences[0] and "cost.svg" in differences[1]


def test_missing_and_left_over_files_are_told(copied):
    run, out = copied
    folder = out / "costs"
    (folder / "old.svg").write_bytes((folder / "cost.svg").read_bytes())
    (folder / "drawing.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert check_page(run, out) == [f"{folder / 'old.svg'}: is not on the page any more"]
    (folder / "cost.svg").unlink()
    assert f"{folder / 'cost.svg'}: is missing" in check_page(run, out)
    (folder / "index.md").unlink()
    assert check_page(run, out) == [f"{folder / 'index.md'}: is missing"]


def test_a_page_of_someone_else_is_neither_overwritten_nor_current(copied):
    run, out = copied
    page = out / "costs" / "index.md"
    page.write_text("# Mine\n")
    with pytest.raises(UsageError, match="not written by copycost"):
        write_page(run, out, Options(), COMMAND)
    assert page.read_text() == "# Mine\n" and "not written" in check_page(run, out)[0]


def test_names_of_every_kind_stay_text_and_what_is_documented_wrongly_is_said(tmp_path):
    run = named(tmp_path / "a <b>`|", ["f", *HOSTILE])
    write_page(run, tmp_path, Options(("light",)), COMMAND)
    html = MarkdownIt("gfm-like", {"linkify": False}).render(page_of(tmp_path))
    page = Shown(html)
    assert {"script", "a", "em", "b", "i"}.isdisjoint(page.elements)
    assert all(text in page.text.replace("\u200b", "") for text in HOSTILE)
    assert "f(a) is said to copy; for float64 it shares." in page.text
    for table in re.findall(r"<table>.*?</table>", html, re.DOTALL):
        assert len({row.count("<td>") + row.count("<th>") for row in table.split("<tr>")[1:]}) == 1
    assert check_page(run, tmp_path) == []


def test_a_run_of_several_arms_is_told_by_its_first(tmp_path):
    cells = core_cells(sizes=(1, 4096), dtypes=("float64",))
    base = made_up_rounds(Law(processes=3, visits=1), cells)
    thp = made_up_rounds(Law(processes=3, visits=1, arm="thp", factor=3), cells)
    thp["process"] += 3
    arms = [base, thp]
    run = write_run(tmp_path / "run", pd.concat(arms, ignore_index=True))
    write_page(run, tmp_path, Options(("light",)), COMMAND)
    assert "those of arm `base`; the run also has `thp`" in page_of(tmp_path)
    assert check_page(run, tmp_path) == []


def test_what_cannot_be_written_about_is_refused(tmp_path):
    stats = {"data": [1e-3] * 3, "iterations": 1, "rounds": 3}
    content = {"benchmarks": [{"name": "test_a", "fullname": "f::test_a", "stats": stats}], "version": "5.1.0"}
    (tmp_path / "other.json").write_text(json.dumps(content))
    with pytest.raises(UsageError, match="known size"):
        write_page(tmp_path / "other.json", tmp_path / "docs", Options(), COMMAND)
    assert not (tmp_path / "docs").exists()
    (tmp_path / "file").write_text("")
    run = small(tmp_path / "run")
    with pytest.raises(UsageError, match="cannot be made"):
        write_page(run, tmp_path / "file", Options(), COMMAND)


def test_options_are_checked_and_become_a_command(tmp_path):
    assert options("dark, light", 720, "markdown") == Options()
    for theme, syntax, word in (("lihgt", "markdown", "lihgt"), ("light", "mist", "myst")):
        with pytest.raises(UsageError, match=word):
            options(theme, 720, syntax)
    usual = command_for("run", tmp_path / "a b", tmp_path, Options(("light",), 480, "myst"))
    assert f"--out '{tmp_path}/a b' --results" in usual and usual.endswith("--for myst --theme light --width 480")
    assert command_for("latest", Path("docs"), Path("results"), Options()) == (
        "python bench_runner.py docs latest --out docs"
    )
