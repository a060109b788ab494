import gc
import weakref

import pytest

from copycost.errors import UsageError
from copycost.show import host_spread_view as module
from copycost.show.host_spread_view import parse_pool, print_fleet
from copycost.show.run_view import read_run
from tests.made_up import Law, made_up_rounds, write_run


@pytest.fixture
def tree(tmp_path):
    for number in range(3):
        rounds = made_up_rounds(Law(runs=(f"host-{number}",)), seed=number)
        write_run(tmp_path / f"host-{number}", rounds, record={"cluster": {"other_tasks": number}})
    return tmp_path


def test_a_fleets_hosts_and_what_they_differ_by_are_shown(tree, capsys):
    print_fleet(tree, ("cpu_model",))
    said = capsys.readouterr().out
    for number in range(3):
        assert f"host-{number}" in said
    assert "what hosts of one kind differ by: AMD EPYC" in said
    assert "alike" in said


def test_the_rounds_of_one_host_at_a_time_are_in_memory(tree, capsys, monkeypatch):
    rounds = []

    def read(path):
        gc.collect()
        assert [one for one in rounds if one() is not None] == []
        view = read_run(path)
        rounds.append(weakref.ref(view.rounds))
        return view

    monkeypatch.setattr(module, "read_run", read)
    print_fleet(tree, ("cpu_model",))
    assert len(rounds) == 3 and "alike" in capsys.readouterr().out


def test_hosts_that_are_kept_apart_are_only_ranked(tree, capsys):
    print_fleet(tree, ())
    said = capsys.readouterr().out
    assert "host-2" in said and "differ by" not in said


def test_a_host_alone_says_that_nothing_can_be_told(tmp_path, capsys):
    write_run(tmp_path / "host-0")
    print_fleet(tmp_path, ("cpu_model",))
    assert "is not known" in capsys.readouterr().out


def test_no_control_character_of_a_record_reaches_the_terminal(tmp_path, capsys):
    write_run(tmp_path / "host-0", record={"status": "\x1b[31mcomplete"})
    print_fleet(tmp_path, ("cpu_model",))
    assert "\x1b" not in capsys.readouterr().out


def test_facts_are_parsed_and_unknown_ones_refused():
    assert parse_pool("none") == ()
    assert parse_pool("cpu_model, memory_bytes,cpu_model") == ("cpu_model", "memory_bytes")
    with pytest.raises(UsageError, match="cpu_model"):
        parse_pool("cpu_modle")
    with pytest.raises(UsageError, match="is not a fact"):
        parse_pool("")
