"""Files as other suites' pytest-benchmark writes them, with names that nobody sane would choose among them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

MARKUP = '<script>window.taken = 1</script><img src=x onerror="window.taken = 1">'
LINK = '<a href="javascript:window.taken = 1">here</a>'
QUOTES = "\"double\" 'single' `back` & </script><!-- ${1} {{2}}"
RIGHT_TO_LEFT = "\u202eשלום עולם العربية"
LONG = "x" * 200
HOSTILE = (MARKUP, LINK, QUOTES, RIGHT_TO_LEFT, LONG)


def benchmark(name: str, seconds: float, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return one benchmark of 20 rounds about a time."""
    data = (seconds * np.exp(np.random.default_rng(len(name)).normal(0, 0.02, 20))).tolist()
    low, middle, high = np.quantile(data, [0.25, 0.5, 0.75]).tolist()
    stats = {"min": min(data), "max": max(data), "mean": middle, "stddev": 0.0, "rounds": len(data)}
    stats |= {"median": middle, "q1": low, "q3": high, "iqr": high - low, "iterations": 1, "data": data}
    return {
        "group": None,
        "name": name,
        "fullname": f"tests/test_it.py::{name}",
        "params": dict(params) if params else None,
        "param": "-".join(map(str, params.values())) if params else None,
        "extra_info": {},
        "stats": stats,
    }


def write_suite(path: Path, benchmarks: Sequence[Mapping[str, Any]]) -> Path:
    """Write a pytest-benchmark file and return its path."""
    content = {
        "machine_info": {"node": "host", "system": "Linux", "cpu": {"brand_raw": "Some CPU", "count": 4}},
        "commit_info": {},
        "benchmarks": list(benchmarks),
        "datetime": "2026-01-02T03:04:05+00:00",
        "version": "5.1.0",
    }
    path.write_text(json.dumps(content))
    return path


def scaling_suite(path: Path, names: Sequence[str] = ("list", "array")) -> Path:
    """Write a suite whose tests take a kind and a number, and return its path."""
    return write_suite(
        path,
        [
            benchmark(f"test_{kind}[{kind}-{n}]", 1e-8 * n * place, {"kind": kind, "n": n})
            for place, kind in enumerate(names, 1)
            for n in (10, 100, 1000)
        ],
    )


def hostile_suite(path: Path) -> Path:
    """Write a suite whose names, parameters and values are all hostile, and return its path."""
    return write_suite(
        path,
        [
            benchmark(
                f"test_{name}[{name}-{n}]", 1e-7 * n, {MARKUP: name, LONG: n, "run": RIGHT_TO_LEFT, "__proto__": n}
            )
            for name in HOSTILE
            for n in (1, 10, 100)
        ],
    )
