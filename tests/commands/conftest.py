from dataclasses import dataclass

import pytest

from copycost.cli import main


@dataclass(frozen=True)
class Told:
    """What a command has said, and its exit status."""

    out: str
    err: str
    status: int


@pytest.fixture
def tell(capsys):
    """Return what runs a command line, as a person would type it."""

    def run(*words):
        capsys.readouterr()
        status = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Told(captured.out, captured.err, status)

    return run
