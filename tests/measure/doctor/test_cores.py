import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copycost.measure.doctor.cores import CHECKS
from copycost.measure.machine import cpu_list, cpu_set
from copycost.measure.probes import Probe
from tests.measure.doctor.made_up import finding, system

CPUS = "/sys/devices/system/cpu"
SIBLINGS = f"{CPUS}/cpu0/topology/thread_siblings_list"
NODES = "/sys/devices/system/node"


@settings(deadline=None)
@given(st.frozensets(st.integers(0, 300)))
def test_a_cpu_list_is_read_as_it_is_written(cpus):
    assert cpu_set(cpu_list(cpus)) == cpus


def test_a_cpu_list_is_written_as_the_kernel_does():
    assert cpu_list({8, 0, 1, 2, 3}) == "0-3,8"
    assert cpu_list([]) == ""


def test_siblings_are_noted_with_the_switch_where_there_is_one():
    found = finding(CHECKS, "SMT siblings", system({SIBLINGS: "0,4", f"{CPUS}/smt/control": "on"}))
    assert found.severity == "note"
    assert found.command == f"echo off | sudo tee {CPUS}/smt/control"
    no_switch = system({SIBLINGS: "0,4", f"{CPUS}/smt/control": "notsupported"})
    assert finding(CHECKS, "SMT siblings", no_switch).command == ""


def test_no_siblings_are_fine_but_a_guest_cannot_be_sure():
    assert finding(CHECKS, "SMT siblings", system({SIBLINGS: "0"})).severity == "fine"
    guest = finding(CHECKS, "SMT siblings", system({SIBLINGS: "0"}, facts={"virtual": "QEMU"}))
    assert guest.severity == "fine"
    assert "host" in guest.sentence


def isolated(cpus: str, *, allowed: str):
    return system({f"{CPUS}/isolated": cpus}, cpus=cpu_set(allowed))


def test_isolated_cores_that_are_not_used_are_noted():
    found = finding(CHECKS, "isolated cores", isolated("2-3", allowed="0-1"))
    assert found.severity == "note"
    assert found.command.startswith("taskset --cpu-list 2-3 ")


def test_several_threads_on_isolated_cores_are_not_spread():
    found = finding(CHECKS, "isolated cores", isolated("2-3", allowed="2-3"))
    assert found.severity == "disturbs"
    assert found.command.startswith("taskset --cpu-list 2 ")


@pytest.mark.parametrize("cpus", ["", "2-3"])
def test_one_isolated_core_is_fine_and_so_are_none(cpus):
    assert finding(CHECKS, "isolated cores", isolated(cpus, allowed="2")).severity == "fine"


def test_a_narrow_affinity_is_noted():
    machine = system({f"{CPUS}/online": "0-7"}, cpus=frozenset({1, 2}))
    found = finding(CHECKS, "affinity", machine)
    assert found.severity == "note"
    assert "1-2 (sched_getaffinity) of 0-7" in found.evidence
    assert found.command == "taskset --cpu-list --pid 0-7 $$"


def test_every_core_allowed_is_fine():
    assert finding(CHECKS, "affinity", system({f"{CPUS}/online": "0-3"})).severity == "fine"


def test_a_system_without_affinity_says_so():
    found = finding(CHECKS, "affinity", system(platform="darwin", cpus=None))
    assert found.severity == "unknown"
    assert "darwin" in found.evidence


def test_several_memory_nodes_are_noted_unless_this_process_stays_in_one():
    files = {f"{NODES}/online": "0-1", f"{NODES}/node0/cpulist": "0-3"}
    files[f"{NODES}/node1/cpulist"] = "4-7"
    found = finding(CHECKS, "NUMA nodes", system(files, cpus=frozenset(range(8))))
    assert found.severity == "note"
    assert found.command.startswith("numactl --cpunodebind=0 --membind=0 ")
    assert finding(CHECKS, "NUMA nodes", system(files)).severity == "fine"


def test_one_memory_node_is_fine():
    assert finding(CHECKS, "NUMA nodes", system({f"{NODES}/online": "0"})).severity == "fine"


@pytest.mark.parametrize("name", [check.name for check in CHECKS if check.name != "clock stability"])
def test_what_the_kernel_does_not_show_is_unknown(name):
    assert finding(CHECKS, name, system()).severity == "unknown"


CPUS = "/sys/devices/system/cpu"


def governed(*names: str):
    paths = [f"{CPUS}/cpu{n}/cpufreq/scaling_governor" for n in range(len(names))]
    return system(dict(zip(paths, names, strict=True)))


def test_a_saving_governor_disturbs_and_the_command_changes_every_core():
    found = finding(CHECKS, "governor", governed("powersave", "powersave", "performance", "powersave"))
    assert found.severity == "disturbs"
    assert "powersave on CPU 0-1,3, performance on CPU 2" in found.evidence
    assert found.command == f"echo performance | sudo tee {CPUS}/cpu*/cpufreq/scaling_governor"


def test_the_performance_governor_is_fine():
    assert finding(CHECKS, "governor", governed(*["performance"] * 4)).severity == "fine"


def test_on_a_virtual_machine_the_frequency_is_the_hosts_matter():
    for name in ("governor", "turbo"):
        assert finding(CHECKS, name, system()).severity == "unknown"
        found = finding(CHECKS, name, system(facts={"virtual": "QEMU"}))
        assert found.severity == "unknown"
        assert "host" in found.evidence


@pytest.mark.parametrize(
    ("path", "on", "off"),
    [(f"{CPUS}/intel_pstate/no_turbo", "0", "1"), (f"{CPUS}/cpufreq/boost", "1", "0")],
)
def test_turbo_is_noted_with_the_way_to_switch_it_off(path, on, off):
    found = finding(CHECKS, "turbo", system({path: on}))
    assert found.severity == "note"
    assert found.command == f"echo {off} | sudo tee {path}"
    assert finding(CHECKS, "turbo", system({path: off})).severity == "fine"


@pytest.mark.parametrize(("slower", "severity"), [(1.0, "fine"), (1.07, "note"), (1.5, "disturbs")])
def test_a_clock_that_slows_for_a_while_is_noticed(slower, severity):
    probes = [Probe(2000, 2500)] * 3000 + [Probe(2000, round(2500 * slower))] * 1000
    found = finding(CHECKS, "clock stability", system(probes=probes))
    assert found.severity == severity
    assert f"{slower:.3f} times" in found.evidence


def test_single_interrupted_clocks_do_not_make_it_unsteady():
    probes = ([Probe(2000, 2500)] * 9 + [Probe(2000, 90000)]) * 300
    assert finding(CHECKS, "clock stability", system(probes=probes)).severity == "fine"


def test_too_few_clocks_tell_nothing():
    assert finding(CHECKS, "clock stability", system(probes=())).severity == "unknown"
