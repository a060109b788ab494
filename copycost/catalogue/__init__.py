"""What is measured: conversions, the grid, and the evidence of memory sharing."""
