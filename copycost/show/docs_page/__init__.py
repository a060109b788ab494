"""A page of documentation made from a run: Markdown with charts, every figure taken from the run."""
