"""bfloat16, which NumPy does not have, goes both ways by a view, and its values are checked as such."""

import numpy as np
import pytest
import torch

from copycost.catalogue.bfloat16 import array_over, bits_of, of_dtype, tensor_over
from copycost.catalogue.cell import BFLOAT16, Cell
from copycost.catalogue.conversions import CONVERSIONS, CannotConvert, Conversion, WrongResult
from copycost.catalogue.device import device_conversions
from copycost.catalogue.evidence import examine
from copycost.catalogue.sources import source

CASTS = ("torch.Tensor", "torch.FloatTensor", "torch.tensor.float32")
DEVICE = {conversion.name: conversion for conversion in device_conversions("cuda")}


def given(direction, layout="contiguous", size=64):
    return source(Cell("c", direction, BFLOAT16, size, layout=layout))


def own(function, direction="to_tensor", **more):
    return of_dtype(Conversion("mine", direction, "mine()", "may copy", "user", function, **more), BFLOAT16)


def test_another_dtype_changes_no_conversion():
    assert all(of_dtype(conversion, "float16") is conversion for conversion in CONVERSIONS.values())


@pytest.mark.parametrize("name", CONVERSIONS)
def test_what_is_documented_of_other_dtypes_is_seen_of_it(name):
    conversion = CONVERSIONS[name]
    if name in CASTS:
        with pytest.raises(CannotConvert, match=r"NumPy has no bfloat16, and .* would take its bits for whole numbers"):
            of_dtype(conversion, BFLOAT16)
        return
    found = examine(of_dtype(conversion, BFLOAT16), given(conversion.direction))
    if conversion.documented != "may copy":
        assert found.shares_memory is (conversion.documented == "shares")
    expected = {"to_array": "int16"}.get(conversion.direction, "torch.bfloat16")
    assert found.result_dtype == (expected if name != "t.tolist" else "list of float")


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("torch.from_numpy", "torch.from_numpy(a).view(torch.bfloat16)"),
        ("torch.frombuffer", "torch.frombuffer(a, dtype=torch.bfloat16)"),
        ("torch.from_numpy.clone", "torch.from_numpy(a).view(torch.bfloat16).clone()"),
        ("torch.from_numpy.stack", "torch.from_numpy(np.stack(arrays)).view(torch.bfloat16)"),
        ("torch.stack", "torch.stack([torch.from_numpy(x).view(torch.bfloat16) for x in arrays])"),
        ("t.clone.numpy", "t.clone().view(torch.int16).numpy()"),
        ("t.numpy.force", "t.view(torch.int16).numpy(force=True)"),
        ("np.from_dlpack", "np.from_dlpack(t.view(torch.int16))"),
        ("t.tolist", "t.tolist()"),
    ],
)
def test_the_view_stands_where_it_would_be_typed(name, typed):
    assert of_dtype(CONVERSIONS[name], BFLOAT16).expression == typed


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("torch.from_numpy.to+sync", "torch.from_numpy(a).view(torch.bfloat16).to('cuda'); synchronize()"),
        ("torch.tensor.device+sync", "torch.tensor(a, device='cuda').view(torch.bfloat16); synchronize()"),
        (
            "pin_memory.to.afresh",
            "torch.from_numpy(a).view(torch.bfloat16).pin_memory().to('cuda')  # pinned afresh",
        ),
        ("pinned.to", "pinned.to('cuda')"),
        ("half.to", "torch.from_numpy(a).view(torch.bfloat16).to(torch.float16).to('cuda')"),
        ("t.cpu.numpy", "t.cpu().view(torch.int16).numpy()"),
        ("t.to.cpu.non_blocking", "t.to('cpu', non_blocking=True)"),
    ],
)
def test_so_it_does_to_and_from_a_device(name, typed):
    assert of_dtype(DEVICE[name], BFLOAT16).expression == typed


def test_an_array_holds_the_bits_that_a_tensor_has():
    values = np.array([0.0, 1.0, -2.5, 3.0e38, 1e-40], "float32")
    bits = bits_of(values)
    assert bits.dtype == "int16" and bits[:2].tolist() == [0, 0x3F80]
    tensor = tensor_over(bits, BFLOAT16)
    assert tensor.dtype == torch.bfloat16 and tensor.tolist()[:3] == [0.0, 1.0, -2.5]
    assert np.shares_memory(array_over(tensor), bits) and array_over(tensor.requires_grad_()).dtype == "int16"


@pytest.mark.parametrize("layout", ["strided", "fortran", "transposed", "read-only", "memmap", "0-d"])
def test_arrays_of_every_layout_are_viewed(layout):
    found = examine(of_dtype(CONVERSIONS["torch.from_numpy"], BFLOAT16), given("to_tensor", layout))
    assert found.shares_memory is True and found.result_dtype == "torch.bfloat16"


def test_values_are_finite_and_varied():
    made = given("to_array", size=1000)
    assert made.isfinite().all() and len(made.unique()) > 100
    assert torch.equal(made, given("to_array", size=1000))


def test_own_conversions_may_view_or_cast_where_they_say_so():
    assert examine(own(torch.from_numpy), given("to_tensor")).result_dtype == "torch.int16"
    viewed = own(lambda a: torch.from_numpy(a).view(torch.bfloat16))
    assert examine(viewed, given("to_tensor")).shares_memory is True
    cast = own(lambda t: t.float().numpy(), "to_array", casts_to="float32")
    assert examine(cast, given("to_array")).result_dtype == "float32"
    with pytest.raises(WrongResult, match=r"returned float32 where bfloat16 is documented; say casts_to='float32'"):
        examine(own(lambda t: t.float().numpy(), "to_array"), given("to_array"))
    with pytest.raises(WrongResult, match=r"returned float64 where float32 is documented; say casts_to='float64'"):
        examine(own(lambda t: t.double().numpy(), "to_array", casts_to="float32"), given("to_array"))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda a: torch.from_numpy(a).to(torch.bfloat16),  # the bits as whole numbers
        lambda a: torch.from_numpy(a).view(torch.bfloat16) * 2,
        lambda a: torch.from_numpy(a).view(torch.bfloat16)[:-1],
    ],
)
def test_other_values_are_found(wrong):
    with pytest.raises(WrongResult, match="its check does not find right"):
        examine(own(wrong), given("to_tensor"))
