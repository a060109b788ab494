"""The yardstick: the same cells by plain pytest-benchmark with its defaults, as most people would write it."""

import numpy as np
import pytest
import torch

CONVERSIONS = {
    "torch.from_numpy": torch.from_numpy,
    "torch.tensor": torch.tensor,
    "torch.Tensor": torch.Tensor,
    "t.numpy": lambda t: t.numpy(),
    "t.clone.numpy": lambda t: t.clone().numpy(),
}


@pytest.mark.parametrize("size", [4**power for power in range(13)])
@pytest.mark.parametrize("conversion", CONVERSIONS)
def test_conversion(benchmark, conversion, size):
    """Time one conversion of `size` float64 elements."""
    array = np.random.default_rng(0).random(size)
    source = torch.from_numpy(array).clone() if conversion.startswith("t.") else array
    benchmark(CONVERSIONS[conversion], source)
