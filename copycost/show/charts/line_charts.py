"""The table of the charts of lines: for each its name, its title, the quantity that it shows, and its guides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.ceilings import FRESH, MAPPED
from copycost.analyse.device import of_device
from copycost.analyse.noise_profile import ZERO_COPY
from copycost.analyse.verdicts import VERDICTS
from copycost.show.charts.axes import ValueAxis, numbers, value_axis
from copycost.show.charts.chart import Chart, Context
from copycost.show.charts.descriptions import counted, extremes, one_sided, time_ratio
from copycost.show.charts.frames import NOISE, PAIR, PARAMETERS, RUNS
from copycost.show.charts.guides import Guide, copy_ceiling, fresh_share, guide_at_one, has_reference
from copycost.show.charts.labels import plain
from copycost.show.charts.lines import Variant, line_chart, points
from copycost.show.charts.palette import plain_styles
from copycost.show.charts.panels import Panel
from copycost.show.charts.several_runs import lines_of_runs, over_median, several
from copycost.show.charts.ticks import multiple_tick, number, percent_tick
from copycost.show.quantities import (
    COPY_RATIO,
    DIRECTIONS,
    MULTIPLE,
    PAGE_FAULTS,
    RATIO,
    SECONDS,
    SHARE_OF_MAPPED,
    SPEED_UP,
    THROUGHPUT,
    THROUGHPUT_OF_LINK,
    Quantity,
    cheapest_zero_copy,
    direction_words,
)
from copycost.units import format_bytes

NO_BYTES = "no cell with a number of bytes was measured on both sides"
_NOT_SEVERAL = "no cell was measured in more than one run"
_MOST, _MOST_FRESH = "the most that a plain copy reaches", "into fresh memory, where that is less"
_OF_REFERENCE = ["run", "machine", "arm", "threads"]
_PAGE = Guide("one fault per 4 KiB", lambda panel, x: np.where(x >= 4096, x / 4096, np.nan))


def of_run(
    name: str,
    title: str,
    quantity: Quantity,
    missing: str,
    *,
    copies_only: bool = False,
    only: Callable[[pd.DataFrame], pd.DataFrame] = lambda shown: shown,
    guides: Callable[[pd.DataFrame, Context], tuple[Guide, ...]] = lambda shown, context: (),
    notes: Callable[[pd.DataFrame], tuple[str, ...]] = lambda cells: (),
    scale: Callable[[pd.DataFrame], ValueAxis] | None = None,
    **options: Any,
) -> Chart:
    """Return the chart of a quantity of a run's cells against bytes, with a guide at 1 where that means something.

    Args:
        name: of the chart.
        title: of the chart.
        quantity: what it shows.
        missing: why it cannot be drawn of cells without the quantity.
        copies_only: whether cells that do not copy are left out.
        only: takes the points and returns those that are shown.
        guides: further guides for the cells that are shown.
        notes: sentences below the chart, from all cells.
        scale: takes the points that are shown and returns their axis, where it is not always the quantity's.
        options: as in ``line_chart``.
    """
    axis = value_axis(quantity)
    at_one = (guide_at_one(axis, quantity.baseline),) if quantity.baseline else ()

    def known(cells: pd.DataFrame) -> pd.DataFrame:
        shown = points(cells, *quantity.values(cells))
        possible = shown["value"] >= 0 if axis.holds_zero else shown["value"] > 0
        return only(shown[possible & (shown["look"] == "copies")] if copies_only else shown[possible])

    def lines(cells: pd.DataFrame, context: Context) -> tuple[pd.DataFrame, Variant]:
        shown = known(cells)
        own_axis = axis if scale is None else scale(shown)
        return shown, Variant(own_axis, (*at_one, *guides(shown, context)), notes(cells))

    return line_chart(name, title, missing, known, lines, **options)


def _zero_copy_names(cells: pd.DataFrame) -> tuple[str, ...]:
    """Return for each direction which zero-copy conversions are 1×."""
    cheapest = cheapest_zero_copy(cells)
    copies = cells[cheapest >= 0]
    names = cells["conversion"].iloc[cheapest[cheapest >= 0]].set_axis(copies.index)
    used = names.groupby(copies["direction"]).unique()
    told = {way: " or ".join(sorted(map(plain, names))) for way, names in used.items()}
    ways = [*(way for way in DIRECTIONS if way in told), *(way for way in told if way not in DIRECTIONS)]
    return tuple(f"{plain(direction_words(way))}: 1× is {told[way]}" for way in ways)


def _plain_copies(shown: pd.DataFrame, context: Context) -> tuple[Guide, ...]:
    """Return what bounds copies, where plain copies were measured, for the axis to hold the most that they reach."""
    copies, guides = context.references, []
    sizes = np.unique(shown["bytes"].to_numpy(float))
    for name, text, sign in ((MAPPED, _MOST, "guide"), (FRESH, _MOST_FRESH, "guide-2")):
        if has_reference(copies, name):
            ceiling = copy_ceiling(copies, fresh=name == FRESH)
            values = [ceiling(Panel("", alike), sizes) for _, alike in shown.groupby(_OF_REFERENCE, dropna=False)]
            known = np.concatenate([value[np.isfinite(value)] for value in values])
            if len(known):
                guides.append(Guide(text, ceiling, (float(known.max()),), sign))
    return tuple(guides)


def _where_bytes_count(shown: pd.DataFrame) -> pd.DataFrame:
    """Return the copies of at least the size from which one reaches a tenth of the highest throughput.

    Below it the call is what takes the time, and throughput says how many bytes there are.
    """
    enough = shown["value"] >= shown["value"].max() / 10
    counting: pd.DataFrame = shown[shown["bytes"] >= shown.loc[enough, "bytes"].min()]
    return counting


def _of_throughput(shown: pd.DataFrame) -> ValueAxis:
    return value_axis(THROUGHPUT_OF_LINK if of_device(shown).all() else THROUGHPUT)


def _what_is_below(cells: pd.DataFrame) -> tuple[str, ...]:
    shown = points(cells, *THROUGHPUT.values(cells))
    smallest, first = shown["bytes"].min(), _where_bytes_count(shown)["bytes"].min()
    return (f"below {format_bytes(first)} the call takes the time, not its bytes",) if first > smallest else ()


def _fresh_share(shown: pd.DataFrame, context: Context) -> tuple[Guide, ...]:
    text = "what a plain copy into fresh memory reaches, where that is less"
    has_fresh = has_reference(context.references, FRESH)
    return (Guide(text, fresh_share(context.references), (), "guide-2"),) if has_fresh else ()


def with_bytes(comparison: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of a comparison that have a ratio and a number of bytes."""
    return comparison[(comparison["ratio"] > 0) & (comparison["bytes"] > 0)]


def _ratios(comparison: pd.DataFrame, context: Context) -> tuple[pd.DataFrame, Variant]:
    both = with_bytes(comparison)
    axis = ValueAxis(time_ratio(context.names), multiple_tick, least=1.5)
    says = (counted(both["verdict"], VERDICTS), *extremes(both))
    variant = Variant(axis, (guide_at_one(axis, "as long"),), one_sided(comparison), says=says)
    return points(both, *RATIO.values(both)), variant


def _times_of_runs(cells: pd.DataFrame, context: Context) -> tuple[pd.DataFrame, Variant]:
    shown = several(cells)
    return lines_of_runs(shown, shown["seconds"], Variant(value_axis(SECONDS)), context)


def _runs_over_median(cells: pd.DataFrame, context: Context) -> tuple[pd.DataFrame, Variant]:
    shown = several(cells)
    axis = ValueAxis("time ÷ median of the runs", multiple_tick, least=1.5)
    return lines_of_runs(
        shown, over_median(shown), Variant(axis, (guide_at_one(axis, "the median of the runs"),)), context
    )


def _noise_floor(sizes: pd.DataFrame, context: Context) -> tuple[pd.DataFrame, Variant]:
    zero_copy = sizes["kind"] == ZERO_COPY
    line = zero_copy.map({True: "zero-copy conversions", False: "copying conversions"})
    shown = sizes.assign(x=sizes["bytes"].astype(float), value=sizes["floor"].astype(float), low=np.nan, high=np.nan)
    shown = shown.assign(line=line, label=line, look=zero_copy.map({True: "shares", False: "copies"}), flagged=False)
    axis = ValueAxis("95% differ by less than", percent_tick)
    return shown, Variant(axis, styles=plain_styles(line.unique(), context.theme), by=("machine",))


def _timed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[(frame["seconds"] > 0) & frame["x"].notna() & (frame["across"] != "")]


def _against_parameter(frame: pd.DataFrame, context: Context) -> tuple[pd.DataFrame, Variant]:
    shown = _timed(frame)
    known = (shown["low"] > 0) & (shown["high"] > 0)
    shown = shown.assign(value=shown["seconds"], low=shown["low"].where(known), high=shown["high"].where(known))
    shown = shown.assign(label=shown["line"], look="plain", flagged=False)
    across, along = plain(shown["across"].iloc[0]), plain(shown["along"].iloc[0])
    several_lines = shown["line"].nunique() > 1
    up = plain(shown["up"].iloc[0]) if "up" in shown else ""
    variant = Variant(
        ValueAxis(up, number) if up else value_axis(SECONDS),
        notes=(f"each line is one value of {along}",) if along and several_lines else (),
        title=f"{up or SECONDS.title} against {across}",
        across=numbers(across, shown["x"].to_list()),
        styles=plain_styles(shown["line"], context.theme),
        by=("order", "panel"),
        narrowest=370.0 if shown["panel"].nunique() <= 2 else 220.0,
        interval="the middle half of the rounds",
    )
    return shown, variant


LINE_CHARTS = (
    of_run("cost", "Time per call against bytes", SECONDS, "no cell has a time"),
    of_run(
        *("multiple", "Copying as a multiple of zero-copy", MULTIPLE),
        "no copying cell has a zero-copy cell of the same direction, dtype and size beside it",
        notes=_zero_copy_names,
    ),
    of_run(
        *("throughput", "Throughput of copies against bytes", THROUGHPUT, "no cell copies with a known throughput"),
        copies_only=True,
        only=_where_bytes_count,
        guides=_plain_copies,
        notes=_what_is_below,
        scale=_of_throughput,
        uses_references=True,
    ),
    of_run(
        *("share", "Share of the ceiling that copies reach", SHARE_OF_MAPPED),
        "no plain copy was measured beside a copying cell",
        copies_only=True,
        guides=_fresh_share,
        uses_references=True,
        by_itself=False,
    ),
    of_run(
        *("copy-ratio", "Copying as a multiple of a plain copy", COPY_RATIO),
        "no plain copy was timed beside a copying cell",
        copies_only=True,
        by_itself=False,
    ),
    of_run(
        *("page-faults", "Minor page faults per call against bytes", PAGE_FAULTS, "page faults were not counted"),
        guides=lambda shown, context: (_PAGE,),
        by_itself=False,
    ),
    of_run(
        *("threads", "Speed-up over one thread against bytes", SPEED_UP),
        "no cell was measured with one thread and with more",
    ),
    line_chart("ratio", "Ratio of times, cell by cell", NO_BYTES, with_bytes, _ratios, shows=PAIR),
    line_chart("runs", "Time per call in several runs", _NOT_SEVERAL, several, _times_of_runs, shows=RUNS),
    line_chart(
        *("runs-relative", "Several runs, relative to their median", _NOT_SEVERAL, several, _runs_over_median),
        shows=RUNS,
    ),
    line_chart(
        *("noise", "Noise floor of identical measurements", "the profile has no noise floor"),
        *(lambda sizes: sizes, _noise_floor),
        shows=NOISE,
    ),
    line_chart(
        *("parameters", "Time per call against a parameter"),
        "no benchmark has a time and a number on the horizontal axis",
        *(_timed, _against_parameter),
        shows=PARAMETERS,
    ),
)
