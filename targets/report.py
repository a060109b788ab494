"""Prints how the report meets its targets: time to write it, its size, and how soon it can be used in Chromium.

    python targets/report.py results/reference

The run that is given is reported alone; for the report of fifty, it is copied with its figures changed. Needs
Chromium and Playwright's Python package. Nothing else should run beside it.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from copycost.units import format_bytes

ROOT = Path(__file__).parents[1]
MANY = 50
REPEATS = 5
BETWEEN_MACHINES, BETWEEN_CELLS = 0.2, 0.03
"""Standard deviations of the log figures of the copies."""
QUIET_START = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
DRAWN_AGAIN = """async (switched) => {
    const [chart] = document.querySelectorAll('.chart');
    const boxes = [...chart.querySelectorAll('input[type=checkbox]')];
    const box = boxes.find(own => own.closest('label').textContent === switched);
    const start = performance.now();
    box.click();
    await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
    return performance.now() - start;
}"""
FILTERED = """async () => {
    const view = Report.tables.get('cells'), start = performance.now();
    view.filter.value = 'torch.tensor unsteady';
    view.refresh();
    await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
    return performance.now() - start;
}"""


def copies(run: Path, out: Path) -> list[Path]:
    """Write copies of a run as those of other machines, and return their folders."""
    files = {path.name: json.loads(path.read_text()) for path in run.glob("*.json")}
    return [_copy(files, out / f"machine-{number:02}", random.Random(number)) for number in range(MANY)]


def _copy(files: dict[str, Any], folder: Path, draw: random.Random) -> Path:
    folder.mkdir()
    speed = draw.lognormvariate(0, BETWEEN_MACHINES)
    for name, content in files.items():
        own = json.loads(json.dumps(content))
        if name == "run.json":
            own |= {"name": folder.name, "machine": own["machine"] | {"machine": folder.name}}
        else:
            own["machine_info"]["copycost"]["machine"] = own["copycost"]["run"] = folder.name
            for cell in own["benchmarks"]:
                factor = speed * draw.lognormvariate(0, BETWEEN_CELLS)
                cell["stats"]["data"] = [seconds * factor for seconds in cell["stats"]["data"]]
        (folder / name).write_text(json.dumps(own))
    return folder


def written(runs: list[Path], out: Path) -> float:
    """Write a report and return the wall time of the whole process."""
    started = time.monotonic()
    arguments = [sys.executable, "bench_runner.py", "report", *map(str, runs), "--out", str(out)]
    subprocess.run(arguments, cwd=ROOT, check=True, capture_output=True)
    return time.monotonic() - started


def opened(browser: Browser, report: Path) -> tuple[Page, dict[str, float]]:
    """Open a report and return its page and the milliseconds from navigation to its marks."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(240_000)
    page.goto(report.as_uri())
    page.wait_for_selector("html[data-state=complete]")
    marks = "Object.fromEntries(performance.getEntriesByType('mark').map(mark => [mark.name, mark.startTime]))"
    return page, page.evaluate(marks)


def first_charts(browser: Browser, report: Path) -> list[float]:
    """Return the seconds from navigation to the first chart, of several openings."""
    found = []
    for _ in range(REPEATS):
        page, marks = opened(browser, report)
        found.append(marks["first-chart"] / 1000)
        page.close()
    return found


def in_use(browser: Browser, report: Path) -> tuple[float, float]:
    """Return the seconds until a switched dtype is drawn and until the table of cells is filtered."""
    page, _ = opened(browser, report)
    times = page.evaluate(DRAWN_AGAIN, "float64") / 1000, page.evaluate(FILTERED) / 1000
    page.close()
    return times


def row(what: str, target: str, values: list[float]) -> None:
    """Print a row of the table: the median and the range of what was measured."""
    span = f" ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else ""
    print(f"| {what} | {target} | {statistics.median(values):.2f} s{span} |", flush=True)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    run = parser.parse_args().run.resolve()
    scratch = Path(tempfile.mkdtemp())
    try:
        one, many = scratch / "one.html", scratch / "many.html"
        print("| what | target | measured |\n|---|---|---|")
        row("report of one run, whole process", "5 s", [written([run], one) for _ in range(REPEATS)])
        print(f"| its size | 6 MB | {format_bytes(one.stat().st_size)} |")
        row(f"report of {MANY} runs, whole process", "30 s", [written(copies(run, scratch), many)])
        print(f"| its size | 15 MB | {format_bytes(many.stat().st_size)} |")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET_START)
            row("one run: navigation to the first chart", "1 s", first_charts(browser, one))
            row(f"{MANY} runs: navigation to the first chart", "still usable", first_charts(browser, many))
            drawn, filtered = in_use(browser, many)
            row(f"{MANY} runs: a dtype switched, to its picture", "still usable", [drawn])
            row(f"{MANY} runs: the table of cells filtered for the first time", "still usable", [filtered])
            browser.close()
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
