import pytest

from copycost.analyse.fingerprint import conditions, described, differing, require_same
from copycost.errors import UsageError

METHOD = {"protocol": 1, "canary": "python-100", "clock": "crc_hqx-1024", "address_layout": "fixed"}


def test_equal_methods_differ_in_nothing():
    assert differing(METHOD, dict(METHOD)) == []
    require_same(METHOD, METHOD)


def test_each_field_that_differs_is_named_with_both_values():
    other = METHOD | {"canary": "python-200", "protocol": 2}
    assert differing(METHOD, other) == [("protocol", 1, 2), ("canary", "python-100", "python-200")]
    with pytest.raises(UsageError, match=r"protocol 1 in A and 2 in B; canary .*--anyway"):
        require_same(METHOD, other)


def test_fields_that_only_one_run_has_differ_too():
    later = METHOD | {"new_field": 3}
    assert differing(METHOD, later) == [("new_field", None, 3)]
    assert described(differing(later, METHOD)) == "new_field 3 in A and not recorded in B"


def test_an_unknown_method_cannot_be_held_against_the_other():
    assert differing({}, METHOD) == []


def test_arms_differ_in_interpreter_and_environment():
    base = {"name": "base", "environment": {"A": "1"}, "python": None}
    other = {"name": "new", "environment": {"A": "1", "B": "2"}, "python": "/usr/bin/python3"}
    assert conditions(base, other) == [("python", None, "/usr/bin/python3"), ("B", None, "2")]
    assert conditions({}, {"environment": "damaged"}) == []
