import numpy as np
import pytest

from copycost.analyse.select import select_one
from copycost.show.document import Document
from copycost.show.render import markdown
from copycost.show.sections.crossovers import bandwidth_blocks, crossover_blocks, regime_start
from tests.analyse.laws import machine_cells
from tests.made_up import Law, made_up_rounds, write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    rounds = made_up_rounds(Law(processes=6, visits=1, rounds=3, offset=0.005), machine_cells())
    return select_one(str(write_run(folder / "mine", rounds)), folder)


def text(blocks):
    return markdown.render(Document("", blocks))


def test_crossovers_have_intervals_and_answers_stand_without_a_size(run):
    said = text(crossover_blocks(run.crossovers))
    assert "costs 10× torch.from&#95;numpy" in said or "costs 10× torch.from_numpy" in said
    assert " KiB to " in said
    at_once = [line for line in said.splitlines() if "smallest size" in line]
    assert at_once and all("| – |" in line for line in at_once)


def test_the_call_is_told_once_for_each_curve(run):
    said = text(bandwidth_blocks(run.model))
    assert "page-fault bound" in said
    rows = [line for line in said.splitlines() if line.startswith("| `torch.tensor`")]
    assert [line.split(" | ")[1] == "–" for line in rows] == [False] + [True] * (len(rows) - 1) and len(rows) > 1


def test_only_a_kink_has_a_place_and_other_borders_lie_between_two_sizes(run):
    rows = run.model[(run.model["conversion"] == "torch.tensor") & (run.model["regime"] > 0)]
    assert regime_start(rows.iloc[-1]) == "between 8 MiB and 32 MiB"  # all bytes cost more once there are page faults
    said = text(bandwidth_blocks(run.model))
    assert "| between 8 MiB and 32 MiB |" in said and "| 16 MiB |" not in said


def test_nothing_to_tell_leaves_the_tables_out(run):
    assert crossover_blocks(run.crossovers.iloc[:0]) == ()
    assert bandwidth_blocks(run.model.assign(gb_per_s=np.nan)) == ()
