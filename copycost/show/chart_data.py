"""What charts are drawn from: a frame and what is said beside it, made of runs that are read already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.analyse.common_clock import at_shared_clocks
from copycost.analyse.noise_profile import NoiseProfile, profile_path
from copycost.analyse.run import Run
from copycost.analyse.run_comparison import MARGIN, RunComparison
from copycost.analyse.select import cells_of
from copycost.errors import UsageError, nearest
from copycost.show.charts.chart_files import check_formats
from copycost.show.charts.frames import FRAMES, HISTORY, NOISE, PAIR, RUN, RUNS
from copycost.show.charts.gallery import check_width, draw_all, drawable
from copycost.show.charts.palette import theme_named
from copycost.show.charts.registry import CHARTS

BACKGROUNDS = ("solid", "transparent")
_VERSIONS = (("torch", "torch"), ("numpy", "NumPy"))


@dataclass(frozen=True)
class ChartData:
    """A frame with what is said and drawn beside it.

    Attributes:
        shows: what the frame holds, and so which charts can be drawn from it: a name in
            ``copycost.show.charts.frames.FRAMES``.
        frame: as that kind of chart needs it.
        sources: the names of what was read, by which it is found again (see ``Run.source``).
        choice: how it was read: with the sources, the same data can be had again.
        machine: the machine's facts; None where there are several.
        rounds: the rounds with their column ``quiet``, where charts may show them.
        names: of the two sides of a comparison.
        about: the words under the title, where they are not the run's.
    """

    shows: str
    frame: pd.DataFrame
    sources: tuple[str, ...]
    choice: Mapping[str, Any] = field(default_factory=dict)
    machine: Mapping[str, Any] | None = None
    rounds: pd.DataFrame | None = None
    names: tuple[str, str] = ("A", "B")
    about: tuple[str, ...] = ()

    @property
    def provenance(self) -> dict[str, Any]:
        """What each chart's file says of its data."""
        return {"shows": self.shows, "sources": list(self.sources), "choice": dict(self.choice)}

    @property
    def beside(self) -> dict[str, Any]:
        """What a chart is drawn with beside the frame, by the names of ``copycost.show.charts.gallery.draw``."""
        return {"machine": self.machine, "rounds": self.rounds, "names": self.names, "about": self.about}

    @property
    def possible(self) -> list[str]:
        """The names of all charts that the data allow, whether they are drawn by themselves or not."""
        reasons = drawable(self.frame, self.rounds, self.shows)
        return [name for name, reason in reasons.items() if reason is None]

    @property
    def impossible(self) -> list[str]:
        """The reasons why charts cannot be drawn."""
        reasons = drawable(self.frame, self.rounds, self.shows)
        return [reason for reason in reasons.values() if reason is not None]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


@dataclass(frozen=True)
class Look:
    """How charts are written: formats and themes joined by commas, CSS pixels, words or none, and the page.

    ``suffix`` is put behind the charts' names in those of their files.
    """

    format: str = "svg,png"
    theme: str = "light"
    width: int = 720
    lang_free: bool = False
    background: str = "solid"
    suffix: str = ""

    def __post_init__(self) -> None:
        """Refuse what no chart can be drawn with.

        Raises:
            UsageError: a format, theme or background is unknown, or the width cannot hold a chart.
        """
        check_formats(_words(self.format))
        for theme in _words(self.theme):
            theme_named(theme)
        check_width(self.width)
        if self.background not in BACKGROUNDS:
            hint = nearest(self.background, list(BACKGROUNDS))
            raise UsageError(f"background {self.background!r} is unknown: {hint}")


def draw(data: ChartData, out: Path, charts: Sequence[str] = (), look: Look = Look()) -> list[Path]:
    """Draw charts into a folder and return the files; none named means the usual ones.

    Raises:
        UsageError: as from ``copycost.show.charts.gallery.draw_all``.
    """
    return draw_all(
        data.frame,
        out,
        charts,
        shows=data.shows,
        provenance=data.provenance,
        formats=_words(look.format),
        themes=_words(look.theme),
        width=look.width,
        language_free=look.lang_free,
        transparent=look.background == "transparent",
        suffix=look.suffix,
        **data.beside,
    )


def run_data(*runs: Run) -> ChartData:
    """Return a run's cells, those of all its arms, with its rounds; several runs stand in panels of their own."""
    names = _names(runs) if len(runs) > 1 else [run.name for run in runs]
    frames = [
        [frame.assign(run=name) if len(runs) > 1 else frame for frame in (run.reached, run.rounds)]
        for run, name in zip(runs, names, strict=True)
    ]
    cells, rounds = (pd.concat(parts, ignore_index=True) for parts in zip(*frames, strict=True))
    machines = [run.machine for run in runs]
    one_machine = all(machine == machines[0] for machine in machines)
    return ChartData(RUN, cells, _sources(runs), machine=machines[0] if one_machine else None, rounds=rounds)


def runs_data(runs: Sequence[Run]) -> ChartData:
    """Return several runs and arms beside each other, those of one machine at one clock frequency.

    Raises:
        UsageError: there is one only.
    """
    arms = [arm for run in runs for arm in run.by_arm()]
    if len(arms) < 2:
        raise UsageError(f"several runs or arms are needed, {arms[0].name} is one")
    cells = at_shared_clocks(cells_of(arms), {arm.name: arm.machine.get("python") for arm in arms})
    names = dict(zip([arm.name for arm in arms], _names(arms), strict=True))
    # A report within another suite's file has a name of its own, which stays.
    cells = cells.assign(arm="", run=[names.get(str(run), str(run)) for run in cells["run"]])
    return ChartData(RUNS, cells, _sources(arms))


def pair_data(compared: RunComparison) -> ChartData:
    """Return two runs or arms compared."""
    a, b = compared.baseline, compared.candidate
    arms = a.path == b.path and a.arm and b.arm and a.arm != b.arm
    names = (a.arm, b.arm) if arms else (a.name, b.name)
    choice: dict[str, Any] = {"margin": compared.margin} if compared.margin != MARGIN else {}
    choice |= {"anyway": True} if compared.anyway else {}
    return ChartData(
        PAIR,
        compared.cells,
        _sources((a, b)),
        choice,
        machine=a.machine if a.machine_name == b.machine_name else None,
        names=names,
        about=tuple(_about(a, b, names)),
    )


def history_data(series: pd.DataFrame, label: str) -> ChartData:
    """Return the history of the runs that a label names: the frame of ``copycost.analyse.history.series``."""
    return ChartData(HISTORY, series, (label,), about=(label, f"{series['run'].nunique()} runs"))


def noise_data(profile: NoiseProfile, source: str | None = None) -> ChartData:
    """Return a noise profile; ``source`` names its file, else the name that the machine's profile is kept by does."""
    name = source or profile_path(Path(), profile.machine).name
    machine = {"machine": profile.machine}
    return ChartData(NOISE, profile.sizes.assign(machine=profile.machine), (name,), machine=machine)


def chart_list() -> str:
    """Return the charts that there are, a line each, by what they need; those drawn without being named are marked."""
    widest = max(map(len, CHARTS))
    lines = []
    for shows, kind in FRAMES.items():
        lines.append(f"from {kind.takes}:")
        lines += [
            f"{'*' if chart.by_itself else ' '} {name:<{widest}}  {chart.title}"
            for name, chart in CHARTS.items()
            if chart.shows == shows
        ]
    return "\n".join(lines)


def _sources(runs: Sequence[Run]) -> tuple[str, ...]:
    return tuple(run.source for run in runs)


def _names(runs: Sequence[Run]) -> list[str]:
    """Return what each of several runs is called on a chart: arms of one run by their arms alone.

    Others have the names that they are found again by, where these tell them apart: the names by which they were
    selected depend on what else was.
    """
    of_one_run = len({run.path for run in runs}) == 1
    names = [run.arm if of_one_run else run.source for run in runs]
    return names if all(names) and len(set(names)) == len(runs) else [run.name for run in runs]


def _about(a: Run, b: Run, names: tuple[str, str]) -> list[str]:
    """Return what is said under the title of a comparison: what the two sides have in common stands once."""
    one_machine = a.machine_name == b.machine_name
    parts = [a.machine_name or ""] if one_machine else []
    parts += [f"run {a.name.removesuffix(f'@{a.arm}')}"] if a.path == b.path else []
    for letter, name, side in (("A", names[0], a), ("B", names[1], b)):
        told = [side.machine_name or "unknown machine"] if not one_machine else []
        told += [
            f"{label} {side.machine[key]}"
            for key, label in _VERSIONS
            if side.machine.get(key) and a.machine.get(key) != b.machine.get(key)
        ]
        parts.append(f"{letter}: {name}" + (f" ({', '.join(told)})" if told else ""))
    return parts + [
        f"{label} {a.machine[key]}"
        for key, label in _VERSIONS
        if a.machine.get(key) and a.machine.get(key) == b.machine.get(key)
    ]
