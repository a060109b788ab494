"""Chart: the noise floor of a machine, what identical measurements differ by, against bytes."""

from __future__ import annotations

import pandas as pd

from copycost.analyse.noise_profile import ZERO_COPY
from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.frames import NOISE
from copycost.show.charts.lines import Variant, draw_lines
from copycost.show.charts.palette import plain_styles
from copycost.show.charts.ticks import ValueAxis, percent_tick

_AXIS = ValueAxis("95% differ by less than", percent_tick)


def _needs(sizes: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    return None if len(sizes) else "the profile has no noise floor"


def _draw(sizes: pd.DataFrame, context: Context) -> Drawing:
    zero_copy = sizes["kind"] == ZERO_COPY
    line = zero_copy.map({True: "zero-copy conversions", False: "copying conversions"})
    shown = sizes.assign(
        x=sizes["bytes"].astype(float),
        value=sizes["floor"].astype(float),
        low=float("nan"),
        high=float("nan"),
        line=line,
        label=line,
        kind=zero_copy.map({True: "shares", False: "copies"}),
        flagged=False,
    )
    variant = Variant(styles=plain_styles(line.unique(), context.theme), by=("machine",))
    return draw_lines(CHART.name, CHART.title, shown, _AXIS, context, variant=variant)


CHART = Chart("noise", "Noise floor of identical measurements", _needs, _draw, shows=NOISE)
