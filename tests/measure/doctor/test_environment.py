import pytest

from copycost.measure.doctor.check import Interpreter
from copycost.measure.doctor.environment import CHECKS
from tests.measure.doctor.made_up import finding, system


def look(name: str, **environment: str):
    return finding(CHECKS, name, system(environment=environment, facts={"libc": "glibc 2.36"}))


def test_a_preloaded_allocator_is_noted():
    found = look("allocator", LD_PRELOAD="/usr/lib/libjemalloc.so.2")
    assert found.severity == "note"
    assert "libjemalloc.so.2 (environment)" in found.evidence
    assert found.command == "unset LD_PRELOAD"


def test_the_c_librarys_allocator_is_fine_whatever_else_is_preloaded():
    found = look("allocator", LD_PRELOAD="/usr/lib/libeatmydata.so")
    assert found.severity == "fine"
    assert "glibc 2.36" in found.evidence


def test_a_c_library_without_a_version_is_unknown():
    assert finding(CHECKS, "allocator", system()).severity == "unknown"


@pytest.mark.parametrize(
    ("name", "value", "severity"),
    [
        ("MALLOC_ARENA_MAX", "1", "note"),
        ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", "note"),
        ("THP_MEM_ALLOC_ENABLE", "1", "note"),
        ("MALLOC_PERTURB_", "85", "disturbs"),
        ("MALLOC_PERTURB_", "0", "note"),
        ("SMALLOC_X", "1", "fine"),
    ],
)
def test_allocator_settings_are_found(name, value, severity):
    found = look("allocator settings", **{name: value})
    assert found.severity == severity
    assert found.command == ("" if severity == "fine" else f"unset {name}")


@pytest.mark.parametrize(
    ("name", "value", "severity"),
    [
        ("OMP_NUM_THREADS", "8", "disturbs"),
        ("OMP_NUM_THREADS", "8,2", "disturbs"),
        ("OMP_NUM_THREADS", "4", "note"),
        ("OMP_NUM_THREADS", "many", "note"),
        ("MKL_NUM_THREADS", "5", "disturbs"),
        ("OMP_WAIT_POLICY", "ACTIVE", "note"),
        ("KMP_BLOCKTIME", "infinite", "note"),
        ("GOMP_CPU_AFFINITY", "0-3", "note"),
        ("OPENBLAS_CORETYPE", "Haswell", "fine"),
    ],
)
def test_thread_settings_are_weighed_against_four_cores(name, value, severity):
    found = look("thread settings", **{name: value})
    assert found.severity == severity
    assert found.command == ("" if severity == "fine" else f"unset {name}")


def test_threads_that_spin_are_called_that():
    assert "spin" in look("thread settings", OMP_WAIT_POLICY="ACTIVE").sentence


def test_windows_forgets_variables_in_its_own_way():
    machine = system(platform="win32", environment={"KMP_BLOCKTIME": "1", "OMP_DYNAMIC": "true"})
    found = finding(CHECKS, "thread settings", machine)
    assert found.command == "set KMP_BLOCKTIME= & set OMP_DYNAMIC="


def test_a_debug_build_disturbs():
    machine = system(interpreter=Interpreter(debug_build=True))
    assert finding(CHECKS, "Python build", machine).severity == "disturbs"
    assert finding(CHECKS, "Python build", system()).severity == "fine"


def test_a_tracer_disturbs_and_no_command_ends_it():
    machine = system(interpreter=Interpreter(tracers=("sys.gettrace()",)))
    found = finding(CHECKS, "Python tracing", machine)
    assert (found.severity, found.command) == ("disturbs", "")
    assert "sys.gettrace()" in found.evidence


@pytest.mark.parametrize(
    ("name", "value", "severity"),
    [
        ("PYTHONDEVMODE", "1", "disturbs"),
        ("PYTHONMALLOC", "debug", "disturbs"),
        ("PYTHONMALLOC", "pymalloc", "fine"),
        ("PYTHONTRACEMALLOC", "", "fine"),
    ],
)
def test_development_settings_are_found(name, value, severity):
    found = finding(CHECKS, "Python tracing", system(environment={name: value}))
    assert found.severity == severity
    assert found.command == (f"unset {name}" if severity == "disturbs" else "")
