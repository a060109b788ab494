"""The gate for continuous integration: which verdicts make `compare` fail."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from copycost.analyse.counts import INSTRUCTIONS_RATIO, INSTRUCTIONS_VERDICT, MORE
from copycost.analyse.grouping import floats
from copycost.analyse.verdicts import ONLY_A, ONLY_B, SLOWER, UNDECIDED
from copycost.analyse.where import matches
from copycost.errors import UsageError, nearest
from copycost.units import parse_count

INSTRUCTIONS = "instructions"
SECONDS = "seconds"
EXAMPLE = "slower>5%, slower, undecided, instructions>1%, seconds>10us, slower>5%:conversion=torch.*:size=1..64K"
_VERDICTS = (SLOWER, UNDECIDED, INSTRUCTIONS, SECONDS)
_LIMIT = re.compile(rf"{SECONDS}\s*>\s*(\d+(?:\.\d+)?)\s*(ns|us|µs|μs|ms|s)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0}
_WHAT = re.compile(r"([a-z]+)(?:\s*>\s*(\d+(?:\.\d+)?)\s*%)?")


@dataclass(frozen=True)
class Rule:
    """One verdict that fails, from a share on, in some cells.

    Attributes:
        text: as it was typed.
        verdict: slower or undecided; or instructions, for more of them; or seconds, for a time per call of B.
        beyond: how much slower it must be shown to be, as a share: the whole 95% interval lies beyond it; or how many
            more instructions a call has. 0 for any. Of seconds the most that a call may take.
        conversion: the one conversion it is about, or with ``*`` those of such names; None for all.
        dtype: the one dtype; None for all.
        sizes: fewest and most elements, not bytes; None for all.
    """

    text: str
    verdict: str
    beyond: float = 0.0
    conversion: str | None = None
    dtype: str | None = None
    sizes: tuple[int, int] | None = None


@dataclass(frozen=True)
class Gate:
    """Rules, any of which fails the comparison."""

    rules: tuple[Rule, ...]

    @property
    def smallest(self) -> float | None:
        """Return the smallest slowdown that a rule names, as a share."""
        return min((rule.beyond for rule in self.rules if rule.verdict == SLOWER and rule.beyond), default=None)


def parse_gate(text: str) -> Gate:
    """Return the gate that was typed: rules separated by commas, such as ``slower>5%,undecided``.

    Raises:
        UsageError: it does not parse; the message has the part that is wrong and what would be valid.
    """
    # A conversion's name may hold a comma, so only one before another rule separates.
    parts = re.split(r",(?=\s*[a-z]+\s*(?:>|:|,|$))", text)
    return Gate(tuple(_rule(part.strip(), text) for part in parts))


def failures(gate: Gate, comparison: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that fail, with the ``rule`` that each fails first.

    Only a verdict fails: a cell that reads 1.2 times slower and is undecided passes ``slower>5%``, and so does one
    that is slower, by 1.06 with an interval from 1.03 to 1.09.

    Raises:
        UsageError: a rule is about cells of which the comparison has none, so that it could never fail.
    """
    failed = np.full(len(comparison), "", dtype=object)
    for rule in gate.rules:
        # A time has no need of a baseline.
        lacking = [ONLY_A] if rule.verdict == SECONDS else [ONLY_A, ONLY_B]
        among = _among(rule, comparison) & ~comparison["verdict"].isin(lacking).to_numpy()
        if not among.any():
            names = sorted(map(str, comparison["conversion"].dropna().unique()))
            about = "no such cells on both sides" if rule.conversion is None else _near(rule.conversion, names)
            raise UsageError(f"--fail-on {rule.text!r} is about no cell of this comparison: {about}")
        hit = among & _breaks(rule, comparison)
        failed[hit & (failed == "")] = rule.text
    found: pd.DataFrame = comparison.assign(rule=failed)[failed != ""]
    return found


def _breaks(rule: Rule, comparison: pd.DataFrame) -> np.ndarray:
    if rule.verdict == INSTRUCTIONS:
        if INSTRUCTIONS_VERDICT not in comparison:
            raise UsageError(f"--fail-on {rule.text!r}: not both sides have counts, which `run --counts` makes")
        more = (comparison[INSTRUCTIONS_VERDICT] == MORE).to_numpy()
        broken: np.ndarray = more & (floats(comparison[INSTRUCTIONS_RATIO]) > 1 + rule.beyond)
        return broken
    if rule.verdict == SECONDS:
        too_long: np.ndarray = floats(comparison["seconds_b"]) > rule.beyond
        return too_long
    hit: np.ndarray = (comparison["verdict"] == rule.verdict).to_numpy()
    return hit & (floats(comparison["ci_low"]) > 1 + rule.beyond) if rule.verdict == SLOWER else hit


def _near(conversion: str, names: list[str]) -> str:
    return "no such cells on both sides" if conversion in names else nearest(conversion, names)


def _among(rule: Rule, cells: pd.DataFrame) -> np.ndarray:
    among = np.ones(len(cells), dtype=bool)
    for name, wanted in (("conversion", rule.conversion), ("dtype", rule.dtype)):
        if wanted is not None:
            like = [text for text in cells[name].dropna().unique() if matches(str(text), wanted)]
            among &= cells[name].isin(like).to_numpy(dtype=bool)
    if rule.sizes is not None:
        size = floats(cells["size"])
        among &= (size >= rule.sizes[0]) & (size <= rule.sizes[1])
    return among


def _rule(text: str, whole: str) -> Rule:
    what, *restrictions = re.split(r":(?=\s*[a-z]+=)", text)
    limit = _LIMIT.fullmatch(what.strip())
    match = limit or _WHAT.fullmatch(what.strip())
    if match is None and what.strip().startswith(SECONDS):
        raise UsageError(f"--fail-on {whole!r} does not parse at {what!r}: a time such as {SECONDS}>10us")
    if match is None:
        raise UsageError(f"--fail-on {whole!r} does not parse at {what!r}; valid: {EXAMPLE}")
    verdict, share = (SECONDS, None) if limit else (match[1], match[2])
    if verdict == SECONDS and not limit:
        raise UsageError(f"--fail-on {whole!r}: {SECONDS} needs a time, such as {SECONDS}>10us")
    if verdict not in _VERDICTS:
        raise UsageError(
            f"--fail-on {whole!r}: {verdict!r} is not a verdict to fail on: {nearest(verdict, list(_VERDICTS))}"
        )
    if share is not None and verdict == UNDECIDED:
        raise UsageError(f"--fail-on {whole!r}: only 'slower' and 'instructions' take a share")
    found: dict[str, str] = {}
    for restriction in restrictions:
        name, _, value = restriction.strip().partition("=")
        if name not in _RESTRICTIONS or not value.strip():
            raise UsageError(f"--fail-on {whole!r}: {restriction!r} is not one of conversion=, dtype=, size=")
        if name in found:
            raise UsageError(f"--fail-on {whole!r}: {name} is given twice in {text!r}")
        found[name] = value.strip()
    return Rule(
        text,
        verdict,
        float(limit[1]) * _UNITS[limit[2]] if limit else float(share or 0) / 100,
        found.get("conversion"),
        found.get("dtype"),
        _sizes(found["size"], whole) if "size" in found else None,
    )


def _sizes(text: str, whole: str) -> tuple[int, int]:
    first, between, last = text.partition("..")
    low = parse_count(first)
    high = parse_count(last) if between else low
    if low > high:
        raise UsageError(f"--fail-on {whole!r}: size {text} has no sizes in it")
    return low, high


_RESTRICTIONS = ("conversion", "dtype", "size")
