import numpy as np

from copycost.analyse.curves import Curve
from copycost.analyse.law import KINK, Law
from copycost.analyse.naming import names
from tests.analyse.laws import SIZES
from tests.made_up import machine_facts

CACHES = machine_facts()["caches"]
"""32 KiB, 512 KiB, 32 MiB."""
KIB, MIB = 1024.0, 1024.0**2


def curve(faults_from=np.inf, result=1.0):
    faults = np.where(faults_from <= SIZES, SIZES * result / 4096, 0.0)
    nothing = np.zeros(len(SIZES))
    return Curve({}, "f(a)", SIZES, SIZES, nothing, SIZES * result, faults, nothing, 5.0)


def law(*borders):
    slopes = np.geomspace(1e-10, 1e-9, len(borders) + 1)
    return Law(1e-6, slopes, np.array(borders), np.full(len(borders), KINK))


def test_a_regime_has_the_name_of_the_cache_that_it_ends_at():
    own = law(16 * KIB, 256 * KIB, 16 * MIB)
    assert names(own, curve(), CACHES) == ["L1", "L2", "L3", "memory"]


def test_source_and_result_count_together():
    assert names(law(340 * KIB), curve(result=0.5), CACHES)[0] == "L2"
    assert names(law(600 * KIB), curve(), CACHES)[0] is None


def test_a_regime_of_page_faults_is_named_by_them_first():
    assert names(law(16 * KIB, 16 * MIB), curve(faults_from=16 * MIB), CACHES)[-1] == "page-fault bound"


def test_nothing_is_named_without_caches():
    assert names(law(16 * KIB, 256 * KIB), curve(), ()) == [None, None, None]


def test_caches_with_unknown_sizes_and_those_for_instructions_are_passed_over():
    odd = [{"level": 1, "type": "instruction", "bytes": 32768}, {"level": 2, "type": "unified", "bytes": None}]
    assert names(law(16 * KIB), curve(), odd) == [None, None]
