import json

import numpy as np
import pytest

from copycost.errors import UsageError
from copycost.show.charts.gallery import draw_all
from copycost.show.charts.provenance import data_hash, read_provenance
from tests.show.charts.made_up import MACHINE, cells, rounds

FRAME = cells(dtypes=("float32",), sizes=(1, 64))


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_a_file_says_where_it_comes_from(tmp_path, ending):
    frame = cells(dtypes=("float32",), sizes=(1, 64), run="run (1) \\ é <b>")
    draw_all(frame, tmp_path, ["cost"], machine=MACHINE, formats=[ending], provenance={"extra": "mine"})
    found = read_provenance(tmp_path / f"cost.{ending}")
    assert found["runs"] == ["run (1) \\ é <b>"]
    assert found["machines"] == ["AMD EPYC 2c 3f9a1c"]
    assert found["measured_with"] == {"numpy": "2.4.6", "torch": "2.13.0"}
    assert found["data"] == data_hash(frame)
    assert found["extra"] == "mine"
    assert "/" not in json.dumps(found).replace("</", "")


def test_the_hash_is_of_the_data_not_of_their_order():
    assert data_hash(FRAME) == data_hash(FRAME.sample(frac=1, random_state=1))


def test_another_figure_is_another_hash_but_the_last_digits_do_not_count():
    changed, nearly = FRAME.copy(), FRAME.copy()
    changed.loc[0, "seconds"] *= 1.001
    nearly["seconds"] = np.nextafter(nearly["seconds"], 1)
    assert data_hash(changed) != data_hash(FRAME)
    assert data_hash(nearly) == data_hash(FRAME)


def test_rounds_count_where_they_are_shown():
    some, others = rounds(FRAME, 5, seed=1), rounds(FRAME, 5, seed=2)
    assert data_hash(FRAME, some) != data_hash(FRAME, others)


@pytest.mark.parametrize("name", ["foreign.svg", "foreign.png", "foreign.pdf", "missing.svg"])
def test_a_file_that_is_not_ours_is_refused(tmp_path, name):
    if not name.startswith("missing"):
        (tmp_path / name).write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    with pytest.raises(UsageError, match="not a chart that copycost wrote"):
        read_provenance(tmp_path / name)
