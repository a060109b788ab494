import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copycost.store.labels import MOST_PARTS, Test, _apart, _numbered, labels

# Not a class of tests, whatever its name says.
Test.__test__ = False


def named(*fullnames):
    return [Test(fullname.rpartition("::")[2], fullname) for fullname in fullnames]


@pytest.mark.parametrize(
    ("fullnames", "expected"),
    [
        (["a/t.py::test_x", "a/t.py::test_y"], ["test_x", "test_y"]),
        (["a/t.py::test_x", "a/u.py::test_x"], ["t.py::test_x", "u.py::test_x"]),
        (["a/t.py::test_x", "b/t.py::test_x", "b/t.py::test_y"], ["a/t.py::test_x", "b/t.py::test_x", "test_y"]),
        (["t.py::A::test_x", "t.py::B::test_x"], ["A::test_x", "B::test_x"]),
        (["t.py::test_x", "t.py::A::test_x"], ["t.py::test_x", "A::test_x"]),
        (["t.py::test_x", "t.py::test_x"], ["test_x #1", "test_x #2"]),
        (["t.py::x", "t.py::x", "t.py::x #1"], ["x #2", "x #3", "x #1"]),
        ([], []),
    ],
)
def test_a_label_is_as_short_as_keeps_tests_apart(fullnames, expected):
    assert labels([named(*fullnames)]) == [expected]


def test_a_test_has_one_label_in_all_files():
    files = [named("a/t.py::test_x", "b/t.py::test_x"), named("a/t.py::test_x"), named("c/t.py::test_y")]
    assert labels(files) == [["a/t.py::test_x", "b/t.py::test_x"], ["a/t.py::test_x"], ["test_y"]]


def test_the_folder_that_a_suite_was_started_from_does_not_matter():
    assert labels([named("/ci/42/t.py::test_x"), named("t.py::test_x")]) == [["test_x"], ["test_x"]]


def test_a_class_is_named_as_today_whatever_an_old_pytest_wrote():
    files = [named("t.py::test_x", f"t.py::A::{old}test_x") for old in ("", "()::")]
    assert labels(files)[0] == labels(files)[1]


def test_separators_within_a_parameter_part_nothing():
    own = [Test(f"test_x[{inside}]", f"a/t.py::test_x[{inside}]") for inside in ("a::b", "c/d")]
    assert labels([own]) == [["test_x[a::b]", "test_x[c/d]"]]


def test_names_that_come_again_are_told_apart_by_full_names_that_do_not_end_in_them():
    here = [Test("t[A]", "m.py::t[K1-A]"), Test("t[A]", "m.py::t[K2-A]"), Test("u", "m.py::u")]
    own, other = labels([here, [here[1], here[2], here[0]]])
    assert own == ["t[K1-A] · t[A]", "t[K2-A] · t[A]", "u"]
    assert other == [own[1], own[2], own[0]]
    mixed = [Test("test_x", "something else"), Test("test_x", "a/t.py::test_x")]
    assert len(set(labels([mixed])[0])) == 2


class Counted(str):
    """A text that counts how often it, or another one, is looked at."""

    looks = 0

    def __hash__(self):
        Counted.looks += 1
        return super().__hash__()

    def __eq__(self, other):
        Counted.looks += 1
        return super().__eq__(other)

    def __lt__(self, other):
        Counted.looks += 1
        return super().__lt__(other)

    def __format__(self, how):
        Counted.looks += 1
        return super().__format__(how)


@pytest.fixture
def looks(monkeypatch):
    monkeypatch.setattr(Counted, "looks", 0)
    return lambda: Counted.looks


def test_numbering_a_name_that_comes_again_and_again_takes_no_more_looks_for_the_last_than_for_the_first(looks):
    assert _numbered([Counted("x")] * 1000)[-1] == "x #1000"
    assert looks() < 20_000


def test_full_names_that_differ_far_from_their_ends_are_compared_once(looks):
    common = [Counted(number) for number in range(1000)]
    assert _apart({(Counted(first), *common) for first in "ab"}) == 1000
    assert looks() < 20_000


def test_a_full_name_of_very_many_parts_is_a_part_as_a_whole():
    deep = "c/" * MOST_PARTS
    assert labels([named(f"a/{deep}t.py::x", f"b/{deep}t.py::x")]) == [[f"a/{deep}t.py::x", f"b/{deep}t.py::x"]]


parts = st.lists(st.sampled_from(["a/", "b/", "t.py::", "A::"]), max_size=3).map("".join)
tests = st.builds(lambda before, name: Test(name, before + name), parts, st.sampled_from(["x", "x #1", "x[a/b]"]))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(files=st.lists(st.lists(tests, max_size=5), max_size=3))
def test_labels_of_a_file_are_never_the_same(files):
    for own, given_ in zip(files, labels(files), strict=True):
        assert len(given_) == len(own) == len(set(given_))
