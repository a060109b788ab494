import json
import math

import numpy as np
import pytest

from copycost.run.progress import Progress
from copycost.run.settings import settle
from tests.made_up import CLOCK, Law, core_cells, made_up_rounds, process_json

CELLS = core_cells(sizes=(1, 4096), dtypes=("float64",))


@pytest.fixture
def settings(tmp_path):
    return settle(preset="quick", dtypes="float64", sizes="1,4096", out=tmp_path, name="run", budget="60s")


def add(progress, folder, processes, **law):
    rounds = made_up_rounds(Law(processes=processes, visits=2, **law), CELLS)
    for number, own in rounds.groupby("process"):
        path = folder / f"process-{number:04d}.json"
        path.write_text(json.dumps(process_json(own, run="run", arm="base", process=number), default=np.generic.item))
        progress.add(path)
    return progress


def test_nothing_is_known_at_first(settings):
    progress = Progress(settings)
    assert progress.processes == progress.precise == 0 and progress.cells.empty and math.isnan(progress.quiet_share)


def test_intervals_are_known_from_three_processes_on(settings, tmp_path):
    two, three = (add(Progress(settings), tmp_path, number) for number in (2, 3))
    measured = [cell.id for cell in settings.cells if cell.conversion == "torch.tensor"]
    assert all(math.isinf(two.half_widths[cell]) for cell in measured)
    assert all(three.half_widths[cell] < 0.05 for cell in measured) and three.precise > 0


@pytest.mark.parametrize("canary", [True, False])
def test_what_is_known_is_in_seconds_as_a_person_would_time_them(settings, tmp_path, canary):
    cells = add(Progress(settings), tmp_path, 3, canary=canary).cells.set_index(["conversion", "size"])["seconds"]
    for cell in CELLS:
        assert cells[cell.conversion, cell.size] == pytest.approx(cell.seconds, rel=0.05)
    assert CLOCK < 1e-3  # so that a figure at another clock would have been far off
