import pytest

from copycost.measure.doctor.finding import Check
from copycost.measure.doctor.limits import CHECKS, folders
from tests.measure.doctor.made_up import finding, system

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


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
@pytest.mark.parametrize("files", [{}, {"/proc/self/cgroup": "0::/"}], ids=["no groups", "groups not shown"])
def test_limits_are_unknown_where_groups_cannot_be_seen(check: Check, files):
    assert check.finding(system(files)).severity == "unknown"


def test_a_group_with_an_odd_name_is_quoted():
    path = f"{MOUNT}/app-gnome\\x2dterminal.scope/cpu.max"
    files = {"/proc/self/cgroup": "0::/app-gnome\\x2dterminal.scope", path: "50000 100000"}
    found = finding(CHECKS, "CPU limit", system(files))
    assert found.command == f"echo max | sudo tee '{path}'"
