import sys

import pytest

from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.errors import UsageError
from copycost.run.arms import BASE, Arm, interpreter, parse_arms


def program(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def refused(text):
    with pytest.raises(UsageError) as caught:
        parse_arms([text])
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_without_arms_there_is_one_named_base():
    assert parse_arms([]) == (BASE,)
    assert interpreter(BASE) == sys.executable


def test_an_arm_has_a_name_and_conditions():
    thp, two = parse_arms(["thp:THP_MEM_ALLOC_ENABLE=1,OMP=a=b,c", "two:threads=1"])
    assert thp == Arm("thp", (("THP_MEM_ALLOC_ENABLE", "1"), ("OMP", "a=b,c")))
    assert two == Arm("two", threads=1)
    assert parse_arms(["many:threads=999"]) == (Arm("many", threads=999),)


def test_threads_are_those_of_the_arms_cells_but_not_of_the_empty_call():
    cell = Cell("torch.tensor", "to_tensor", "float64", 64)
    assert Arm("two", threads=2).cell(cell).threads == 2
    assert Arm("two", threads=2).cell(EMPTY_CALL) == EMPTY_CALL
    assert BASE.cell(cell) == cell


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x:FOO=", "FOO has no value"),
        ("x:A=1,FOO=", "FOO has no value"),
        ("x:python=", "python has no value"),
        ("x:threads=", "threads has no value"),
        ("x:FOO", "KEY=VALUE"),
        ("x:=1", "KEY=VALUE"),
        ("x:", "NAME"),
        (":A=1", "NAME"),
        ("a b", "NAME"),
        ("x:A=1,A=2", "A is given twice"),
        ("x:threads=1,threads=1", "threads is given twice"),
        ("x:threads=0", "from 1 to 1024"),
        ("x:threads=²", "from 1 to 1024"),
        ("x:threads=99999", "from 1 to 1024"),
        (
            "x:OMP_NUM_THREADS=2",
            "OMP_NUM_THREADS=2 would change nothing, because every cell sets its number of threads: give threads=2",
        ),
        ("x:A=1,MKL_NUM_THREADS=4", "give threads=4"),
        ("x:python=/nowhere/python", "/nowhere/python"),
        ("x:python=.", "cannot be run"),
    ],
)
def test_an_arm_that_cannot_be_is_refused_in_one_line(text, said):
    assert said in refused(text)


def test_an_arm_that_exists_is_refused():
    with pytest.raises(UsageError, match="arm 'a' is named twice"):
        parse_arms(["a", "b", "a:X=1"])


def test_an_interpreter_without_torch_is_refused_with_what_measuring_needs(tmp_path):
    message = "ModuleNotFoundError: No module named 'torch'"
    python = program(tmp_path / "python", f'echo "Traceback" >&2; echo "{message}" >&2; exit 1')
    said = refused(f"x:python={python}")
    assert message in said and "pytest-benchmark" in said


def stub(name, version, folder):
    """Write a package that says only its version."""
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(f"__version__ = {version!r}\n")


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ({"torch": "1.13.1+cpu"}, "its torch is 1.13.1+cpu"),
        ({"torch": "2.0.0", "pytest_benchmark": "5.1.0"}, "its pytest-benchmark is 5.1.0"),
        ({"torch": "2.10.1", "pytest_benchmark": "3.2.2"}, "its pytest-benchmark is 3.2.2"),
    ],
)
def test_an_interpreter_with_older_packages_is_refused_with_what_is_needed_and_what_was_found(tmp_path, versions, said):
    for name, version in versions.items():
        stub(name, version, tmp_path)
    message = refused(f"x:python={sys.executable},PYTHONPATH={tmp_path}")
    assert message.startswith(f"arm 'x': python '{sys.executable}' cannot measure ({said})")
    assert message.endswith("it needs Python 3.10, torch 2.0, pytest-benchmark 5.2, NumPy and pytest, or newer ones")


def test_an_older_python_is_refused_before_anything_is_imported(monkeypatch, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.version = '3.9.18 (main)'\n")
    stub("torch", "none", tmp_path)
    assert "(it is Python 3.9.18)" in refused(f"x:python={sys.executable},PYTHONPATH={tmp_path}")


def test_a_program_that_is_no_python_is_refused(tmp_path):
    assert "no Python" in refused(f"x:python={program(tmp_path / 'true', 'exit 0')}")


def test_the_interpreter_is_asked_in_the_arms_own_environment(tmp_path):
    python = program(tmp_path / "python", 'echo "it has $FOO" >&2; exit 1')
    assert "it has a value" in refused(f"x:python={python},FOO=a value")


def test_an_interpreter_on_the_search_path_is_found(tmp_path, monkeypatch):
    program(tmp_path / "other-python", "echo can measure")
    monkeypatch.setenv("PATH", str(tmp_path))
    (arm,) = parse_arms(["x:python=other-python"])
    assert interpreter(arm) == str(tmp_path / "other-python")


def test_a_link_to_an_interpreter_is_not_followed(tmp_path):
    target = program(tmp_path / "real", "echo can measure")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(target)
    (arm,) = parse_arms([f"x:python={tmp_path}/bin/python"])
    assert interpreter(arm) == f"{tmp_path}/bin/python"


def test_this_interpreter_can_measure():
    (arm,) = parse_arms([f"own:python={sys.executable}"])
    assert arm.python == sys.executable
