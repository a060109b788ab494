"""The truth table says what the libraries really do, warnings, refusals and crashes included."""

import json

import numpy as np
import pytest
import torch

from copycost.catalogue.cell import DTYPES
from copycost.catalogue.conversions import CORE, Conversion, select_conversions
from copycost.catalogue.semantics import SOURCES, claims, table

KEYS = [
    "conversion",
    "expression",
    "dtype",
    "source",
    "shares_memory",
    "result_dtype",
    "outcome",
    "message",
]


@pytest.fixture(scope="module")
def rows():
    made = table(select_conversions(None, "all"), ("float32", "float64", "int64"))
    return {(row["conversion"], row["dtype"], row["source"]): row for row in made}


def test_rows_are_plain_data_with_the_same_keys(rows):
    for row in rows.values():
        assert list(row) == KEYS
        assert row["outcome"] in ("ok", "warning", "error")
        assert bool(row["message"]) is (row["outcome"] != "ok")
        assert "\n" not in row["message"]
        assert "Triggered internally" not in row["message"]
        json.dumps(row)


def test_a_result_has_a_dtype_and_an_error_has_none(rows):
    for row in rows.values():
        assert (row["result_dtype"] is None) is (row["outcome"] == "error")


def test_every_source_that_exists_has_a_row(rows):
    arrays = set(SOURCES) - {"requires-grad"}
    tensors = set(SOURCES) - {"reversed", "read-only"}
    assert {kind for name, _, kind in rows if name == "torch.tensor"} == arrays
    assert {kind for name, dtype, kind in rows if (name, dtype) == ("t.numpy", "float32")} == tensors
    assert ("t.numpy", "int64", "requires-grad") not in rows


@pytest.mark.parametrize(
    ("name", "dtype", "kind", "shares", "outcome"),
    [
        ("torch.from_numpy", "float64", "contiguous", True, "ok"),
        ("torch.from_numpy", "float64", "reversed", None, "error"),
        ("torch.from_numpy", "float64", "read-only", True, "warning"),
        ("torch.from_numpy", "float64", "empty", None, "ok"),
        ("torch.tensor", "float64", "read-only", False, "ok"),
        ("torch.Tensor", "float32", "strided", True, "ok"),
        ("torch.Tensor", "float64", "strided", False, "ok"),
        ("torch.Tensor", "int64", "0-d", None, "error"),
        ("t.numpy", "float32", "requires-grad", None, "error"),
        ("t.detach.numpy", "float32", "requires-grad", True, "ok"),
        ("t.clone.numpy", "float32", "requires-grad", None, "error"),
        ("torch.frombuffer", "float32", "strided", None, "error"),
    ],
)
def test_known_truths(rows, name, dtype, kind, shares, outcome):
    row = rows[name, dtype, kind]
    assert (row["shares_memory"], row["outcome"]) == (shares, outcome), row["message"]


def test_a_warning_that_torch_gives_once_is_in_every_row_that_has_it(rows):
    for dtype in ("float32", "float64", "int64"):
        assert "not writable" in rows["torch.from_numpy", dtype, "read-only"]["message"]
    assert not torch.is_warn_always_enabled()


def test_the_expression_names_the_dtype(rows):
    row = rows["torch.frombuffer", "float32", "contiguous"]
    assert row["expression"] == "torch.frombuffer(a, dtype=torch.float32)"


def test_a_negative_stride_never_ends_the_table(rows):
    # torch 2.13 aborts the process here; another release may refuse it, or learn it.
    assert rows["torch.from_dlpack", "float32", "reversed"]["outcome"] in ("ok", "error")
    assert rows["torch.from_dlpack", "float32", "read-only"]["outcome"] in (
        "ok",
        "warning",
        "error",
    )


def test_a_crash_is_a_row():
    import os

    mine = Conversion("mine", "to_tensor", "mine(a)", "may copy", "user", lambda a: os.abort())
    (row,) = table([mine], ("int8",), ("contiguous",))
    assert row["outcome"] == "error"
    assert "SIGABRT" in row["message"]


def exits(a):
    raise SystemExit("enough")


@pytest.mark.parametrize(
    ("function", "outcome", "message"),
    [
        (lambda a: torch.from_numpy(a).to("meta"), "error", "WrongResult: mine returned a tensor without values"),
        (lambda a: torch.nested.nested_tensor([torch.from_numpy(a)]), "error", "WrongResult: mine returned what could"),
        (lambda a: torch.from_numpy(a).to_sparse(), "ok", ""),
        (exits, "error", "SystemExit: enough"),
    ],
    ids=["meta", "nested", "sparse", "exits"],
)
def test_no_result_of_whatever_kind_takes_other_rows_with_it(function, outcome, message):
    def alone(a):
        torch.set_num_threads(1)  # threads that another test has started do not survive the fork that this runs in
        return function(a)

    mine = Conversion("mine", "to_tensor", "mine(a)", "may copy", "user", alone)
    first, row, last = table([CORE[0], mine, CORE[1]], ("float32",), ("contiguous",))
    assert (first["shares_memory"], last["shares_memory"]) == (True, False)
    assert (row["outcome"], row["message"][: len(message)]) == (outcome, message), row["message"]
    assert row["shares_memory"] is None


def test_every_dtype_can_be_asked_for():
    assert len(table(CORE[:1], DTYPES, ("contiguous",))) == len(DTYPES)


def test_claims_are_part_of_the_semantics():
    assert claims()


@pytest.fixture(scope="module")
def judged():
    return {row["claim"]: row for row in claims()}


def test_verdicts(judged):
    assert {claim: row["verdict"] for claim, row in judged.items()} == {
        "torch.from_numpy(a) shares the memory of a": True,
        "torch.tensor(a) copies a": True,
        "torch.tensor takes a dtype": True,
        "torch.Tensor(a) copies a": False,
        "torch.Tensor(a) gives float32, whatever the dtype of a": True,
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
