"""Values are the same when every element that is looked at is."""

import numpy as np
import pytest
import torch

from copycost.catalogue.values import (
    LIMIT,
    as_array,
    dtype_name,
    same,
    shape_of,
    size_of,
    snapshot,
)


def test_the_same_needs_shape_and_values():
    assert same(np.arange(4), np.arange(4))
    assert not same(np.arange(4), np.arange(4).reshape(2, 2))
    assert not same(np.arange(4), np.arange(1, 5))
    assert same([np.arange(4)], [np.arange(4)])
    assert not same([np.arange(4)], [])


def test_not_a_number_is_the_same_as_itself():
    assert same(np.array([np.nan, 1]), np.array([np.nan, 1]))


def test_tolerance_is_relative():
    assert same(np.array([1e6]), np.array([1e6 + 1]), 1e-5)
    assert not same(np.array([1e-6]), np.array([2e-6]), 1e-5)


def test_a_snapshot_does_not_follow_its_source():
    array = np.zeros(4)
    before = snapshot(array)
    array[0] = 1
    assert not before.any()


@pytest.mark.parametrize("shape", [(3 * LIMIT,), (2048, 2048)])
def test_a_snapshot_of_much_is_bounded(shape):
    taken = snapshot(np.zeros(shape, np.int8))
    assert taken.ndim == len(shape)
    assert LIMIT / 5 < taken.size <= LIMIT


def test_shapes_and_sizes_of_everything_a_conversion_returns():
    assert shape_of([[1, 2, 3], [4, 5, 6]]) == (2, 3)
    assert shape_of(1.5) == ()
    assert size_of(torch.empty(2, 3)) == 6
    assert size_of([]) == 0


def test_dtypes_of_everything_a_conversion_returns():
    assert dtype_name(torch.empty(1)) == "torch.float32"
    assert dtype_name(np.empty(1)) == "float64"
    assert dtype_name([[1]]) == "list of list of int"
    assert dtype_name([]) == "list of nothing"
    assert dtype_name(True) == "bool"


def test_every_tensor_has_values_as_an_array():
    assert as_array(torch.ones(2, dtype=torch.bfloat16)).tolist() == [1, 1]
    assert as_array(torch.ones(2, requires_grad=True)).tolist() == [1, 1]
    assert as_array(torch.tensor([1j]).conj()).tolist() == [-1j]
