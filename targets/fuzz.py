"""Reads mutated results files, guided by coverage, and says how each was answered.

    python targets/fuzz.py --mutations 100000

Seeds are a process file and the run record of results/reference, cut short, a noise profile, and the
pytest-benchmark files of every version under tests/store/history, as JSON and as JSON Lines. A mutation
changes bytes (libFuzzer's own) or structure: values replaced, keys lost or repeated, parts of the tree
swapped, files cut short. What gave a traceback, took over 5 s of processor time or was read wrongly is kept in the
folder named by --findings, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import math
import mmap
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

HANG = 5.0
DEEP_EVERY = 25
"""Every so many mutations are taken through estimates and tables too: that costs fifty times a reading."""
COUNTS = ("tried", "read", "refused", "commands", "traceback", "hang", "wrong figure", "slowest, µs")

# Written as they stand: some are no JSON, and some no Python number.
HOSTILE = [
    b"null", b"true", b"0", b"-1", b"1e400", b"-1e400", b"NaN", b"Infinity", b"-Infinity", b"1e-320", b"0.1",
    b"9" * 400, b"9" * 5000, b'""', b'"x"', b'"\\u001b[31m"', b'"\\ud800"', b'"[bold]"', b'"\\u0000"', b"[]", b"{}",
    b"[null]", b"[[1]]", b'["1"]', b"[1e400]", b"[true]", b'{"a":1,"a":2}', b"[" * 60 + b"]" * 60,
    b"[" * 150 + b"]" * 150,
    b"2", b"1", b"99", b'"nan"', b'{"schema":1}', b'{"schema":2}', b'{"brand_raw":1}', b'"2026-13-45T99:00:00"',
    b'"9999-12-31T23:59:59-23:59"', b"[0.1,0.2]", b"[0.1,null]", b"[-0.1]", b"[1" + b",1" * 300 + b"]",
    b'"UNSERIALIZABLE[x]"',
]  # fmt: skip


class Raw(bytes):
    """A piece of text that is written into a mutated file as it stands."""


def seeds() -> list[bytes]:
    """Return the files that mutations start from."""
    reference = ROOT / "results" / "reference"
    process = json.loads((reference / "process-0001.json").read_text())
    process["benchmarks"] = process["benchmarks"][:3]
    record = json.loads((reference / "run.json").read_text())
    record["plan"]["cells"] = record["plan"]["cells"][:3]
    history = [json.loads(path.read_text()) for path in sorted((ROOT / "tests" / "store" / "history").glob("*.json"))]
    for report in history:
        report["benchmarks"] = report["benchmarks"][:4]
    found = [json.dumps(content).encode() for content in (process, record)]
    found.append(noise_seed(record["machine"]["machine"], record["method"]))
    found += [json.dumps(content).encode() for content in history]
    found.append(b"\n".join(json.dumps(report).encode() for report in history[:3]))
    return found


def noise_seed(machine: str, method: dict[str, Any]) -> bytes:
    """Return a noise profile as the harness writes it, of a comparison that is made up."""
    import pandas as pd

    from copycost.analyse.noise_profile import noise_profile, write_profile

    rows = [(64, True, 1.01, "same"), (64, False, 1.02, "same"), (4096, False, 1.03, "faster")]
    cells = pd.DataFrame(rows, columns=["bytes", "shares_memory", "ratio", "verdict"])
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "noise.json"
        write_profile(path, noise_profile([cells], machine=machine, method=method))
        return path.read_bytes()


def mutated(
    data: bytes, max_size: int, seed: int, whole: Sequence[bytes], bytes_only: Callable[[bytes, int], bytes]
) -> bytes:
    """Return a file changed in its structure, or, one time in three and where it is no JSON, in its bytes.

    Every other time it is a seed that is changed: of what is changed again and again nothing is left to read.
    """
    draw = random.Random(seed)
    if draw.random() < 1 / 2:
        data = draw.choice(whole)
    if draw.random() < 1 / 3:
        return bytes_only(data, max_size)
    lines = data.split(b"\n") if b"\n" in data.strip() else [data]
    place = draw.randrange(len(lines))
    try:
        content = json.loads(lines[place])
    except (ValueError, RecursionError):
        return bytes_only(data, max_size)
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        content = change(content, draw)
    lines[place] = written(content)
    if draw.random() < 0.05:
        lines.insert(draw.randrange(len(lines) + 1), lines[place])
    made = b"\n".join(lines)
    if draw.random() < 0.05:
        made = made[: draw.randrange(len(made) + 1)]
    return made[:max_size]


def change(content: Any, draw: random.Random) -> Any:
    """Return a tree with one place in it changed."""
    if not isinstance(content, dict | list) or not content:
        return Raw(draw.choice(HOSTILE))
    parent = content
    while True:
        keys = list(parent) if isinstance(parent, dict) else list(range(len(parent)))
        key = draw.choice(keys)
        child = parent[key]
        if not isinstance(child, dict | list) or not child or draw.random() < 0.25:
            break
        parent = child
    kind = draw.randrange(6)
    if kind == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent, list):
        parent.append(child)
    elif kind == 1:
        parent[draw.choice(["copycost", "stats", "data", "name", "x", "conversion", "schema"])] = child
    elif kind == 2:
        other = draw.choice(keys)
        parent[key], parent[other] = parent[other], child
    elif kind == 3 and isinstance(child, float):
        parent[key] = child * draw.choice([-1, 0, 1e3, 1e30, 1e300])
    else:
        parent[key] = Raw(draw.choice(HOSTILE))
    return content


def written(content: Any) -> bytes:
    """Return a tree as text; Python's own writer knows no raw pieces."""
    if isinstance(content, Raw):
        return bytes(content)
    if isinstance(content, dict):
        return b"{" + b",".join(json.dumps(str(k)).encode() + b":" + written(v) for k, v in content.items()) + b"}"
    if isinstance(content, list):
        return b"[" + b",".join(map(written, content)) + b"]"
    return json.dumps(content).encode()


class Reading:
    """Reads one file after another in every way that there is, and counts what became of it."""

    def __init__(self, folder: Path, findings: Path, counts: mmap.mmap) -> None:
        """Lay out a folder with what is read beside the mutated file."""
        self.folder = folder
        self.findings = findings
        self.counts = memoryview(counts).cast("q")
        self.run = folder / "run"
        self.run.mkdir()
        process = seeds()[0]
        (self.run / "process-0001.json").write_bytes(process)
        (folder / "mixed").mkdir()
        (folder / "mixed" / "good.json").write_bytes(seeds()[-5])

    def __call__(self, data: bytes) -> None:
        """Read a file's content; what goes wrong is counted and kept, and the next one is read."""
        self._add("tried")
        begun = time.process_time()
        try:
            refused = self.refuses(data)
        except WrongFigureError as error:
            self._keep("wrong figure", data, str(error))
        except Exception:
            self._keep("traceback", data, traceback.format_exc())
        else:
            self._add("refused" if refused else "read")
        took = time.process_time() - begun
        self.counts[COUNTS.index("slowest, µs")] = max(self.counts[COUNTS.index("slowest, µs")], int(1e6 * took))
        if took > HANG:
            self._keep("hang", data, f"{took:.1f} s of processor time")

    def refuses(self, data: bytes) -> bool:
        """Read a file's content in every way, and return whether each of them refused it."""
        from copycost.analyse.noise_profile import read_profile
        from copycost.store.loading import load
        from copycost.store.parametrised import read_parametrised
        from copycost.store.record import read_record

        path = self.folder / "some.json"
        path.write_bytes(data)
        (self.run / "run.json").write_bytes(data)
        loaded = answered(load, path)
        answered(read_parametrised, path)
        profile = answered(read_profile, path)
        record = answered(read_record, self.run)
        if loaded is not None:
            check(data, loaded)
        if self.counts[0] % DEEP_EVERY == 0:
            if loaded is None and record is None and profile is None:
                self._skipped(path)
            self._command(path if record is None else self.run)
        return loaded is None and record is None and profile is None

    def _command(self, path: Path) -> None:
        """Take a file or a run through a command; what it refuses must not have printed a figure."""
        from copycost.cli import main

        self._add("commands")
        good = self.folder / "mixed" / "good.json"
        commands = (
            ["show", str(path)],
            ["export", str(path)],
            ["export", "--format", "json", str(path)],
            ["explain", str(path)],
            ["machines", str(path), str(good)],
            ["history", "run", "--results", str(self.folder)],
            ["compare", str(path), str(good), "--anyway"],
            ["compare", str(path), str(path), "--anyway", "--format", "markdown"],
            ["report", str(path), "--out", str(self.folder / "report.html")],
            ["docs", str(path), "--out", str(self.folder / "docs")],
            ["plot", str(path), "--format", "svg", "--out", str(self.folder / "plots")],
            ["import", str(path), "--results", str(self.folder / "imported")],
            ["export", str(path), "--format", "parquet", "--out", f"{self.folder}/exported/"],
        )
        for name in ("imported", "exported"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()) as told:
            status = main([*commands[self.counts[COUNTS.index("commands")] % len(commands)]])
        out.flush()
        printed = out.buffer.getvalue()
        if status not in (0, 1, 2) or (status == 2 and (printed or told.getvalue().count("\n") != 1)):
            raise WrongFigureError(f"status {status} with {printed[:200]!r} and {told.getvalue()[:500]!r}")
        if re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", printed) and status == 0 and b"," not in printed:
            raise WrongFigureError(f"a control character in a table: {printed[:2000]!r}")

    def _skipped(self, path: Path) -> None:
        from copycost.store.loading import load

        told: list[object] = []
        frame = load([path, self.folder / "mixed" / "good.json"], on_bad=told.append)
        if not told or set(frame["run"].unique()) != {"good"}:
            raise WrongFigureError("a refused file's figures are in the frame")

    def _add(self, name: str) -> None:
        self.counts[COUNTS.index(name)] += 1

    def _keep(self, kind: str, data: bytes, text: str) -> None:
        self._add(kind)
        name = hashlib.sha256("".join(text.splitlines()[-3:]).encode()).hexdigest()[:12]
        self.findings.mkdir(parents=True, exist_ok=True)
        (self.findings / f"{name}.json").write_bytes(data)
        (self.findings / f"{name}.txt").write_text(f"{kind}\n{text}")


class WrongFigureError(Exception):
    """A figure was read that the file does not hold."""


def answered(read: Callable[..., Any], *values: Any, **named: Any) -> Any:
    """Return what a reader returns, None where it refuses in one line."""
    from copycost.errors import UsageError

    try:
        return read(*values, **named)
    except UsageError as error:
        if "\n" in str(error):
            raise WrongFigureError(f"a refusal of several lines: {error}") from error
        return None


def check(data: bytes, rounds: Any) -> None:
    """Compare the times in a frame with those that a plain reading of the file finds."""
    expected = []
    for benchmark in plain(data):
        stats = benchmark["stats"]
        expected += stats.get("data") or [stats["median"]]
    found = rounds["seconds"].tolist()
    if sorted(found) != sorted(map(float, expected)) or not all(0 <= one < math.inf for one in found):
        raise WrongFigureError(f"{len(found)} rounds read, {len(expected)} in the file")


def plain(data: bytes) -> list[dict[str, Any]]:
    """Return the benchmarks of a file, JSON or JSON Lines, as the standard library reads it."""
    text = data.decode("utf-8-sig")
    try:
        contents = [_with_nulls(text)]
    except ValueError:
        contents = [_with_nulls(line) for line in text.split("\n") if line.strip()]
    return [benchmark for content in contents for benchmark in content["benchmarks"]]


def _with_nulls(text: str) -> Any:
    """Return the content of a JSON text; what JSON has not, NaN and Infinity, is not known."""
    return json.loads(text, parse_constant=lambda _: None)


def work(arguments: argparse.Namespace) -> None:
    """Fuzz in this process; libFuzzer ends it."""
    import atheris

    with atheris.instrument_imports(include=["copycost.store", "copycost.analyse.noise_profile"]):
        import copycost.analyse.noise_profile
        import copycost.store.loading
        import copycost.store.parametrised
        import copycost.store.record  # noqa: F401

    with open(arguments.counts, "r+b") as file:
        reading = Reading(arguments.folder, arguments.findings, mmap.mmap(file.fileno(), 8 * len(COUNTS)))
    corpus = arguments.folder / "corpus"
    corpus.mkdir()
    whole = seeds()
    for number, seed in enumerate(whole):
        if reading.refuses(seed):
            raise SystemExit(f"seed {number} is refused: what it is of would never be read")
        (corpus / str(number)).write_bytes(seed)

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        return mutated(data, max_size, seed, whole, atheris.Mutate)

    options = [f"-runs={arguments.mutations}", f"-seed={arguments.seed}", "-max_len=40000", "-timeout=300"]
    options += ["-rss_limit_mb=4096", "-print_final_stats=0", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], reading, custom_mutator=mutate)
    atheris.Fuzz()


def table(counts: dict[str, int], seconds: float) -> str:
    """Return what was tried and found as a Markdown table."""
    rows = [
        ("mutated files tried", "100,000", f"{counts['tried']:,}"),
        ("read, every time as a plain reading finds it", "", f"{counts['read']:,}"),
        ("refused in one line", "", f"{counts['refused']:,}"),
        (
            "of these through show, export, compare, machines, history, explain, report, docs, plot or import",
            "",
            f"{counts['commands']:,}",
        ),
        ("tracebacks", "0", f"{counts['traceback']:,}"),
        ("over 5 s", "0", f"{counts['hang']:,}"),
        ("wrong figures, or figures of a refused file", "0", f"{counts['wrong figure']:,}"),
        ("slowest, processor time", "5 s", f"{counts['slowest, µs'] / 1e6:.2f} s"),
        ("time for all", "", f"{seconds:.0f} s"),
    ]
    lines = ["| what | target | measured |", "| --- | --- | --- |"]
    return "\n".join(lines + [f"| {what} | {target} | {measured} |" for what, target, measured in rows])


def main() -> int:
    """Fuzz in a process of its own, print the table, and return 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutations", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--counts", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.counts:
        work(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counts_file = folder / "counts"
        counts_file.write_bytes(bytes(8 * len(COUNTS)))
        (folder / "work").mkdir()
        begun = time.monotonic()
        own = ["--counts", str(counts_file), "--folder", str(folder / "work")]
        command = [sys.executable, __file__, *sys.argv[1:], *own]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        counts = dict(zip(COUNTS, memoryview(counts_file.read_bytes()).cast("q"), strict=True))
    print(table(counts, time.monotonic() - begun))
    found = counts["traceback"] + counts["hang"] + counts["wrong figure"]
    if done.returncode or counts["tried"] < arguments.mutations:
        print(
            f"the fuzzer ended early ({done.returncode}):", *done.stderr.splitlines()[-15:], sep="\n", file=sys.stderr
        )
        return 1
    if found:
        print(f"what was found is in {arguments.findings}", file=sys.stderr)
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
