"""The claims of tutorials are judged by what the libraries do now."""

import numpy as np
import pytest
import torch

from copycost.catalogue.claims import claims


@pytest.fixture(scope="module")
def judged():
    return {row["claim"]: row for row in claims()}


def test_verdicts(judged):
    assert {claim: row["verdict"] for claim, row in judged.items()} == {
        "torch.from_numpy(a) shares the memory of a": True,
        "torch.tensor(a) copies a": True,
        "torch.tensor takes a dtype": True,
        "torch.Tensor(a) copies a": False,
        "torch.Tensor(a) always gives float32, whatever the dtype of a": True,
        "t.numpy() shares the memory of t": True,
        "t.clone().numpy() copies t": True,
        "t.clone().numpy() keeps the computation graph": False,
    }


def test_every_verdict_has_its_evidence(judged):
    for row in judged.values():
        assert list(row) == ["claim", "verdict", "evidence"]
        assert row["evidence"]
    assert "float32;" in judged["torch.Tensor(a) copies a"]["evidence"]
    assert "requires grad" in judged["t.clone().numpy() keeps the computation graph"]["evidence"]


def test_the_default_dtype_is_left_as_it_was(judged):
    assert torch.get_default_dtype() == torch.float32


def test_a_verdict_follows_the_library_and_not_the_book(monkeypatch):
    copying = torch.tensor
    monkeypatch.setattr(torch, "from_numpy", lambda a: copying(np.asarray(a)))
    (row,) = (row for row in claims() if "torch.from_numpy" in row["claim"])
    assert row["verdict"] is False
    assert "memory of its own" in row["evidence"]
