import pytest

from copycost.measure.doctor.host import CHECKS
from tests.measure.doctor.made_up import finding, system

POWER = "/sys/class/power_supply"
TIMERS = "/sys/devices/system/clocksource/clocksource0"
RANDOMISE = "/proc/sys/kernel/randomize_va_space"


def test_a_virtual_machine_is_noted_by_its_makers_name():
    found = finding(CHECKS, "virtual machine", system(facts={"virtual": "QEMU"}))
    assert found.severity == "note"
    assert "QEMU" in found.evidence


def test_no_hypervisor_flag_is_fine_but_a_cpu_without_flags_unknown():
    bare = system({"/proc/cpuinfo": "flags\t\t: fpu vme"})
    assert finding(CHECKS, "virtual machine", bare).severity == "fine"
    without_flags = system({"/proc/cpuinfo": "Features\t: fp asimd"})
    assert finding(CHECKS, "virtual machine", without_flags).severity == "unknown"


@pytest.mark.parametrize(
    ("files", "environment"),
    [
        ({"/proc/self/cgroup": "0::/", "/.dockerenv": ""}, {}),
        ({"/proc/self/cgroup": "0::/", "/run/.containerenv": ""}, {}),
        ({"/proc/self/cgroup": "0::/kubepods/pod7"}, {}),
        ({"/proc/self/cgroup": "0::/"}, {"container": "lxc"}),
    ],
)
def test_a_container_is_known_by_any_of_its_signs(files, environment):
    found = finding(CHECKS, "container", system(files, environment=environment))
    assert found.severity == "note"


def test_no_sign_of_a_container_is_fine():
    machine = system({"/proc/self/cgroup": "0::/init.scope"})
    assert finding(CHECKS, "container", machine).severity == "fine"


def battery(status: str, **more: str):
    files = {f"{POWER}/BAT0/type": "Battery", f"{POWER}/BAT0/status": status}
    files |= {f"{POWER}/BAT0/{name}": text for name, text in more.items()}
    return system({f"{POWER}/AC/type": "Mains", **files})


def test_running_from_a_battery_disturbs():
    found = finding(CHECKS, "power", battery("Discharging"))
    assert found.severity == "disturbs"
    assert "BAT0 Discharging" in found.evidence


@pytest.mark.parametrize(
    "machine",
    [battery("Charging"), battery("Discharging", scope="Device"), system({f"{POWER}/": ""})],
    ids=["plugged in", "a mouse's battery", "no battery"],
)
def test_other_batteries_are_fine(machine):
    assert finding(CHECKS, "power", machine).severity == "fine"


def timer(current: str, available: str):
    names = ("current_clocksource", "available_clocksource")
    return system({f"{TIMERS}/{names[0]}": current, f"{TIMERS}/{names[1]}": available})


@pytest.mark.parametrize("current", ["tsc", "arch_sys_counter", "kvm-clock"])
def test_a_timer_read_in_user_space_is_fine(current):
    assert finding(CHECKS, "timer", timer(current, current)).severity == "fine"


@pytest.mark.parametrize("current", ["hpet", "acpi_pm", "jiffies"])
def test_a_slow_timer_disturbs_and_tsc_is_advised_where_there_is_one(current):
    found = finding(CHECKS, "timer", timer(current, f"tsc {current}"))
    assert found.severity == "disturbs"
    assert found.command == f"echo tsc | sudo tee {TIMERS}/current_clocksource"
    assert finding(CHECKS, "timer", timer(current, current)).command == ""


def test_random_addresses_are_fine_where_a_run_can_fix_its_own():
    assert finding(CHECKS, "address layout", system({RANDOMISE: "2"})).severity == "fine"
    assert finding(CHECKS, "address layout", system({RANDOMISE: "0"})).severity == "fine"


def test_random_addresses_disturb_where_the_call_is_refused_and_the_reason_is_told():
    machine = system({RANDOMISE: "2"}, layout_refused="Operation not permitted")
    found = finding(CHECKS, "address layout", machine)
    assert found.severity == "disturbs"
    assert "Operation not permitted" in found.evidence
    assert found.command == "sudo sysctl kernel.randomize_va_space=0"


@pytest.mark.parametrize("name", [check.name for check in CHECKS])
def test_what_the_system_does_not_show_is_unknown(name):
    assert finding(CHECKS, name, system()).severity == "unknown"
