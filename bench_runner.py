"""The entry point: `python bench_runner.py` measures, collects and plots; `--help` names the rest."""

import sys

from copycost.cli import main

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:] or ["run"]))
