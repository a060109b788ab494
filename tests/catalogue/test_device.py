import numpy as np
import pytest
import torch

from copycost.catalogue import block as blocks
from copycost.catalogue import evidence
from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import Conversion, WrongResult, select_conversions, until_there
from copycost.catalogue.device import BOUNDS, device_conversions, device_references, needs_device
from copycost.catalogue.evidence import examine
from copycost.errors import UsageError

OWN = """
from copycost import conversion

@conversion("mine", direction="to_device")
def mine(a):
    return a
"""


@pytest.mark.parametrize("name", ["Cuda", "cuda:", "cuda:x", "", "../cuda", "cpu", "cpu:0"])
def test_what_names_no_device_is_refused(name):
    with pytest.raises(UsageError, match=f"device '{name}'"):
        device_conversions(name)


def test_each_call_has_two_figures_and_says_in_its_expression_what_is_timed():
    conversions = {each.name: each for each in device_conversions("xpu:1")}
    returning = [each for each in conversions.values() if not each.waits]
    assert len(conversions) == 2 * len(returning)
    for each in returning:
        there = conversions[f"{each.name}+sync"]
        assert there.direction == f"{each.direction}_there"
        assert "; synchronize()" in there.expression and "synchronize" not in each.expression
        assert each.direction == "from_device" or "'xpu:1'" in each.expression


@pytest.mark.parametrize("conversion", [each for each in device_conversions("meta") if each.direction == "to_device"])
def test_every_call_to_a_device_can_be_made(conversion):
    array = np.arange(6, dtype="float32")
    source = torch.from_numpy(array) if conversion.variable == "pinned" else array
    if "pin_memory" in conversion.expression:  # which needs an accelerator
        assert conversion.variable == "a"
        return
    result = blocks.call(conversion)(source)
    assert (result.device.type, result.shape) == ("meta", (6,))
    assert result.dtype == (torch.float16 if conversion.casts_to else torch.float32)


def test_a_block_waits_after_every_call(monkeypatch):
    said = []
    monkeypatch.setattr(blocks, "synchroniser", lambda device: lambda: said.append(f"waited for {device}"))
    own = Conversion("own", "to_device", "own(a)", "copies", "user", said.append, device="made-up")
    blocks.block.cache_clear()
    blocks.block(until_there(own), 2)("called")
    assert said == ["called", "waited for made-up"] * 2
    said.clear()
    blocks.block(own, 2)("called")
    assert said == ["called"] * 2


def test_a_result_that_stays_where_it_was_is_wrong(monkeypatch):
    monkeypatch.setattr(evidence, "synchroniser", lambda device: lambda: None)
    stays = Conversion("stays", "to_device", "stays(a)", "copies", "user", torch.tensor, device="made-up")
    with pytest.raises(WrongResult, match="returned what is on cpu"):
        examine(stays, np.arange(4.0))


def test_bounds_are_measured_for_each_number_of_bytes_each_way_and_waiting_once():
    grid = [
        Cell("torch.from_numpy.to", "to_device", "float32", 16),
        Cell("torch.from_numpy.to+sync", "to_device_there", "float32", 16),
        Cell("torch.from_numpy.to+sync", "to_device_there", "float64", 8),
        Cell("t.cpu.numpy", "from_device", "float32", 16, threads=2),
        Cell("torch.tensor", "to_tensor", "float32", 1024),
    ]
    bounds = device_references(grid)
    assert [(cell.conversion, cell.bytes, cell.threads) for cell in bounds] == [
        ("empty synchronisation", 0, 1),
        ("plain copy to the device", 64, 1),
        ("plain copy from the device", 64, 2),
    ]
    assert all(map(needs_device, [*grid[:-1], *bounds])) and not needs_device(grid[-1])
    assert device_references(grid[-1:]) == []
    assert {cell.conversion for cell in bounds} == set(BOUNDS)


def test_with_a_device_its_conversions_are_the_family_and_others_are_named(tmp_path):
    of_device = device_conversions("cuda")
    assert select_conversions(None, "all", of_device=of_device) == of_device
    named = select_conversions(["torch.tensor", "pinned.to+sync"], of_device=of_device)
    assert [each.name for each in named] == ["torch.tensor", "pinned.to+sync"]
    file = tmp_path / "own.py"
    file.write_text(OWN)
    *_, returning, there = select_conversions(None, "core", file, of_device)
    assert (returning.name, there.name, there.device) == ("mine", "mine+sync", "cuda")
    with pytest.raises(UsageError, match="'mine' is to_device: give run --device"):
        select_conversions(None, "core", file)
