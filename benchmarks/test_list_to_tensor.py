"""What it costs to turn a list of NumPy arrays into one PyTorch tensor."""

import pytest


@pytest.mark.cells("list_to_tensor")
def test_list_to_tensor(cell, worker, benchmark):
    """Time one conversion of a list of arrays."""
    worker.visit(benchmark, cell)
