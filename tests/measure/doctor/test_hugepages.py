import pytest

from copycost.measure.doctor.hugepages import CHECKS
from tests.measure.doctor.made_up import finding, system

FOLDER = "/sys/kernel/mm/transparent_hugepage"
COLLAPSED = f"{FOLDER}/khugepaged/pages_collapsed"


def mode(name: str | None, defrag: str = "", **environment: str):
    files = {f"{FOLDER}/defrag": defrag} if defrag else {}
    return system(files, facts={"hugepages": name}, environment=environment)


def test_huge_pages_for_all_are_noted_and_for_nobody_fine():
    found = finding(CHECKS, "hugepages", mode("always"))
    assert found.severity == "note"
    assert found.command == f"echo madvise | sudo tee {FOLDER}/enabled"
    assert finding(CHECKS, "hugepages", mode("never")).severity == "fine"


def test_with_madvise_it_is_said_which_side_asks():
    by_default = finding(CHECKS, "hugepages", mode("madvise"))
    assert by_default.severity == "note"
    assert by_default.command == "export NUMPY_MADVISE_HUGEPAGE=0"
    both = mode("madvise", THP_MEM_ALLOC_ENABLE="1")
    assert finding(CHECKS, "hugepages", both).severity == "fine"
    neither = mode("madvise", NUMPY_MADVISE_HUGEPAGE="0")
    assert finding(CHECKS, "hugepages", neither).severity == "fine"
    torch = mode("madvise", NUMPY_MADVISE_HUGEPAGE="0", THP_MEM_ALLOC_ENABLE="1")
    assert finding(CHECKS, "hugepages", torch).command == "unset THP_MEM_ALLOC_ENABLE"


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


@pytest.mark.parametrize("name", [check.name for check in CHECKS])
def test_what_the_kernel_does_not_show_is_unknown(name):
    assert finding(CHECKS, name, system()).severity == "unknown"
