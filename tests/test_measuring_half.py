"""The measuring half runs under other interpreters: older ones, with older libraries, without the reading half's.

What is checked is the source, so that no older interpreter is needed to check it.
"""

import ast
import sys
from pathlib import Path

import pytest

from tests.test_architecture import loaded_after

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "copycost"
FILES = sorted(
    [
        *(PACKAGE / "catalogue").rglob("*.py"),
        *(PACKAGE / "measure").rglob("*.py"),
        *(PACKAGE / name for name in ("__init__.py", "errors.py", "units.py")),
        *(ROOT / "benchmarks").glob("*.py"),
    ]
)
OLDEST_PYTHON = (3, 10)
LIBRARIES = {"numpy", "torch", "pytest", "pytest_benchmark", "copycost"}

# What came after Python 3.10, NumPy 1.24, torch 2.0 and pytest 8.1, and is easily written without a thought.
NEWER_MODULES = {"tomllib"}
NEWER_NAMES = {
    "builtins": {"BaseExceptionGroup", "ExceptionGroup"},
    "datetime": {"UTC"},
    "itertools": {"batched"},
    "contextlib": {"chdir"},
    "enum": {"StrEnum", "verify", "member", "nonmember"},
    "math": {"cbrt", "exp2", "sumprod", "fma"},
    "statistics": {"kde"},
    "sys": {"exception"},
    "typing": {"Never", "NotRequired", "Required", "Self", "Unpack", "TypeVarTuple", "LiteralString"}
    | {"assert_never", "assert_type", "override", "reveal_type"},
    "np": {"astype", "bool", "long", "ulong", "concat", "exceptions", "isdtype", "permute_dims", "strings"}
    | {"trapezoid", "unstack", "vecdot", "matvec", "cumulative_sum", "bitwise_count", "pow", "acos", "atan2"},
    "torch": {"uint16", "uint32", "uint64", "compiler", "accelerator", "get_default_device", "unravel_index"},
    "pytest": {"TerminalReporter", "RaisesGroup", "RaisesExc", "HIDDEN_PARAM", "SubtestReport", "Subtests"},
}
NEWER_METHODS = {"add_note", "walk_up", "is_junction"}
NEWER_WORDS = {
    "dataclass": {"weakref_slot"},
    "read_text": {"newline"},
    "glob": {"case_sensitive", "include_hidden"},
    "TemporaryDirectory": {"delete"},
    "map": {"strict"},
}


def newer_than_allowed(source: str) -> list[str]:
    """Return what in a source is newer than what the measuring half may run under, each with its line."""
    try:
        tree = ast.parse(source, feature_version=OLDEST_PYTHON)
    except SyntaxError as error:
        return [f"line {error.lineno}: {error.msg}"]
    return [f"line {node.lineno}: {said}" for node in ast.walk(tree) if (said := newer(node))]


def newer(node):
    if isinstance(node, ast.ImportFrom) and node.module:
        taken = {alias.name for alias in node.names} & NEWER_NAMES.get(node.module, set())
        return f"from {node.module} import {taken.pop()}" if taken else None
    if isinstance(node, ast.Import):
        taken = {alias.name for alias in node.names} & NEWER_MODULES
        return f"import {taken.pop()}" if taken else None
    if isinstance(node, ast.Attribute):
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        return ast.unparse(node) if node.attr in NEWER_NAMES.get(owner, set()) | NEWER_METHODS else None
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        taken = {word.arg for word in node.keywords} & NEWER_WORDS.get(called, set())
        return f"{called}({taken.pop()}=…)" if taken else None
    if isinstance(node, ast.Name):
        return node.id if node.id in NEWER_NAMES["builtins"] else None
    return None


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_newer_than_the_oldest_interpreter_is_used(path):
    assert newer_than_allowed(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("try: pass\nexcept* ValueError: pass", "3.11"),
        ("raise ExceptionGroup('', [error])", "ExceptionGroup"),
        ("from datetime import UTC", "UTC"),
        ("datetime.UTC", "UTC"),
        ("from typing import Self", "Self"),
        ("import tomllib", "tomllib"),
        ("TemporaryDirectory(delete=False)", "delete"),
        ("torch.uint16", "torch.uint16"),
        ("np.astype(a, b)", "np.astype"),
        ("error.add_note('')", "add_note"),
    ],
)
def test_what_is_newer_is_found(source, said):
    found = newer_than_allowed(source)
    assert len(found) == 1 and said in found[0]


def test_what_is_old_enough_is_not_taken_for_new():
    source = (
        "def f(a: int | None) -> list[int] | None:\n    match a:\n        case 1: return zip(a | b, c, strict=True)"
    )
    assert newer_than_allowed(source) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_but_the_libraries_that_measuring_needs_is_imported(path):
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).partition(".")[0])
    assert names <= LIBRARIES | sys.stdlib_module_names


def test_the_measuring_half_works_where_the_reading_halfs_libraries_are_missing():
    hidden = ("pandas", "scipy", "matplotlib", "rich", "click", "pyarrow")
    loaded = loaded_after("import copycost.measure.plugin", hidden=hidden)
    assert "copycost" in loaded and not loaded & set(hidden)
