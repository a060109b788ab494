"""`import copycost` must be cheap: the command line's help waits for it."""

import subprocess
import sys

import pytest

import copycost

CODE = """
import sys, copycost
assert not {"numpy", "pandas", "torch"} & set(sys.modules)
copycost.open, copycost.estimate
assert "pandas" in sys.modules and "torch" not in sys.modules
"""


def test_importing_copycost_imports_nothing_large():
    subprocess.run([sys.executable, "-c", CODE], check=True)


def test_public_names_are_listed_and_found():
    for name in copycost.__all__:
        assert name in dir(copycost) and callable(getattr(copycost, name))


def test_other_names_are_not_found():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        copycost.nothing  # noqa: B018
