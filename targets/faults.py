"""Prints what becomes of a run that is killed, of full disks and of two writers.

    python targets/faults.py --out /tmp/faults

Real runs of a few cells, some at a time; their figures are of no interest. Full disks and folders that
cannot be written are small file systems of their own, which only root can mount; without it the size of
files is limited instead, and permissions are taken away.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import copycost
from copycost.catalogue.sandbox import descendants

sys.path.insert(0, str(Path(__file__).parents[1]))
from targets.conversions import left_running

ROOT = Path(__file__).parents[1]
GRID = ("--size", "1,64", "--dtype", "float64", "--no-references", "--precision", "0.1%", "--budget", "10min")
PROCESSES = 3

#: No disturbed run of a few seconds may take longer to end.
LONGEST_SECONDS = 300.0


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    said: str


def command(*arguments: object) -> list[str]:
    """Return a command line of bench_runner.py."""
    return [sys.executable, str(ROOT / "bench_runner.py"), *map(str, arguments)]


def bench_runner(*arguments: object, **options: Any) -> Done:
    """Run a command of bench_runner.py."""
    done = subprocess.run(
        command(*arguments), capture_output=True, text=True, errors="replace", start_new_session=True, **options
    )
    return Done(done.returncode, done.stderr)


def quiet(*arguments: object) -> subprocess.Popen[bytes]:
    """Start a command of bench_runner.py whose words nobody reads."""
    return subprocess.Popen(
        command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def run_options(out: Path, name: str, processes: int = PROCESSES) -> tuple[object, ...]:
    """Return the options of a small run."""
    grid = (*GRID, "--conversion", "torch.from_numpy", "--processes", processes)
    return ("run", *grid, "--name", name, "--out", out, "--plots", out / "plots")


def hashes(folder: Path) -> dict[str, str]:
    """Return the digest of every process file in a run's folder."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("process-*.json")}


def wrong_with(folder: Path, before: dict[str, str], processes: int = PROCESSES) -> str:
    """Return what is wrong with a run that should be complete, or nothing."""
    record = json.loads((folder / "run.json").read_text())
    files = [entry["file"] for entry in record["processes"]]
    if record["status"] != "complete":
        return f"its status is {record['status']}"
    if files != [f"process-{number:04d}.json" for number in range(1, processes + 1)]:
        return f"its processes are {files}"
    if {name: found for name, found in hashes(folder).items() if name in before} != before:
        return "a finished process was lost or measured again"
    left = [entry.name for entry in folder.iterdir() if entry.name in (".lock", ".scratch") or entry.suffix == ".tmp"]
    if left or set(hashes(folder)) != set(files):
        return f"it holds {left} and {sorted(hashes(folder))}"
    rounds = copycost.open(folder).rounds
    if not (rounds.groupby(["conversion", "size"], observed=True)["process"].nunique() == processes).all():
        return "a cell is missing in a process"
    return ""


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the command itself."""
    process.kill()


def ask_all(process: subprocess.Popen[bytes]) -> None:
    """Ask all processes of a command to end, in any order, as systemd and SLURM do."""
    group = [process.pid, *descendants(process.pid)]
    for pid in random.sample(group, len(group)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def stop_one(process: subprocess.Popen[bytes]) -> None:
    """Stop a session or a measuring process, and never continue it: the command has to go on without."""
    started = descendants(process.pid)
    if started:
        with contextlib.suppress(ProcessLookupError):
            os.kill(random.choice(started), signal.SIGSTOP)


#: What is done to a run at a random moment, and the beginning of its run's name.
ENDINGS = {
    "kill -9": ("killed", kill),
    "SIGTERM to all processes": ("asked", ask_all),
    "a session or measuring process stopped": ("stopped", stop_one),
}


def disturbed_and_resumed(number: int, out: Path, phases: list[float], how: str) -> str:
    """Disturb a run at a random moment of a random phase, resume it, and return when that was, or what is wrong."""
    begins, disturb = ENDINGS[how]
    name = f"{begins}-{number}"
    folder = out / name
    with quiet(*run_options(out, name)) as process:
        phase = random.randrange(len(phases))
        while phase and process.poll() is None and not reached(folder, phase):
            time.sleep(0.02)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(random.uniform(0, phases[phase]))
        before = hashes(folder)
        disturb(process)
        try:
            process.wait(LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return f"WRONG: it did not end within {LONGEST_SECONDS:.0f} s"
    orphans = left_running(folder)
    if orphans:
        return f"WRONG: still running: {orphans}"
    if disturb is stop_one and process.returncode:
        return f"WRONG: exit status {process.returncode}, and not measured without what was stopped"
    moment = f"{len(before)} processes kept"
    if disturb is not stop_one:
        before = hashes(folder)
        begun, complete = (folder / "run.json").exists(), False
        if begun:
            complete = json.loads((folder / "run.json").read_text())["status"] == "complete"
            done = bench_runner("run", "--resume", folder, "--plots", out / "plots")
        else:  # nothing can be lost yet: the same command again
            done = bench_runner(*run_options(out, name))
        if done.status != (2 if complete else 0):
            return f"WRONG: exit status {done.status}: {done.said[-200:]}"
        moment = "complete" if complete else f"{len(before)} processes kept" if begun else "not begun"
    wrong = wrong_with(folder, before)
    if wrong:
        return f"WRONG: {wrong}"
    blamed = json.loads((folder / "run.json").read_text())["failed"]
    if blamed:
        return f"WRONG: blamed are {blamed}"
    return moment


def reached(folder: Path, phase: int) -> bool:
    """Say whether a run has come to a phase: 1 is begun, then one for each finished process."""
    return (folder / ("run.json" if phase == 1 else f"process-{phase - 1:04d}.json")).exists()


def phase_lengths(out: Path) -> list[float]:
    """Return the seconds that each phase of a run takes, up to the last process."""
    moments = [time.monotonic()]
    with quiet(*run_options(out, "whole")) as process:
        for phase in range(1, PROCESSES + 2):
            while process.poll() is None and not reached(out / "whole", phase):
                time.sleep(0.02)
            moments.append(time.monotonic())
    assert process.returncode == 0, "a run that nobody disturbed failed"
    return [later - earlier for earlier, later in pairwise(moments)]


def kills(out: Path, times: int, parallel: int) -> Iterator[tuple[str, str, str]]:
    """Yield a row for each way to disturb runs."""
    phases = phase_lengths(out)
    for how in ENDINGS:
        with ThreadPoolExecutor(parallel) as pool:
            found = list(pool.map(partial(disturbed_and_resumed, out=out, phases=phases, how=how), range(times)))
        good = [what for what in found if not what.startswith("WRONG")]
        for what in sorted(set(found) - set(good)):
            print(what, file=sys.stderr)
        moments = ", ".join(f"{what} {count}" for what, count in sorted(Counter(good).items()))
        target = f"{times} of {times}: nothing lost, blamed or left running"
        yield f"{how} at random moments, then resume", target, f"{len(good)} of {times} ({moments})"


@contextlib.contextmanager
def small_disk(place: Path, *options: str) -> Iterator[bool]:
    """Mount a file system of 8 MiB, and give whether that is allowed."""
    place.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", ",".join(("size=8m", *options)), "none", str(place)]
    mounted = subprocess.run(mount, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextlib.contextmanager
def filled(place: Path, process: subprocess.Popen[str], mounted: bool) -> Iterator[None]:
    """Leave no room on a small disk; where there is none, let the process write no file of more than a KiB."""
    if not mounted:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))
        yield
        return
    filler = place / "filler"
    with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(512))
    yield
    filler.unlink()


def full_disk(out: Path) -> str:
    """Fill the disk in the middle of a run, make room, resume; return yes or what is wrong."""
    place = out / "full"
    with small_disk(place) as mounted:
        folder = place / "run"
        options = (*run_options(place, "run"), "--plots", out / "plots")
        with subprocess.Popen(
            command(*options), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            while process.poll() is None and not (folder / "process-0001.json").exists():
                time.sleep(0.02)
            with filled(place, process, mounted):
                _, said = process.communicate()
        before = hashes(folder)
        if process.returncode != 2 or "Traceback" in said or "cannot be written" not in said or not before:
            return f"NO: exit status {process.returncode}: {said[-300:]}"
        len(copycost.open(folder).rounds)  # raises where a file was left half-written
        again = bench_runner("run", "--resume", folder, "--plots", out / "plots")
        wrong = wrong_with(folder, before) if again.status == 0 else again.said[-300:]
        how = "" if mounted else ", by a limit on the size of files"
        return f"NO: {wrong}" if wrong else f"yes ({len(before)} of {PROCESSES} kept, resumed{how})"


def read_only(out: Path) -> str:
    """Begin a run where nothing can be written; return yes or what is wrong."""
    place = out / "read-only"
    with small_disk(place, "ro") as mounted:
        if not mounted:
            place.chmod(0o555)
        done = bench_runner(*run_options(place, "run"))
        if done.status != 2 or done.said.count("\n") != 1:
            return f"NO: exit status {done.status}: {done.said[-300:]}"
        return "yes" if not any(place.iterdir()) else "NO: something was written"


def two_writers(out: Path, number: int) -> str:
    """Begin two runs of one name at once, or resume one twice; return yes or what is wrong."""
    name = f"shared-{number}"
    folder = out / name
    if number % 2:
        words: tuple[object, ...] = run_options(out, name, 1)
    else:
        with quiet(*run_options(out, name, 2)) as process:
            while process.poll() is None and not (folder / "process-0001.json").exists():
                time.sleep(0.02)
            process.kill()
        words = ("run", "--resume", folder, "--plots", out / "plots")
    before = hashes(folder)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: bench_runner(*words), range(2)))
    if sorted(done.status for done in both) != [0, 2]:
        return f"NO: {both}"
    refused = next(done.said for done in both if done.status == 2)
    if refused.count("\n") != 1:
        return f"NO: {refused}"
    wrong = wrong_with(folder, before, 1 if number % 2 else 2)
    return f"NO: {wrong}" if wrong else "yes"


def writers(out: Path, times: int, parallel: int) -> Iterator[tuple[str, str, str]]:
    """Yield the row of the two writers."""
    with ThreadPoolExecutor(max(1, parallel // 2)) as pool:
        found = list(pool.map(lambda number: two_writers(out, number), range(times)))
    for what in sorted(set(found) - {"yes"}):
        print(what, file=sys.stderr)
    yield "two writers into one folder", f"{times} of {times}: nothing mixed, nothing lost", f"{found.count('yes')}"


def main() -> None:
    """Do it all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="a folder that does not exist yet")
    parser.add_argument("--times", type=int, default=100, help="how often to kill, ask to end and stop a run, each")
    parser.add_argument("--kills", action="store_true", help="only kill, ask to end and stop")
    parser.add_argument("--writers", type=int, default=50, help="how often to begin a run twice")
    parser.add_argument("--parallel", type=int, default=os.cpu_count() or 1, help="runs at a time")
    typed = parser.parse_args()
    typed.out.mkdir(parents=True)
    out = typed.out.resolve()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print("| what | target | measured |\n|---|---|---|")
    for row in kills(out, typed.times, typed.parallel):
        print("|", " | ".join(row), "|", flush=True)
    if typed.kills:
        return
    print(f"| full disk | one line, what was measured is kept | {full_disk(out)} |", flush=True)
    print(f"| read-only folder | one line, nothing written | {read_only(out)} |", flush=True)
    for row in writers(out, typed.writers, typed.parallel):
        print("|", " | ".join(row), "|", flush=True)


if __name__ == "__main__":
    main()
