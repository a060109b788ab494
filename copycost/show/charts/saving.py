"""Write a drawing to files: the same drawing gives the same bytes, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from copycost.errors import UsageError, nearest
from copycost.show.charts.chart import Drawing
from copycost.show.charts.style import chart_style
from copycost.store.writing import write_bytes

FORMATS = ("svg", "png", "pdf")

# Twice the pixels of the page: sharp on a dense screen.
_PNG_DPI = 192
_QUOTE = {'"': "&quot;"}


def check_formats(formats: Iterable[str]) -> list[str]:
    """Return the formats without repetition.

    Raises:
        UsageError: one of them is not known.
    """
    chosen = list(dict.fromkeys(formats))
    for name in chosen:
        if name not in FORMATS:
            raise UsageError(f"unknown chart format {name!r}: {nearest(name, list(FORMATS))}")
    return chosen


def save(
    drawing: Drawing,
    stem: Path,
    formats: Iterable[str] = FORMATS,
    provenance: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write ``<stem>.svg`` and so on, and ``<stem>.alt.txt``; return the files.

    The folder is made where it does not exist. An SVG keeps its text as text. No file holds the
    time of drawing, so the same data give the same bytes with the same version of matplotlib.

    Raises:
        UsageError: an unknown format, or a file that cannot be written.
    """
    source = as_json(provenance or {"tool": "copycost"})
    files = [(stem.with_name(f"{stem.name}.{name}"), render(drawing, name, source)) for name in check_formats(formats)]
    files.append((stem.with_name(f"{stem.name}.alt.txt"), alt_bytes(drawing)))
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{stem.parent}: cannot be made ({error.strerror})") from error
    for path, content in files:
        write_bytes(path, content)
    return [path for path, _ in files]


def alt_bytes(drawing: Drawing) -> bytes:
    """Return a drawing's description as the content of its own file."""
    return (drawing.alt + "\n").encode("utf-8", "replace")


def as_json(provenance: Mapping[str, Any]) -> str:
    """Return provenance as it stands in a file: keys in order, everything beyond ASCII escaped."""
    return json.dumps(dict(provenance), sort_keys=True, default=str)


def render(drawing: Drawing, name: str, source: str = "{}") -> bytes:
    """Return a drawing as the bytes of a file; ``source`` is its provenance as JSON."""
    with chart_style(salt=f"copycost {drawing.chart} {drawing.theme}"):
        return {"svg": _svg, "png": _png, "pdf": _pdf}[name](drawing, source)


def _svg(drawing: Drawing, source: str) -> bytes:
    metadata = {
        "Title": drawing.title,
        "Description": drawing.alt,
        "Source": source,
        "Date": None,
    }
    buffer = BytesIO()
    drawing.figure.savefig(buffer, format="svg", metadata=metadata)
    # A screen reader takes the picture as one image with a description, not as loose labels.
    described = f'<svg role="img" aria-label="{escape(drawing.alt, _QUOTE)}" '
    return buffer.getvalue().replace(b"<svg ", described.encode("utf-8", "replace"), 1)


def _png(drawing: Drawing, source: str) -> bytes:
    figure = drawing.figure
    before = figure.get_dpi()
    figure.set_dpi(_PNG_DPI)
    try:
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
        image = Image.fromarray(np.asarray(canvas.buffer_rgba()))
    finally:
        figure.set_dpi(before)
    if image.getchannel("A").getextrema() == (255, 255):
        # A palette makes the file three times smaller; by coverage it keeps the page's own colour.
        image = image.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    words = PngInfo()
    for name, text in (
        ("Title", drawing.title),
        ("Description", drawing.alt),
        ("Software", f"copycost, Matplotlib {matplotlib.__version__}"),
        ("copycost", source),
    ):
        words.add_itxt(name, text)
    buffer = BytesIO()
    image.save(buffer, "png", pnginfo=words, dpi=(_PNG_DPI, _PNG_DPI))
    return buffer.getvalue()


def _pdf(drawing: Drawing, source: str) -> bytes:
    metadata = {
        "Title": drawing.title,
        "Subject": drawing.alt,
        "Keywords": source,
        "CreationDate": None,
    }
    buffer = BytesIO()
    drawing.figure.savefig(buffer, format="pdf", metadata=metadata)
    return buffer.getvalue()
