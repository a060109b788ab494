"""Prints what becomes of runs with conversions that misbehave, made up from kinds: who is blamed, what is left.

    python targets/conversions.py --out /tmp/conversions --conversions 300

Each run has some faulty conversions of different kinds, one of the user's that always goes well, and a built-in one.
When, at which sizes, from which direction and where (in the call itself, or in a thread of it) one misbehaves is drawn
from its number. Figures are of no interest.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import copycost

ROOT = Path(__file__).parents[1]

#: Whatever a run may need beyond its budget: failures, and one turn.
MOST_OVERRUN_SECONDS = 10.0
BUDGET_SECONDS = 20.0
LONGEST_SECONDS = 300.0
SIZES = (1, 64)
SESSIONS = 3

#: What the faulty conversions do, by the name of their kind, and the kinds of failure that the record may tell of
#: them; without any, they do no harm. Where it depends on when, no failure is right as well.
KINDS: dict[str, tuple[str, tuple[str | None, ...]]] = {
    "segfault": ("ctypes.string_at(0)", ("signal",)),
    "abort": ("os.abort()", ("signal",)),
    "hang": ("time.sleep(3600)", ("time-out",)),
    "exception": ("raise ValueError('by intention')", ("exception",)),
    "error without a text": ("raise Unspeakable", ("exception",)),
    "endless recursion": ("faulty = lambda: faulty(); faulty()", ("exception",)),
    "out of memory": ("held.extend(bytearray(2**26) for _ in range(1000))", ("memory",)),
    "os._exit": ("os._exit(0)", ("exit",)),
    "sys.exit": ("sys.exit(0)", ("exception",)),
    "another program": ("os.execv('/bin/true', ['true'])", ("exit",)),
    "descriptors leaked": ("leak()", ("exit",)),
    "descriptors leaked until it fails": ("held.extend(open(os.devnull) for _ in range(10**6))", ("exception",)),
    "standard streams closed": ("os.closerange(0, 3)", ("exit",)),
    "all other descriptors closed": ("os.closerange(3, 200)", ("exit",)),
    "no file may grow": ("resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))", ("exit",)),
    "no descriptor may be opened": ("resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))", ("exit",)),
    "process stopped": ("os.kill(os.getpid(), signal.SIGSTOP)", ("signal", "time-out")),
    "parent killed": ("os.kill(os.getppid(), 9)", ("signal",)),
    "parent interrupted": ("os.kill(os.getppid(), 2)", ("signal", "exit")),
    "group ended": ("os.killpg(0, 15)", ("signal",)),
    "alarm set": ("signal.alarm(1)", ("signal", None)),
    "source changed": ("a[...] = 0", ("wrong result", "exception")),
    "other values": ("return torch.zeros(a.shape, dtype=torch.float64)", ("wrong result",)),
    "nothing returned": ("return None", ("wrong result",)),
    "goes on twice": ("os.fork()", ("exit", "signal", "time-out", None)),
    "standard streams replaced": ("sys.stdout = sys.stderr = None", ()),
    "garbage in every descriptor": ("scatter()", ()),
    "helper left behind": ("held or held.append(os.fork() or (os.setsid(), time.sleep(600)))", ()),
    "thread left behind": ("held or held.append(threading.Thread(target=time.sleep, args=(600,)).start())", ()),
    "folder removed": ("os.chdir(tempfile.mkdtemp()); os.rmdir(os.getcwd())", ()),
    "environment emptied": ("os.environ.clear()", ()),
    "signals blocked": ("signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))", ()),
    "clock replaced": ("time.perf_counter = time.monotonic = time.time = lambda: 0.0", ()),
    "modules forgotten": ("[sys.modules.pop(name) for name in list(sys.modules) if name.startswith('json')]", ()),
}
#: Kinds whose calls take so long that few are made.
_SLOW = ("descriptors leaked", "descriptors leaked until it fails")
#: Open files of a run: leaking them takes a moment and not seconds.
_MOST_FILES = 4096
#: Kinds that are found by looking at the result of the first call, before anything is timed.
_AT_FIRST = ("source changed", "other values", "nothing returned")
_CALLS = (0, 1, 40, 400)

HEAD = """\
import contextlib, ctypes, itertools, os, resource, signal, sys, tempfile, threading, time
import torch
from copycost import conversion

held = []


class Unspeakable(Exception):
    def __str__(self):
        raise OSError


def leak():
    with contextlib.suppress(OSError):
        while True:
            held.append(open(os.devnull))


def scatter():
    for descriptor in range(3, 60):
        with contextlib.suppress(OSError):
            os.write(descriptor, b"x")


@conversion("good")
def good(a):
    return torch.tensor(a)
"""


@dataclass(frozen=True)
class Faulty:
    """A conversion that misbehaves from some call on, at some sizes."""

    number: int
    kind: str
    calls: int
    sizes: tuple[int, ...]
    direction: str
    in_thread: bool

    @property
    def name(self) -> str:
        """Return the conversion's name."""
        return f"faulty.{self.number}"

    @property
    def code(self) -> str:
        """Return the conversion as Python."""
        statement = KINDS[self.kind][0]
        if self.in_thread:
            does = [
                f"    thread = threading.Thread(target=lambda: {statement})",
                "    thread.start()",
                "    thread.join()",
            ]
        else:
            does = [f"    {statement}"]
        size = "len(a)" if self.direction == "to_tensor" else "a.numel()"
        right = "torch.tensor(a)" if self.direction == "to_tensor" else "a.clone().numpy()"
        lines = [
            f"calls_{self.number} = itertools.count(1)",
            f"@conversion({self.name!r}, direction={self.direction!r})",
            f"def faulty_{self.number}(a):",
            f"    if {size} in {self.sizes} and next(calls_{self.number}) > {self.calls}:",
            *(f"    {line}" for line in does),
            f"    return {right}",
        ]
        return "\n".join(lines) + "\n"


def drawn(number: int) -> Faulty:
    """Return the conversion of a number."""
    draw = random.Random(number)
    kind = [*KINDS][number % len(KINDS)]
    first = kind in _AT_FIRST
    ends = bool(KINDS[kind][1]) and KINDS[kind][1][0] in ("signal", "exit")  # its process, from any thread
    return Faulty(
        number,
        kind,
        0 if first else draw.choice(_CALLS[:2] if kind in _SLOW else _CALLS),
        draw.choice((SIZES, SIZES[1:])),
        "to_tensor" if first else draw.choice(("to_tensor", "to_array")),
        ends and draw.random() < 0.3,
    )


def left_running(folder: Path) -> list[str]:
    """Return the command lines of processes that still work for a run, a second after it has ended."""
    time.sleep(1.0)
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = file.read_bytes().decode(errors="replace").split("\0")
            found += [" ".join(words)] if f"--copycost-plan={folder}/" in " ".join(words) else []
    return found


def measured(out: Path, faulty: Sequence[Faulty]) -> tuple[list[str], float]:
    """Measure with faulty conversions; return what is wrong, and the seconds that the run took beyond its budget."""
    name = f"run-{faulty[0].number}"
    folder, file = out / name, out / f"{name}.py"
    file.write_text(HEAD + "\n\n" + "\n\n".join(one.code for one in faulty))
    names = ",".join([*(one.name for one in faulty), "good", "torch.from_numpy"])
    words = ("--conversion", names, "--conversions", file, "--size", ",".join(map(str, SIZES)), "--dtype", "float64")
    limits = ("--budget", f"{BUDGET_SECONDS}s", "--visit-timeout", "5s", "--memory-limit", "1500M")
    limits = (*limits, "--layouts", f"1..{SESSIONS}")
    place = ("--no-references", "--precision", "0.1%", "--name", name, "--out", out, "--plots", out / "plots")
    command = [sys.executable, str(ROOT / "bench_runner.py"), "run", *map(str, (*words, *limits, *place))]
    began = time.monotonic()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True
    ) as process:
        try:
            _, said = process.communicate(timeout=LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            process.communicate()
            return [f"{name}: it took more than {LONGEST_SECONDS:.0f} s"], time.monotonic() - began
    left = left_running(folder)
    wrong = [f"{name}: left running: {left}"] if left else []
    if "Traceback" in said or process.returncode not in (0, 1) or not (folder / "run.json").exists():
        return [*wrong, f"{name}: exit status {process.returncode}: {said[-400:]}"], time.monotonic() - began
    record = json.loads((folder / "run.json").read_text())
    told: dict[str, set[tuple[int, str]]] = {}
    for entry in record["failed"]:
        told.setdefault(entry["conversion"], set()).add((entry["size"], entry["kind"]))
    for one in faulty:
        _, allowed = KINDS[one.kind]
        found = told.pop(one.name, set())
        sizes, kinds = {size for size, _ in found}, {kind for _, kind in found}
        # An ending that says not for sure which cell it was costs all of its conversion.
        right = kinds <= set(allowed) and (sizes in (set(one.sizes), set(SIZES)) or None in allowed or not allowed)
        if not right:
            wrong.append(f"{name}: {one}: {sorted(found)}")
    wrong += [f"{name}: {other} is blamed: {sorted(found)}" for other, found in told.items()]
    rounds = copycost.open(folder).rounds
    others = rounds[rounds["conversion"].isin(["torch.from_numpy", "good"])]
    seen = others.groupby(["conversion", "size"], observed=True)["process"].nunique()
    if len(seen) < 2 * len(SIZES) or seen.min() < min(SESSIONS, len(record["processes"])):
        wrong.append(f"{name}: other cells are not complete: {seen.to_dict()}")
    return wrong, record["wall_seconds"] - BUDGET_SECONDS


def main() -> None:
    """Measure run after run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="a folder that does not exist yet")
    parser.add_argument("--conversions", type=int, default=300, help="how many to make up")
    parser.add_argument("--each", type=int, default=4, help="how many in a run")
    parser.add_argument("--first", type=int, default=0, help="the first one's number")
    parser.add_argument("--parallel", type=int, default=os.cpu_count() or 1, help="runs at a time")
    typed = parser.parse_args()
    typed.out.mkdir(parents=True)
    out = typed.out.resolve()
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MOST_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    made = [drawn(number) for number in range(typed.first, typed.first + typed.conversions)]
    groups = [made[first : first + typed.each] for first in range(0, len(made), typed.each)]
    with ThreadPoolExecutor(typed.parallel) as pool:
        found = list(pool.map(lambda group: measured(out, group), groups))
    wrong = [what for one, _ in found for what in one]
    for what in wrong:
        print(what, file=sys.stderr)
    late = sorted(seconds for _, seconds in found)
    kinds = Counter(one.kind for one in made)
    print("| what | target | measured |\n|---|---|---|")
    print(f"| conversions of {len(kinds)} kinds in {len(groups)} runs | {len(made)} | {len(wrong)} complaints |")
    over = sum(seconds > MOST_OVERRUN_SECONDS for seconds in late)
    print(
        f"| runs longer than their budget and {MOST_OVERRUN_SECONDS:.0f} s | 0 | "
        f"{over} (median {late[len(late) // 2]:+.1f} s, most {late[-1]:+.1f}) |"
    )
    shutil.rmtree(out / "plots", ignore_errors=True)
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
