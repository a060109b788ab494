import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from copycost.errors import UsageError
from copycost.show.charts.chart_files import read_provenance, render, save
from copycost.show.charts.frames import data_hash
from copycost.show.charts.gallery import draw, draw_all
from tests.show.charts.made_up import MACHINE, cells

SMALL = {"dtypes": ("float32",), "sizes": (1, 64, 4096)}


SVG = "{http://www.w3.org/2000/svg}"


def test_another_process_draws_the_same_bytes(tmp_path):
    here = draw_all(cells(**SMALL), tmp_path / "here", ["cost"], machine=MACHINE)
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.show.charts.made_up import MACHINE, cells\n"
        "from copycost.show.charts.gallery import draw_all\n"
        "frame = cells(dtypes=('float32',), sizes=(1, 64, 4096))\n"
        "draw_all(frame, Path(sys.argv[1]), ['cost'], machine=MACHINE)"
    )
    root = Path(__file__).parents[3]
    there = tmp_path / "there"
    subprocess.run(
        [sys.executable, "-c", code, str(there)],
        check=True,
        cwd=root,
        env={"PYTHONHASHSEED": "77", "PATH": "", "MPLCONFIGDIR": str(tmp_path)},
    )
    for file in here:
        assert (there / file.name).read_bytes() == file.read_bytes(), file.name


def test_text_stays_text():
    svg = ElementTree.fromstring(render(draw("cost", cells(**SMALL)), "svg"))
    written = {text.text for text in svg.iter(f"{SVG}text")}
    assert {"torch.tensor(a)", "Time per call against bytes", "1 µs"} <= written
    assert "sans-serif" in next(svg.iter(f"{SVG}text")).get("style", "")


def test_an_svg_is_an_image_with_a_description():
    drawing = draw("cost", cells(**SMALL))
    svg = ElementTree.fromstring(render(drawing, "svg"))
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == drawing.alt
    assert svg.get("width") == "540pt"


def test_hostile_names_are_text_in_every_part_of_an_svg(tmp_path):
    names = ("<script>alert(1)</script>", "]]>&amp;\"'", "nul\x00\x1b[31m", "שלום")
    frame = cells(names, ("float32",), (1, 64), run='"/><script>x</script>')
    frame["expression"] = ""
    files = draw_all(frame, tmp_path, ["cost"], machine={"machine": "<svg onload=x>"})
    raw = files[0].read_text(encoding="utf-8")
    root = ElementTree.fromstring(raw)
    assert not list(root.iter(f"{SVG}script"))
    assert "<script" not in raw
    assert all(not name.startswith("on") for element in root.iter() for name in element.attrib)
    assert "<script>alert(1)</script>" in {text.text for text in root.iter(f"{SVG}text")}


def test_a_png_has_two_dots_to_a_css_pixel(tmp_path):
    save(draw("cost", cells(**SMALL), width=600), tmp_path / "cost", ["png"])
    with Image.open(tmp_path / "cost.png") as image:
        assert image.width == 1200
        assert image.info["Title"] == "Time per call against bytes"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_png_is_not_blank(tmp_path, theme):
    save(draw("cost", cells(**SMALL), theme=theme), tmp_path / "cost", ["png"])
    with Image.open(tmp_path / "cost.png") as image:
        assert len(image.convert("RGB").getcolors(maxcolors=10**6)) > 50


@pytest.mark.parametrize(("theme", "page"), [("light", (255, 255, 255)), ("dark", (13, 17, 23))])
def test_a_png_keeps_the_colour_of_the_page(tmp_path, theme, page):
    save(draw("cost", cells(**SMALL), theme=theme), tmp_path / "cost", ["png"])
    with Image.open(tmp_path / "cost.png") as image:
        assert image.convert("RGB").getpixel((1, 1)) == page


def test_a_transparent_png_is_transparent(tmp_path):
    save(draw("cost", cells(**SMALL), transparent=True), tmp_path / "cost", ["png"])
    with Image.open(tmp_path / "cost.png") as image:
        assert image.convert("RGBA").getpixel((1, 1))[3] == 0


def test_a_pdf_is_the_same_each_time():
    frame = cells(**SMALL)
    assert render(draw("cost", frame), "pdf") == render(draw("cost", frame), "pdf")


def test_the_alt_text_says_what_the_lines_do(tmp_path):
    files = save(draw("cost", cells(**SMALL), machine=MACHINE), tmp_path / "cost", [])
    assert [file.name for file in files] == ["cost.alt.txt"]
    alt = files[0].read_text(encoding="utf-8")
    assert "AMD EPYC 2c 3f9a1c, run reference" in alt
    assert "torch.tensor (copies) 2." in alt
    assert "torch.Tensor (shares memory)" in alt
    assert "at 16 KiB" in alt


def test_an_unknown_format_names_the_valid_ones(tmp_path):
    with pytest.raises(UsageError, match=r"'gif'.*svg, png, pdf"):
        save(draw("cost", cells(**SMALL)), tmp_path / "cost", ["gif"])
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_the_users_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="file"):
        save(draw("cost", cells(**SMALL)), tmp_path / "file" / "cost", ["svg"])


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_a_file_says_where_it_comes_from(tmp_path, ending):
    frame = cells(dtypes=("float32",), sizes=(1, 64), run="run (1) \\ é <b>")
    draw_all(frame, tmp_path, ["cost"], machine=MACHINE, formats=[ending], provenance={"extra": "mine"})
    found = read_provenance(tmp_path / f"cost.{ending}")
    assert found["runs"] == ["run (1) \\ é <b>"]
    assert found["machines"] == ["AMD EPYC 2c 3f9a1c"]
    assert found["measured_with"] == {"numpy": "2.4.6", "torch": "2.13.0"}
    assert found["data"] == data_hash(frame)
    assert found["extra"] == "mine"
    assert "/" not in json.dumps(found).replace("</", "")


@pytest.mark.parametrize("name", ["foreign.svg", "foreign.png", "foreign.pdf", "missing.svg"])
def test_a_file_that_is_not_ours_is_refused(tmp_path, name):
    if not name.startswith("missing"):
        (tmp_path / name).write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    with pytest.raises(UsageError, match="not a chart that copycost wrote"):
        read_provenance(tmp_path / name)
