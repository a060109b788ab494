from copycost.show.report.machines_section import machines_section
from copycost.show.report.source import read_sources
from tests.made_up import Law, core_cells, machine_facts, made_up_rounds, write_run
from tests.show.report.suites import scaling_suite


def runs(folder, names, **changed):
    rounds = made_up_rounds(Law(processes=3, visits=1), core_cells(sizes=(1,)))
    for number, name in enumerate(names):
        machine = machine_facts() | ({"cpu_model": f"CPU {number}"} if changed.get("cpus") else {})
        write_run(folder / name, rounds, record={"machine": machine})
    return read_sources([str(folder / name) for name in names], folder)


def values(table, name):
    return next(list(column.values) for column in table.columns if column.name == name)


def test_facts_stand_beside_their_values_and_the_method_below(tmp_path):
    section = machines_section(runs(tmp_path, "a"))
    table, method = section.blocks
    facts = dict(zip(values(table, "fact"), values(table, "run-0"), strict=True))
    assert facts["CPU"] == "AMD EPYC" and facts["memory"] == "8 GiB"
    assert "canary: python-100" in method.lines[1]


def test_of_many_machines_what_differs_is_shown_and_what_is_common_said_once(tmp_path):
    table, common, _ = machines_section(runs(tmp_path, "abcd", cpus=True)).blocks
    assert values(table, "cpu_model") == [f"CPU {number}" for number in range(4)]
    assert "cores: 2" in common.lines[0] and "CPU" not in common.lines[0].split("machine:")[0]


def test_another_suites_file_tells_what_it_knows(tmp_path):
    (table,) = machines_section(read_sources([str(scaling_suite(tmp_path / "theirs.json"))], tmp_path)).blocks
    assert "Some CPU" in values(table, "run-0")
