"""Names for other suites' tests: as short as keeps them apart, and the same in every file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


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
    parts = [[_parts(test) for test in own] for own in files]
    needed: dict[str, int] = {}
    for own in parts:
        same: dict[str, set[tuple[str, ...]]] = {}
        for one in own:
            same.setdefault(one[-1], set()).add(one)
        for name, several in same.items():
            needed[name] = max(needed.get(name, 0), _apart(several))
    return [_numbered(["".join(one[-1 - needed[one[-1]] :]) for one in own]) for own in parts]


def _parts(test: Test) -> tuple[str, ...]:
    """Return a full name's parts, each with the separator after it, and the name."""
    before = test.fullname.removesuffix(test.name)
    if before == test.fullname:
        return (test.name,)
    # Up to version 4 pytest wrote a class's instance too.
    return (*re.findall(r".+?(?:::|/|$)", before.replace("::()::", "::"), re.DOTALL), test.name)


def _apart(tests: set[tuple[str, ...]]) -> int:
    """Return how many parts before the name keep tests of one name apart."""
    count = 0
    while len({test[-1 - count :] for test in tests}) < len(tests):
        count += 1
    return count


def _numbered(names: list[str]) -> list[str]:
    count = Counter(names)
    if len(count) == len(names):
        return names
    taken = set(names)
    result = []
    for name in names:
        label, number = name, 0
        while count[name] > 1 and label in taken:
            number += 1
            label = f"{name} #{number}"
        taken.add(label)
        result.append(label)
    return result
