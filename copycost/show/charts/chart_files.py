"""Chart files: drawings as SVG, PNG and PDF with the provenance of their data inside, and that provenance read back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from copycost.errors import UsageError, nearest
from copycost.show.charts.chart import Drawing
from copycost.show.charts.sheet import chart_style
from copycost.store.writing import write_bytes

FORMATS = ("svg", "png", "pdf")
SCHEMA = 1

# Twice the pixels of the page: sharp on a dense screen.
_PNG_DPI = 192
_QUOTE = {'"': "&quot;"}
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"


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
    drawing: Drawing, stem: Path, formats: Iterable[str] = FORMATS, provenance: Mapping[str, Any] | None = None
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
    words = {"Title": drawing.title, "Description": drawing.alt, "Source": source, "Date": None}
    buffer = BytesIO()
    drawing.figure.savefig(buffer, format="svg", metadata=words)
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
    software = f"copycost, Matplotlib {matplotlib.__version__}"
    words = {"Title": drawing.title, "Description": drawing.alt, "Software": software, "copycost": source}
    information = PngInfo()
    for name, text in words.items():
        information.add_itxt(name, text)
    buffer = BytesIO()
    image.save(buffer, "png", pnginfo=information, dpi=(_PNG_DPI, _PNG_DPI))
    return buffer.getvalue()


def _pdf(drawing: Drawing, source: str) -> bytes:
    words = {"Title": drawing.title, "Subject": drawing.alt, "Keywords": source, "CreationDate": None}
    buffer = BytesIO()
    drawing.figure.savefig(buffer, format="pdf", metadata=words)
    return buffer.getvalue()


def describe_source(
    drawing: Drawing,
    data: str,
    frame: pd.DataFrame,
    machine: Mapping[str, Any] | None,
    options: Mapping[str, Any],
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the provenance of a chart: data, runs, machine, versions; no date and no path.

    ``data`` is the hash of what it shows, ``options`` are those it was drawn with, so that it can be
    drawn again.
    """
    known = machine or {}
    return {
        "schema": SCHEMA,
        "tool": "copycost",
        "version": _version(),
        "chart": drawing.chart,
        "theme": drawing.theme,
        "options": dict(options),
        "data": data,
        "runs": _names(frame, "run"),
        "machines": _names(frame, "machine"),
        "measured_with": {key: known[key] for key in ("torch", "numpy") if known.get(key)},
        "drawn_with": {"matplotlib": matplotlib.__version__},
        **(extra or {}),
    }


def _names(frame: pd.DataFrame, column: str) -> list[str]:
    return sorted({str(name) for name in frame[column].dropna().unique()}) if column in frame else []


def read_provenance(path: Path) -> dict[str, Any]:
    """Return the provenance of an SVG, PNG or PDF file that was written by ``save``.

    Raises:
        UsageError: the file cannot be read or holds no provenance.
    """
    try:
        provenance = json.loads(_provenance_text(path) or "null")
    except (OSError, ValueError, ElementTree.ParseError) as error:
        raise UsageError(f"{path}: not a chart that copycost wrote ({error})") from error
    if not isinstance(provenance, dict) or provenance.get("tool") != "copycost":
        raise UsageError(f"{path}: not a chart that copycost wrote")
    return provenance


def _provenance_text(path: Path) -> str | None:
    if path.suffix == ".svg":
        return ElementTree.fromstring(path.read_bytes()).findtext(f".//{_DUBLIN_CORE}source")
    if path.suffix == ".png":
        with Image.open(path) as image:
            return str(image.info.get("copycost", ""))
    match = re.search(rb"/Keywords \((.*?[^\\])\)\s*[/>\n]", path.read_bytes(), re.DOTALL)
    return re.sub(r"\\([()\\])", r"\1", match[1].decode("latin-1")) if match else None


def _version() -> str | None:
    try:
        return metadata.version("copycost")
    except metadata.PackageNotFoundError:
        return None
