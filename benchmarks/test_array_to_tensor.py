"""What it costs to turn a NumPy array into a PyTorch tensor."""

import pytest


@pytest.mark.cells("to_tensor")
def test_array_to_tensor(cell, worker, benchmark):
    """Time one conversion of an array."""
    worker.visit(benchmark, cell)
