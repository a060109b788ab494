"""The report as its readers have it: opened from a file in a real browser."""

import io
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import sync_playwright

from copycost.cli import main
from copycost.show.charts.palette import THEMES
from copycost.units import format_bytes, format_seconds
from tests.made_up import Law, core_cells, made_up_rounds, write_run
from tests.show.suites import HOSTILE, hostile_suite, scaling_suite

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
QUIET_START = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PATIENCE_MS = 240_000
"""The machine may be stopped for minutes; a test that fails for that tells nothing."""
READY = "html[data-state=complete]"
REFERENCE = Path(__file__).parents[2] / "results" / "reference"


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_START, timeout=PATIENCE_MS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    cells = core_cells(sizes=(1, 4096, 1024**2))
    for seed, (name, grid) in enumerate({"mine": cells, "other": cells[:10], "again": cells}.items()):
        law = Law(processes=4, visits=2, noise=0.003, contended=0.2, modes=1.3 if seed == 1 else 1.0)
        write_run(folder / name, made_up_rounds(law, grid, seed))
    scaling_suite(folder / "scaling.json")
    hostile_suite(folder / "hostile.json")
    typed = {
        "mine": ["mine"],
        "three": ["mine", "other", "again"],
        "scaling": ["scaling.json"],
        "hostile": ["hostile.json"],
        "reference": [REFERENCE],
    }
    paths = {}
    for name, runs in typed.items():
        paths[name] = folder / f"{name}.html"
        typed_runs = [str(folder / run) for run in runs]
        assert main(["report", *typed_runs, "--out", str(paths[name]), "--results", str(folder)]) == 0
    return paths


@pytest.fixture
def opened(browser, reports):
    """Open a report; what the browser complains about or asks for fails the test that opened it."""

    @contextmanager
    def open_report(name, *, theme="light", width=1280, script="", **context):
        said = []
        own = browser.new_context(color_scheme=theme, viewport={"width": width, "height": 900}, **context)
        own.set_default_timeout(PATIENCE_MS)
        page = own.new_page()
        page.add_init_script(script)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("request", lambda request: said.append(request.url))
        page.goto(reports[name].as_uri())
        page.wait_for_selector(READY)
        yield page
        own.close()
        assert said == [reports[name].as_uri()]

    return open_report


def until(page, condition):
    """Wait until a JavaScript expression holds; looks are counted, not time, for the machine may be stopped meanwhile.

    Not by Playwright's own function, which evaluates text in the page: the page's policy forbids that.
    """
    page.evaluate(
        f"""() => new Promise((done, fail) => {{
            let looks = 0;
            const look = () => ({condition}) ? done() : ++looks < 2000 ? setTimeout(look, 20) : fail("never");
            look();
        }})"""
    )


def traces(page, plot=0):
    """Return how many lines with points a plot has."""
    return page.locator(".plot").nth(plot).evaluate("plot => plot.data.filter(trace => trace.customdata).length")


def picture(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).reshape(-1, 3)


def share_of(pixels, colour):
    wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return float((np.abs(pixels.astype(int) - wanted).max(axis=1) <= 2).mean())


def point(page, plot=0, trace=1, place=1):
    """Return where a point of a plot is in the window."""
    return (
        page.locator(".plot")
        .nth(plot)
        .evaluate(
            """(plot, [trace, place]) => {
            plot.scrollIntoView();
            const {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect(), own = plot.data[trace];
            return [box.x + xaxis._offset + xaxis.d2p(own.x[place]), box.y + yaxis._offset + yaxis.d2p(own.y[place])];
        }""",
            [trace, place],
        )
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_opens_without_a_complaint_or_a_request_and_is_not_blank(opened, theme):
    with opened("mine", theme=theme) as page:
        assert page.title() == "mine – copycost report"
        assert page.locator(".plot").count() == 3
        pixels = picture(page.locator(".panels").first.screenshot())
        assert 0.5 < share_of(pixels, THEMES[theme].page) < 0.99
        drawn = [share_of(pixels, colour) > 0.0002 for colour in THEMES[theme].lines[:5]]
        assert all(drawn)


@pytest.mark.parametrize("name", ["three", "scaling"])
def test_several_runs_and_other_suites_open_too(opened, name):
    with opened(name) as page:
        assert page.locator(".plot .points path").count() > 0
        assert page.locator("#comparison").count() == (name == "three")


def test_a_chart_that_is_folded_away_is_drawn_when_it_is_opened(opened):
    with opened("three") as page:
        folded = page.locator("#comparison details").first
        assert folded.locator(".main-svg").count() == 0
        folded.locator("summary").first.click()
        folded.locator(".points path").first.wait_for()
        assert folded.locator(".main-svg").first.bounding_box()["width"] > 300


def test_hovering_tells_the_value_and_its_interval(opened):
    with opened("mine") as page:
        page.mouse.move(*point(page))
        tip = page.locator(".tip:visible")
        tip.wait_for()
        said = tip.inner_text()
        assert re.search(r"time per call: [\d.]+ [nµm]s \([\d.]+ [nµm]s to [\d.]+ [nµm]s, 95% interval\)", said)
        assert "torch" in said and "KiB" in said


def test_a_point_that_is_clicked_shows_its_rounds(opened):
    with opened("mine") as page:
        page.mouse.click(*point(page, place=2))
        until(page, "[...document.querySelectorAll('select')].at(-1).selectedOptions[0].text === '4 MiB'")


def test_conversions_and_dtypes_are_switched_on_and_off(opened):
    with opened("mine") as page:
        assert traces(page) == 5 and page.locator(".chart").first.locator(".plot").count() == 2
        page.get_by_label("torch.tensor", exact=True).uncheck()
        until(page, "document.querySelector('.plot').data.filter(trace => trace.customdata).length === 4")
        page.get_by_label("float32", exact=True).uncheck()
        until(page, "document.querySelectorAll('.chart')[0].querySelectorAll('.plot').length === 1")
        page.get_by_role("button", name="none of conversions").click()
        page.get_by_text("Nothing to draw").wait_for()
        page.get_by_role("button", name="all of conversions").click()
        until(page, "document.querySelector('.plot').data.filter(trace => trace.customdata).length === 5")


def test_axes_are_logarithmic_or_not_and_the_quantity_is_chosen(opened):
    with opened("mine") as page:
        for axis, label in (("yaxis", "logarithmic up"), ("xaxis", "logarithmic across")):
            page.get_by_label(label).first.uncheck()
            until(page, f"document.querySelector('.plot').layout.{axis}.type === 'linear'")
        page.get_by_label("Show", exact=True).select_option("Multiple of zero-copy")
        page.locator(".axis", has_text="multiple of zero-copy").first.wait_for()


def test_zooming_is_shared_by_the_panels_and_taken_back(opened):
    with opened("mine") as page:
        ranges = (
            "[...document.querySelectorAll('.chart')[0].querySelectorAll('.plot')].map(plot => plot.layout.xaxis.range)"
        )
        whole = page.evaluate(ranges)
        page.get_by_role("button", name="Zoom in").first.click()
        until(page, f"{ranges}.every(range => range[0] > {whole[0][0]})")
        page.get_by_role("button", name="Show all").first.click()
        until(page, f"{ranges}.every(range => range[0] === {whole[0][0]})")
        x, y = point(page)
        page.mouse.move(x - 20, y - 60)
        page.mouse.down()
        page.mouse.move(x + 80, y + 60, steps=4)
        page.mouse.up()
        until(page, f"{ranges}.every(range => range[0] > {whole[0][0]} && range[1] < {whole[0][1]})")


def test_a_chart_is_read_and_zoomed_with_the_keyboard(opened):
    with opened("mine") as page:
        page.locator(".plot").first.focus()
        page.keyboard.press("ArrowRight")
        first = page.locator(".tip:visible").inner_text()
        page.keyboard.press("ArrowRight")
        assert page.locator(".tip:visible").inner_text() != first
        page.keyboard.press("ArrowUp")
        assert page.locator(".panel [aria-live]").first.inner_text().startswith("torch.tensor; float32, 16 KiB; ")
        before = page.evaluate("document.querySelector('.plot').layout.xaxis.range[0]")
        page.keyboard.press("+")
        until(page, f"document.querySelector('.plot').layout.xaxis.range[0] > {before}")
        page.keyboard.press("0")
        until(page, f"document.querySelector('.plot').layout.xaxis.range[0] === {before}")
        page.keyboard.press("Escape")
        assert page.locator(".tip:visible").count() == 0


def test_tables_sort_with_the_keyboard_and_unknown_comes_last(opened):
    with opened("mine") as page:
        table = page.locator("#table-cells")
        head = table.get_by_role("columnheader", name="GB/s", exact=False).first
        place = head.evaluate("head => head.cellIndex")
        column = table.locator(f"tbody tr td:nth-child({place + 1})")
        for order in ("ascending", "descending"):
            head.locator("button").focus()
            page.keyboard.press("Enter")
            assert head.get_attribute("aria-sort") == order
            texts = column.all_inner_texts()
            known = [float(text) for text in texts if text != "–"]
            assert 0 < len(known) < len(texts) and texts[: len(known)] == [text for text in texts if text != "–"]
            assert known == sorted(known, reverse=order == "descending")


def test_tables_are_filtered_and_copied_as_csv(opened):
    with opened("mine", permissions=["clipboard-read", "clipboard-write"]) as page:
        table = page.locator("#table-cells")
        table.get_by_label("Filter").fill("t.numpy float64")
        assert table.locator("tbody tr").count() == 3
        table.get_by_role("button", name="Copy as CSV").click()
        table.get_by_text("3 rows copied").wait_for()
        head, *rows = page.evaluate("navigator.clipboard.readText()").strip().split("\n")
        assert head.startswith("run,") and ",seconds," in head and len(rows) == 3
        assert all(",t.numpy," in row for row in rows)


def test_no_column_of_a_runs_tables_is_off_a_screen_of_1280_pixels(opened):
    with opened("reference") as page:
        page.wait_for_selector("#table-cells tbody tr")
        widths = page.evaluate(
            "[...document.querySelectorAll('.scroll')].map(one => [one.scrollWidth, one.clientWidth])"
        )
        assert len(widths) >= 2 and all(needed <= given for needed, given in widths)
        heights = page.evaluate(
            """[...document.querySelectorAll("th bdi")].filter(one => one.textContent && !/\\s/.test(one.textContent))
                .map(one => one.getClientRects()[0].height / parseFloat(getComputedStyle(one).lineHeight))"""
        )
        assert heights and all(lines < 1.5 for lines in heights), "a heading of one word stands on one line"


def test_a_doubt_leads_to_its_cells(opened):
    with opened("three") as page:
        page.locator("dt:has-text('two-modes') + dd button").click()
        table = page.locator("#table-cells")
        assert table.get_by_label("Filter").input_value() == "two-modes"
        rows = table.locator("tbody tr").all_inner_texts()
        assert rows and all("two-modes" in row for row in rows)


@pytest.mark.parametrize(("name", "theme"), [("mine", "light"), ("mine", "dark"), ("hostile", "dark")])
def test_axe_finds_nothing_serious(opened, name, theme):
    # axe-core is put into the page from outside, which the page's policy would forbid.
    with opened(name, theme=theme, bypass_csp=True) as page:
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response
        assert len(found["passes"]) > 20
        assert [one["id"] for one in found["violations"] if one["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("width", [480, 1280])
def test_hostile_names_are_text_and_break_nothing(opened, width):
    with opened("hostile", width=width) as page:
        assert page.evaluate("window.taken") is None
        assert page.locator("main img, main script, main a:not(nav a)").count() == 0
        shown = page.locator("main").inner_text()
        assert all(
            re.sub(r"[\u202a-\u202e\u2066-\u2069]", "\N{REPLACEMENT CHARACTER}", name) in shown for name in HOSTILE
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.mouse.move(*point(page, trace=0, place=0))
        page.locator(".tip:visible").wait_for()


def test_paper_has_light_colours_open_parts_and_names_for_the_lines(opened):
    with opened("mine", theme="dark") as page:
        # As a browser prints: it does not wait for what comes later.
        ink, folded = page.evaluate(
            """() => {
                dispatchEvent(new Event("beforeprint"));
                const plot = document.querySelector(".plot");
                return [plot.layout.font.color, [...document.querySelectorAll("details")].some(own => !own.open)];
            }"""
        )
        assert (ink, folded) == (THEMES["light"].muted, False)
        page.emulate_media(media="print")
        assert "torch.tensor" in page.locator(".names:visible").first.inner_text()
        assert (
            page.locator("button:visible, input:visible, select:visible").count() == page.locator("th button").count()
        )


#: A browser that prints as soon as the first chart is there, as one does that only makes a PDF of the page.
EARLY_PAPER = """
const mark = performance.mark.bind(performance);
performance.mark = (name) => {
    mark(name);
    if (name !== "first-chart") return;
    dispatchEvent(new Event("beforeprint"));
    const rooms = [...document.querySelectorAll(".chart .panels")];
    window.paper = rooms.map((room) => [...room.querySelectorAll(".plot")].map((plot) => plot.layout?.width));
    dispatchEvent(new Event("afterprint"));
};
"""


def test_paper_that_comes_early_has_all_charts_at_its_own_width(opened):
    with opened("reference", script=EARLY_PAPER) as page:
        drawn = page.evaluate("window.paper")
        assert len(drawn) == page.locator(".chart").count() > 1 and any(len(widths) > 1 for widths in drawn)
        assert all(set(widths) == ({640} if len(widths) == 1 else {320}) for widths in drawn)


def test_figures_read_as_on_the_command_line(opened):
    seconds = [0.0, 9.995e-9, 99.94e-9, 999.4e-9, 999.5e-9, 1.2e-6, 0.5, 12.345]
    sizes = [0, 1, 1023, 1024, 1536, 123456789, 5 * 1024**3]
    with opened("mine") as page:
        told = page.evaluate(
            "([seconds, sizes]) => [seconds.map(own => Report.format.value('seconds', own)), "
            "sizes.map(own => Report.format.value('bytes', own))]",
            [seconds, sizes],
        )
    assert told == [[format_seconds(own) for own in seconds], [format_bytes(own) for own in sizes]]
