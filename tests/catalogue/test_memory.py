"""Addresses alone do not prove sharing, and neither does the name of a conversion."""

import numpy as np
import pytest
import torch

from copycost.catalogue.memory import result_bytes, shares_memory


def test_a_view_shares_and_a_copy_does_not():
    array = np.arange(16.0)
    assert shares_memory(torch.from_numpy, array, torch.from_numpy(array)) is True
    assert shares_memory(torch.tensor, array, torch.tensor(array)) is False


@pytest.mark.parametrize("step", [1, 2, -1])
def test_views_with_strides_share(step):
    array = np.arange(16.0)[::step]
    assert shares_memory(lambda a: a[1:], array, array[1:]) is True


def test_elements_between_those_of_the_source_are_not_shared():
    whole = np.arange(16.0)
    even, odd = whole[::2], whole[1::2]
    assert shares_memory(lambda a: a.copy(), even, odd) is False


def test_a_list_shares_when_one_of_its_arrays_does():
    arrays = [np.arange(4.0), np.arange(4.0)]
    second = torch.from_numpy(arrays[1])
    assert shares_memory(lambda given: torch.from_numpy(given[1]), arrays, second) is True


def test_nothing_is_not_shared():
    assert shares_memory(torch.from_numpy, np.empty(0), torch.empty(0)) is None


@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")
def test_the_source_is_never_written_to():
    array = np.arange(16.0)
    array.setflags(write=False)
    shares_memory(torch.as_tensor, array, torch.as_tensor(array.view()))
    assert np.array_equal(array, np.arange(16.0))


def test_bytes_of_tensors_arrays_and_lists():
    assert result_bytes(torch.empty(3, 4, dtype=torch.int16)) == 24
    assert result_bytes(np.empty((3, 4), "float32")) == 48
    assert result_bytes([1.5] * 100) > 100 * (8 + 24)
    assert result_bytes([]) > 0
