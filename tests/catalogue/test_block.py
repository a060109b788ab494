"""A block makes as many calls as it says, through local names, and keeps no result."""

import dis

import numpy as np
import pytest
import torch

from copycost.catalogue.block import block, call, empty_block
from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import CORE, EXTENDED, Conversion
from copycost.catalogue.sources import source

ALL = CORE + EXTENDED
pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries warn about some conversions


def given(conversion):
    return source(Cell(conversion.name, conversion.direction, "float64", 16))


def counting(calls):
    def function(value):
        calls.append(value)

    return Conversion("counted", "to_tensor", "function(a)", "may copy", "user", function)


@pytest.mark.parametrize("conversion", ALL, ids=lambda conversion: conversion.name)
def test_every_conversion_runs_alone_and_in_a_block(conversion):
    assert call(conversion)(given(conversion)) is not None
    assert block(conversion, 3)(given(conversion)) is None


@pytest.mark.parametrize("conversion", ALL, ids=lambda conversion: conversion.name)
def test_the_timed_statement_looks_nothing_up_by_a_global_name(conversion):
    operations = {instruction.opname for instruction in dis.get_instructions(block(conversion, 2))}
    assert not operations & {"LOAD_GLOBAL", "LOAD_NAME"}


def test_a_block_makes_as_many_calls_as_asked_for():
    calls = []
    block(counting(calls), 7)("source")
    assert calls == ["source"] * 7


def test_each_result_is_dropped_before_the_next_call():
    alive, most = [0], [0]

    class Result:
        def __init__(self):
            alive[0] += 1
            most[0] = max(most[0], alive[0])

        def __del__(self):
            alive[0] -= 1

    conversion = Conversion("x", "to_tensor", "", "may copy", "user", lambda value: Result())
    block(conversion, 5)(None)
    assert most[0] == 1


def test_blocks_are_compiled_once():
    assert block(ALL[0], 5) is block(ALL[0], 5)
    assert block(ALL[0], 5) is not block(ALL[0], 6)
    assert empty_block() is empty_block()


def test_the_empty_block_has_the_shape_of_a_block_and_does_nothing():
    full, empty = block(ALL[0], 1), empty_block()
    assert empty(np.zeros(1)) is None
    assert len(empty.__defaults__) == len(full.__defaults__)
    assert not any("CALL" in instruction.opname for instruction in dis.get_instructions(empty))


def test_frombuffer_is_told_the_dtype_of_its_source():
    conversion = next(each for each in ALL if each.name == "torch.frombuffer")
    for dtype in ("float32", "int16", "complex128"):
        assert call(conversion)(np.ones(4, dtype)).dtype == getattr(torch, dtype)


def test_a_block_of_no_calls_is_refused():
    with pytest.raises(ValueError, match="at least one call"):
        block(ALL[0], 0)


def test_a_function_that_the_library_lacks_is_an_attribute_error():
    conversion = Conversion("x", "to_tensor", "torch.from_nowhere(a)", "shares", "core")
    with pytest.raises(AttributeError, match="from_nowhere"):
        call(conversion)
