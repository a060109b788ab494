import json
import platform

from copycost.measure import machine


def test_facts_are_json_and_unknown_ones_are_null():
    facts = machine.describe()
    assert json.loads(json.dumps(facts)) == facts
    assert 0 not in facts.values()


def test_no_host_name_is_told(monkeypatch):
    monkeypatch.setattr(platform, "node", lambda: "secret-host")
    monkeypatch.setattr(machine, "read", lambda path: None)
    told = json.dumps(machine.for_pytest_benchmark(machine.describe()))
    assert "secret-host" not in told


def test_what_the_kernel_does_not_tell_is_none(monkeypatch):
    monkeypatch.setattr(machine, "read", lambda path: None)
    monkeypatch.setattr(machine, "_CACHES", machine.Path("/nowhere"))
    facts = machine.describe()
    assert facts["caches"] == []
    assert facts["hugepages"] is None
    assert facts["virtual"] is None


def test_caches_are_read_from_the_kernel(tmp_path, monkeypatch):
    for index, (level, kind, size, cpus) in enumerate(
        [("1", "Data", "48K", "0"), ("1", "Instruction", "32K", "0"), ("3", "Unified", "32M", "0-3,8")]
    ):
        folder = tmp_path / f"index{index}"
        folder.mkdir()
        for name, text in (("level", level), ("type", kind), ("size", size)):
            (folder / name).write_text(text)
        (folder / "shared_cpu_list").write_text(cpus)
    monkeypatch.setattr(machine, "_CACHES", tmp_path)
    assert machine.caches() == [
        {"level": 1, "type": "data", "bytes": 48 * 1024, "shared_by": 1},
        {"level": 3, "type": "unified", "bytes": 32 * 1024**2, "shared_by": 5},
    ]


def test_a_control_groups_limit_counts_as_the_memory(monkeypatch):
    monkeypatch.setattr(machine, "read", lambda path: "1073741824")
    assert machine.memory_bytes() == 1024**3


def test_the_host_name_is_told_only_when_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(platform, "node", lambda: "secret-host")
    assert "hostname" not in machine.describe()
    assert machine.describe(with_hostname=True)["hostname"] == "secret-host"
