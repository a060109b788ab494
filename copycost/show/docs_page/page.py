"""The `docs` command: a page of documentation with its charts, written or compared with its run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from shlex import quote

from copycost.analyse.advice import COMMAND
from copycost.errors import UsageError, nearest
from copycost.show.charts.chart_files import read_provenance
from copycost.show.charts.gallery import file_stem, why_stale
from copycost.show.charts.palette import theme_named
from copycost.show.docs_page import charts
from copycost.show.docs_page.background import (
    advice_section,
    doubts_section,
    machine_section,
    method_section,
    source_section,
)
from copycost.show.docs_page.costs import bandwidth_section, by_size_section, crossovers_section, details_section
from copycost.show.docs_page.in_short import in_short_section
from copycost.show.docs_page.markdown import name, words
from copycost.show.docs_page.material import Material, read_material
from copycost.show.docs_page.provenance import Provenance, comment, made, read
from copycost.show.docs_page.sharing import sharing_section
from copycost.store.writing import write_bytes

FOLDER = "costs"
PAGE = "index.md"
"""A page of this name has its charts beside it at every address that MkDocs may give it."""
THEMES = ("light", "dark")
MOST_LINES = 5


@dataclass(frozen=True)
class Options:
    """How a page is written: themes of its charts, their width in CSS pixels, and the Markdown of its images."""

    themes: tuple[str, ...] = THEMES
    width: int = 720
    syntax: str = charts.MARKDOWN


def options(theme: str, width: int, syntax: str) -> Options:
    """Return the options that were typed.

    Raises:
        UsageError: a theme or a syntax is unknown.
    """
    themes = tuple(dict.fromkeys(word.strip() for word in theme.split(",")))
    for one in themes:
        theme_named(one)
    if syntax not in charts.SYNTAXES:
        raise UsageError(f"syntax {syntax!r} is unknown: {nearest(syntax, list(charts.SYNTAXES))}")
    return Options(tuple(one for one in THEMES if one in themes), width, syntax)


def command_for(run: str, out: Path, results: Path, chosen: Options) -> str:
    """Return the command that was typed, to be run again; what is usual is left out."""
    typed = [COMMAND, "docs", quote(run), "--out", quote(str(out))]
    usual = Options()
    typed += ["--results", quote(str(results))] if str(results) != "results" else []
    typed += ["--for", chosen.syntax] if chosen.syntax != usual.syntax else []
    typed += ["--theme", ",".join(chosen.themes)] if chosen.themes != usual.themes else []
    typed += ["--width", str(chosen.width)] if chosen.width != usual.width else []
    return " ".join(typed)


def write_page(path: Path, out: Path, chosen: Options, command: str) -> list[Path]:
    """Write the page about a run and its charts into a folder ``costs``; return the files, the page first.

    Args:
        path: a run folder or a results file.
        out: the folder of the documentation; made where it is missing.
        chosen: how to write it.
        command: what writes the page again.

    Raises:
        UsageError: the run cannot be read or has no sizes, a file cannot be written, or the page that is there was
            written by someone else.
    """
    folder = out / FOLDER
    page = folder / PAGE
    if page.exists() and read(page) is None:
        raise UsageError(f"{page}: was not written by copycost; it stays as it is")
    own = read_material(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror})") from error
    drawn = charts.draw(own.charted, folder, chosen.themes, chosen.width)
    known = made(own, asdict(chosen), command)
    write_bytes(page, written(own, folder, chosen, known).encode("utf-8", "replace"))
    return [page, *drawn]


def check_page(path: Path, out: Path) -> list[str]:
    """Return what about a written page and its charts no longer matches their run; nothing where all does.

    The page is compared as it was written: with its own options, command and version of copycost. Charts are
    compared as ``copycost.show.charts.gallery.why_stale`` does.

    Raises:
        UsageError: the run cannot be read.
    """
    folder = out / FOLDER
    page = folder / PAGE
    if not page.is_file():
        return [f"{page}: is missing"]
    known = read(page)
    if known is None:
        return [f"{page}: was not written by copycost"]
    chosen = Options(**known.options)
    own = read_material(path)
    differences = _charts_that_differ(own, folder, chosen)
    if any(difference.endswith(_MISSING) for difference in differences):
        return differences
    again = made(own, asdict(chosen), known.command, known.version)
    expected = written(own, folder, chosen, again).encode("utf-8", "replace")
    return [*_lines_that_differ(page, expected.decode("utf-8")), *differences]


def written(own: Material, folder: Path, chosen: Options, known: Provenance) -> str:
    """Return the page as Markdown; its charts and their descriptions are in the folder."""
    pictures: dict[str, list[str]] = {}
    for chart in charts.possible(own.charted):
        place = charts.CHARTS[chart]
        pictures[place] = [*pictures.get(place, []), *charts.shown(chart, folder, chosen.themes, chosen.syntax)]
    parts = [
        ["# What conversions between NumPy and PyTorch cost", "", *_scope(own), ""],
        in_short_section(own),
        sharing_section(own),
        by_size_section(own) + pictures.get("by size", []),
        crossovers_section(own) + pictures.get("from which size", []),
        bandwidth_section(own) + pictures.get("bytes", []),
        details_section(own),
        advice_section(own),
        doubts_section(own),
        method_section(own),
        machine_section(own),
        source_section(own, known),
        [comment(known)],  # last, so that the page begins with its title
    ]
    return "\n".join(line for part in parts for line in part).rstrip("\n") + "\n"


_MISSING = "is missing"


def _scope(own: Material) -> list[str]:
    machine = own.machine
    versions = [
        f"{label} {words(machine[key])}" for key, label in (("torch", "torch"), ("numpy", "NumPy")) if machine.get(key)
    ]
    on = f"on {words(machine['machine'])}" if machine.get("machine") else "on a machine that is not known"
    lines = [f"Measured {on}{' with ' + ' and '.join(versions) if versions else ''}, run {name(own.name)}."]
    if len(own.arms) > 1:
        others = ", ".join(name(arm) for arm in own.arms[1:])
        lines.append(f"The figures are those of arm {name(own.arms[0])}; the run also has {others}.")
    return [" ".join(lines)]


def _charts_that_differ(own: Material, folder: Path, chosen: Options) -> list[str]:
    differences = []
    wanted = [
        folder / f"{file_stem(chart, theme)}.svg" for chart in charts.possible(own.charted) for theme in chosen.themes
    ]
    for path in wanted:
        if not path.is_file():
            differences.append(f"{path}: {_MISSING}")
            continue
        try:
            reason = why_stale(path, own.charted.frame, **own.charted.beside)
        except UsageError as error:
            reason = str(error).removeprefix(f"{path}: ")
        if reason is not None:
            differences.append(f"{path}: {reason}")
        if not path.with_name(f"{path.stem}.alt.txt").is_file():
            differences.append(f"{path.with_name(f'{path.stem}.alt.txt')}: {_MISSING}")
    return differences + [f"{path}: is not on the page any more" for path in _ours(folder) if path not in wanted]


def _ours(folder: Path) -> list[Path]:
    """Return the charts of ours in a folder; other pictures are left alone."""
    found = []
    for path in sorted(folder.glob("*.svg")):
        try:
            read_provenance(path)
        except UsageError:
            continue
        found.append(path)
    return found


def _lines_that_differ(page: Path, expected: str) -> list[str]:
    have = page.read_text(encoding="utf-8", errors="replace").split("\n")
    want = expected.split("\n")
    pairs = _padded(have, want)
    differ = [(number, *pair) for number, pair in enumerate(pairs, 1) if pair[0] != pair[1]]
    said = [
        f"{page}: line {number} is {_short(one)}, would be {_short(other)}"
        for number, one, other in differ[:MOST_LINES]
    ]
    return [*said, f"{page}: and {len(differ) - MOST_LINES} more lines"] if len(differ) > MOST_LINES else said


def _padded(have: Sequence[str], want: Sequence[str]) -> list[tuple[str, str]]:
    longest = max(len(have), len(want))
    return list(zip([*have, *[""] * (longest - len(have))], [*want, *[""] * (longest - len(want))], strict=True))


def _short(line: str) -> str:
    return repr(line if len(line) <= 80 else line[:79] + "…")
