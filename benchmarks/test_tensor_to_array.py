"""What it costs to turn a PyTorch tensor into a NumPy array."""

import pytest


@pytest.mark.cells("to_array")
def test_tensor_to_array(cell, worker, benchmark):
    """Time one conversion of a tensor."""
    worker.visit(benchmark, cell)
