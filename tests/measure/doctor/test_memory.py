import pytest

from copycost.measure.doctor.memory import CHECKS
from tests.measure.doctor.made_up import finding, system

SWAPS = "Filename\tType\tSize\tUsed\tPriority"
GIB = 1024**3


def vmstat(moved: int) -> str:
    return f"nr_free_pages 7\npswpin {moved}\npswpout 0"


def swapping(used: int, moved: int):
    files = {"/proc/swaps": f"{SWAPS}\n/dev/sda2\tpartition\t8388604\t{used}\t-2"}
    files["/proc/vmstat"] = vmstat(100)
    return system(files, later={"/proc/vmstat": vmstat(100 + moved)})


@pytest.mark.parametrize(("used", "moved", "severity"), [(0, 0, "fine"), (2048, 0, "note"), (2048, 9, "disturbs")])
def test_swap_disturbs_while_pages_move(used, moved, severity):
    found = finding(CHECKS, "swap", swapping(used, moved))
    assert found.severity == severity
    assert f"{used // 1024} MiB" in found.evidence
    assert found.command == ("sudo swapoff --all" if severity != "fine" else "")


def test_no_swap_at_all_is_fine_also_where_moves_are_not_counted():
    assert finding(CHECKS, "swap", system({"/proc/swaps": SWAPS})).severity == "fine"


def pressed(free: int, waited: int):
    path = "/proc/pressure/memory"
    files = {"/proc/meminfo": "MemAvailable: 1 kB", path: "some avg10=0.00 total=0"}
    facts = {"memory_bytes": 16 * GIB, "available_bytes": free}
    return system(files, later={path: f"some avg10=0.00 total={waited}"}, facts=facts)


@pytest.mark.parametrize(
    ("free", "waited", "severity"),
    [(12 * GIB, 0, "fine"), (GIB, 0, "disturbs"), (12 * GIB, 50_000, "disturbs")],
    ids=["enough", "little left", "waited for"],
)
def test_memory_is_short_when_little_is_left_or_something_waits_for_it(free, waited, severity):
    assert finding(CHECKS, "memory pressure", pressed(free, waited)).severity == severity


@pytest.mark.parametrize("name", [check.name for check in CHECKS])
def test_what_the_kernel_does_not_show_is_unknown(name):
    assert finding(CHECKS, name, system()).severity == "unknown"


def test_an_unknown_amount_of_memory_is_unknown_and_not_a_crash():
    machine = system({"/proc/meminfo": "MemAvailable: 1 kB"}, facts={"memory_bytes": None})
    assert finding(CHECKS, "memory pressure", machine).severity == "unknown"


FOLDER = "/sys/kernel/mm/transparent_hugepage"
COLLAPSED = f"{FOLDER}/khugepaged/pages_collapsed"


def mode(name: str | None, defrag: str = "", **environment: str):
    files = {f"{FOLDER}/defrag": defrag} if defrag else {}
    return system(files, facts={"hugepages": name}, environment=environment)


def test_huge_pages_for_all_are_noted_and_for_nobody_fine():
    found = finding(CHECKS, "hugepages", mode("always"))
    assert found.severity == "note"
    assert found.command == ""  # copies of 64 MiB that torch makes would be slower without
    assert finding(CHECKS, "hugepages", mode("never")).severity == "fine"


ONE_SIDE = [
    ({}, "run --arm base --arm thp:THP_MEM_ALLOC_ENABLE=1 --allocator found"),
    # With it np.array of 64 MiB takes 4.3 times as long: what is advised is to take it away.
    ({"NUMPY_MADVISE_HUGEPAGE": "0", "THP_MEM_ALLOC_ENABLE": "1"}, "unset NUMPY_MADVISE_HUGEPAGE"),
]


@pytest.mark.parametrize(("environment", "command"), ONE_SIDE)
def test_where_one_side_asks_for_huge_pages_nothing_is_advised_that_is_slower(environment, command):
    found = finding(CHECKS, "hugepages", mode("madvise", **environment))
    assert found.severity == "note"
    assert found.command.endswith(command)


@pytest.mark.parametrize("environment", [{"THP_MEM_ALLOC_ENABLE": "1"}, {"NUMPY_MADVISE_HUGEPAGE": "0"}])
def test_both_or_neither_asking_for_huge_pages_is_fine(environment):
    assert finding(CHECKS, "hugepages", mode("madvise", **environment)).severity == "fine"


@pytest.mark.parametrize(
    ("enabled", "defrag", "severity"),
    [
        ("always", "[always] defer defer+madvise madvise never", "disturbs"),
        ("always", "always defer defer+madvise [madvise] never", "note"),
        ("madvise", "always defer defer+madvise [madvise] never", "note"),
        ("madvise", "always [defer] defer+madvise madvise never", "fine"),
        ("never", "[always] defer defer+madvise madvise never", "fine"),
        ("madvise", "always never", "unknown"),
        (None, "[always] never", "unknown"),
    ],
)
def test_a_page_fault_may_wait_only_where_both_settings_say_so(enabled, defrag, severity):
    assert finding(CHECKS, "hugepage defrag", mode(enabled, defrag)).severity == severity


def test_the_daemon_disturbs_while_it_works():
    found = finding(CHECKS, "khugepaged", system({COLLAPSED: "35"}, later={COLLAPSED: "38"}))
    assert found.severity == "disturbs"
    assert found.evidence.startswith("3 more")
    assert finding(CHECKS, "khugepaged", system({COLLAPSED: "35"})).severity == "fine"
