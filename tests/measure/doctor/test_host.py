import pytest

from copycost.measure.doctor.host import CHECKS, folders
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


MOUNT = "/sys/fs/cgroup"
OWN = f"{MOUNT}/user.slice/job"


def unified(files: dict[str, str], later: dict[str, str] | None = None, **known):
    return system(
        {"/proc/self/cgroup": "0::/user.slice/job", f"{MOUNT}/cgroup.procs": "", **files},
        later=later,
        **known,
    )


def separate(files: dict[str, str]):
    membership = "4:memory:/job\n1:cpu,cpuacct:/job\n0::/"
    return system({"/proc/self/cgroup": membership, f"{MOUNT}/cpu/tasks": "", **files})


def test_a_process_is_in_its_own_group_and_in_those_around_it():
    assert folders(unified({}), "cpu") == [OWN, f"{MOUNT}/user.slice", MOUNT]
    assert folders(separate({}), "cpu") == [f"{MOUNT}/cpu/job", f"{MOUNT}/cpu"]


def test_a_quota_is_noted_wherever_above_it_is_set():
    machine = unified({f"{OWN}/cpu.max": "max 100000", f"{MOUNT}/user.slice/cpu.max": "150000 100000"})
    found = finding(CHECKS, "CPU limit", machine)
    assert found.severity == "note"
    assert "1.5 of 4 cores" in found.evidence
    assert found.command == f"echo max | sudo tee {MOUNT}/user.slice/cpu.max"


def test_throttling_during_the_sample_disturbs():
    stat = f"{OWN}/cpu.stat"
    files = {f"{OWN}/cpu.max": "50000 100000", stat: "usage_usec 5\nnr_throttled 7"}
    found = finding(CHECKS, "CPU limit", unified(files, {stat: "usage_usec 9\nnr_throttled 12"}))
    assert found.severity == "disturbs"
    assert "throttled 5 times" in found.evidence


def test_the_older_control_groups_limit_too():
    files = {f"{MOUNT}/cpu/job/cpu.cfs_quota_us": "200000"}
    found = finding(CHECKS, "CPU limit", separate(files))
    assert found.severity == "note"
    assert "2 of 4 cores" in found.evidence
    assert found.command == f"echo -1 | sudo tee {MOUNT}/cpu/job/cpu.cfs_quota_us"


@pytest.mark.parametrize("text", ["max 100000", "800000 100000"])
def test_no_quota_or_a_wide_one_is_fine(text):
    assert finding(CHECKS, "CPU limit", unified({f"{OWN}/cpu.max": text})).severity == "fine"


def test_the_throttle_counter_of_every_group_is_watched():
    (check,) = [check for check in CHECKS if check.name == "CPU limit"]
    assert check.watched(unified({})) == [
        f"{OWN}/cpu.stat",
        f"{MOUNT}/user.slice/cpu.stat",
        f"{MOUNT}/cpu.stat",
    ]
    assert check.watched(system()) == []


@pytest.mark.parametrize(
    ("machine", "command"),
    [
        (unified({f"{OWN}/memory.max": str(2 * 1024**3)}), f"echo max | sudo tee {OWN}/memory.max"),
        (
            separate({f"{MOUNT}/memory/job/memory.limit_in_bytes": str(2 * 1024**3)}),
            f"echo -1 | sudo tee {MOUNT}/memory/job/memory.limit_in_bytes",
        ),
    ],
    ids=["unified", "separate"],
)
def test_a_memory_limit_is_noted(machine, command):
    found = finding(CHECKS, "memory limit", machine)
    assert found.severity == "note"
    assert "2.00 GiB" in found.evidence
    assert found.command == command


@pytest.mark.parametrize(
    "machine",
    [
        unified({f"{OWN}/memory.max": "max"}),
        separate({f"{MOUNT}/memory/job/memory.limit_in_bytes": "9223372036854771712"}),
    ],
    ids=["unified", "separate"],
)
def test_no_memory_limit_is_fine(machine):
    assert finding(CHECKS, "memory limit", machine).severity == "fine"


@pytest.mark.parametrize("name", ["CPU limit", "memory limit"])
@pytest.mark.parametrize("files", [{}, {"/proc/self/cgroup": "0::/"}], ids=["no groups", "groups not shown"])
def test_limits_are_unknown_where_groups_cannot_be_seen(name, files):
    assert finding(CHECKS, name, system(files)).severity == "unknown"


def test_a_group_with_an_odd_name_is_quoted():
    path = f"{MOUNT}/app-gnome\\x2dterminal.scope/cpu.max"
    files = {"/proc/self/cgroup": "0::/app-gnome\\x2dterminal.scope", path: "50000 100000"}
    found = finding(CHECKS, "CPU limit", system(files))
    assert found.command == f"echo max | sudo tee '{path}'"
