import numpy as np

from copycost.analyse.estimates import estimate
from copycost.analyse.quiet import mark_quiet
from copycost.show.sections import rounds as subject
from copycost.show.sections.rounds import rounds_chart
from tests.made_up import Law, core_cells, made_up_rounds


def chart_of(**law):
    rounds = mark_quiet(made_up_rounds(Law(processes=3, visits=4, rounds=5, **law), core_cells(sizes=(1, 64))))
    return rounds, rounds_chart(estimate(rounds), rounds).settings


def test_every_round_is_there_in_the_order_of_time():
    rounds, settings = chart_of()
    first = settings["cells"][0]
    own = rounds[(rounds["conversion"] == "torch.from_numpy") & (rounds["dtype"] == "float32") & (rounds["size"] == 1)]
    own = own.sort_values(["process", "at"], kind="stable")
    assert np.allclose(np.array(first["seconds"]) * first["scale"], own["seconds"], rtol=1e-4)
    assert first["process"] == own["process"].tolist()
    assert first["row"] == 0 and first["measured"] == len(own)


def test_contended_rounds_are_told_apart():
    _, settings = chart_of(contended=0.3)
    assert {sign for cell in settings["cells"] for sign in cell["quiet"]} == {"0", "1"}


def test_without_a_canary_it_is_not_known():
    _, settings = chart_of(canary=False)
    assert set(settings["cells"][0]["quiet"]) == {"2"}


def test_of_too_many_rounds_some_are_kept_of_each_cell(monkeypatch):
    monkeypatch.setattr(subject, "MOST", 0)
    _, settings = chart_of()
    assert {len(cell["seconds"]) for cell in settings["cells"]} == {subject.FEWEST_OF_A_CELL}
    assert {cell["measured"] for cell in settings["cells"]} == {60}
