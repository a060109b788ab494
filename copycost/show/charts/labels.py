"""Names from a results file made fit to stand on a chart: cleaned, measured, shortened, told apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

from copycost.analyse.device import UNTIL_THERE

# One CSS pixel is 1/96 inch, a font size counts in 1/72 inch.
POINTS_PER_PIXEL = 0.75

# Control characters are not allowed in XML; bidirectional overrides would reorder what is near.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]+")
_LONGEST = 300


def plain(text: object) -> str:
    """Return text on one line without control characters, at most 300 characters long."""
    cleaned = _UNPRINTABLE.sub(" ", str(text)).strip()
    return cleaned if len(cleaned) <= _LONGEST else cleaned[: _LONGEST - 1] + "…"


# At the resolution of a PNG; at a lower one hinting makes text up to a tenth wider.
@lru_cache(maxsize=1)
def _renderer() -> Any:
    return RendererAgg(8, 8, 2 * 96.0)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the width in CSS pixels of a text whose font size is given in CSS pixels."""
    font = FontProperties(size=size * POINTS_PER_PIXEL, weight="bold" if bold else "normal")
    # The font has no wide characters (Chinese, emoji); those that replace them are square.
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    if wide:
        text = "".join(letter for letter in text if unicodedata.east_asian_width(letter) not in "WF")
    width, _, _ = _renderer().get_text_width_height_descent(text, font, ismath=False)
    return 1.01 * float(width) / 2 + 1.05 * size * wide + 0.5


def shorten(text: str, room: float, size: float, bold: bool = False) -> str:
    """Return the text, with its middle left out where it is wider than ``room`` CSS pixels."""
    if text_width(text, size, bold) <= room:
        return text
    low, high = 0, len(text) - 1
    while low < high:
        kept = (low + high + 1) // 2
        if text_width(_without_middle(text, kept), size, bold) <= room:
            low = kept
        else:
            high = kept - 1
    return _without_middle(text, low)


def _without_middle(text: str, kept: int) -> str:
    tail = kept // 3
    end = text[len(text) - tail :].lstrip() if tail else ""
    return text[: kept - tail].rstrip() + "…" + end


def distinct_labels(names: Sequence[str], room: float, size: float) -> list[str]:
    """Return a label for each name, none wider than ``room`` CSS pixels and no two the same."""
    labels: list[str] = []
    taken: set[str] = set()
    for name in map(plain, names):
        label, number = shorten(name, room, size), 1
        while label in taken:
            number += 1
            suffix = f" ({number})"
            label = shorten(name, room - text_width(suffix, size), size) + suffix
        taken.add(label)
        labels.append(label)
    return labels


def conversion_labels(names: Sequence[str], room: float, size: float) -> dict[str, str]:
    """Return a label for each conversion, none wider than ``room`` CSS pixels.

    Only the two figures of one call to a device have one label: they stand in panels of their own, whose titles say
    which figure it is. What is too wide loses the name of the library, then its middle: the end is what tells one
    call from another, and what a conversion is found by.
    """
    calls = dict.fromkeys(plain(name).removesuffix(UNTIL_THERE) for name in names)
    ends = {call: call.removeprefix("torch.") if text_width(call, size) > room else call for call in calls}
    labels = dict(zip(calls, distinct_labels(list(ends.values()), room, size), strict=True))
    return {name: labels[plain(name).removesuffix(UNTIL_THERE)] for name in names}


def wrap(pieces: Sequence[str], room: float, size: float, joint: str = " · ") -> list[str]:
    """Return lines that fit into ``room`` CSS pixels; a piece that is too wide is shortened."""
    lines: list[str] = []
    for piece in pieces:
        longer = lines[-1] + joint + piece if lines else piece
        if lines and text_width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(shorten(piece, room, size))
    return lines
