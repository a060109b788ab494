"""What it costs to bring an array onto a device and back: until the call returns, and until the data is there."""

import pytest


@pytest.mark.cells("to_device")
def test_array_to_device(cell, worker, benchmark):
    """Time one call that brings an array onto the device, until it returns."""
    worker.visit(benchmark, cell)


@pytest.mark.cells("to_device_there")
def test_array_to_device_there(cell, worker, benchmark):
    """Time one call that brings an array onto the device, until the data is there."""
    worker.visit(benchmark, cell)


@pytest.mark.cells("from_device")
def test_device_to_array(cell, worker, benchmark):
    """Time one call that brings a tensor back from the device, until it returns."""
    worker.visit(benchmark, cell)


@pytest.mark.cells("from_device_there")
def test_device_to_array_there(cell, worker, benchmark):
    """Time one call that brings a tensor back from the device, until the data is there."""
    worker.visit(benchmark, cell)
