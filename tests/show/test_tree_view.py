import pytest

from copycost.show.summary import print_run
from copycost.show.tree_view import tree_text
from tests.made_up import Law, core_cells, machine_facts, made_up_rounds, write_run

ROUNDS = made_up_rounds(Law(processes=1, visits=1), core_cells((16,), ("float32",)))


@pytest.fixture
def tree(tmp_path):
    for number in range(3):
        created = f"2026-01-0{number + 1}T00:00:00+00:00"
        write_run(tmp_path / "tree" / f"run-{number}", ROUNDS, record={"created": created})
    return tmp_path / "tree"


def test_a_few_runs_have_a_row_each(tree, capsys):
    print_run(tree)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "tree: 3 runs of 1 machine"
    assert [line.split()[0] for line in lines[2:5]] == ["run-0", "run-1", "run-2"]
    assert "2026-01-02" in lines[3] and "complete" in lines[3] and "100%" in lines[3]


def test_many_runs_have_a_row_for_each_machine(tree, monkeypatch):
    monkeypatch.setattr("copycost.show.tree_view.FEW", 2)
    lines = tree_text(tree).splitlines()
    assert lines[0] == "tree: 3 runs of 1 machine"
    assert lines[2].startswith("AMD EPYC 2c 3f9a1c  3     2026-01-03  2.13.0")


def test_of_more_machines_than_there_is_room_for_the_rest_is_counted(tree, monkeypatch):
    import json

    for number in range(3):
        path = tree / f"run-{number}" / "process-0001.json"
        content = json.loads(path.read_text())
        content["machine_info"]["copycost"] = machine_facts() | {"machine": f"machine {number}"}
        path.write_text(json.dumps(content))
    monkeypatch.setattr("copycost.show.tree_view.FEW", 2)
    monkeypatch.setattr("copycost.show.tree_view.MOST_ROWS", 1)
    text = tree_text(tree)
    assert "3 runs of 3 machines" in text and "machine 0" in text and "machine 1" not in text
    assert "and 2 more machines" in text


def test_what_cannot_be_read_is_told_and_the_rest_is_shown(tree):
    (tree / "run-1" / "process-0001.json").write_text("{")
    told = []
    assert "2 runs of 1 machine" in tree_text(tree, told.append) and len(told) == 1
