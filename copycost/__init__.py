"""copycost measures what it costs to cross the border between NumPy and PyTorch.

In a notebook: ``copycost.open("latest")`` shows a run, and has its ``cells`` and ``rounds`` as frames,
``plot("cost")`` and ``compare(other)``. ``copycost.conversion`` marks a function of your own as a conversion to be
measured.
"""

from __future__ import annotations

from importlib import import_module

# Each name is looked up when it is first used: `import copycost` must stay cheap for `--help`
# and must work where pandas or torch is not installed.
_HOMES = {
    "open": "copycost.notebook",
    "estimate": "copycost.analyse.estimates",
    "compare": "copycost.analyse.comparison",
    "fit": "copycost.analyse.scaling",
    "crossovers": "copycost.analyse.crossovers",
    "conversion": "copycost.catalogue.conversions",
}

__all__ = ["compare", "conversion", "crossovers", "estimate", "fit", "open"]


def __getattr__(name: str) -> object:
    """Import a public name from its home on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the module's names, the lazy ones included."""
    return sorted({*globals(), *__all__})
