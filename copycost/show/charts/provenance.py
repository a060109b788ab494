"""Where a chart comes from: written into each file, read back from it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
from PIL import Image

from copycost.errors import UsageError
from copycost.show.charts.chart import Chart, Drawing
from copycost.show.charts.frames import FRAMES, RUN, SHARES, Prepared, prepared

SCHEMA = 1
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"


def data_hash(
    frame: pd.DataFrame, rounds: pd.DataFrame | None = None, *, shows: str = RUN, references: bool = False
) -> str:
    """Return a SHA-256 of what charts show of a frame, whatever its order.

    Numbers count to nine digits, so that another version of a numeric library gives the same hash.

    Args:
        frame: of any kind that charts are drawn from.
        rounds: counted as well, where they are given.
        shows: the frame's kind.
        references: whether the plain copies beside the cells and the shares of them count.
    """
    return _hash(prepared(frame, shows), rounds, references)


def hash_for(chart: Chart, own: Prepared, rounds: pd.DataFrame | None) -> str:
    """Return the hash of what one chart shows."""
    return _hash(own, rounds if chart.uses_rounds else None, chart.uses_references)


def _hash(own: Prepared, rounds: pd.DataFrame | None, references: bool) -> str:
    hashed = FRAMES[own.shows].hashed
    digest = hashlib.sha256()
    for part in (own.frame, own.references) if references else (own.frame,):
        columns = [name for name in hashed if name in part and (references or name not in SHARES)]
        text = part[columns].to_csv(index=False, float_format="%.9g")
        digest.update(text.encode("utf-8", "replace"))
    if rounds is not None:
        digest.update(np.sort(rounds["seconds"].to_numpy(float)).tobytes())
        if "quiet" in rounds:
            digest.update(str(int(rounds["quiet"].sum())).encode())
    return digest.hexdigest()


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
        found = json.loads(_text(path) or "null")
    except (OSError, ValueError, ElementTree.ParseError) as error:
        raise UsageError(f"{path}: not a chart that copycost wrote ({error})") from error
    if not isinstance(found, dict) or found.get("tool") != "copycost":
        raise UsageError(f"{path}: not a chart that copycost wrote")
    return found


def _text(path: Path) -> str | None:
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
