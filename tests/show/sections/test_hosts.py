import gc
import weakref

import pytest

from copycost.analyse.run import Run
from copycost.analyse.run_files import RunFiles
from copycost.analyse.select import select
from copycost.show.render import markdown, terminal
from copycost.show.sections.hosts import hosts_document
from tests.made_up import Law, machine_facts, made_up_rounds, write_run


@pytest.fixture
def tree(tmp_path):
    for number in range(3):
        rounds = made_up_rounds(Law(runs=(f"host-{number}",)), seed=number)
        write_run(tmp_path / f"host-{number}", rounds, record={"cluster": {"other_tasks": number}})
    return tmp_path


def runs(folder):
    return [Run(path.name, path) for path in sorted(folder.iterdir())]


def told(folder, by=("cpu_model",)):
    return terminal.render(hosts_document(runs(folder), by))


def test_the_hosts_of_a_cluster_and_what_they_differ_by_are_told(tree):
    text = told(tree)
    hosts = text.split("\n\n")[0].splitlines()
    assert hosts[0] == "hosts, the fastest first" and {line.split()[0] for line in hosts[2:]} == {
        f"host-{number}" for number in range(3)
    }
    assert all("AMD EPYC" in line and "complete" in line and "%" in line for line in hosts[2:])
    assert sorted(line.split()[-2] for line in hosts[2:]) == ["0", "1", "2"]
    assert "what hosts of one kind differ by: AMD EPYC" in text and "alike" in text


def test_pooled_figures_of_a_kind_are_shown_with_their_doubts_as_those_of_a_run(tree):
    text = told(tree)
    assert "\nfloat64, NumPy → PyTorch\n" in text and "time per call; ± half of the 95% interval" in text
    assert "torch.tensor" in text and "µs" in text


def test_kinds_have_tables_of_their_own(tree):
    for number in range(2):
        rounds = made_up_rounds(Law(runs=(f"other-{number}",)), seed=number)
        write_run(tree / f"other-{number}", rounds, record={"machine": machine_facts() | {"cpu_model": "Xeon"}})
    text = told(tree)
    assert "float64, machine AMD EPYC, NumPy → PyTorch\n" in text and "float64, machine Xeon, NumPy" in text
    assert "differ by: AMD EPYC\n" in text and "differ by: Xeon\n" in text


def test_the_document_is_markdown_too(tree):
    text = markdown.render(hosts_document(runs(tree), ("cpu_model",)))
    assert "| `host-0` |" in text and "differ by" in text


def test_the_rounds_of_one_host_at_a_time_are_in_memory_and_each_is_read_once(tree, monkeypatch):
    rounds, loaded = [], RunFiles.loaded.func

    def read(run):
        gc.collect()
        assert [each for each in rounds if each() is not None] == []
        own = loaded(run)
        rounds.append(weakref.ref(own.rounds))
        return own

    monkeypatch.setattr(RunFiles.loaded, "func", read)
    assert "alike" in told(tree)
    assert len(rounds) == 3


def test_hosts_that_are_kept_apart_are_only_ranked(tree):
    text = told(tree, ())
    assert "host-2" in text and "differ by" not in text and "torch.tensor" not in text


def test_a_host_alone_says_that_nothing_can_be_told(tmp_path):
    write_run(tmp_path / "host-0")
    assert "is not known" in told(tmp_path)


def test_what_is_not_known_of_other_tasks_is_a_dash(tmp_path):
    write_run(tmp_path / "host-0")
    assert told(tmp_path).splitlines()[2].split()[-2] == "–"


def test_no_control_character_of_a_record_reaches_the_terminal(tmp_path):
    write_run(tmp_path / "host-0", record={"status": "\x1b[31mcomplete"})
    assert "\x1b" not in told(tmp_path)


def test_a_clusters_run_that_is_selected_has_the_same_hosts(tree):
    fleet = tree.rename(tree.with_name("fleet"))
    (fleet / "cluster.json").write_text("{}")
    assert "fleet/host-0" in terminal.render(hosts_document(select([str(fleet)], fleet), ()))
