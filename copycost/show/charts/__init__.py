"""Charts of runs and comparisons: `registry` names them, `gallery` draws them into files."""
