"""The slowdown that `targets/compare.py` puts in: conversions that do the same and some known work more."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from copycost.catalogue.conversions import CORE, load_user_file
from copycost.catalogue.evidence import examine

FILE = Path(__file__).parents[1] / "targets" / "injected.py"


def slowed():
    return {conversion.name.removeprefix("slowed."): conversion for conversion in load_user_file(FILE)}


def source(direction):
    return torch.ones(64) if direction == "to_array" else np.ones(64, "float32")


@pytest.mark.parametrize("plain", CORE, ids=lambda conversion: conversion.name)
def test_a_slowed_conversion_does_what_the_plain_one_does(plain, monkeypatch):
    monkeypatch.delenv("COPYCOST_EXTRA_WORK", raising=False)
    own = slowed()[plain.name]
    assert (own.direction, own.documented, own.casts_to) == (plain.direction, plain.documented, plain.casts_to)
    assert examine(own, source(own.direction)) == examine(plain, source(plain.direction))


def test_extra_work_is_that_of_the_file_for_the_cell(tmp_path, monkeypatch):
    monkeypatch.setattr("binascii.crc_hqx", lambda work, start: worked.append(len(work)))
    (tmp_path / "extra.json").write_text(json.dumps({"slowed.t.numpy": {"float32": {"64": 1000}}}))
    worked = []
    seen = {}
    for name, file in (("none", ""), ("extra", str(tmp_path / "extra.json"))):
        monkeypatch.setenv("COPYCOST_EXTRA_WORK", file)
        conversions = slowed()
        for size in (64, 128):
            worked.clear()
            conversions["t.numpy"].function(torch.ones(size))
            seen[name, size] = list(worked)
    least = seen["none", 64]
    assert len(least) == 1 and least[0] > 0
    assert seen == {("none", 64): least, ("none", 128): least, ("extra", 64): [least[0] + 1000], ("extra", 128): least}
