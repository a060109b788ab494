"""Calls commands in odd environments, drawn at random, and says which ended in a traceback, by a signal or not at all.

    python targets/environments.py --trials 500

Each trial draws a command, a standard output and a standard error (pipes, one whose reader has gone, terminals, a
full device, none at all), a locale, a terminal's name, limits of the system, a user, a home, a temporary folder and a
current folder. A command may refuse with status 2 and a line; what is called a fault is a traceback or a library's
warning on either stream, another status although both streams were whole, a signal, and no end within two minutes. A
trial is repeated by its number: --only 17. The user that no system knows needs root, and an interpreter that everybody
may use; without, trials are this user's.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pty
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
HANG = 120.0
STRANGER = 54321
"""A user that no system knows."""
SUSPECT = re.compile(r"Traceback \(most recent|Exception ignored|Warning:|Error in sys\.|Fatal Python error")

COMMANDS = [
    "--help",
    "--version",
    "list",
    "show RUN",
    "show RUN --format json",
    "show RUN --format csv",
    "show RUN --where dtype=float64",
    "show nowhere",
    "explain RUN",
    "compare RUN RUN --anyway",
    "machines RUN RUN",
    "history reference --path RUNS",
    "export RUN --format csv --out OUT/cells.csv",
    "plot RUN --out OUT/plots --chart cost",
    "report RUN --out OUT/report.html",
    "docs RUN --out OUT/docs",
    "run --size no-size",
    "run --resume nowhere",
]
LOCALES = [
    {},
    {"LC_ALL": "C"},
    {"LC_ALL": "POSIX", "PYTHONUTF8": "0"},
    {"LC_ALL": "xx_YY.UTF-8"},
    {"LANG": ""},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "shift_jis"},
    {"PYTHONIOENCODING": "utf-16"},
]
TERMINALS = [
    {},
    {"TERM": "dumb"},
    {"TERM": "no-such"},
    {"COLUMNS": "1"},
    {"COLUMNS": "x", "LINES": "-1"},
    {"COLUMNS": "100000"},
    {"NO_COLOR": "1"},
    {"FORCE_COLOR": "1"},
]
LIMITS = [
    None,
    ("NOFILE", 24),
    ("NOFILE", 64),
    ("FSIZE", 0),
    ("FSIZE", 5000),
    ("AS", 2**30),
    ("AS", 2**29),
    ("STACK", 2**18),
    ("NPROC", 1),
    ("MEMLOCK", 0),
]
STREAMS = ["pipe", "pipe", "pipe", "terminal", "full", "none", "no reader", "file"]
FOLDERS = ["plain", "removed", "read-only", "of modules", "of a strange name"]
HOMES = ["usual", "none", "missing", "a file"]


def everybody_may_run() -> bool:
    """Return whether this is root, and the interpreter and this clone are everybody's to read."""
    places = [Path(path).resolve() for path in (sys.executable, ROOT, sys.prefix)]
    folders = {folder for place in places for folder in place.parents}
    return os.geteuid() == 0 and all(folder.stat().st_mode & 0o001 for folder in folders)


class Trial:
    """One command in one environment, the same for the same number."""

    def __init__(self, number: int, runs: Path, scratch: Path) -> None:
        """Draw what is varied; ``runs`` has a run named reference."""
        self.number, self.runs, self.scratch = number, runs, scratch
        drawn = random.Random(number)
        self.command = drawn.choice(COMMANDS)
        self.output, self.errors = drawn.choice(STREAMS), drawn.choice(STREAMS)
        self.locale, self.terminal = drawn.choice(LOCALES), drawn.choice(TERMINALS)
        self.limit = drawn.choice(LIMITS)
        self.folder, self.home, self.temporary = drawn.choice(FOLDERS), drawn.choice(HOMES), drawn.choice(HOMES)
        self.stranger = drawn.random() < 0.4 and everybody_may_run()
        self.no_input = drawn.random() < 0.2
        self.ignores_pipe = drawn.random() < 0.3

    def __str__(self) -> str:
        """Return what was drawn, on one line."""
        limit = f"{self.limit[0]} {self.limit[1]}" if self.limit else "no limit"
        user = "a stranger" if self.stranger else "this user"
        return (
            f"trial {self.number}: {self.command} | output {self.output}, errors {self.errors}, {self.locale}, "
            f"{self.terminal}, {limit}, folder {self.folder}, home {self.home}, temporary {self.temporary}, {user}"
            f"{', no input' if self.no_input else ''}{', SIGPIPE ignored' if self.ignores_pipe else ''}"
        )

    def faults(self) -> list[str]:
        """Run the command and return what is wrong with how it ended."""
        place = self.scratch / str(self.number)
        current = place / ("plain" if self.folder != "of a strange name" else "a\nb \udcff ü -x")
        for folder in (current, place / "out"):
            folder.mkdir(parents=True)
        if self.folder == "of modules":
            for name in ("json", "numpy", "pytest", "click", "copycost"):
                (current / f"{name}.py").write_text("raise SystemError('taken from the current folder')\n")
        if self.stranger:
            for folder in (current, place / "out"):
                os.chown(folder, STRANGER, STRANGER)
        if self.folder == "read-only":
            current.chmod(0o555)
        words = [
            word.replace("RUNS", str(self.runs))
            .replace("RUN", str(self.runs / "reference"))
            .replace("OUT", str(place / "out"))
            for word in self.command.split()
        ]
        said, status = self._call([sys.executable, "-P", str(ROOT / "bench_runner.py"), *words], current, place)
        shutil.rmtree(place, ignore_errors=True)
        found = []
        if status is None:
            found.append(f"no end within {HANG:.0f} s")
        elif status < 0 and -status != signal.SIGPIPE:
            found.append(f"ended by signal {-status}")
        elif status == 130 and "OpenBLAS" in said:
            pass  # NumPy's own end where no thread may be started
        elif status not in (0, 2, -signal.SIGPIPE) and {self.output, self.errors} <= {"pipe", "terminal", "file"}:
            found.append(f"status {status}")
        if SUSPECT.search(said):
            found.append(f"said: …{said[-600:]}")
        return found

    def _call(self, command: list[str], current: Path, place: Path) -> tuple[str, int | None]:
        kept: list[bytes] = []
        ends, readers = [], []
        for kind in (self.output, self.errors):
            end, reader = _stream(kind, place, kept)
            ends.append(end)
            readers += [reader] if reader else []
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON"))
        }
        # CPython cuts a .pyc short where no file may grow, and takes it for whole the next time.
        environment |= {"PYTHONDONTWRITEBYTECODE": "1"} | self.locale | self.terminal
        for name, choice in (("HOME", self.home), ("TMPDIR", self.temporary)):
            if choice == "none":
                environment.pop(name, None)
            elif choice != "usual":
                environment[name] = "/nowhere/at/all" if choice == "missing" else "/etc/hostname"
        process = subprocess.Popen(
            command,
            cwd=current,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=ends[0],
            stderr=ends[1],
            preexec_fn=lambda: self._begin(current),
            start_new_session=True,
        )
        for end in ends:
            os.close(end)
        try:
            status: int | None = process.wait(HANG)
        except subprocess.TimeoutExpired:
            status = None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for reader in readers:
            reader.join(10)
        kept += [path.read_bytes() for path in place.glob("stream-*")]
        return b"".join(kept).decode("utf-8", "replace"), status

    def _begin(self, current: Path) -> None:
        if self.folder == "removed":
            os.rmdir(current)
        if self.ignores_pipe:
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        else:
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        if self.stranger:
            os.setgroups([])
            os.setgid(STRANGER)
            os.setuid(STRANGER)
        for number, kind in enumerate((self.output, self.errors), 1):
            if kind == "none":
                os.close(number)
        if self.no_input:
            os.close(0)
        if self.limit:
            resource.setrlimit(getattr(resource, f"RLIMIT_{self.limit[0]}"), (self.limit[1], self.limit[1]))


def _stream(kind: str, place: Path, kept: list[bytes]) -> tuple[int, threading.Thread | None]:
    """Return a descriptor to write to, and what reads the other end into ``kept``."""
    if kind == "full":
        return os.open("/dev/full", os.O_WRONLY), None
    if kind == "none":
        return os.open(os.devnull, os.O_WRONLY), None
    if kind == "file":
        path = place / f"stream-{len(list(place.iterdir()))}"
        end = os.open(path, os.O_RDWR | os.O_CREAT)
        return end, None
    reading, writing = pty.openpty() if kind == "terminal" else os.pipe()
    if kind == "no reader":
        os.close(reading)
        return writing, None
    reader = threading.Thread(target=_read, args=(reading, kept), daemon=True)
    reader.start()
    return writing, reader


def _read(end: int, kept: list[bytes]) -> None:
    with contextlib.suppress(OSError):  # what a terminal answers when its last writer has gone
        while piece := os.read(end, 65536):
            kept.append(piece)
    os.close(end)


def main() -> None:
    """Run the trials and print the faulty ones and the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--only", type=int, help="one trial, by its number")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no trial after so long")
    options = parser.parse_args()
    began, faulty, done = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        scratch.chmod(0o777)
        runs = scratch / "results"
        (runs / "reference").mkdir(parents=True)
        for path in sorted((ROOT / "results" / "reference").glob("*.json"))[-4:]:
            shutil.copy(path, runs / "reference")

        def tried(number: int) -> tuple[Trial, list[str]] | None:
            if time.monotonic() - began > options.seconds:
                return None
            trial = Trial(number, runs, scratch)
            return trial, trial.faults()

        numbers = range(options.trials) if options.only is None else [options.only]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for result in pool.map(tried, numbers):
                if result is None:
                    continue
                trial, faults = result
                done += 1
                if faults or options.only is not None:
                    print(trial, *faults, sep="\n  ", flush=True)
                faulty += bool(faults)
    print(f"{done} trials in {time.monotonic() - began:.0f} s, {faulty} of them faulty")
    sys.exit(1 if faulty or not done else 0)


if __name__ == "__main__":
    main()
