"""`run` for real: a few cells, real processes, everything where it is said to be."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import copycost
from copycost.commands.run import _measure_and_present, _present, comparable
from copycost.show.charts import gallery
from tests.made_up import Law, made_up_rounds, write_run

ROOT = Path(__file__).parents[2]


def bench_runner(*arguments, **options):
    command = [sys.executable, str(ROOT / "bench_runner.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("main-job")


@pytest.fixture(scope="module")
def done(folder):
    own = folder / "mine.py"
    own.write_text(
        "from copycost import conversion\n"
        "@conversion('mine.twice', direction='to_tensor', documented='copies')\n"
        "def twice(a):\n"
        "    import torch\n"
        "    return torch.tensor(torch.tensor(a).numpy())\n"
    )
    return bench_runner(
        "run", "--conversions", own, "--dtype", "float32,float64", "--size", "1,4096",
        "--processes", 3, "--name", "small", "--out", folder / "results", "--plots", folder / "plots",
        cwd=folder,
    )  # fmt: skip


def test_it_succeeds_and_says_where_everything_is(done, folder):
    assert done.returncode == 0, done.stderr
    assert str(folder / "results" / "small") in done.stdout
    assert str(folder / "plots" / "small") in done.stdout
    assert "torch.from_numpy" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_the_results_hold_every_cell_with_its_evidence(done, folder):
    rounds = copycost.open(folder / "results" / "small").rounds
    cells = copycost.estimate(rounds)
    shares = {(row.conversion, row.dtype): row.shares_memory for row in cells.itertuples() if row.size > 1}
    assert shares == {
        ("torch.from_numpy", "float32"): True,
        ("torch.from_numpy", "float64"): True,
        ("torch.tensor", "float32"): False,
        ("torch.tensor", "float64"): False,
        ("torch.Tensor", "float32"): True,
        ("torch.Tensor", "float64"): False,
        ("t.numpy", "float32"): True,
        ("t.numpy", "float64"): True,
        ("t.clone.numpy", "float32"): False,
        ("t.clone.numpy", "float64"): False,
        ("mine.twice", "float32"): False,
        ("mine.twice", "float64"): False,
    }
    # However few rounds were quiet, every process has measured every cell.
    assert (rounds.groupby(["conversion", "dtype", "size"], observed=True)["process"].nunique() == 3).all()


def test_the_record_is_complete_and_names_no_host(done, folder):
    text = (folder / "results" / "small" / "run.json").read_text()
    record = json.loads(text)
    assert record["status"] == "complete"
    assert len(record["processes"]) == 3
    assert os.uname().nodename not in json.dumps(record["machine"])
    assert (folder / "plots" / "small" / "cost.svg").exists()


def test_ctrl_c_keeps_what_was_measured_and_says_how_to_go_on(folder):
    command = [
        sys.executable, str(ROOT / "bench_runner.py"), "run", "--preset", "quick", "--size", "1,64",
        "--precision", "0.1%", "--layouts", "1", "--name", "stopped", "--out", str(folder / "results"),
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=folder) as process:
        first = folder / "results" / "stopped" / "process-0001.json"
        while not first.exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert "kept" in said and "show" in said and "Traceback" not in said
    assert json.loads((folder / "results" / "stopped" / "run.json").read_text())["status"] == "interrupted"
    shown = bench_runner("show", "stopped", "--results", folder / "results", cwd=folder)
    assert shown.returncode == 0 and "interrupted" in shown.stdout


def test_the_arms_of_a_run_are_compared_with_the_first_when_it_ends(tmp_path, capsys):
    law = Law(processes=6, sessions=3)
    parts = [(law, "base", 1), (replace(law, factor=1.5), "slow", 2), (replace(law, factor=0.5), "fast", 3)]
    rounds = [made_up_rounds(replace(law, arm=arm), seed=seed) for law, arm, seed in parts]
    for number, own in enumerate(rounds):  # the arms take turns
        own["process"] = 3 * own["process"] - 2 + number
    folder = write_run(tmp_path / "arms", pd.concat(rounds, ignore_index=True))
    record = SimpleNamespace(settings=SimpleNamespace(folder=folder), wall_seconds=9.0, timed_seconds=5.0)
    record.processes, record.resumptions, record.failed = [], [], []
    record.counts, record.first_calls = {}, {}
    _present(record, tmp_path / "charts")
    told = capsys.readouterr().out
    assert told.index("arms@slow against arms@base") < told.index("arms@fast against arms@base")
    assert "30 slower of 30 cells" in told and "30 faster of 30 cells" in told
    assert told.index("torch.from_numpy(a) shares memory and takes") < told.index("bytes  torch.from_numpy")
    assert f"next:    python bench_runner.py explain {folder}" in told


@pytest.mark.parametrize("width", [80, 120, 200])
def test_what_a_run_ends_with_is_as_wide_as_was_asked_and_breaks_no_word(tmp_path, capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.chdir(tmp_path)
    run = write_run(Path("results") / "nightly-2026-01-02-h1", made_up_rounds(Law(contended=0.97, visits=6)))
    error = "RuntimeError: the process was ended by a signal that came from somebody who has not said why he sent it"
    failed = [{"conversion": name, "kind": "signal", "error": error} for name in ("mine", "my.other-conversion")]
    record = SimpleNamespace(settings=SimpleNamespace(folder=run), wall_seconds=9.0, timed_seconds=5.0, failed=failed)
    record.processes, record.resumptions, record.first_calls = [], [{}, {}], {}
    record.counts = {"base": {"failed": {"torch.from_numpy-float64-1": error}, "instructions": {}}}
    _present(record, Path("plots") / run.name)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    ending = lines[lines.index(f"results: {run}") :]
    words = f"failed: mine: {error} failed: my.other-conversion: {error} next: python bench_runner.py explain".split()
    assert {*words, "nightly-2026-01-02-h1", f"plots/{run.name}", "compared"} <= set(" ".join(ending).split())


def test_figures_of_a_machine_that_is_never_quiet_are_not_to_be_compared():
    busy = Law(contended=0.97, visits=6)
    assert not comparable(copycost.estimate(made_up_rounds(busy)))
    assert comparable(copycost.estimate(made_up_rounds(Law(contended=0.3))))


def test_a_charts_folder_that_cannot_be_made_is_refused_before_anything_is_measured(folder):
    (folder / "file").write_text("")
    done = bench_runner(
        "run", "--size", "1", "--name", "refused", "--out", folder / "results", "--plots", folder / "file"
    )
    assert done.returncode == 2
    assert "cannot be made" in done.stderr and done.stderr.count("\n") == 1
    assert not (folder / "results" / "refused").exists()


def test_nothing_is_written_but_where_it_is_said_to_be(done, folder):
    assert {path.name for path in folder.iterdir()} <= {"mine.py", "results", "plots", "__pycache__", "file"}
    kept = (folder / "results" / "small").rglob("*")
    content = b"".join(path.read_bytes() for path in kept if path.is_file())
    for word in (folder, Path.home(), ROOT):
        assert os.fsencode(word) not in content


@pytest.mark.parametrize("at", ["table", "charts"])
def test_ctrl_c_while_a_run_is_told_says_that_it_is_complete(tmp_path, monkeypatch, capsys, at):
    folder = write_run(tmp_path / "results" / "made-up", made_up_rounds(Law(processes=3, visits=1)))
    settings = SimpleNamespace(folder=folder, name="made-up", layout_reason=None, budget=60.0, precision=0.01)
    record = SimpleNamespace(status="complete", processes=[1, 2, 3], failed=[], settings=settings)
    monkeypatch.setattr("copycost.run.execution.execute", lambda *_, **__: record)
    saved = []

    def interrupted(*words):
        saved.append(words)
        if at == "table" or len(saved) == 3:
            raise KeyboardInterrupt
        return save(*words)

    save = gallery.save
    name = "copycost.commands.run.deliver_document" if at == "table" else "copycost.show.charts.gallery.save"
    monkeypatch.setattr(name, interrupted)
    assert _measure_and_present(settings, tmp_path / "plots") == 130
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("interrupted after the last measurement: the run is complete; see it with: ")
    assert line.endswith(f"show {folder}")
    drawn = [path for path in (tmp_path / "plots").rglob("*") if path.is_file()]
    assert len({path.stem.removesuffix(".alt") for path in drawn}) == len(saved) - 1
    assert all(path.suffix in (".svg", ".png", ".txt") and path.stat().st_size for path in drawn)
