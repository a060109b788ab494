"""Looks at what the main job left behind: complete, readable by pytest-benchmark, drawn."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import copycost

scratch, log = Path(sys.argv[1]), Path(sys.argv[2]).read_text()
run = scratch / "results" / "ci"

rounds = copycost.open(run).rounds
cells = copycost.estimate(rounds)
assert len(cells) == 35, f"{len(cells)} cells instead of 5 conversions x 7 sizes"
assert (cells["seconds"] > 0).all()
# How many of them were quiet is the machine's affair; that there are several is ours.
assert rounds["process"].nunique() >= 3, rounds["process"].unique()
shares = cells.groupby("conversion")["shares_memory"].all()
assert shares["torch.from_numpy"] and shares["t.numpy"] and not shares["torch.tensor"], shares

assert "\x1b" not in log, "control characters on a pipe"
assert "torch.from_numpy" in log and str(run) in log

charts = scratch / "plots" / "ci"
for chart in ("cost", "multiple", "throughput"):
    ElementTree.parse(charts / f"{chart}.svg")
    assert (charts / f"{chart}.png").stat().st_size > 10_000

process = sorted(run.glob("process-*.json"))[0]
command = [sys.executable, "-m", "pytest_benchmark", "compare", str(process)]
compared = subprocess.run(command, capture_output=True, text=True, check=True)
assert "test_array_to_tensor" in compared.stdout, compared.stdout + compared.stderr

command = [sys.executable, "bench_runner.py", "export", str(run), "--format", "csv"]
csv = subprocess.run(command, capture_output=True, text=True, check=True).stdout
assert csv.startswith("run,machine,arm,conversion,direction,dtype,size,bytes,threads,cache,seconds,ci_low,ci_high,")
assert len(csv.splitlines()) == 36
print("all as it should be: 35 cells, 3 charts, readable by pytest-benchmark")
