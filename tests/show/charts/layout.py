"""What the eye would object to in a drawing: texts that touch, are cut, or are too small."""

from __future__ import annotations

from itertools import combinations

from matplotlib.figure import Figure
from matplotlib.text import Text

from copycost.show.charts.sheet import chart_style

# As saved: two dots to a CSS pixel.
DPI = 192
# Three CSS pixels.
EDGE = 6


def texts(figure: Figure) -> list[Text]:
    """Return every text that is seen, tick labels included."""
    figure.set_dpi(DPI)
    with chart_style():
        figure.draw_without_rendering()
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def complaints(figure: Figure) -> list[str]:
    """Return what is wrong with the texts of a figure."""
    seen = texts(figure)
    with chart_style():
        boxes = [text.get_window_extent() for text in seen]
    page = figure.bbox
    found = []
    for text, box in zip(seen, boxes, strict=True):
        if min(box.x0, box.y0, page.x1 - box.x1, page.y1 - box.y1) < EDGE:
            found.append(f"cut: {text.get_text()!r}")
        if text.get_fontsize() * 96 / 72 < 9:
            found.append(f"too small: {text.get_text()!r}")
        if text.get_parse_math():
            found.append(f"parsed as mathematics: {text.get_text()!r}")
    for (one, box), (other, other_box) in combinations(zip(seen, boxes, strict=True), 2):
        across = min(box.x1, other_box.x1) - max(box.x0, other_box.x0)
        down = min(box.y1, other_box.y1) - max(box.y0, other_box.y0)
        if across > 0 and down > 0:
            found.append(f"touch: {one.get_text()!r} and {other.get_text()!r}")
    return found
