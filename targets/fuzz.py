"""Reads mutated results files, resumes runs of mutated run.json, and says how each was answered.

    python targets/fuzz.py --mutations 100000 --resumes 1000 --seconds 3600

Each mutation is made from its number. Typed again, the command goes on where it was ended or its time was up; the
folder named by --findings knows how far it has come. With --guided, files are mutated by what they have covered
(atheris), in one go.

Seeds are a process file and the run record of results/reference, cut short, a noise profile, and the
pytest-benchmark files of every version under tests/store/history, as JSON and as JSON Lines. A mutation
changes bytes (libFuzzer's own) or structure: values replaced, keys lost or repeated, parts of the tree
swapped, files cut short. A run of which run.json, or now and then a process file, was mutated is resumed by a session
that is made up: either one line refuses it and no file is touched, or it goes on and every process file stays as it
was. What gave a traceback, took over 5 s of processor time or was read wrongly is kept in the folder named by
--findings, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import math
import mmap
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing import get_context
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
    data: bytes,
    max_size: int,
    seed: int,
    whole: Sequence[bytes],
    bytes_only: Callable[[bytes, int], bytes] | None = None,
) -> bytes:
    """Return a file changed in its structure, or, one time in three and where it is no JSON, in its bytes.

    Every other time it is a seed that is changed: of what is changed again and again nothing is left to read.
    """
    draw = random.Random(seed)
    bytes_only = bytes_only or partial(change_bytes, draw)
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


def change_bytes(draw: random.Random, data: bytes, max_size: int) -> bytes:
    """Return a file with some of its bytes changed, left out, repeated or made up."""
    made = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 8))):
        start = draw.randrange(len(made) + 1)
        end = min(len(made), start + draw.choice((1, 1, 4, 64, 1024)))
        piece = bytes(made[start:end])
        made[start:end] = draw.choice((b"", piece * 2, draw.randbytes(len(piece)), draw.choice(HOSTILE)))
    return bytes(made[:max_size])


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


class Trying:
    """Tries one mutated file after another, and counts what became of it; `refuses` says how one is tried."""

    def __init__(self, folder: Path, findings: Path, counts: mmap.mmap) -> None:
        """Keep findings and counts where they are told."""
        self.folder = folder
        self.findings = findings
        self.counts = memoryview(counts).cast("q")

    def __call__(self, data: bytes) -> None:
        """Try a file's content; what goes wrong is counted and kept, and the next one is tried."""
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
        """Return whether a file's content is refused."""
        raise NotImplementedError

    def _add(self, name: str) -> None:
        self.counts[COUNTS.index(name)] += 1

    def _keep(self, kind: str, data: bytes, text: str) -> None:
        self._add(kind)
        name = hashlib.sha256("".join(text.splitlines()[-3:]).encode()).hexdigest()[:12]
        self.findings.mkdir(parents=True, exist_ok=True)
        (self.findings / f"{name}.json").write_bytes(data)
        (self.findings / f"{name}.txt").write_text(f"{kind}\n{text}")


class Resuming(Trying):
    """Resumes a run again and again, of which run.json is mutated each time."""

    def __init__(self, folder: Path, findings: Path, counts: mmap.mmap) -> None:
        """Lay out an interrupted run of three processes."""
        super().__init__(folder, findings, counts)
        from copycost.catalogue.cell import Cell
        from copycost.run import resume
        from copycost.run.execution import execute
        from tests.run.fake_session import FakeClock, FakeSession
        from tests.run.test_execution import Watcher, settings

        resume.why_not_fixed = lambda: None  # asked by a process of its own
        names = ("torch.tensor", "torch.from_numpy")
        cells = tuple(Cell(name, "to_tensor", "float64", size) for name in names for size in (1, 1024))
        clock = FakeClock()
        fake = FakeSession(cells, clock, fault={4: KeyboardInterrupt()}.get)
        wanted = settings(folder / "template" / "run", cells=cells, layouts=(1, 2), processes=6)
        execute(wanted, Watcher(), open_session=fake, clock=clock)
        self.template = wanted.folder
        self.whole = (wanted.folder / "run.json").read_bytes()

    def refuses(self, data: bytes) -> bool:
        """Resume the run with a record of this content, and return whether that was refused."""
        from copycost.errors import UsageError
        from copycost.run.execution import execute
        from copycost.run.resume import settle_again
        from copycost.store.writing import CannotWrite
        from tests.run.fake_session import FakeClock, FakeSession
        from tests.run.test_execution import Watcher

        draw = random.Random(data)
        run = self.folder / "run"
        shutil.rmtree(run, ignore_errors=True)
        shutil.copytree(self.template, run)
        (run / "run.json").write_bytes(data)
        if draw.random() < 0.2:
            process = run / draw.choice(sorted(path.name for path in run.glob("process-*.json")))
            process.write_bytes(mutated(process.read_bytes(), 10**6, draw.getrandbits(32), [process.read_bytes()]))
        before = _contents(run)
        clock, refused = FakeClock(), False
        try:
            settings = settle_again(str(run), out=self.folder, given={})
            fake = FakeSession(
                settings.cells, clock, fault=lambda process: KeyboardInterrupt() if process > 8 else None
            )
            execute(settings, Watcher(), resume=True, open_session=fake, clock=clock)
        except (UsageError, CannotWrite) as error:
            refused = True
            if "\n" in str(error):
                raise WrongFigureError(f"a refusal of several lines: {error}") from error
        after = _contents(run)
        kept = {name: after.get(f"damaged-{name}", after.get(name)) for name in before if name != "run.json"}
        if kept != {name: content for name, content in before.items() if name != "run.json"}:
            raise WrongFigureError("a process file was lost or changed")
        if refused and after.get("run.json") != data:
            raise WrongFigureError("a record that was refused was changed")
        return refused


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.json")}


class Reading(Trying):
    """Reads one file after another in every way that there is, and counts what became of it."""

    def __init__(self, folder: Path, findings: Path, counts: mmap.mmap) -> None:
        """Lay out a folder with what is read beside the mutated file."""
        super().__init__(folder, findings, counts)
        self.run = folder / "run"
        self.run.mkdir()
        process = seeds()[0]
        (self.run / "process-0001.json").write_bytes(process)
        (folder / "mixed").mkdir()
        (folder / "mixed" / "good.json").write_bytes(seeds()[-5])

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
        own = stats.get("data")
        expected += own if own and isinstance(own, list) else [stats["median"]]  # a text stands for rounds left out
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


def try_all(kind: str, place: int, arguments: argparse.Namespace) -> None:
    """Try every mutation of a kind whose turn is at a place, from where an earlier command has come to."""
    files = arguments.findings / f"{kind}-{place}-of-{arguments.parallel}.counts"
    if not files.exists():
        files.write_bytes(bytes(8 * len(COUNTS)))
    ends = time.monotonic() + arguments.seconds
    most = arguments.mutations if kind == "files" else arguments.resumes
    with tempfile.TemporaryDirectory() as name, open(files, "r+b") as file:
        make = Reading if kind == "files" else Resuming
        trying = make(Path(name), arguments.findings, mmap.mmap(file.fileno(), 8 * len(COUNTS)))
        whole = seeds() if isinstance(trying, Reading) else [trying.whole]
        if any(trying.refuses(seed) for seed in whole):
            raise SystemExit("a seed is refused: what it is of would never be read")
        while (number := place + arguments.parallel * trying.counts[0]) < most and time.monotonic() < ends:
            data = whole[number % len(whole)]
            for step in range(random.Random(number).choice((1, 1, 2, 3))):
                data = mutated(data, 100_000, hash((arguments.seed, number, step)), [data])
            trying(data)


def guided(arguments: argparse.Namespace) -> None:
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


def table(kind: str, target: int, counts: dict[str, int]) -> list[str]:
    """Return what was tried of a kind and found, as rows of a Markdown table."""
    what = {
        "files": ("mutated files tried", "read, every time as a plain reading finds it"),
        "resumes": ("mutated run.json resumed", "gone on, with every process file as it was"),
    }[kind]
    rows = [
        (what[0], f"{target:,}", f"{counts['tried']:,}"),
        (what[1], "", f"{counts['read']:,}"),
        ("refused in one line", "", f"{counts['refused']:,}"),
        ("of these through a command", "", f"{counts['commands']:,}"),
        ("tracebacks", "0", f"{counts['traceback']:,}"),
        ("over 5 s", "0", f"{counts['hang']:,}"),
        ("wrong figures, or anything lost", "0", f"{counts['wrong figure']:,}"),
        ("slowest, processor time", "5 s", f"{counts['slowest, µs'] / 1e6:.2f} s"),
    ]
    return [f"| {what} | {target} | {measured} |" for what, target, measured in rows]


def counted(files: Sequence[Path]) -> dict[str, int]:
    """Return what all of some files count together."""
    columns = zip(*(memoryview(file.read_bytes()).cast("q") for file in files), strict=True)
    totals = [
        max(column) if name.startswith("slowest") else sum(column) for name, column in zip(COUNTS, columns, strict=True)
    ]
    return dict(zip(COUNTS, totals, strict=True))


def main() -> int:
    """Try all mutations, some processes at a time, print the table, and return 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutations", type=int, default=100_000, help="how many mutated files to read")
    parser.add_argument("--resumes", type=int, default=1000, help="how many mutated run.json to resume")
    parser.add_argument(
        "--seconds", type=float, default=math.inf, help="time for each of the two; what is left is for later"
    )
    parser.add_argument("--parallel", type=int, default=os.cpu_count() or 1, help="processes at a time")
    parser.add_argument("--guided", action="store_true", help="mutate files by what they have covered, with atheris")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--counts", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.counts:
        guided(arguments)
    arguments.findings.mkdir(parents=True, exist_ok=True)
    print("| what | target | measured |\n| --- | --- | --- |")
    found = 0
    for kind, target in (("files", arguments.mutations), ("resumes", arguments.resumes)):
        begun = time.monotonic()
        ended_early = False
        if kind == "files" and arguments.guided:
            files, ended_early = _guided_apart(arguments)
        else:
            started = [
                get_context("spawn").Process(target=try_all, args=(kind, place, arguments))
                for place in range(arguments.parallel)
            ]
            for process in started:
                process.start()
            for process in started:
                process.join()
            ended_early = any(process.exitcode for process in started)
            files = sorted(arguments.findings.glob(f"{kind}-*-of-{arguments.parallel}.counts"))
        counts = counted(files)
        rows = [*table(kind, target, counts), f"| time of this command | | {time.monotonic() - begun:.0f} s |"]
        print(*rows, sep="\n", flush=True)
        if ended_early:
            print("a process ended early", file=sys.stderr)
        elif counts["tried"] < target:
            print(f"{target - counts['tried']:,} are left: the same command goes on with them", file=sys.stderr)
        found += counts["traceback"] + counts["hang"] + counts["wrong figure"] + ended_early
    if found:
        print(f"what was found is in {arguments.findings}", file=sys.stderr)
    return int(found > 0)


def _guided_apart(arguments: argparse.Namespace) -> tuple[list[Path], bool]:
    """Fuzz in a process of its own; return the file of its counts, and whether it ended early."""
    counts = arguments.findings / "guided.counts"
    counts.write_bytes(bytes(8 * len(COUNTS)))
    with tempfile.TemporaryDirectory() as name:
        own = ["--counts", str(counts), "--folder", name]
        done = subprocess.run(
            [sys.executable, __file__, *sys.argv[1:], *own], capture_output=True, text=True, check=False
        )
    if done.returncode:
        print(*done.stderr.splitlines()[-15:], sep="\n", file=sys.stderr)
    return [counts], done.returncode != 0


if __name__ == "__main__":
    sys.exit(main())
