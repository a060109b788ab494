"""The design's one-way imports and light halves, read from the source and from a bare interpreter."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "copycost"

MAY_IMPORT = {
    "catalogue": {"catalogue"},
    "measure": {"catalogue", "measure"},
    "store": {"store"},
    "analyse": {"store", "analyse"},
    "show": {"store", "analyse", "show"},
    "run": {"catalogue", "measure", "store", "analyse", "run"},
    "commands": {"catalogue", "measure", "store", "analyse", "show", "run", "commands"},
}
FOR_ALL = {"errors", "units"}


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            package, _, rest = name.partition(".")
            if package == "copycost" and rest:
                rooms.add(rest.split(".")[0])
    return rooms


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_from_the_rooms_before_it(room):
    files = sorted((PACKAGE / room).rglob("*.py"))
    assert files
    for path in files:
        assert imported_rooms(path) <= MAY_IMPORT[room] | FOR_ALL, path


def test_every_room_has_its_rule():
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert rooms == set(MAY_IMPORT)


def test_no_relative_imports_hide_an_edge():
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.ImportFrom) and node.level), path


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


def test_the_list_of_what_can_be_chosen_loads_neither_torch_nor_what_draws():
    loaded = loaded_after("from copycost.cli import main\nmain(['list'])")
    assert not loaded & {"torch", "matplotlib"}


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
