"""Names for other suites' tests: as short as keeps them apart, and the same in every file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

MOST_PARTS = 50
"""Parts that a full name is taken apart into; a name of more parts is a single part before the test's."""
_BESIDE = " · "


@dataclass(frozen=True)
class Test:
    """What a suite calls a test: its name, with parameters, and its full name, with file and class."""

    name: str
    fullname: str


def labels(files: Sequence[Sequence[Test]]) -> list[list[str]]:
    """Return a label for each test of each file: its name, and before it as much as is needed.

    As many parts of the full name (classes, file, folders) stand before a name as keep the tests of
    every file apart, and equally many in all files: so a test has one label whatever folder its
    suite was started from. Tests of one full name are numbered.
    """
    parts = [[_parts(test) for test in tests] for tests in files]
    needed: dict[str, int] = {}
    for tests in parts:
        of_a_name: dict[str, set[tuple[str, ...]]] = {}
        for test in tests:
            of_a_name.setdefault(test[-1], set()).add(test)
        for name, several in of_a_name.items():
            needed[name] = max(needed.get(name, 0), _apart(several))
    return [_numbered(["".join(test[-1 - needed[test[-1]] :]) for test in tests]) for tests in parts]


def _parts(test: Test) -> tuple[str, ...]:
    """Return a full name's parts, each with the separator after it, and the name."""
    before = test.fullname.removesuffix(test.name)
    of_its_own = before == test.fullname
    if of_its_own:  # a suite may call a benchmark as it likes: then its full name, of one part at least, stands before
        before = f"{test.fullname}{_BESIDE}"
    if before.count("/") + before.count("::") > MOST_PARTS:
        return (before, test.name)
    # What stands in brackets may hold any separator; of folders' names it is none of a test's.
    head, bracket, inside = before.partition("[") if of_its_own else (before, "", "")
    # Up to version 4 pytest wrote a class's instance too.
    parts = re.findall(r".+?(?:::|/|$)", head.replace("::()::", "::"), re.DOTALL)
    return (*parts[:-1], "".join(parts[-1:]) + bracket + inside, test.name) if before else (test.name,)


def _apart(tests: set[tuple[str, ...]]) -> int:
    """Return how many parts before the name keep tests of one name apart."""
    # Sorted from their ends, tests with the most parts in common are neighbours.
    from_the_end = sorted(test[::-1] for test in tests)
    return max((_in_common(*pair) for pair in pairwise(from_the_end)), default=0)


def _in_common(left: tuple[str, ...], right: tuple[str, ...]) -> int:
    """Return how many parts are the same before the first that differs."""
    shared = min(len(left), len(right))
    return next((number for number in range(shared) if left[number] != right[number]), shared)


def _numbered(names: list[str]) -> list[str]:
    count = Counter(names)
    if len(count) == len(names):
        return names
    taken = set(names)
    # The last number that each name has had: looking for a free one from 1 again would take a time that grows with
    # the square of how often a name comes.
    last: dict[str, int] = {}
    result = []
    for name in names:
        label = name
        while count[name] > 1 and label in taken:
            last[name] = last.get(name, 0) + 1
            label = f"{name} #{last[name]}"
        taken.add(label)
        result.append(label)
    return result
