from copycost.analyse.select import select
from copycost.show.sections.machines import machines_section
from tests.made_up import Law, core_cells, machine_facts, made_up_rounds, write_run
from tests.show.suites import scaling_suite


def runs(folder, names, **changed):
    rounds = made_up_rounds(Law(processes=3, visits=1), core_cells(sizes=(1,)))
    for number, name in enumerate(names):
        machine = machine_facts() | ({"cpu_model": f"CPU {number}"} if changed.get("cpus") else {})
        write_run(folder / name, rounds, record={"machine": machine})
    return select([str(folder / name) for name in names], folder)


def facts_of(table):
    return dict(zip(table.frame["fact"], table.frame["0"], strict=True))


def test_facts_stand_beside_their_values_and_the_method_below(tmp_path):
    machine, method = machines_section(runs(tmp_path, "a")).blocks
    assert facts_of(machine)["CPU"] == "AMD EPYC" and facts_of(machine)["memory"] == "8 GiB"
    assert facts_of(method)["canary"] == "python-100" and facts_of(method)["precision"] == "1%"


def test_two_runs_have_a_column_each(tmp_path):
    machine, _ = machines_section(runs(tmp_path, "ab", cpus=True)).blocks
    assert [column.heading for column in machine.columns] == ["fact", "a", "b"]
    cpu = machine.frame.set_index("fact").loc["CPU"]
    assert list(cpu) == ["CPU 0", "CPU 1"]


def test_of_many_machines_what_differs_is_shown_and_what_is_common_said_once(tmp_path):
    machines, common, *_ = machines_section(runs(tmp_path, "abcd", cpus=True)).blocks
    assert list(machines.frame["cpu_model"]) == [f"CPU {number}" for number in range(4)]
    assert {column.name for column in machines.columns if column.shown} == {"", "cpu_model"}
    assert "cores: 2" in common.lines[0] and "CPU" not in common.lines[0].split("machine:")[0]


def test_another_suites_file_tells_what_it_knows(tmp_path):
    (machine,) = machines_section(select([str(scaling_suite(tmp_path / "theirs.json"))], tmp_path)).blocks
    assert "Some CPU" in set(machine.frame["0"])
