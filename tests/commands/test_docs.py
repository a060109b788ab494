import json
import re
import shutil

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from copycost import estimate
from copycost.cli import main
from copycost.store.loading import load
from copycost.units import format_seconds
from tests.analyse.laws import machine_cells
from tests.made_up import EMPTY_CALL, Law, MadeUpCell, core_cells, made_up_rounds, write_run
from tests.show.render.test_escape import HOSTILE, Shown


def docs(run, out, *options, status=0):
    """Write or check the page about a run, whose folder is in the results."""
    results = ("--results", str(run.parent))
    assert main(["docs", run.name, "--out", str(out), *results, *options]) == status


@pytest.fixture
def check(capfd):
    """Check a page; return what no longer matches, a line each."""

    def checked(run, out, status):
        capfd.readouterr()
        docs(run, out, "--check", status=status)
        return capfd.readouterr().out.splitlines()[:-1]

    return checked


def named(folder, names):
    """Write a run whose conversions have names of any kind; every other one shares memory."""
    cells = [
        MadeUpCell(
            *(name, "to_tensor", f"{name}(a)", "copies", "float64", size),
            1e-6 + number % 2 * size / 1e9,
            number % 2 == 0,
        )
        for number, name in enumerate(names)
        for size in (1, 4096, 65536, 1024**2)
    ]
    return write_run(folder, made_up_rounds(Law(processes=6, visits=1, rounds=3, offset=0.005), cells))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    law = Law(processes=6, visits=1, rounds=3, offset=0.005)
    run = write_run(folder / "made-up", made_up_rounds(law, [*machine_cells(), EMPTY_CALL]))
    docs(run, folder / "docs")
    return run, folder / "docs"


def page_of(out):
    return (out / "costs" / "index.md").read_text()


def test_the_page_and_its_charts_are_written(written):
    _, out = written
    names = {path.name for path in (out / "costs").iterdir()}
    assert {"cost.svg", "cost-dark.svg", "cost.alt.txt", "cost-narrow.svg", "cost-narrow-dark.svg"} <= names
    page = page_of(out)
    assert page.startswith("# ") and page.count("<picture>") == page.count('src="') == len(names) // 8
    for path in re.findall(r'(?:src|srcset)="([^"]+)"', page):
        assert path in names


def test_the_figures_are_those_of_the_run(written):
    run, out = written
    cells = estimate(load(run))
    row = cells[(cells["conversion"] == "torch.tensor") & (cells["size"] == 1)].iloc[0]
    assert format_seconds(row["seconds"]).replace(" ", "\N{NO-BREAK SPACE}") in page_of(out)
    for words in (
        "shares memory and takes",
        "copies and takes from",
        "GB/s of the source",
        "page faults of",
        "costs 10×",
    ):
        assert words in page_of(out)


def test_the_page_says_where_it_comes_from(written):
    _, out = written
    page = page_of(out)
    known = json.loads(page.splitlines()[-1].removeprefix("<!-- copycost ").removesuffix(" -->"))
    assert known["run"] == "made-up" and len(known["data"]) == 64
    assert known["command"].startswith(f"python bench_runner.py docs made-up --out {out}")
    assert f"```sh\n{known['command']}\n```" in page and "AMD EPYC" in page and "torch 2.13.0" in page


def test_a_page_that_matches_its_run_has_no_differences(written):
    run, out = written
    docs(run, out, "--check")


def test_each_conversion_is_told_once_and_costs_stand_at_telling_sizes(written):
    _, out = written
    page = page_of(out).replace("\N{NO-BREAK SPACE}", " ")
    short = page.split("## In short")[1].split("## ")[0]
    assert len(re.findall("^- ", short, re.MULTILINE)) == 5
    costs = page.split("## What each costs")[1].split("## ")[0]
    assert (
        "| conversion | memory | 8 B |" in costs and "| 128 MiB |" in costs and "| `torch.tensor` | copies |" in costs
    )
    assert "page-fault bound" in page and "| canary | python-100 |" in page and "| precision | 1% |" in page
    assert "### `torch.tensor`, float64" in page and "### `torch.from" not in page


def small(folder, **law):
    cells = core_cells(sizes=(1, 4096, 65536), dtypes=("float64",))
    return write_run(folder, made_up_rounds(Law(processes=3, visits=1, **law), cells))


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    docs(small(folder / "made-up"), folder / "docs", "--theme", "light")
    return folder


@pytest.fixture
def copied(kept, tmp_path):
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    return tmp_path / "made-up", tmp_path / "docs"


def test_other_results_are_told(copied, tmp_path, check):
    _, out = copied
    other = small(tmp_path / "other" / "made-up", factor=1.2)
    differences = check(other, out, 1)
    assert any("index.md: line" in line and "would be" in line for line in differences)
    assert any("cost.svg: its results have changed" in line for line in differences)
    assert any("more lines" in line for line in differences)


def test_a_changed_page_or_chart_is_told(copied, check):
    run, out = copied
    page = out / "costs" / "index.md"
    page.write_text(page.read_text().replace("shares memory", "shares nothing", 1))
    chart = out / "costs" / "cost.svg"
    chart.write_text(chart.read_text().replace("Time per call", "Time for a call"))
    differences = check(run, out, 1)
    assert len(differences) == 2 and "shares nothing" in differences[0] and "cost.svg" in differences[1]


def test_missing_and_left_over_files_are_told(copied, check):
    run, out = copied
    folder = out / "costs"
    (folder / "old.svg").write_bytes((folder / "cost.svg").read_bytes())
    (folder / "drawing.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert check(run, out, 1) == [f"{folder / 'old.svg'}: is not on the page any more"]
    (folder / "cost.svg").unlink()
    assert f"{folder / 'cost.svg'}: is missing" in check(run, out, 1)
    (folder / "index.md").unlink()
    assert check(run, out, 1) == [f"{folder / 'index.md'}: is missing"]


def test_a_page_of_someone_else_is_neither_overwritten_nor_current(copied, check, capfd):
    run, out = copied
    page = out / "costs" / "index.md"
    page.write_text("# Mine\n")
    docs(run, out, status=2)
    assert "not written by copycost" in capfd.readouterr().err
    assert page.read_text() == "# Mine\n" and "not written" in check(run, out, 1)[0]


def test_names_of_every_kind_stay_text_and_what_is_documented_wrongly_is_said(tmp_path):
    run = named(tmp_path / "a <b>`|", ["f", *HOSTILE])
    docs(run, tmp_path, "--theme", "light")
    html = MarkdownIt("gfm-like", {"linkify": False}).render(page_of(tmp_path))
    page = Shown(html)
    assert {"script", "a", "em", "b", "i"}.isdisjoint(page.elements)
    assert all(text in page.text.replace("\u200b", "") for text in HOSTILE)
    assert "f(a) is said to copy; for float64 it shares." in page.text
    for table in re.findall(r"<table>.*?</table>", html, re.DOTALL):
        assert len({row.count("<td>") + row.count("<th>") for row in table.split("<tr>")[1:]}) == 1
    docs(run, tmp_path, "--check")


def test_a_run_of_several_arms_is_told_by_its_first(tmp_path):
    cells = core_cells(sizes=(1, 4096), dtypes=("float64",))
    base = made_up_rounds(Law(processes=3, visits=1), cells)
    thp = made_up_rounds(Law(processes=3, visits=1, arm="thp", factor=3), cells)
    thp["process"] += 3
    arms = [base, thp]
    run = write_run(tmp_path / "run", pd.concat(arms, ignore_index=True))
    docs(run, tmp_path, "--theme", "light")
    assert "The tables are of arm `base`; the run also has `thp`." in page_of(tmp_path)
    docs(run, tmp_path, "--check")


def test_what_cannot_be_written_about_is_refused(tmp_path, capfd):
    stats = {"data": [1e-3] * 3, "iterations": 1, "rounds": 3}
    content = {"benchmarks": [{"name": "test_a", "fullname": "f::test_a", "stats": stats}], "version": "5.1.0"}
    (tmp_path / "other.json").write_text(json.dumps(content))
    assert main(["docs", str(tmp_path / "other.json"), "--out", str(tmp_path / "docs")]) == 2
    assert "known size" in capfd.readouterr().err
    assert not (tmp_path / "docs").exists()
    (tmp_path / "file").write_text("")
    run = small(tmp_path / "run")
    docs(run, tmp_path / "file", status=2)
    assert "cannot be made" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("option", "typed", "said"),
    [("--theme", "lihgt", "lihgt"), ("--for", "mist", "myst"), ("--width", "9", "width 9")],
)
def test_options_are_checked(copied, capfd, option, typed, said):
    docs(*copied, option, typed, status=2)
    assert said in capfd.readouterr().err


def test_the_command_that_writes_the_page_again_has_what_is_unusual(copied):
    run, out = copied
    docs(run, out, "--theme", "dark, light")
    assert f"--out {out} --results {run.parent}\n" in page_of(out)
    docs(run, out, "--theme", "dark", "--for", "myst", "--width", "480")
    assert f"--results {run.parent} --for myst --theme dark --width 480\n" in page_of(out)
    assert "```{image} cost-dark.svg" in page_of(out)


def test_what_a_check_tells_has_no_control_characters(copied, check):
    run, out = copied
    page = out / "costs" / "index.md"
    page.write_text(page.read_text().replace("In short", "In \x1b[31mlong"))
    said = check(run, out, 1)
    assert "index.md: line" in said[0] and "\x1b" not in said[0]


def test_what_cannot_be_done_is_one_line_and_status_2(tmp_path, capfd):
    assert main(["docs", "nothing", "--results", str(tmp_path)]) == 2
    assert len(capfd.readouterr().err.splitlines()) == 1


def test_a_page_of_some_cells_says_which_and_is_checked_against_them(tmp_path, capfd):
    run = small(tmp_path / "results" / "made-up")
    narrowed = ("--where", "conversion=torch.tensor,bytes<=32768")
    docs(run, tmp_path / "docs", *narrowed, "--theme", "light")
    page = page_of(tmp_path / "docs")
    assert "--where 'conversion=torch.tensor,bytes<=32768'" in page and "torch.Tensor" not in page
    costs = page.split("## What each costs")[1].split("## ")[0].replace("\N{NO-BREAK SPACE}", " ")
    assert "512 KiB" not in costs and "32 KiB" in costs
    docs(run, tmp_path / "docs", "--check")
    assert main(["plot", "--check", "--plots", str(tmp_path / "docs"), "--results", str(run.parent)]) == 0
    docs(run, tmp_path / "docs", "--theme", "light")
    assert "torch.Tensor" in page_of(tmp_path / "docs")
    docs(run, tmp_path / "docs", "--where", "dtype=int8", status=2)
    assert capfd.readouterr().err.splitlines() == ["copycost: --where 'dtype=int8' leaves no cell of made-up"]
