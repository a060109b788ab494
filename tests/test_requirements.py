"""The locked requirements hold all that pyproject.toml asks for, as constraints.txt has it."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ASKED = PROJECT["project"]["dependencies"]
TESTS = PROJECT["project"]["optional-dependencies"]["test"]
PINNED = {
    canonicalize_name(one.name): one.specifier
    for one in map(Requirement, re.findall(r"^\w.*$", (ROOT / "constraints.txt").read_text(), re.M))
}


def locked(file: str) -> dict[str, set[str]]:
    """Return the versions of each package in a file, all of which have the hash of at least one file."""
    entries = re.split(r"\n(?=\w)", (ROOT / "requirements" / file).read_text())[1:]
    versions: dict[str, set[str]] = {}
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry
        name, version = re.match(r"([\w.-]+)==([^ ;\\]+)", entry).groups()
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


@pytest.mark.parametrize(("file", "asked"), [("run.txt", ASKED), ("test.txt", ASKED + TESTS)])
def test_all_that_is_asked_for_is_locked_at_the_version_that_is_pinned(file, asked):
    found = locked(file)
    for one in map(Requirement, [*asked, *PROJECT["build-system"]["requires"]]):
        name = canonicalize_name(one.name)
        if name == "torch":
            continue
        assert all(version in one.specifier for version in found[name]), (
            f"{one}: requirements/refresh was not called since it changed"
        )
        if name in PINNED:
            assert all(version in PINNED[name] for version in found[name])


@pytest.mark.parametrize("file", ["run.txt", "test.txt"])
def test_neither_pytorch_nor_cuda_is_locked(file):
    assert not [name for name in locked(file) if re.match("torch|nvidia|cuda|triton", name)]
