"""Runs in a notebook: what is shown, and the README's example, which is run here."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

import copycost
from copycost.errors import UsageError
from tests.made_up import EMPTY_CALL, Law, core_cells, made_up_rounds, write_run

ROOT = Path(__file__).parents[1]
GRID = [*core_cells((16, 4096), ("float64",)), EMPTY_CALL]
HOSTILE = "<script>alert(1)</script>|`x`"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Return a folder with results, of which one run is called as the README's is, and be in it."""
    write_run(tmp_path / "results" / "reference", made_up_rounds(Law(), GRID))
    write_run(tmp_path / "results" / "zz-later", made_up_rounds(Law(), GRID, seed=1))
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Seen(HTMLParser):
    """What a reader of HTML makes of a page: its elements, and its text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)

    def handle_data(self, data):
        self.text += data


def example():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = [block for block in re.findall(r"^```python\n(.*?)^```", text, re.M | re.S) if "copycost.open" in block]
    return [line.split("  #")[0] for line in code.splitlines() if line and not line.startswith("import")]


def test_the_example_of_the_readme(here):
    names = {"copycost": copycost}
    first, *shown = example()
    exec(first, names)
    plot, cells, rounds = (eval(line, names) for line in shown)
    assert Image.open(BytesIO(plot._repr_png_()[0])).width == 2 * plot._repr_png_()[1]["width"] == 1440
    assert len(cells) == len(GRID) - 1 and {"seconds", "ci_low", "ci_high", "flags"} <= set(cells.columns)
    assert rounds["quiet"].any() and set(rounds["conversion"]) > set(cells["conversion"])


def test_a_run_is_shown_with_its_answer_and_its_table_without_scripts(here):
    run = copycost.open("ref")
    seen = Seen(run._repr_html_())
    assert seen.elements.count("table") == 2 and "torch.from_numpy(a)" in seen.text and "NumPy → PyTorch" in seen.text
    assert set(seen.elements).isdisjoint({"script", "style", "iframe", "img", "a"})
    assert repr(run) == "<reference: 10 cells>" and list(run.references["conversion"]) == ["empty call"]


def test_what_others_have_written_stays_text(here):
    rounds = made_up_rounds(Law(processes=2), GRID)
    names = {str(name): HOSTILE for name in rounds["conversion"].unique() if str(name) == "torch.tensor"}
    rounds = rounds.assign(conversion=rounds["conversion"].astype(object).replace(names))
    write_run(here / "results" / "hostile", rounds)
    seen = Seen(copycost.open("hostile")._repr_html_())
    assert "script" not in seen.elements and HOSTILE in seen.text.replace("\N{ZERO WIDTH SPACE}", "")


def test_two_runs_are_compared_by_name_or_opened(here):
    run = copycost.open("reference")
    compared = run.compare("zz-later")
    assert len(compared.cells) == 10 and set(compared.cells["verdict"]) <= {"same", "undecided", "faster", "slower"}
    assert repr(compared).startswith("<zz-later against reference: ")
    assert "zz-later against reference" in Seen(compared._repr_html_()).text
    assert run.compare(copycost.open("zz-later")).cells.equals(compared.cells)
    assert compared.plot()._repr_png_()[0].startswith(b"\x89PNG")


def test_several_runs_are_shown_as_a_list_and_have_one_frame(here):
    runs = copycost.open("results")
    assert list(runs.cells["run"].unique()) == ["reference", "zz-later"] == [run.name for run in runs.runs]
    assert "2 runs of 1 machine" in Seen(runs._repr_html_()).text
    assert copycost.open("reference", "zz-later").cells.equals(runs.cells)
    assert set(copycost.open("reference", where="size=16").cells["size"]) == {16}
    assert "several runs" in repr(runs.plot("runs")).lower()


@pytest.mark.parametrize(
    ("do", "reason"),
    [
        (lambda: copycost.open("nothing"), "no run 'nothing'"),
        (lambda: copycost.open("reference").plot("ratio"), r"needs two runs: open\(A\).compare\(B\).plot\('ratio'\)"),
        (lambda: copycost.open("reference").plot("history"), "needs a history"),
        (lambda: copycost.open("reference").plot("costs"), "did you mean cost"),
        (lambda: copycost.open("reference").compare("zz-later").plot("cost"), "needs a run"),
    ],
)
def test_what_cannot_be_had_is_said_in_one_line(here, do, reason):
    with pytest.raises(UsageError, match=reason) as error:
        do()
    assert "\n" not in str(error.value)


def test_frames_wait_for_neither_torch_nor_charts(here):
    code = "import sys, copycost; copycost.open('reference').cells; print({'torch', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
