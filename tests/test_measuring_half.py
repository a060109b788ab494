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
OLDEST_PYTHON = (3, 9)
LIBRARIES = {"numpy", "torch", "pytest", "pytest_benchmark", "copycost"}

# What came after Python 3.9, NumPy 1.24, torch 1.13 and pytest 7.0, and is easily written without a thought.
NEWER_MODULES = {"tomllib"}
NEWER_NAMES = {
    "datetime": {"UTC"},
    "itertools": {"pairwise", "batched"},
    "contextlib": {"aclosing", "chdir"},
    "dataclasses": {"KW_ONLY"},
    "enum": {"StrEnum", "verify", "member", "nonmember"},
    "inspect": {"get_annotations"},
    "math": {"cbrt", "exp2", "sumprod", "fma"},
    "statistics": {"correlation", "covariance", "linear_regression", "kde"},
    "sys": {"exception", "orig_argv", "stdlib_module_names"},
    "types": {"NoneType", "UnionType", "EllipsisType"},
    "typing": {"Concatenate", "Never", "NotRequired", "ParamSpec", "Required", "Self", "TypeAlias", "TypeGuard"}
    | {"Unpack", "assert_never", "assert_type", "override", "reveal_type", "LiteralString", "TypeVarTuple"},
    "np": {"astype", "bool", "long", "ulong", "concat", "exceptions", "isdtype", "permute_dims", "strings"}
    | {"trapezoid", "unstack", "vecdot", "matvec", "cumulative_sum", "bitwise_count", "pow", "acos", "atan2"},
    "torch": {"uint16", "uint32", "uint64", "compile", "compiler", "accelerator", "set_default_device"}
    | {"get_default_device", "unravel_index", "vmap"},
    "pytest": {"FixtureDef", "TerminalReporter", "RaisesGroup", "RaisesExc", "HIDDEN_PARAM", "Directory", "Dir"}
    | {"SubtestReport", "Subtests"},
}
NEWER_METHODS = {"bit_count", "add_note", "untyped_storage", "hardlink_to", "walk_up", "is_junction"}
NEWER_WORDS = {
    "zip": {"strict"},
    "map": {"strict"},
    "dataclass": {"slots", "kw_only", "weakref_slot"},
    "field": {"kw_only"},
    "hookimpl": {"wrapper"},
    "read_text": {"newline"},
    "write_text": {"newline"},
    "glob": {"case_sensitive", "include_hidden", "root_dir"},
    "bisect": {"key"},
    "bisect_left": {"key"},
    "bisect_right": {"key"},
    "TemporaryDirectory": {"ignore_cleanup_errors", "delete"},
}


def newer_than_allowed(source: str) -> list[str]:
    """Return what in a source is newer than what the measuring half may run under, each with its line."""
    try:
        tree = ast.parse(source, feature_version=OLDEST_PYTHON)
    except SyntaxError as error:
        return [f"line {error.lineno}: {error.msg}"]
    found = []
    unread = annotated(tree) if has_postponed_annotations(tree) else ()
    annotations = {id(inner) for outer in unread for inner in ast.walk(outer)}
    for node in ast.walk(tree):
        said = newer(node) if id(node) not in annotations else None
        if said:
            found.append(f"line {node.lineno}: {said}")
    return found


def annotated(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
            yield from (one.annotation for one in every if one is not None and one.annotation is not None)
            if node.returns is not None:
                yield node.returns


def has_postponed_annotations(tree):
    return any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)


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
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr) and (is_type(node.left) or is_type(node.right)):
        return f"the union {ast.unparse(node)} at run time"
    return None


def is_type(node):
    if isinstance(node, ast.Constant):
        return node.value is None
    return isinstance(node, ast.Name) and node.id in {"int", "float", "str", "bytes", "bool", "list", "dict", "tuple"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_newer_than_the_oldest_interpreter_is_used(path):
    assert newer_than_allowed(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("match a:\n    case 1: pass", "3.10"),
        ("try: pass\nexcept* ValueError: pass", "3.11"),
        ("from datetime import UTC", "UTC"),
        ("import tomllib", "tomllib"),
        ("zip(a, b, strict=True)", "strict"),
        ("@pytest.hookimpl(wrapper=True)\ndef f(): pass", "wrapper"),
        ("isinstance(a, int | None)", "union"),
        ("Number = int | float", "union"),
        ("def f(a: int | None): pass", "union"),
        ("torch.uint16", "torch.uint16"),
        ("np.astype(a, b)", "np.astype"),
        ("a.bit_count()", "bit_count"),
    ],
)
def test_what_is_newer_is_found(source, said):
    found = newer_than_allowed(source)
    assert len(found) == 1 and said in found[0]


def test_what_is_old_enough_is_not_taken_for_new():
    source = (
        "from __future__ import annotations\ndef f(a: int | None) -> list[int] | None:\n    return zip(a | b, {1} | c)"
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
