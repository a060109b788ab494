"""The matplotlib settings that charts are made and saved with."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib

# DejaVu Sans comes with matplotlib, so every machine measures text alike. An SVG holds text as
# text; the families after the first are for readers who lack it: Verdana is as wide, the others are
# narrower, so a label that fits here fits there.
_FONTS = ["DejaVu Sans", "Verdana", "Segoe UI", "Helvetica Neue", "Arial", "sans-serif"]

# Not ours to change, or of no effect on a figure.
_UNTOUCHED = {"backend", "backend_fallback", "interactive", "toolbar", "timezone"}


@contextmanager
def chart_style(salt: str = "copycost") -> Iterator[None]:
    """Apply the charts' settings for as long as the context lasts.

    Starts from matplotlib's own defaults, so that a user's matplotlibrc cannot change a chart.
    ``salt`` makes the ids inside an SVG repeatable; charts on one page need different ones.
    """
    defaults = {k: v for k, v in matplotlib.rcParamsDefault.items() if k not in _UNTOUCHED}
    with matplotlib.rc_context(), warnings.catch_warnings():
        # A name may hold characters that the font lacks; it is then drawn with a box in the PNG.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from", category=UserWarning)
        matplotlib.rcParams.update(defaults)
        matplotlib.rcParams.update(
            {
                "font.family": ["sans-serif"],
                "font.sans-serif": _FONTS,
                "text.parse_math": False,
                "text.usetex": False,
                "svg.fonttype": "none",
                "svg.hashsalt": salt,
                "pdf.fonttype": 42,
                "path.simplify": False,
            }
        )
        yield
