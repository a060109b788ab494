import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from copycost.errors import UsageError
from copycost.show.charts.gallery import draw, draw_all, drawable, why_stale
from tests.show.charts.layout import complaints, texts
from tests.show.charts.made_up import CORE, MACHINE, cells, comparison, rounds, series, several, suite, with_references

HOSTILE = (
    "<script>alert(1)</script>",
    'it\'s "quoted" & more',
    "שלום עולם",
    "$x_1$ \\frac{1}{2}",
    "n" * 200,
    "n" * 150 + "m" * 50,
    "null\x00 new\nline \u202etfel",
    "日本語の名前",
)


EXTENDED = (
    "torch.as_tensor",
    "torch.asarray",
    "torch.from_dlpack",
    "torch.frombuffer",
    "torch.from_numpy.clone",
    "torch.tensor.float32",
    "torch.FloatTensor",
    "t.detach.numpy",
    "t.numpy.force",
    "np.asarray",
    "np.array",
    "np.from_dlpack",
    "t.detach.clone.numpy",
    "t.tolist",
    "torch.stack",
)


LINE_CHARTS = ("cost", "multiple", "throughput", "copy-ratio", "page-faults", "threads")


@pytest.mark.parametrize("width", [480, 720, 1200])
@pytest.mark.parametrize("name", LINE_CHARTS)
def test_no_text_touches_another_or_is_cut(name, width):
    frame = cells(threads=(1, 2) if name == "threads" else (1,))
    assert complaints(draw(name, frame, machine=MACHINE, width=width).figure) == []


FRAMES_OF = {
    "share": lambda: with_references(cells(dtypes=("float64",))),
    "ratio": lambda: comparison(cells(dtypes=("float32", "float64"))),
    "heat-map": lambda: comparison(cells(dtypes=("float32", "float64"))),
    "dumbbells": lambda: comparison(cells(dtypes=("float32", "float64"))),
    "runs": lambda: several(4, dtypes=("float64",), sizes=(1, 64, 4096, 4**8)),
    "runs-relative": lambda: several(9, dtypes=("float64",), sizes=(1, 64, 4096, 4**8)),
    "history": lambda: series(dtypes=("float64",), sizes=(1, 64, 4096)),
    "parameters": lambda: suite(panels=("float32", "float64"), xs=(1, 2, 4, 8, 1024, 2**20)),
}


@pytest.mark.parametrize("width", [480, 720, 1200])
@pytest.mark.parametrize("name", FRAMES_OF)
def test_no_text_of_a_chart_of_several_runs_touches_another_or_is_cut(name, width):
    theme = "dark" if width == 720 else "light"
    names = ("20260102-default-quiet-machine", "20260102-default-$busy$-machine")
    about = () if name == "share" else ("AMD EPYC 2c 3f9a1c", *names)
    drawing = draw(name, FRAMES_OF[name](), machine=MACHINE, width=width, theme=theme, names=names, about=about)
    assert complaints(drawing.figure) == []


@pytest.mark.parametrize("name", ["ratio", "heat-map", "dumbbells", "runs", "history"])
def test_hostile_names_break_no_chart_of_several_runs(name):
    frame = cells(HOSTILE, ("float32",), sizes=(1, 4096), run="<b>" + "r" * 200)
    if name == "history":
        frame = series(runs=3, conversions=HOSTILE, dtypes=("float32",), sizes=(1, 4096))
    elif name == "runs":
        frame = several(3, conversions=HOSTILE, dtypes=("float32",), sizes=(1, 4096))
        frame["run"] = frame["run"].map({f"run-{i}": HOSTILE[i] + "x" * 200 for i in range(3)})
    else:
        frame = comparison(frame)
    names = ("<script>" + "a" * 200, "$b$" * 90)
    drawing = draw(name, frame, width=480, names=names, about=("<i>" + "m" * 250,))
    assert complaints(drawing.figure) == []


@pytest.mark.parametrize("name", FRAMES_OF)
def test_without_words_titles_and_axis_labels_are_left(name):
    drawing = draw(name, FRAMES_OF[name](), language_free=True, about=("some words",))
    written = [text.get_text() for text in texts(drawing.figure)]
    assert drawing.title in " ".join(written)
    assert not any("some words" in text or "the same" in text or "interval" in text for text in written)
    assert complaints(drawing.figure) == []


@pytest.mark.parametrize("width", [480, 720, 1200])
@pytest.mark.parametrize("sizes", [(1, 4096, 4**9), (1, 16, 256, 4096, 4**8, 4**9, 4**10), (64,)])
def test_rounds_are_drawn_without_texts_that_touch_or_are_cut(sizes, width):
    frame = cells(sizes=sizes)
    figure = draw("rounds", frame, machine=MACHINE, width=width, rounds=rounds(frame)).figure
    assert complaints(figure) == []


@pytest.mark.parametrize("width", [480, 720, 1200])
@pytest.mark.parametrize("count", [5, 9, 14, 20])
def test_many_conversions_are_all_labelled_beside_their_lines(count, width):
    names = (CORE + EXTENDED)[:count]
    frame = cells(names, ("float32",), sizes=(1, 256, 4**8, 4**12))
    figure = draw("cost", frame, machine=MACHINE, width=width).figure
    assert complaints(figure) == []
    written = " ".join(text.get_text() for text in texts(figure))
    assert all(name.split(".clone")[0] in written for name in names)


@pytest.mark.parametrize("width", [320, 480, 720, 1200])
@pytest.mark.parametrize("name", ["cost", "rounds"])
def test_hostile_names_are_shown_as_text_and_break_no_layout(name, width):
    frame = cells(HOSTILE, ("float32",), sizes=(1, 4096), run="<b>" + "r" * 200)
    frame["expression"] = ""
    machine = {"machine": "$\\alpha$ <i>" + "m" * 200, "torch": "2\n0"}
    figure = draw(name, frame, machine=machine, width=width, rounds=rounds(frame, 5)).figure
    assert complaints(figure) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_of_conversions_are_told_apart_by_marker_on_the_label_too(theme):
    figure = draw("cost", cells(dtypes=("float64",)), theme=theme).figure
    beside = [line.get_marker() for line in figure.artists if line.get_marker() != "None"]
    assert len(set(beside[:5])) == 5


@pytest.mark.parametrize("sizes", [(1,), (4096,), (1, 2), (1, 3, 1000)])
@pytest.mark.parametrize("name", ["multiple", "page-faults"])
def test_few_sizes_are_enough(name, sizes):
    assert complaints(draw(name, cells(sizes=sizes), machine=MACHINE).figure) == []


def test_unknown_intervals_and_sharing_are_drawn_as_unknown():
    frame = cells(dtypes=("float32",))
    frame[["ci_low", "ci_high"]] = np.nan
    frame["shares_memory"] = frame["shares_memory"].where(frame["size"] > 64)
    drawing = draw("cost", frame)
    written = [text.get_text() for text in texts(drawing.figure)]
    assert "sharing unknown" in written
    assert "95% interval" not in written
    assert "sharing unknown" in drawing.alt


def test_language_free_charts_keep_titles_and_axis_labels_only():
    frame = cells(dtypes=("float32",), sizes=(1, 64, 4096))
    figure = draw("cost", frame, machine=MACHINE, language_free=True).figure
    words = {text.get_text() for text in texts(figure)}
    assert {"Time per call against bytes", "time per call", "bytes of the source"} <= words
    assert not any("copies" in word or "run " in word for word in words)
    assert complaints(figure) == []


def test_a_page_is_solid_or_transparent():
    frame = cells(sizes=(1, 64))
    assert draw("cost", frame).figure.get_facecolor()[3] == 1
    assert draw("cost", frame, transparent=True).figure.get_facecolor()[3] == 0


def test_the_width_is_in_css_pixels():
    figure = draw("cost", cells(sizes=(1, 64)), width=800).figure
    assert figure.get_figwidth() * 96 == pytest.approx(800)


def test_runs_and_arms_have_their_own_panels():
    import pandas as pd

    both = pd.concat([cells(run="a", sizes=(1, 64)), cells(run="b", sizes=(1, 64))])
    figure = draw("cost", both.reset_index(drop=True)).figure
    assert len(figure.axes) == 6
    assert complaints(figure) == []


def test_more_panels_than_can_be_read_are_left_out_and_counted():
    frame = cells(sizes=(1, 64), dtypes=("float32", "float64", "int64"), threads=(1, 2, 4, 8, 16))
    drawing = draw("cost", frame)
    assert len(drawing.figure.axes) == 12
    assert "3 more panels are not shown" in drawing.alt


def test_charts_that_cannot_be_drawn_say_why():
    reasons = drawable(cells(sizes=(1, 64)))
    assert reasons["cost"] is None
    assert "one thread" in str(reasons["threads"])
    assert "rounds" in str(reasons["rounds"])
    with pytest.raises(UsageError, match=r"'threads' cannot be drawn: .*one thread"):
        draw("threads", cells(sizes=(1, 64)))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"theme": "drak"}, "unknown theme 'drak'"), ({"width": 100}, "width 100 is not between 320 and 4000")],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(UsageError, match=message):
        draw("cost", cells(sizes=(1,)), **options)


def test_the_usual_charts_are_written_as_a_pair_with_their_text(tmp_path):
    frame = cells(sizes=(1, 4096, 4**11), dtypes=("float64",))
    files = draw_all(frame, tmp_path / "plots", machine=MACHINE, formats=("svg",), themes=("light", "dark"))
    assert {file.name for file in files} == {
        f"{chart}{theme}{ending}"
        for chart in ("cost", "multiple", "throughput")
        for theme in ("", "-dark")
        for ending in (".svg", ".alt.txt")
    }
    assert sorted(files) == sorted((tmp_path / "plots").iterdir())


@pytest.mark.parametrize(
    "options",
    [
        {"charts": ["cost", "nonsense"]},
        {"charts": ["cost", "threads"]},
        {"charts": ["cost", "ratio"]},
        {"themes": ["light", "blue"]},
        {"formats": ["svg", "gif"]},
    ],
)
def test_nothing_is_written_when_anything_asked_for_is_impossible(tmp_path, options):
    with pytest.raises(UsageError):
        draw_all(cells(sizes=(1,)), tmp_path / "plots", **options)
    assert not (tmp_path / "plots").exists()


def test_the_package_outside_charts_does_not_load_matplotlib():
    code = "import sys, copycost.show; print('matplotlib' in sys.modules)"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "False"


def test_drawing_does_not_load_pyplot():
    code = (
        "import sys; from tests.show.charts.made_up import cells\n"
        "from copycost.show.charts.gallery import draw; draw('cost', cells(sizes=(1, 64)))\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "False"


CHECKED = cells(dtypes=("float32",), sizes=(1, 64, 4096))


@pytest.mark.parametrize("options", [{}, {"themes": ["dark"], "width": 500, "language_free": True}])
@pytest.mark.parametrize("chart", ["cost", "rounds"])
def test_a_fresh_chart_matches_its_results(tmp_path, chart, options):
    shown = rounds(CHECKED, 5)
    files = draw_all(CHECKED, tmp_path, [chart], machine=MACHINE, rounds=shown, **options)
    for file in files:
        if file.suffix != ".txt":
            assert why_stale(file, CHECKED, machine=MACHINE, rounds=shown) is None


def test_a_chart_of_other_results_does_not(tmp_path):
    file, *_ = draw_all(CHECKED, tmp_path, ["cost"], machine=MACHINE)
    changed = CHECKED.copy()
    changed["seconds"] *= 1.5
    assert why_stale(file, changed, machine=MACHINE) == "its results have changed"


def test_a_chart_that_was_edited_does_not(tmp_path):
    file, *_ = draw_all(CHECKED, tmp_path, ["cost"], machine=MACHINE)
    file.write_bytes(file.read_bytes().replace(b"#cf7a05", b"#cf7a06"))
    assert "differently" in str(why_stale(file, CHECKED, machine=MACHINE))


def test_a_chart_of_another_matplotlib_is_judged_by_its_data_alone(tmp_path):
    file, *_ = draw_all(CHECKED, tmp_path, ["cost"], machine=MACHINE, provenance={"drawn_with": {"matplotlib": "3.0"}})
    file.write_bytes(file.read_bytes().replace(b"#cf7a05", b"#cf7a06"))
    assert why_stale(file, CHECKED, machine=MACHINE) is None


def test_a_chart_that_no_longer_exists_is_stale(tmp_path):
    file, *_ = draw_all(CHECKED, tmp_path, ["cost"], provenance={"chart": "pie"})
    assert "no chart 'pie'" in str(why_stale(file, CHECKED))


def test_a_foreign_file_is_the_users_error(tmp_path):
    (tmp_path / "cost.svg").write_text("hello")
    with pytest.raises(UsageError, match="not a chart"):
        why_stale(tmp_path / "cost.svg", CHECKED)
