"""What it costs to turn a list of NumPy arrays into one PyTorch tensor."""

import pytest


@pytest.mark.cells("list_to_tensor")
def test_list_to_tensor(cell, workbench, benchmark):
    """Time one conversion of a list of arrays."""
    workbench.visit(benchmark, cell)
