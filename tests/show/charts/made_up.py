"""Made-up cells and rounds that follow a known law, for tests of charts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

SIZES = tuple(4**k for k in range(13))
ITEM = {"float32": 4, "float64": 8, "int64": 8}
MACHINE: dict[str, Any] = {
    "machine": "AMD EPYC 2c 3f9a1c",
    "caches": [
        {"level": 1, "type": "data", "bytes": 32768, "shared_by": 1},
        {"level": 1, "type": "instruction", "bytes": 32768, "shared_by": 1},
        {"level": 2, "type": "unified", "bytes": 524288, "shared_by": 1},
        {"level": 3, "type": "unified", "bytes": 33554432, "shared_by": 8},
    ],
    "torch": "2.13.0",
    "numpy": "2.4.6",
}

CORE = ("torch.from_numpy", "torch.tensor", "torch.Tensor", "t.numpy", "t.clone.numpy")
_EXPRESSION = {
    "torch.from_numpy": "torch.from_numpy(a)",
    "torch.tensor": "torch.tensor(a)",
    "torch.Tensor": "torch.Tensor(a)",
    "t.numpy": "t.numpy()",
    "t.clone.numpy": "t.clone().numpy()",
}
_FIXED = {"torch.from_numpy": 0.36e-6, "t.numpy": 0.53e-6, "torch.tensor": 2.1e-6, "torch.Tensor": 5e-6}


def copy_seconds(size_in_bytes: float) -> float:
    """A copy: 40 GB/s in cache, page-fault bound 2 GB/s from 32 MiB."""
    if size_in_bytes >= 32 * 1024**2:
        return size_in_bytes / 2e9
    return size_in_bytes / 40e9 * (4 if size_in_bytes > 4 * 1024**2 else 1)


def cells(
    conversions: tuple[str, ...] = CORE,
    dtypes: tuple[str, ...] = ("float32", "float64", "int64"),
    sizes: tuple[int, ...] = SIZES,
    threads: tuple[int, ...] = (1,),
    run: str = "reference",
    seed: int = 1,
) -> pd.DataFrame:
    """Return a cells frame with the contract's columns."""
    rng = np.random.default_rng(seed)
    rows = []
    for number, name in enumerate(conversions):
        to_array = name.startswith(("t.", "np.")) or (name not in CORE and number % 3 == 2)
        for dtype in dtypes:
            shares = name in ("torch.from_numpy", "t.numpy") or (name == "torch.Tensor" and dtype == "float32")
            if name not in CORE:
                shares = number % 4 == 3
            for size in sizes:
                for count in threads:
                    size_in_bytes = size * ITEM[dtype]
                    fixed = _FIXED.get(name, (1.5 + 0.1 * number) * 1e-6)
                    if name == "torch.Tensor" and shares:
                        fixed = 1.0e-6
                    speed = 1.0 if size_in_bytes < 2**20 else count**0.8
                    seconds = fixed + (0 if shares else copy_seconds(size_in_bytes) / speed)
                    seconds *= np.exp(rng.normal(0, 0.01))
                    spread = 0.08 if 4 * 2**20 <= size_in_bytes < 2**25 and not shares else 0.008
                    rows.append(
                        {
                            "run": run,
                            "machine": MACHINE["machine"],
                            "arm": "base",
                            "conversion": name,
                            "direction": "to_array" if to_array else "to_tensor",
                            "dtype": dtype,
                            "size": size,
                            "bytes": size_in_bytes,
                            "threads": count,
                            "cache": "warm",
                            "seconds": seconds,
                            "ci_low": seconds * (1 - spread),
                            "ci_high": seconds * (1 + spread),
                            "net_seconds": seconds - 9e-9,
                            "overhead_low": 8e-9,
                            "overhead_high": 10e-9,
                            "gb_per_s": np.nan if shares else size_in_bytes / seconds / 1e9,
                            "rounds": 60,
                            "quiet_share": 0.7,
                            "processes": 3,
                            "page_faults": (0.0 if shares or size_in_bytes < 32 * 2**20 else size_in_bytes / 4096 + 1),
                            "shares_memory": shares,
                            "result_dtype": "torch.float32",
                            "flags": "few-quiet" if rng.random() < 0.03 else "",
                            "layout": "contiguous",
                            "expression": _EXPRESSION.get(name, name + "()"),
                            "documented": "may copy",
                            "result_bytes": size_in_bytes,
                            "block": 10,
                            "copy_ratio": (
                                np.nan if shares or size_in_bytes < 4096 else 1 + 2e-6 / copy_seconds(size_in_bytes)
                            ),
                            "copy_ratio_low": np.nan,
                            "copy_ratio_high": np.nan,
                            "clock": 2.5e-6,
                            "raw_seconds": seconds * 1.3,
                        }
                    )
    frame = pd.DataFrame(rows)
    for column in ("run", "machine", "arm", "conversion", "direction", "dtype", "cache", "layout"):
        frame[column] = frame[column].astype("category")
    frame["shares_memory"] = frame["shares_memory"].astype("boolean")
    return frame


def rounds(frame: pd.DataFrame, count: int = 30, seed: int = 2) -> pd.DataFrame:
    """Return rounds of the cells: quiet ones near the estimate, contended ones 1.7 times slower."""
    rng = np.random.default_rng(seed)
    found = frame.loc[frame.index.repeat(count)].reset_index(drop=True)
    quiet = rng.random(len(found)) < 0.7
    # Between 32 and 128 MiB the heap makes two modes.
    second = (found["bytes"] >= 2**25) & (rng.random(len(found)) < 0.4)
    noise = np.exp(rng.normal(0, 0.015, len(found)))
    slow = np.where(quiet, 1.0, np.exp(rng.normal(np.log(1.7), 0.08, len(found))))
    found["seconds"] = found["seconds"] * noise * slow * np.where(second, 0.6, 1.0)
    found["quiet"] = quiet
    found["process"] = rng.integers(1, 4, len(found))
    return found


def comparison(before: pd.DataFrame | None = None, factor: float = 1.0) -> pd.DataFrame:
    """Return cells compared with themselves: t.numpy 0.8 and torch.tensor 1.3 times as long up to 4 KiB, the largest
    undecided, all times ``factor``."""
    before = cells() if before is None else before
    small = (before["bytes"] <= 4096).to_numpy()
    name = before["conversion"].astype(str)
    ratio = np.where(small & (name == "t.numpy"), 0.8, np.where(small & (name == "torch.tensor"), 1.3, 1.0)) * factor
    verdict = np.where(ratio > 1.05, "slower", np.where(ratio < 0.95, "faster", "same")).astype(object)
    verdict[(before["bytes"] == before["bytes"].max()).to_numpy()] = "undecided"
    key = ["conversion", "direction", "dtype", "size", "bytes", "threads", "cache", "layout", "shares_memory", "flags"]
    return before[key].assign(
        seconds_a=before["seconds"],
        seconds_b=before["seconds"] * ratio,
        ratio=ratio,
        ci_low=ratio * 0.97,
        ci_high=ratio * 1.03,
        verdict=verdict,
        floor=0.01,
    )


def several(count: int, **options: Any) -> pd.DataFrame:
    """Return the cells of some runs, the second run half as fast again as the others."""
    frames = [cells(run=f"run-{i}", seed=i, **options) for i in range(count)]
    for name in ("seconds", "ci_low", "ci_high"):
        frames[1][name] *= 1.5
    plain = [frame.astype({"run": object}) for frame in frames]
    return pd.concat(plain, ignore_index=True)


def series(runs: int = 8, step_at: int = 4, **options: Any) -> pd.DataFrame:
    """Return a history in which torch.tensor becomes 1.5 times as slow with one of the runs, a week apart each."""
    parts = []
    for i in range(runs):
        own = cells(run=f"run-{i}", seed=i, **options).astype({"run": object})
        own.loc[(own["conversion"] == "torch.tensor") & (i >= step_at), "seconds"] *= 1.5
        parts.append(own.assign(created=datetime(2026, 1, 5, 8, 30, tzinfo=UTC) + timedelta(days=7 * i)))
    rows = pd.concat(parts, ignore_index=True)
    key = ["conversion", "direction", "dtype", "size", "threads", "cache", "layout"]
    rows = rows.sort_values([*key, "created"]).reset_index(drop=True)
    early = rows["created"] < datetime(2026, 1, 5, 8, 30, tzinfo=UTC) + timedelta(days=7 * step_at)
    side = [*(rows[name] for name in key), early]
    return rows.assign(level=rows.groupby(side, observed=True)["seconds"].transform("median"))


def suite(lines: tuple[str, ...] = ("list", "array"), panels: tuple[str, ...] = ("",), xs: Any = (1, 10, 100)) -> Any:
    """Return the frame of a parametrised suite's chart: seconds proportional to the parameter n."""
    rows = [
        {"line": line, "panel": panel, "x": float(x), "seconds": x * 1e-6, "low": x * 9e-7, "high": x * 1.1e-6}
        for line in lines
        for panel in panels
        for x in xs
    ]
    return pd.DataFrame(rows).assign(across="n", along="kind", run="suite", machine="")


def with_references(frame: pd.DataFrame, fresh: float = 4.0) -> pd.DataFrame:
    """Return cells with plain copies beside them: into mapped memory at 50 GB/s, into fresh so many times slower."""
    sizes = frame.drop_duplicates("bytes")
    copies = []
    for name, slower in (("plain copy (mapped)", 1.0), ("plain copy (fresh)", fresh)):
        seconds = sizes["bytes"] / 50e9 * slower
        own = sizes.astype({"direction": object, "conversion": object})
        copies.append(own.assign(direction="reference", conversion=name, seconds=seconds, ci_low=seconds))
    plain = frame.astype({"direction": object, "conversion": object})
    share = frame["bytes"] / 50e9 / frame["seconds"]
    share = share.where(~frame["shares_memory"].astype(bool))
    plain = plain.assign(share_of_mapped=share, share_of_mapped_low=share * 0.98, share_of_mapped_high=share * 1.02)
    return pd.concat([plain, *copies], ignore_index=True)
