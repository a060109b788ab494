import pytest

from copycost.measure.canary import Probe
from copycost.measure.doctor.frequency import CHECKS
from tests.measure.doctor.made_up import finding, system

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
