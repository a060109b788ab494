"""The catalogue holds each conversion once, and finds them by name and family."""

import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from copycost.catalogue.block import block, call
from copycost.catalogue.conversions import (
    CORE,
    DIRECTIONS,
    DOCUMENTED,
    EXTENDED,
    conversion,
    describe_user_file,
    load_user_file,
    select_conversions,
)
from copycost.catalogue.evidence import examine
from copycost.errors import UsageError


def test_names_are_unique_and_typeable():
    names = [conversion.name for conversion in CORE + EXTENDED]
    assert len(set(names)) == len(names)
    assert all(name.replace(".", "").replace("_", "").isalnum() for name in names)


def test_every_field_holds_a_known_word():
    for entry in CORE + EXTENDED:
        assert entry.direction in DIRECTIONS
        assert entry.documented in DOCUMENTED
        assert entry.variable in entry.expression
        assert entry.function is None


def test_a_family_is_selected_when_no_name_is_given():
    assert select_conversions() == list(CORE)
    assert select_conversions(None, "all") == [*CORE, *EXTENDED]


def test_names_reach_the_whole_catalogue_in_the_order_given_and_once_each():
    chosen = select_conversions(["t.tolist", "torch.tensor", "t.tolist"])
    assert [conversion.name for conversion in chosen] == ["t.tolist", "torch.tensor"]


def test_a_mistyped_name_is_answered_with_the_nearest():
    with pytest.raises(UsageError, match=r"unknown conversion 'torch.fromnumpy'.*torch.from_numpy"):
        select_conversions(["torch.fromnumpy"])


def test_a_mistyped_family_is_answered_with_the_valid_ones():
    with pytest.raises(UsageError, match=r"unknown family 'everything': valid: core, all"):
        select_conversions(None, "everything")


def test_users_conversions_come_after_the_family_and_can_be_named(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("from copycost import conversion\n@conversion('mine')\ndef mine(a): return a\n")
    assert [conversion.name for conversion in select_conversions(None, "core", file)][-1] == "mine"
    assert [conversion.name for conversion in select_conversions(["mine"], "core", file)] == ["mine"]


def test_the_catalogue_is_imported_without_the_libraries_it_measures():
    code = (
        "import sys; import copycost.catalogue.semantics, copycost.catalogue.grid; "
        "sys.exit(bool({'torch', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


IMPORT = "from copycost import conversion\n"


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "my_conversions.py"
        path.write_text(IMPORT + text)
        return path

    return write


def test_a_decorated_function_becomes_a_conversion(file):
    (found,) = load_user_file(file("@conversion('half', 'to_array', 'copies')\ndef half(t): return 'done'\n"))
    assert (found.name, found.direction, found.documented) == ("half", "to_array", "copies")
    assert found.expression == "half(t)"
    assert found.family == "user"
    assert call(found)(None) == "done"
    assert block(found, 3)(None) is None


def test_the_public_import_works(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("from copycost import conversion\n@conversion('mine')\ndef f(a): return a\n")
    assert [found.name for found in load_user_file(path)] == ["mine"]


def test_an_expression_may_be_given_for_display(file):
    (found,) = load_user_file(file("@conversion('x', expression='X(a)')\ndef f(a): return a\n"))
    assert found.expression == "X(a)"


def test_what_is_not_checked_is_marked_wherever_its_expression_stands(file):
    text = (
        "@conversion('x', check=False)\ndef f(a): return a\n"
        "@conversion('y', check=lambda a, t: True)\ndef g(a): return a\n"
    )
    assert [found.expression for found in load_user_file(file(text))] == ["f(a) [unchecked]", "g(a)"]


def test_what_is_set_up_or_written_into_is_marked_and_told_from_another_process(file):
    text = (
        "@conversion('x', setup=lambda a: a.copy(), check=False)\ndef f(a): return a\n"
        "@conversion('y', setup=lambda a: a.copy())\ndef g(a): return a\n"
        "@conversion('z', destination=lambda a: a.copy())\ndef h(a, out): return out\n"
    )
    expressions = ["f(a) [set up, unchecked]", "g(a) [set up]", "h(a, destination)"]
    path = file(text)
    assert [found.expression for found in load_user_file(path)] == expressions
    assert [found.expression for found in describe_user_file(path)] == expressions


@pytest.mark.parametrize(
    ("arguments", "function", "message"),
    [
        ("setup=3", "a", "setup 3 of conversion 'x' is not a function of one argument"),
        ("setup=lambda: 1", "a", "of conversion 'x' is not a function of one argument"),
        ("destination='out'", "a, out", "destination 'out' of conversion 'x' is not a function of one argument"),
        ("destination=len", "a", "conversion 'x' is not a function of two arguments, source and destination"),
        ("", "a, out", "conversion 'x' is not a function of one argument"),
        ("'to_device', setup=len", "a", "conversion 'x' is to_device: setup= is for calls without a device"),
    ],
)
def test_a_set_up_or_a_destination_that_cannot_be_called_is_refused(file, arguments, function, message):
    with pytest.raises(UsageError) as caught:
        load_user_file(file(f"@conversion('x', {arguments})\ndef f({function}): return a\n"))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_second_load_starts_afresh(file):
    path = file("@conversion('mine')\ndef f(a): return a\n")
    assert [found.name for found in load_user_file(path)] == [found.name for found in load_user_file(path)]


UNSPEAKABLE = "class E(BaseException):\n    def __str__(self): raise OSError\n"


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        ("os._exit(0)", "the process ends with exit status 0"),
        ("os.kill(os.getpid(), 9)", "the process ends with SIGKILL"),
        ("sys.exit('enough')", "line 4: SystemExit: enough"),
        ("raise GeneratorExit", "line 4: GeneratorExit"),
        ("raise KeyboardInterrupt", "line 4: KeyboardInterrupt"),
        (f"{UNSPEAKABLE.replace('BaseException', 'Exception')}raise E", "E: its text raises OSError"),
        ("1 / 0", "line 4: ZeroDivisionError"),
        ("os.closerange(3, 100)", "exit status 1"),
    ],
)
def test_a_file_that_harms_its_process_while_it_loads_is_refused_in_one_line(file, harm, message):
    path = file(f"import os, sys\n@conversion('mine')\ndef f(a): return a\n{harm}\n")
    with pytest.raises(UsageError) as caught:
        describe_user_file(path)
    assert str(path) in str(caught.value) and message.replace("line 4", "line 5") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "left", ["threading.Thread(target=time.sleep, args=(600,)).start()", "os.fork() or (os.setsid(), time.sleep(600))"]
)
def test_what_a_file_leaves_running_while_it_loads_is_not_waited_for(file, left):
    path = file(f"import os, threading, time\n@conversion('mine', 'to_array', 'copies')\ndef f(t): return t\n{left}\n")
    before = threading.active_count()
    (found,) = describe_user_file(path)
    assert (found.name, found.direction, found.documented, found.family) == ("mine", "to_array", "copies", "user")
    assert found.expression == "f(t)" and found.function is None
    assert threading.active_count() == before


def test_a_failed_load_leaves_nothing_behind(file):
    with pytest.raises(UsageError):
        load_user_file(file("@conversion('mine')\ndef f(a): return a\n1 / 0\n"))
    assert [found.name for found in load_user_file(file("@conversion('mine')\ndef f(a): return a\n"))]


def test_outside_a_load_the_decorator_returns_the_function_unchanged():
    def function(a):
        return a

    assert conversion("torch.tensor")(function) is function


def test_files_beside_it_can_be_imported_and_dataclasses_work(file, tmp_path):
    (tmp_path / "sibling_of_my_conversions.py").write_text("VALUE = 7\n")
    text = (
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "import sibling_of_my_conversions as sibling\n"
        "@dataclass\nclass Thing:\n    x: int = 1\n"
        "@conversion('mine')\ndef f(a): return sibling.VALUE\n"
    )
    path = file("")
    path.write_text(text.replace("@dataclass\n", IMPORT + "@dataclass\n"))
    (found,) = load_user_file(path)
    assert call(found)(None) == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "defines no conversion"),
        ("1 / 0\n", "line 2: ZeroDivisionError: division by zero"),
        ("def f(:\n", "line 2: SyntaxError"),
        ("raise SystemExit('enough')\n", "SystemExit: enough"),
        ("raise ValueError('two\\nlines')\n", "ValueError: two lines"),
        ("@conversion('torch.tensor')\ndef f(a): ...\n", "'torch.tensor' exists already"),
        ("@conversion('x')\ndef f(a): ...\n" * 2, "'x' exists already"),
        ("@conversion('a b')\ndef f(a): ...\n", "name 'a b'"),
        ("@conversion('x', 'to_array_')\ndef f(a): ...\n", "did you mean to_array"),
        ("@conversion('x', documented='share')\ndef f(a): ...\n", "did you mean shares"),
        ("@conversion('x')\ndef f(a, b): ...\n", "one argument"),
        ("@conversion('x')\ndef f(): ...\n", "one argument"),
        ("@conversion('x', check=None)\ndef f(a): ...\n", "check None of conversion 'x' is not False"),
        ("@conversion('x', check=abs)\ndef f(a): ...\n", "a function of source and result"),
    ],
)
def test_a_mistake_is_a_usage_error_of_one_line_that_names_the_file(file, text, message):
    with pytest.raises(UsageError) as caught:
        load_user_file(file(text))
    told = str(caught.value)
    assert message in told
    assert "my_conversions.py" in told
    assert "\n" not in told


def test_a_missing_file_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere.py.*No such file"):
        load_user_file(tmp_path / "nowhere.py")


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("from_numpy", ["torch.from_numpy"]),
        ("numpy", ["t.numpy"]),
        ("numpy()", ["t.numpy"]),
        ("clone().numpy()", ["t.clone.numpy"]),
        ("torch.from_numpy(a)", ["torch.from_numpy"]),
        (" torch.tensor( a ) ", ["torch.tensor"]),
        ("t.numpy(force=True)", ["t.numpy.force"]),
        ("tensor", ["torch.tensor"]),
        ("Tensor", ["torch.Tensor"]),
        ("from_numpy,numpy,from_numpy", ["torch.from_numpy", "t.numpy"]),
        ("torch.tensor(a, dtype=torch.float32),np.array", ["torch.tensor.float32", "np.array"]),
    ],
)
def test_words_that_people_type_find_their_conversion(typed, names):
    assert [conversion.name for conversion in select_conversions([typed])] == names


@pytest.mark.parametrize("conversion", [*CORE, *EXTENDED], ids=lambda conversion: conversion.name)
def test_every_conversion_is_found_by_its_name_and_by_its_expression(conversion):
    assert select_conversions([conversion.name]) == select_conversions([conversion.expression]) == [conversion]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("asarray", "may be torch.asarray or np.asarray"),
        ("from_nunpy", "did you mean torch.from_numpy"),
        ("", "unknown conversion ''"),
        ("t.numpy,", "unknown conversion ''"),
        ("()", "unknown conversion"),
    ],
)
def test_words_that_stand_for_none_or_several_are_refused(typed, said):
    with pytest.raises(UsageError, match=re.escape(said)):
        select_conversions([typed])


def test_the_code_of_the_page_on_own_conversions_does_what_the_page_says(tmp_path):
    page = Path(__file__).parents[2] / "docs" / "own-conversions.md"
    path = tmp_path / "mine.py"
    path.write_text("\n".join(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)))
    array = np.array([3.0, 1.0, 2.0])
    found = {found.expression: examine(found, array).shares_memory for found in load_user_file(path)}
    assert found == {"through_list(a)": False, "in_place(a) [set up]": True, "into(a, destination)": False}
