"""The design's one-way imports and light halves, read from the source and from a bare interpreter."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "copycost"

MAY_IMPORT = {
    "catalogue": {"catalogue"},
    "measure": {"catalogue", "measure"},
    "store": {"store"},
    "analyse": {"store", "analyse"},
    "show": {"store", "analyse", "show"},
    "run": {"catalogue", "measure", "store", "analyse", "run"},
    "commands": {"catalogue", "measure", "store", "analyse", "show", "run", "commands"},
}
FOR_ALL = {"errors", "units", "program", "regular", "temporary"}
READ_FILES = {"run_files", "select", "noise_profile"}
"""Files of `analyse` that read files: everything else gets frames."""
FRAMES_OF_STORE = {"rounds", "labels", "bad_files", "kept_cells", "cell_table", "facts"}
"""What the others of `analyse` may know of `store`: what columns and names there are, and how a refusal is told."""


def files_of(*rooms: str) -> list[Path]:
    files = sorted(path for room in rooms for path in (PACKAGE / room).rglob("*.py"))
    assert files
    return files


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(path: Path, *, at_start: bool = False) -> set[str]:
    """Return the modules of ours that a file imports; at_start, those only that importing the file imports too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = _at_start(tree) if at_start else ast.walk(tree)
    names = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.startswith("copycost.")}


def _at_start(tree: ast.AST):
    """Yield the nodes outside functions and outside what only type checkers read."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _at_start(node)


def imported_rooms(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imported_modules(path)}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_from_the_rooms_before_it(room):
    for path in files_of(room):
        assert imported_rooms(path) <= MAY_IMPORT[room] | FOR_ALL, path


def test_every_room_has_its_rule():
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert rooms == set(MAY_IMPORT)


def test_no_relative_imports_hide_an_edge():
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.ImportFrom) and node.level), path


def test_no_files_import_each_other_in_a_circle():
    modules = {module_name(path): path for path in PACKAGE.rglob("*.py")}
    edges = {name: imported_modules(path) & modules.keys() - {name} for name, path in modules.items()}
    done: set[str] = set()

    def visit(name: str, way: list[str]) -> None:
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name not in done:
            for other in sorted(edges[name]):
                visit(other, [*way, name])
            done.add(name)

    for name in sorted(modules):
        visit(name, [])


def test_commands_alone_select_runs():
    for path in files_of("store", "analyse", "show", "run"):
        if path.name != "select.py":
            names = {name.rpartition(".")[2] for name in imported_modules(path) if ".analyse.select." in name}
            assert not {name for name in names if name.startswith("select")}, path


def test_analysis_reads_no_files_but_through_a_run():
    for path in files_of("analyse"):
        if path.stem not in READ_FILES:
            from_store = {name.split(".")[2] for name in imported_modules(path) if name.startswith("copycost.store.")}
            assert from_store <= FRAMES_OF_STORE, path


def test_nobody_but_a_run_loads_or_estimates():
    for path in files_of("show", "commands"):
        names = {name.rpartition(".")[2] for name in imported_modules(path)}
        assert not names & {"load", "load_alike", "mark_quiet", "per_process", "estimate", "estimate_cells"}, path


def loaded_after(statement: str, *, hidden: tuple[str, ...] = ()) -> set[str]:
    """Return the top-level modules loaded by a statement in a fresh interpreter."""
    code = "import sys\n"
    code += "".join(f"sys.modules[{name!r}] = None\n" for name in hidden)
    code += statement + "\n"
    code += "print(*(name for name in sys.modules if sys.modules[name] and '.' not in name))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PACKAGE.parent, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]], ids=["help", "run help"])
def test_help_loads_neither_torch_nor_pandas(arguments):
    loaded = loaded_after(f"from copycost.cli import main\nmain({arguments!r})")
    assert not loaded & {"torch", "numpy", "pandas", "matplotlib", "scipy"}


def test_list_loads_no_torch():
    assert "torch" not in loaded_after("from copycost.cli import main\nmain(['list'])")


def test_importing_copycost_loads_nothing_heavy():
    assert not loaded_after("import copycost") & {"torch", "numpy", "pandas"}


def test_the_reading_half_works_where_torch_and_pytest_are_missing():
    statement = (
        "import pkgutil, importlib\n"
        "for room in ('store', 'analyse', 'show'):\n"
        "    package = importlib.import_module('copycost.' + room)\n"
        "    for found in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(found.name)"
    )
    hidden = ("torch", "pytest", "pytest_benchmark")
    loaded = loaded_after(statement, hidden=hidden)
    assert "pandas" in loaded and not loaded & set(hidden)


def test_a_wheel_has_every_package_and_the_benchmarks():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in PACKAGE.rglob("__init__.py")}
    assert set(settings["packages"]) == found | {"copycost.benchmarks"}
    folder = ROOT / settings["package-dir"]["copycost.benchmarks"]
    others = {path.name for path in folder.iterdir() if path.is_file() and path.suffix != ".py"}
    assert others == set(settings["package-data"]["copycost.benchmarks"])
