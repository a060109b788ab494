"""Two figures of calls to a device, what bounds them, and what they suggest, on rounds from a known law."""

import pytest

from copycost import estimate
from copycost.analyse.advice import advice
from copycost.analyse.bootstrap import bootstrap_rounds
from copycost.analyse.breakdown import breakdown
from copycost.analyse.ceilings import ceilings
from copycost.analyse.crossovers import crossovers
from copycost.analyse.curves import curves
from tests.made_up import CLOCK, EMPTY_CALL, Law, MadeUpCell, made_up_rounds

SIZES = [4**power for power in range(3, 13)]  # of float32: 256 B to 64 MiB
SYNC, LINK, PAGEABLE, PINNING = 1.5e-6, 50e9, 5e9, 10e9
LAWS = {
    ("torch.from_numpy.to", "to_device"): lambda b: 10e-6 + b / PAGEABLE,
    ("torch.from_numpy.to+sync", "to_device_there"): lambda b: 10e-6 + b / PAGEABLE + SYNC,
    ("pin_memory.to+sync", "to_device_there"): lambda b: 20e-6 + b / PINNING + SYNC,
    ("pinned.to.non_blocking", "to_device"): lambda b: 7e-6,
    ("pinned.to.non_blocking+sync", "to_device_there"): lambda b: 7e-6 + b / LINK + SYNC,
    ("plain copy to the device", "reference"): lambda b: 5e-6 + b / LINK + SYNC,
}


def cell(name, direction, size, seconds):
    call = f"torch.from_numpy(a).to('cuda'); {name}"
    return MadeUpCell(name, direction, call, "copies", "float32", size, seconds, False)


CELLS = [
    EMPTY_CALL,
    cell("empty synchronisation", "reference", 0, SYNC),
    *(cell(*key, size, law(4 * size)) for key, law in LAWS.items() for size in SIZES),
]
ROUNDS = made_up_rounds(Law(processes=10, offset=0.005), CELLS)
ALL = estimate(ROUNDS, references=True)


def of(cells, name):
    return cells[cells["conversion"] == name].sort_values("bytes")


def test_waiting_is_an_overhead_of_what_waits_and_of_nothing_else():
    there, returning = of(ALL, "torch.from_numpy.to+sync"), of(ALL, "torch.from_numpy.to")
    assert there["overhead_low"].to_numpy() == pytest.approx(SYNC, rel=0.1)
    assert (there["overhead_low"] < there["overhead_high"]).all()
    assert (returning["overhead_high"] < 0.1 * SYNC).all()
    alone = there["net_seconds"].to_numpy()
    assert alone == pytest.approx(10e-6 + there["bytes"].to_numpy() / PAGEABLE, rel=0.02)


def test_what_returns_before_its_data_is_there_has_no_bandwidth_and_no_share():
    shares = ceilings(ALL, bootstrap_rounds(ALL, ROUNDS))
    returning = of(shares, "pinned.to.non_blocking")
    assert returning["gb_per_s"].isna().all() and returning["share_of_mapped"].isna().all()
    there = of(shares, "pinned.to.non_blocking+sync")
    size = there["bytes"].to_numpy(dtype=float)
    true = (5e-6 + size / LINK + SYNC) / (7e-6 + size / LINK + SYNC)
    assert there["share_of_mapped"].to_numpy() == pytest.approx(true, rel=0.03)
    assert (there["share_of_mapped_low"] < there["share_of_mapped_high"]).all()
    assert there["share_of_fresh"].isna().all() and there["gb_per_s"].notna().all()


def test_pinning_first_pays_from_where_the_lines_cross():
    rows = crossovers(ALL, ROUNDS)
    (row,) = rows[(rows["conversion"] == "pin_memory.to+sync") & (rows["event"] == "overtakes")].to_dict("records")
    crossing = 10e-6 / (1 / PAGEABLE - 1 / PINNING)  # where 10 µs more are paid back
    assert row["other"] == "torch.from_numpy.to+sync"
    assert row["bytes"] == pytest.approx(crossing, rel=0.15) and row["bytes_low"] < row["bytes"] < row["bytes_high"]
    assert not len(rows[rows["conversion"].isin(["pinned.to.non_blocking", "torch.from_numpy.to"])])
    (pin,) = [each for each in advice(curves(ALL), rows, breakdown(ALL)) if each.text.startswith("pin first")]
    assert "from 256 KiB on" in pin.text and pin.command.endswith("--dtype float32 --device cuda")
    assert "pin_memory.to+sync" in pin.command


def test_the_link_does_not_follow_the_clock_of_the_core_and_a_short_call_does():
    changed = estimate(ROUNDS, clock_reference=2 * CLOCK, references=True)
    name = "pinned.to.non_blocking+sync"
    ratio = of(changed, name)["seconds"].to_numpy() / of(ALL, name)["seconds"].to_numpy()
    large = (of(ALL, name)["bytes"] > 1024**2).to_numpy()
    assert ratio[large] == pytest.approx(1.0, abs=0.001)
    assert ratio[~large] == pytest.approx(2.0, rel=0.05)


def test_where_the_time_goes_is_not_told_of_a_device_by_the_parts_of_a_copy_on_the_host():
    assert not len(breakdown(ALL))
