"""Files that fuzzing has found something with: each is taken through the commands that it broke, and all others."""

import shutil
from pathlib import Path

import pytest

from copycost.cli import main
from tests.made_up import Law, core_cells, made_up_rounds, write_run

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.json"))
ROUNDS = made_up_rounds(Law(processes=1, visits=2, rounds=3), core_cells((1, 1024), ("float64",)))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A folder with each seed as a file, and as the record of a run whose rounds are good."""
    folder = tmp_path_factory.mktemp("results")
    for seed in CORPUS:
        shutil.copy(seed, folder)
        shutil.copy(seed, write_run(folder / seed.stem, ROUNDS) / "run.json")
    return folder


def test_there_are_seeds():
    assert CORPUS


@pytest.mark.parametrize("seed", CORPUS, ids=lambda seed: seed.stem)
def test_a_seed_is_drawn_or_refused_in_one_line(results, seed, tmp_path, capfd):
    status = main(["plot", str(results / seed.name), "--format", "svg", "--out", str(tmp_path)])
    told = capfd.readouterr()
    assert (status == 0 and told.out) or (status == 2 and not told.out and told.err.count("\n") == 1)


@pytest.mark.parametrize("words", [["show"], ["export"], ["explain"], ["machines"]], ids=" ".join)
@pytest.mark.parametrize("seed", CORPUS, ids=lambda seed: seed.stem)
def test_a_seed_is_read_or_refused_in_one_line(results, seed, words, capfd):
    for source in (results / seed.name, results / seed.stem):
        status = main([*words, str(source)])
        told = capfd.readouterr()
        assert (status == 0 and told.out) or (status == 2 and not told.out and told.err.count("\n") == 1)
