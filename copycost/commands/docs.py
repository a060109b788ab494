"""The `docs` command: a page of documentation about a run, with charts, written or compared with its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from copycost.commands.options import PATH, results_option, run_argument, where_option
from copycost.errors import UsageError, one_line
from copycost.temporary import require_temporary

if TYPE_CHECKING:
    from copycost.analyse.run import Run
    from copycost.analyse.where import Where
    from copycost.show.chart_data import ChartData
    from copycost.show.docs_folder import Provenance
    from copycost.show.document import Chart, Document

FOLDER = "costs"
CHARTS = ("cost", "multiple", "throughput", "share")
"""Charts of a page, where the run allows them."""
NARROW, NARROW_WIDTH = "-narrow", 400
"""What the files of charts for phones are called by, and how many CSS pixels wide these are."""


@click.command()
@run_argument
@click.option(
    "--out", type=PATH, default=Path("docs"), help="Folder of the documentation; the page is costs/index.md in it."
)
@click.option("--check", is_flag=True, help="Write nothing: exit with 1 when the page or its charts are out of date.")
@click.option("--for", "syntax", default="markdown", help="markdown (GitHub, MkDocs) or myst (Sphinx).")
@click.option("--theme", default="light,dark", help="Themes of the charts: light, dark or both.")
@click.option("--width", type=int, default=720, help="Width of the charts in CSS pixels.")
@results_option
@where_option
def docs(
    run: str, out: Path, check: bool, syntax: str, theme: str, width: int, results: Path, where: Where | None
) -> None:
    """Write a page of documentation: what each conversion costs and which shares memory, with charts."""
    from copycost.analyse.select import select_one
    from copycost.analyse.where import parse_where
    from copycost.show.docs_folder import PAGE, read_comment
    from copycost.show.render.markdown import check_syntax

    check_syntax(syntax)
    require_temporary(*([] if check else [out]))
    options: dict[str, Any] = {"themes": _themes(theme), "width": width, "syntax": syntax}
    if where is not None:
        options["where"] = where.text
    page = out / FOLDER / PAGE
    written = read_comment(page) if check and page.is_file() else None
    if written is not None:  # a page is compared with the cells that it was written from
        where = parse_where(written.options["where"]) if "where" in written.options else None
    selected = select_one(run, results, where=where)
    if not check:
        for file in write(selected, out / FOLDER, options, _command(run, out, results, options)):
            click.echo(file)
        return
    differences = differences_of(selected, out / FOLDER)
    for difference in differences:
        click.echo(one_line(difference))
    click.echo("the page does not match its run" if differences else "the page and its charts match their run")
    raise click.exceptions.Exit(1 if differences else 0)


def write(run: Run, folder: Path, options: Mapping[str, Any], command: str) -> list[Path]:
    """Write the page about a run and its charts into a folder; return the files, the page first.

    Args:
        run: to be told of; of several arms, the first.
        folder: made where it is missing.
        options: ``themes`` and ``width`` of the charts, ``syntax`` of the Markdown, and ``where`` of a run that was
            narrowed.
        command: what writes the page again.

    Raises:
        UsageError: the run has no sizes, a file cannot be written, or the page that is there was written by someone
            else.
    """
    from copycost.show.chart_data import Look, draw, run_data
    from copycost.show.docs_folder import PAGE, provenance, read_comment
    from copycost.store.writing import write_bytes

    page = folder / PAGE
    if page.exists() and read_comment(page) is None:
        raise UsageError(f"{page}: was not written by copycost; it stays as it is")
    _conditions(run)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror})") from error
    data = run_data(run)
    if "where" in options:  # without which the same cells would not be had again
        data = replace(data, choice={**data.choice, "where": options["where"]})
    charts = _possible(data)
    look = Look("svg", ",".join(options["themes"]), options["width"])
    looks = [look, *([replace(look, width=NARROW_WIDTH, suffix=NARROW)] if _has_narrow(options) else [])]
    drawn = [file for each in looks for file in draw(data, folder, charts, each)] if charts else []
    write_bytes(page, _text(run, folder, charts, provenance(run, options, command)))
    return [page, *drawn]


def differences_of(run: Run, folder: Path) -> list[str]:
    """Return what about a written page and its charts no longer matches their run; nothing where all does.

    The page is compared as it was written: with its own options, command and version of copycost. Charts are compared
    as ``copycost.show.charts.gallery.why_stale`` does.
    """
    from copycost.show.chart_data import run_data
    from copycost.show.charts.gallery import file_stem, why_stale
    from copycost.show.docs_folder import PAGE, charts_that_differ, lines_that_differ, provenance, read_comment

    page = folder / PAGE
    if not page.is_file():
        return [f"{page}: is missing"]
    known = read_comment(page)
    if known is None:
        return [f"{page}: was not written by copycost"]
    data = run_data(run)
    charts = _possible(data)
    suffixes = ("", NARROW) if _has_narrow(known.options) else ("",)
    wanted = [
        folder / f"{file_stem(chart + suffix, theme)}.svg"
        for chart in charts
        for suffix in suffixes
        for theme in known.options["themes"]
    ]
    differences, complete = charts_that_differ(folder, wanted, lambda path: why_stale(path, data.frame, **data.beside))
    if not complete:
        return differences
    again = replace(provenance(run, known.options, known.command), version=known.version)
    return [*lines_that_differ(page, _text(run, folder, charts, again).decode()), *differences]


def page_document(run: Run, charts: Mapping[str, Chart], command: str, version: str | None) -> Document:
    """Return a page about a run.

    Args:
        run: of several arms, the first is told of.
        charts: those that are drawn, by their names.
        command: what writes the page again.
        version: of the copycost that writes it.
    """
    from copycost.analyse.crossovers import crossings
    from copycost.analyse.curves import is_under
    from copycost.analyse.fleet import under
    from copycost.analyse.scaling import fit_frame
    from copycost.show.document import Command, Document, Lines, Name, Section
    from copycost.show.quantities import with_quantities
    from copycost.show.sections.costs import conditions, telling_costs
    from copycost.show.sections.crossovers import bandwidth_blocks, crossover_blocks
    from copycost.show.sections.doubts import doubts_section, notes
    from copycost.show.sections.explanation import advice_section, curve_sections, first_call_sections
    from copycost.show.sections.machines import machines_section
    from copycost.show.sections.sharing import sharing_section
    from copycost.show.sections.summary import summary_blocks

    first, chosen = run.by_arm()[0], _conditions(run)
    cells = first.estimates[under(first.estimates, chosen)]
    told = [each for each in run.fitted if is_under(each.curve, chosen)]
    model, crossovers = fit_frame(told, run.machine.get("caches") or ()), crossings(told)
    copies = cells["shares_memory"].eq(False).fillna(False)
    copying = model[model["conversion"].isin(cells.loc[copies, "conversion"])]
    reading = (
        f"Time per call by bytes of the source, for {conditions(cells.iloc[0], list(chosen))}; "
        "± is half of the 95% interval."
    )
    if any(note.marks for note in notes(first.estimates)):
        reading += " Raised figures stand for doubts, which are told below."
    arms = [part for arm in run.arms[1:] for part in (", ", Name(arm))][1:]
    of_arms = (("The tables are of arm ", Name(run.arms[0]), "; the run also has ", *arms, "."),) if arms else ()
    source: tuple[str | Name, ...] = ("All figures on this page are of the run ", Name(run.name))
    source += (f"{_date(run)}. The page and its charts are made by copycost{f' {version}' if version else ''} with:",)
    pictures = {name: (charts[name],) if name in charts else () for name in CHARTS}
    sections = [
        Section("In short", (*summary_blocks(run, with_quantities(run.estimates), explained=True), Lines(of_arms))),
        sharing_section(first.estimates),
        Section("What each costs", (Lines((reading,)), telling_costs(cells), *pictures["cost"])),
        Section("From which size on", (*crossover_blocks(crossovers), *pictures["multiple"])),
        Section("The call and the bytes", (*bandwidth_blocks(copying), *pictures["throughput"], *pictures["share"])),
        Section("In detail", tuple(curve_sections(run, copying, crossovers))),
        *first_call_sections(first.first_calls),
        advice_section(run.advice),
        doubts_section([first], "costs"),
        machines_section([run]),
        Section("Where these figures come from", (Lines((source,)), Command(command))),
    ]
    title = "What conversions between NumPy and PyTorch cost"
    return Document(title, tuple(section for section in sections if section is not None and section.blocks))


def _text(run: Run, folder: Path, names: Sequence[str], known: Provenance) -> bytes:
    """Return the page; the charts of these names and their descriptions are in the folder."""
    from copycost.show.charts.gallery import file_stem
    from copycost.show.docs_folder import comment
    from copycost.show.document import Chart, Picture
    from copycost.show.render.markdown import render

    charts = {}
    for name in names:
        files, narrow = (
            {theme: f"{file_stem(name + suffix, theme)}.svg" for theme in known.options["themes"]}
            for suffix in ("", NARROW)
        )
        described = folder / f"{Path(next(iter(files.values()))).stem}.alt.txt"
        alt = described.read_text(encoding="utf-8")
        charts[name] = Chart((Picture(files, alt, narrow if _has_narrow(known.options) else {}),))
    page = render(page_document(run, charts, known.command, known.version), syntax=known.options["syntax"])
    # The comment is last, so that the page begins with its title.
    return f"{page}\n{comment(known)}\n".encode("utf-8", "replace")


def _has_narrow(options: Mapping[str, Any]) -> bool:
    """Return whether a page has charts for phones: where one picture may have several files, and is wide."""
    from copycost.show.render.markdown import MYST

    return bool(options["syntax"] != MYST and options["width"] > NARROW_WIDTH)


def _conditions(run: Run) -> dict[str, str]:
    """Return the arm, dtype, threads, cache and layout of the curves that are told in full.

    Raises:
        UsageError: no benchmark of the run has a known size.
    """
    from copycost.analyse.fleet import telling_conditions

    estimates = run.by_arm()[0].estimates
    chosen = telling_conditions(estimates[estimates["bytes"].notna().to_numpy()])
    if chosen is None:
        raise UsageError(f"{run.path}: holds no benchmark with a known size: nothing to write about")
    return {**chosen, **({"arm": run.arms[0]} if len(run.arms) > 1 else {})}


def _possible(data: ChartData) -> list[str]:
    """Return the charts of a page that the data allow."""
    return [chart for chart in CHARTS if chart in data.possible]


def _themes(typed: str) -> list[str]:
    """Return the themes that were typed, light first.

    Raises:
        UsageError: a theme is unknown.
    """
    from copycost.show.charts.palette import THEMES, theme_named

    words = [word.strip() for word in typed.split(",")]
    for word in words:
        theme_named(word)
    return [theme for theme in THEMES if theme in words]


def _command(run: str, out: Path, results: Path, options: Mapping[str, Any]) -> str:
    """Return the command that was typed, to be run again; what is usual is left out."""
    from copycost.program import CHECKOUT

    typed = [CHECKOUT, "docs", quote(run), "--out", quote(str(out))]
    typed += ["--results", quote(str(results))] if str(results) != "results" else []
    typed += ["--where", quote(options["where"])] if "where" in options else []
    typed += ["--for", options["syntax"]] if options["syntax"] != "markdown" else []
    typed += ["--theme", ",".join(options["themes"])] if len(options["themes"]) == 1 else []
    typed += ["--width", str(options["width"])] if options["width"] != 720 else []
    return " ".join(typed)


def _date(run: Run) -> str:
    created = run.facts.get("created")
    return f" of {created[:10]}" if isinstance(created, str) and created else ""
