"""A block makes as many calls as it says, through local names, and keeps no result."""

import dis

import numpy as np
import pytest
import torch

from copycost.catalogue.block import block, call, empty_block, loop, with_destination
from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import CONVERSIONS, CORE, EXTENDED, Conversion, load_user_file
from copycost.catalogue.sources import source

ALL = CORE + EXTENDED
pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries warn about some conversions


def given(conversion):
    return source(Cell(conversion.name, conversion.direction, "float64", 16))


def counting(calls):
    def function(value):
        calls.append(value)

    return Conversion("counted", "to_tensor", "function(a)", "may copy", "user", function)


@pytest.mark.parametrize("conversion", ALL, ids=lambda conversion: conversion.name)
def test_every_conversion_runs_alone_and_in_a_block(conversion):
    assert call(conversion)(given(conversion)) is not None
    assert block(conversion, 3)(given(conversion)) is None


@pytest.mark.parametrize("conversion", ALL, ids=lambda conversion: conversion.name)
def test_the_timed_statement_looks_nothing_up_by_a_global_name(conversion):
    operations = {instruction.opname for instruction in dis.get_instructions(block(conversion, 2))}
    assert not operations & {"LOAD_GLOBAL", "LOAD_NAME"}


def test_a_block_makes_as_many_calls_as_asked_for():
    calls = []
    block(counting(calls), 7)("source")
    assert calls == ["source"] * 7


def test_each_result_is_dropped_before_the_next_call():
    alive, most = [0], [0]

    class Result:
        def __init__(self):
            alive[0] += 1
            most[0] = max(most[0], alive[0])

        def __del__(self):
            alive[0] -= 1

    conversion = Conversion("x", "to_tensor", "", "may copy", "user", lambda value: Result())
    block(conversion, 5)(None)
    assert most[0] == 1


def test_blocks_are_compiled_once():
    assert block(ALL[0], 5) is block(ALL[0], 5)
    assert block(ALL[0], 5) is not block(ALL[0], 6)
    assert empty_block() is empty_block()


def test_the_empty_block_has_the_shape_of_a_block_and_does_nothing():
    full, empty = block(ALL[0], 1), empty_block()
    assert empty(np.zeros(1)) is None
    assert len(empty.__defaults__) == len(full.__defaults__)
    assert not any("CALL" in instruction.opname for instruction in dis.get_instructions(empty))


def test_frombuffer_is_told_the_dtype_of_its_source():
    conversion = next(each for each in ALL if each.name == "torch.frombuffer")
    for dtype in ("float32", "int16", "complex128"):
        assert call(conversion)(np.ones(4, dtype)).dtype == getattr(torch, dtype)


def test_a_block_of_no_calls_is_refused():
    with pytest.raises(ValueError, match="at least one call"):
        block(ALL[0], 0)


def test_a_function_that_the_library_lacks_is_an_attribute_error():
    conversion = Conversion("x", "to_tensor", "torch.from_nowhere(a)", "shares", "core")
    with pytest.raises(AttributeError, match="from_nowhere"):
        call(conversion)


def instructions(function):
    """What a function does, without the places in the text that it comes from and the names of its locals."""
    return [(found.opname, found.arg) for found in dis.get_instructions(function)]


def mine(tmp_path, text):
    path = tmp_path / "mine.py"
    path.write_text(
        "import torch, numpy as np\nfrom copycost import conversion\nseen = []\n@conversion('mine')\n" + text
    )
    return load_user_file(path)[0]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("def f(a): return torch.from_numpy(a)", "torch.from_numpy"),
        ("def f(array):\n    'What it does.'\n    return torch.tensor(array)", "torch.tensor"),
        ("def f(a): return torch.from_numpy(a).clone()", "torch.from_numpy.clone"),
        ("def f(a): return torch.tensor(a, dtype=torch.float32)", "torch.tensor.float32"),
    ],
)
def test_a_users_function_does_in_a_block_what_the_built_in_conversion_does_and_no_more(tmp_path, text, name):
    own = mine(tmp_path, text)
    assert instructions(block(own, 5)) == instructions(block(CONVERSIONS[name], 5))


# Each leaves in ``seen`` what it was called with and what it made of it.
@pytest.mark.parametrize(
    ("text", "inlined"),
    [
        ("def f(a): return seen.append((a, a + 1))", True),
        ("def f(a):\n    b: int = a\n    b, c = b, b + 1\n    return seen.append((b, c))", True),
        ("def f(a):\n    import math\n    seen.append((a, math.floor(a + 1.5)))\n    return a", True),
        ("def f(a): return seen.extend([(np, np + 1) for np in [a]])", True),
        ("def f(a): return seen.extend(map(lambda torch: (torch, torch.real + 1), [a]))", True),
        ("def f(a):\n    if a:\n        seen.append((a, a + 1))\n    return a", False),
        ("def f(a):\n    b = a\n    a = a + 1\n    return seen.append((b, a))", False),
        ("def f(a, plus=1): return seen.append((a, a + plus))", False),
        ("def f(a): return seen.append((a, (b := a) + 1))", False),
        ("class F:\n    def __call__(self, a): return seen.append((a, a + 1))\nconversion('other')(F())\n", None),
    ],
)
def test_a_function_is_put_into_the_block_where_that_is_the_same_and_called_elsewhere(tmp_path, text, inlined):
    if inlined is None:
        text = "def f(a): return seen.append((a, a + 1))\n" + text
    found = mine(tmp_path, text)
    assert ("function" in block(found, 1).__code__.co_varnames) is not inlined
    seen = found.function.__globals__["seen"]
    block(found, 3)(7)
    loop(found)([1, 2])
    assert seen == [(7, 8)] * 3 + [(1, 2), (2, 3)]


def test_a_users_function_fails_at_its_own_line(tmp_path):
    own = mine(tmp_path, "def f(a):\n    b = torch.from_numpy(a)\n    return b.no_such_name()")
    with pytest.raises(AttributeError) as caught:
        block(own, 2)(np.ones(3))
    assert (caught.traceback[-1].path.name, caught.traceback[-1].lineno + 1) == ("mine.py", 7)


def test_a_users_results_are_dropped_before_the_next_call_after_what_they_were_made_from(tmp_path):
    text = (
        "def f(a):\n    part = Held('part')\n    return Held('result')\n"
        "class Held:\n"
        "    def __init__(self, name): self.name = name; seen.append('+' + name)\n"
        "    def __del__(self): seen.append('-' + self.name)\n"
    )
    own = mine(tmp_path, text)
    seen = own.function.__globals__["seen"]
    own.function(None)
    called = list(seen)
    seen.clear()
    block(own, 2)(None)
    assert called == ["+part", "+result", "-part", "-result"]
    assert seen == 2 * called


@pytest.mark.parametrize(
    ("text", "inlined"),
    [
        ("def f(a, out): return seen.append((a, out))", True),
        ("def f(a, out):\n    b = out\n    return seen.append((a, b))", True),
        ("def f(a, out):\n    b = out\n    out = a\n    return seen.append((out, b))", False),
    ],
)
def test_a_destination_is_the_second_argument_in_blocks_and_loops(tmp_path, text, inlined):
    path = tmp_path / "mine.py"
    head = "from copycost import conversion\nseen = []\n@conversion('mine', destination=lambda a: -a)\n"
    path.write_text(head + text)
    (found,) = load_user_file(path)
    assert ("function" in block(found, 1).__code__.co_varnames) is not inlined
    with_destination(block(found, 2), found, 9)(7)
    with_destination(loop(found), found, 9)([1, 2])
    call(found)(5)
    assert found.function.__globals__["seen"] == [(7, -9)] * 2 + [(1, -9), (2, -9), (5, -5)]
