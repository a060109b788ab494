"""The `plot` command: the charts of runs, comparisons and other suites as files, drawn or checked."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from copycost.commands.options import PATH, results_option, runs_argument, where_option
from copycost.commands.skipping import on_bad, skip_bad_option
from copycost.errors import UsageError, one_line
from copycost.store.names import LATEST
from copycost.temporary import require_temporary

if TYPE_CHECKING:
    import pandas as pd

    from copycost.analyse.run import Run
    from copycost.analyse.where import Where
    from copycost.show.chart_data import ChartData

ALL = "all"
AXES = ("x", "y", "line", "panel")
"""The options that choose what of a suite stands where."""


@click.command()
@runs_argument
@click.option("--list", "list_only", is_flag=True, help="Print the charts that there are, and what they need.")
@click.option("--check", is_flag=True, help="Draw nothing: exit with 1 when a chart in the folder is out of date.")
@click.option("--out", "--plots", type=PATH, default=Path("plots"), help="Folder for the charts.")
@click.option(
    "--chart", multiple=True, help="This chart, or all; may be repeated. By default those marked in `--list`."
)
@click.option("--format", default="svg,png", help="svg, png and pdf.")
@click.option("--theme", default="light", help="light and dark.")
@click.option("--width", type=int, default=720, help="Width in CSS pixels.")
@click.option("--lang-free", is_flag=True, help="No words but titles, names and the labels of axes.")
@click.option("--background", default="solid", help="solid or transparent.")
@click.option("--x", help="Of other suites' files: the parameter, or number in extra_info, on the horizontal axis.")
@click.option("--y", help="Of other suites' files: the number in extra_info on the vertical axis, for the time.")
@click.option("--line", help="Of another suite's file: the parameter whose values are lines, or 'test'.")
@click.option("--panel", help="Of another suite's file: the parameter whose values are panels, or 'test'.")
@click.option("--anyway", is_flag=True, help="Compare runs of different methods.")
@results_option
@where_option
@skip_bad_option
def plot(
    runs: tuple[str, ...],
    list_only: bool,
    check: bool,
    out: Path,
    chart: tuple[str, ...],
    results: Path,
    x: str | None,
    y: str | None,
    line: str | None,
    panel: str | None,
    anyway: bool,
    where: Where | None,
    skip_bad: bool,
    **look: Any,
) -> None:
    """Draw the charts of one run, of two compared, of several, or of any pytest-benchmark file.

    RUN is a run's folder, its name, 'latest', an arm of one written RUN@ARM, a file, or a noise profile.
    """
    require_temporary(*([] if check or list_only else [out]))
    if list_only:
        from copycost.show.chart_data import chart_list

        click.echo(chart_list())
        return
    if check:
        raise click.exceptions.Exit(_tell_stale(out, results, runs))
    runs = runs or (LATEST,)
    from copycost.analyse.select import select
    from copycost.commands.reading import reading_progress
    from copycost.show.chart_data import Look, draw
    from copycost.show.charts.registry import CHARTS

    chosen = Look(**look)  # refused before anything is read, and its estimates kept
    typed = {"x": x, "y": y, "line": line, "panel": panel, "anyway": anyway, "where": where and where.text}
    choice = {name: value for name, value in typed.items() if value}
    with reading_progress() as progress:
        selected = functools.cache(
            lambda: select(runs, results, on_bad=on_bad(skip_bad), progress=progress, where=where)
        )
        kinds = _usual_kinds(runs, selected, choice) if not chart or ALL in chart else _named_kinds(chart, choice)
        drawn_from = [_data(kind, runs, results, choice, selected) for kind in kinds]
    if where is not None:  # without which the same cells would not be had again
        drawn_from = [replace(data, choice={**data.choice, "where": where.text}) for data in drawn_from]
    for data in drawn_from:  # all of which could be read, before anything is written
        named = [name for name in chart if name != ALL and CHARTS[name].shows == data.shows]
        for path in draw(data, out, named or (data.possible if ALL in chart else ()), chosen):
            click.echo(path)


def _named_kinds(names: Sequence[str], choice: Mapping[str, Any]) -> list[str]:
    """Return the kinds of data that named charts are drawn from."""
    from copycost.show.charts.frames import HISTORY, PARAMETERS
    from copycost.show.charts.registry import chart_named

    kinds = list(dict.fromkeys(chart_named(name).shows for name in names))
    if HISTORY in kinds:
        raise UsageError("chart 'history' is drawn by: history LABEL --plots FOLDER")
    if PARAMETERS not in kinds:
        _refuse_axes(choice)
    return kinds


def _usual_kinds(words: Sequence[str], selected: Callable[[], list[Run]], choice: Mapping[str, Any]) -> list[str]:
    """Return the kinds of data whose charts are drawn where none is named."""
    from copycost.show.charts.frames import NOISE, PAIR, PARAMETERS, RUN, RUNS

    if len(words) == 1 and _is_profile(Path(words[0])):
        return [NOISE]
    if choice.keys() & set(AXES):
        return [PARAMETERS]
    if len(selected()) > 1:
        return [PAIR] if len(selected()) == 2 else [RUNS]
    (run,) = selected()
    if run.path.is_file() and run.rounds["bytes"].isna().all():
        return [PARAMETERS]
    arms = len(run.by_arm())
    return [RUN] if arms == 1 else [RUN, PAIR if arms == 2 else RUNS]


def _refuse_axes(choice: Mapping[str, Any]) -> None:
    given = [f"--{name}" for name in AXES if name in choice]
    if given:
        raise UsageError(f"{' and '.join(given)} go with pytest-benchmark files and their chart 'parameters'")


def _is_profile(path: Path) -> bool:
    """Return whether a path is of a noise profile; what is wrong with it otherwise is said by who reads it."""
    from copycost.store.json_file import read_json

    try:
        content = read_json(path) if path.is_file() else None
    except UsageError:
        return False
    return isinstance(content, dict) and "noise" in content


def _data(
    kind: str, words: Sequence[str], results: Path, choice: Mapping[str, Any], selected: Callable[[], list[Run]]
) -> ChartData:
    """Return the data of a kind that were asked for.

    Args:
        kind: one of ``copycost.show.charts.frames.FRAMES``.
        words: runs, files or arms as RUN@ARM; of a history its label.
        results: the folder that holds the runs.
        choice: of a comparison ``margin`` and ``anyway``, of a suite ``x``, ``line`` and ``panel``, where given.
        selected: returns the runs that the words stand for.

    Raises:
        UsageError: they cannot be read, or are of another kind.
    """
    from copycost.analyse.noise_profile import read_profile
    from copycost.analyse.run_comparison import MARGIN, compare_runs
    from copycost.analyse.run_history import run_history
    from copycost.analyse.select import select_history
    from copycost.show import chart_data
    from copycost.show.charts.frames import HISTORY, PAIR, PARAMETERS, RUN, RUNS
    from copycost.show.parameter_axes import parameters_data

    if kind == RUN:
        return chart_data.run_data(*selected())
    if kind == RUNS:
        return chart_data.runs_data(selected())
    if kind == PAIR:
        a, b = _two_sides(selected())
        margin, anyway = float(choice.get("margin", MARGIN)), bool(choice.get("anyway"))
        return chart_data.pair_data(compare_runs(a, b, margin=margin, anyway=anyway))
    if kind == PARAMETERS:
        frames = dict(_benchmarks(run, choice) for run in selected())
        if len(frames) < len(selected()):
            raise UsageError("files of one name cannot stand in one chart: rename one")
        return parameters_data(frames, **{name: choice.get(name) for name in AXES})
    if len(words) != 1:
        raise UsageError(f"one source is needed, not {len(words)}: {', '.join(words)}")
    if kind == HISTORY:
        return chart_data.history_data(run_history(select_history(words[0], results)).series, words[0])
    path = _file(Path(words[0]), "a noise profile")
    return chart_data.noise_data(read_profile(path), path.name)


def _benchmarks(run: Run, choice: Mapping[str, Any]) -> tuple[str, pd.DataFrame]:
    """Return the name of another suite's file, and its benchmarks that the run has, which may be narrowed."""
    from copycost.store.names import as_unicode
    from copycost.store.parametrised import read_parametrised

    path = _file(run.path, "a pytest-benchmark file")
    frame = read_parametrised(path, [choice[name] for name in ("x", "y") if name in choice])
    if choice.get("where") and "fullname" in run.estimates:
        frame = frame[frame["fullname"].isin(set(run.estimates["fullname"].astype(str)))].reset_index(drop=True)
    return as_unicode(path.name), frame


def _two_sides(runs: Sequence[Run]) -> list[Run]:
    """Return the two sides of a comparison; of one run, its two arms."""
    from copycost.analyse.select import one_run, require_one_arm

    sides = runs[0].by_arm() if len(runs) == 1 else runs
    if len(sides) != 2:
        names = ", ".join(run.name for run in sides)
        raise UsageError(f"a comparison is of two runs or arms, not of {len(sides)}: {names}")
    for run in sides:
        require_one_arm(run, run.name)
    return [one_run(str(run.path), [run], run.path) for run in sides]


def _file(path: Path, needed: str) -> Path:
    if not path.is_file():
        raise UsageError(f"{needed} is needed; {path} is {'a folder' if path.is_dir() else 'no file'}")
    return path


# Whether charts that were drawn before still show what is measured.


def _tell_stale(folder: Path, results: Path, words: Sequence[str]) -> int:
    """Print which charts are out of date and why, and return the exit status."""
    reasons = check_charts(folder, results, words)
    stale = {path: reason for path, reason in reasons.items() if reason is not None}
    for path, reason in stale.items():
        click.echo(one_line(f"{path}: {reason}"))
    click.echo(f"{len(reasons) - len(stale)} of {len(reasons)} charts match their results")
    return 1 if stale else 0


def check_charts(folder: Path, results: Path, words: Sequence[str] = ()) -> dict[Path, str | None]:
    """Return for each chart file in a folder, and in those within it, why it does not match its results, or None.

    Each file says what it was drawn from. That is looked for among what was typed, by its name, then among the
    results.

    Args:
        folder: with the charts.
        results: the folder that holds the runs.
        words: runs and files that lie elsewhere.

    Raises:
        UsageError: there is no such folder, or no chart of ours in it.
    """
    from copycost.analyse.select import select
    from copycost.show.charts.chart_files import FORMATS, read_provenance

    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder with charts")
    elsewhere = {run.path.resolve().name: run.path for word in words for run in select([word], results)}
    read = functools.cache(functools.partial(_read_again, results=results, elsewhere=elsewhere))
    reasons: dict[Path, str | None] = {}
    for path in sorted(path for ending in FORMATS for path in folder.rglob(f"*.{ending}")):
        try:
            source = read_provenance(path)
        except UsageError:
            continue  # a picture of someone else's
        reasons[path] = _why_stale(path, source, read)
    if not reasons:
        raise UsageError(f"{folder}: holds no charts that copycost drew")
    return reasons


def _why_stale(path: Path, source: Mapping[str, Any], read: Callable[..., ChartData | str]) -> str | None:
    from copycost.show.charts.gallery import why_stale
    from copycost.show.charts.registry import CHARTS

    chart = CHARTS.get(str(source.get("chart")))
    if chart is None:
        return f"there is no chart {source.get('chart')!r} any more"
    names, choice = source.get("sources") or source.get("runs") or [], source.get("choice") or {}
    if not isinstance(names, list) or not isinstance(choice, dict):
        return "it does not say what it was drawn from"
    data = read(chart.shows, tuple(map(str, names)), json.dumps(choice, sort_keys=True))
    return data if isinstance(data, str) else why_stale(path, data.frame, **data.beside)


def _read_again(
    kind: str, names: tuple[str, ...], choice: str, *, results: Path, elsewhere: Mapping[str, Path]
) -> ChartData | str:
    """Return what charts were drawn from, or why that cannot be had."""
    from copycost.analyse.select import select
    from copycost.analyse.where import parse_where
    from copycost.show.charts.frames import HISTORY

    words = names if kind == HISTORY else tuple(_place(name, results, elsewhere) for name in names)
    made_with = json.loads(choice)
    try:
        where = parse_where(str(made_with["where"])) if made_with.get("where") else None
        selected = functools.cache(lambda: select(words, results, where=where))
        return _data(kind, words, results, made_with, selected)
    except UsageError as error:
        return f"its results cannot be read: {error}"


def _place(name: str, results: Path, elsewhere: Mapping[str, Path]) -> str:
    """Return where a source is: what was typed of that name, or a file or run among the results, however deep."""
    from copycost.store.places import places

    run, at, arm = name.rpartition("@") if "@" in name and not (results / name).exists() else (name, "", "")
    path = elsewhere.get(Path(run).name, results / run)
    if not path.exists():
        deeper = [place.path for place in places(results) if place.path.name == Path(run).name]
        if not results.is_dir() or len(deeper) != 1:
            return name
        path = deeper[0]
    return f"{path}{at}{arm}"
