"""The HTML file: what is written into it, and what a browser may do with it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

_FIRST_SCRIPTS = ("format.js", "elements.js", "theme.js", "tables.js", "page.js")
"""What shows text and tables; it runs before the charting library is read."""
_CHART_SCRIPTS = ("ticks.js", "traces.js", "panel.js", "choices.js", "curves.js", "bars.js", "rounds.js", "charts.js")
LIBRARY = "plotly-basic.min.js"
_EMPTY = ""
_ESCAPES = {sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def page(content: Mapping[str, Any]) -> str:
    """Return the file for a report's content, which stands in it as JSON and nowhere else.

    No text of the content is ever markup: ``<`` cannot occur in the JSON, and the scripts put text
    on the page as text nodes only.
    """
    style = asset("page.css")
    first = "\n".join(map(asset, _FIRST_SCRIPTS))
    library = asset(LIBRARY)
    charts = "\n".join(map(asset, _CHART_SCRIPTS))
    policy = security_policy(scripts=(first, library, charts), styles=(style, _EMPTY))
    return f"""<!DOCTYPE html>
<html lang="en" data-state="loading">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="copycost">
<title>copycost report</title>
<style>{style}</style>
</head>
<body>
<noscript><p>This report is drawn by the scripts inside this file; it needs no network.</p></noscript>
<script type="application/json" id="content">{as_data(content)}</script>
<script>{first}</script>
<script>{library}</script>
<script>{charts}</script>
</body>
</html>
"""


def as_data(content: Mapping[str, Any]) -> str:
    """Return JSON that may stand in a script element: nothing in it can end the element."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign, escape in _ESCAPES.items():
        text = text.replace(sign, escape)
    return text


def security_policy(scripts: tuple[str, ...], styles: tuple[str, ...]) -> str:
    """Return the Content-Security-Policy: nothing may be fetched, only this file's own scripts run, and no text
    becomes markup.

    plotly.js adds an empty style element, which it fills through the object model, and style
    attributes; the hash of nothing lets it have the one, and the other has no hash to be allowed by.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(_hash, scripts))}",
            f"style-src-elem {' '.join(map(_hash, styles))}",
            "style-src-attr 'unsafe-inline'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


@lru_cache
def asset(name: str) -> str:
    """Return a file that the page is made of."""
    return (resources.files("copycost.show.render") / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
