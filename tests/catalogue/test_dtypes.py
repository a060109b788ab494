"""The dtypes are those that both libraries hold."""

import numpy as np
import pytest
import torch

from copycost.catalogue.dtypes import DEFAULT_DTYPES, DTYPES, ITEM_BYTES, parse_dtypes
from copycost.errors import UsageError


@pytest.mark.parametrize("dtype", DTYPES)
def test_both_libraries_hold_it_in_as_many_bytes(dtype):
    assert np.dtype(dtype).itemsize == ITEM_BYTES[dtype]
    assert torch.empty(1, dtype=getattr(torch, dtype)).element_size() == ITEM_BYTES[dtype]


def test_a_list_is_parsed_in_order_and_without_repeats():
    assert parse_dtypes("int8, float32,int8") == ("int8", "float32")


def test_all_is_every_dtype():
    assert parse_dtypes("all") == DTYPES


def test_the_defaults_are_valid():
    assert parse_dtypes(",".join(DEFAULT_DTYPES)) == DEFAULT_DTYPES


@pytest.mark.parametrize(("text", "hint"), [("flaot32", "float32"), ("", "valid: "), ("int8,", "")])
def test_an_unknown_dtype_is_answered_with_the_nearest(text, hint):
    with pytest.raises(UsageError, match=f"unknown dtype .*{hint}"):
        parse_dtypes(text)
