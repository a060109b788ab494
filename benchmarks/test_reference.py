"""What bounds every figure: the empty call below it."""

import pytest


@pytest.mark.cells("reference")
def test_reference(cell, workbench, benchmark):
    """Time one reference."""
    workbench.visit(benchmark, cell)
