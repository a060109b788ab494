import json
import os
import sys
from pathlib import Path

import pytest

from copycost.catalogue import sandbox
from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import CONVERSIONS
from copycost.measure import counting
from copycost.measure.allocator import Heap
from copycost.measure.counting import Counter, count_cell
from copycost.measure.plan import MeasurePlan

torch = pytest.importorskip("torch")

# As callgrind 3.24 writes it, without the functions between.
DUMP = "version: 1\ncreator: callgrind-3.24.0\nevents: Ir\nsummary: {0}\n\nfn=(1) f\n1 {0}\ntotals: {0}\n"


class Valgrind:
    """What torch's requests do under callgrind: instructions are counted between every two of them until a dump."""

    def __init__(self, monkeypatch, folder, numbers):
        self.file, self.numbers, self.dumps, self.begun, self.total = folder / "out", iter(numbers), 0, False, 0
        monkeypatch.setattr(torch._C, "_valgrind_supported_platform", lambda: True)
        monkeypatch.setattr(torch._C, "_valgrind_toggle", self.toggle)
        monkeypatch.setattr(torch._C, "_valgrind_toggle_and_dump_stats", self.dump)
        monkeypatch.setattr(Counter, "look", lambda self: None)

    def work(self, instructions):
        if self.begun:
            self.total += next(self.numbers) if instructions is None else instructions

    def toggle(self):
        self.begun = not self.begun

    def dump(self):
        assert self.begun
        self.begun = False
        self.dumps += 1
        Path(f"{self.file}.{self.dumps}").write_text(DUMP.format(self.total))
        self.total = 0


def test_a_count_is_the_mean_over_heaps_and_leaves_no_file(tmp_path, monkeypatch):
    valgrind, stirred = Valgrind(monkeypatch, tmp_path, [100, 130, 700]), []
    counter = Counter(valgrind.file)
    assert counter.count(valgrind.work, None, 3, lambda: stirred.append(valgrind.begun)) == 310
    assert stirred == [False] * 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size, calls", [(1, 5), (2**17, 5), (2**17 + 1, 1)])
def test_the_empty_block_is_taken_out_and_the_rest_shared_among_the_calls(tmp_path, monkeypatch, size, calls):
    valgrind = Valgrind(monkeypatch, tmp_path, [])
    monkeypatch.setattr(counting, "block", lambda _, calls: lambda source: [valgrind.work(1000) for _ in range(calls)])
    monkeypatch.setattr(counting, "empty_block", lambda: lambda source: valgrind.work(70))
    cell = Cell("torch.from_numpy", "to_tensor", "float64", size)
    own = CONVERSIONS["torch.from_numpy"]
    assert count_cell(own, cell, Heap(), Counter(valgrind.file), lambda: None) == pytest.approx(1000 - 70 / calls)


def test_a_call_that_raises_while_it_is_counted_leaves_nothing_to_the_next(tmp_path, monkeypatch):
    valgrind = Valgrind(monkeypatch, tmp_path, [])
    counter = Counter(valgrind.file)

    def breaks(source):
        valgrind.work(1000)
        if valgrind.begun:
            raise ValueError("no")

    with pytest.raises(ValueError):
        counter.count(breaks, None, 3, lambda: None)
    assert counter.count(lambda source: valgrind.work(70), None, 3, lambda: None) == 70


def test_a_torch_without_the_requests_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(torch._C, "_valgrind_supported_platform", lambda: False)
    with pytest.raises(RuntimeError, match="cannot tell valgrind"):
        Counter(tmp_path / "out")


def test_valgrind_that_cannot_be_told_is_an_error_and_not_a_count_of_nothing(monkeypatch):
    monkeypatch.setattr(torch._C, "_valgrind_supported_platform", lambda: True)

    class Ended:
        returncode = 1

        def poll(self):
            return self.returncode

    monkeypatch.setattr(counting.subprocess, "Popen", lambda *_, **__: Ended())
    with pytest.raises(RuntimeError, match="could not be told to count"):
        Counter(Path("out")).look()


def test_a_conversion_that_raises_costs_its_own_count(tmp_path, monkeypatch, capfd):
    (tmp_path / "mine.py").write_text(
        "from copycost import conversion\n"
        "@conversion('bad', 'to_tensor', 'copies')\n"
        "def bad(a):\n    print('no event')\n    raise SystemExit(3)\n"
    )
    valgrind = Valgrind(monkeypatch, tmp_path, [])
    cells = (Cell("bad", "to_tensor", "float64", 64), Cell("torch.from_numpy", "to_tensor", "float64", 1))
    plan = MeasurePlan(cells, conversions_file=str(tmp_path / "mine.py"))
    plan.write(tmp_path / "plan.json")
    monkeypatch.setattr(sandbox, "die_with_parent", lambda: None)
    kept, threads = os.dup(1), torch.get_num_threads()
    try:
        counting.main(str(tmp_path / "plan.json"), str(valgrind.file))
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        torch.set_num_threads(threads)
        counting.gc.enable()
    sys.stdout.flush()
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines() if line.startswith("{")]
    assert [event["event"] for event in events] == ["started", "preparing", "failed", "preparing", "counted", "ready"]
    assert events[2]["error"] == "SystemExit: 3"
    assert events[4] == {"event": "counted", "cell": cells[1].id, "instructions": 0.0}
