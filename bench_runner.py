"""The entry point: `python bench_runner.py` measures, collects and plots; `--help` names the rest."""

import os
import sys

# Nothing that lies beside this file is to be taken for a library, but the package. Places are not made
# absolute, which none can be where the current folder is gone.
here = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [place for place in sys.path if os.path.normpath(place) != here]

import runpy  # noqa: E402

runpy.run_path(f"{here}/copycost/measure/safe_path.py")["begin"]()

from copycost.cli import main  # noqa: E402

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:] or ["run"]))
