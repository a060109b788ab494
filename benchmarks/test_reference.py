"""What bounds every figure: the empty call below it."""

import pytest


@pytest.mark.cells("reference")
def test_reference(cell, worker, benchmark):
    """Time one reference."""
    worker.visit(benchmark, cell)
