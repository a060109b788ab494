"""The files, functions, links and charts that the documentation names are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from copycost.show.charts.registry import CHARTS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
OF_THE_CODE = [ROOT / "CONTRIBUTING.md", DOCS / "architecture.md"]
"""Pages on which `select()` or `Run.cells` is a name in the Python file that is named next to it, before or after."""


def name_of(page):
    return str(page.relative_to(ROOT))


def passages(page):
    """Return the paragraphs, list entries and rows of a page, without its code blocks."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return [passage for passage in re.split(r"\n\n+|\n(?=[|-] ?|\d+\. )", text) if passage.strip()]


def spans(passage):
    return re.findall(r"`([^`]+)`", passage)


@cache
def defined(file):
    """Return the names that a Python file defines: its functions, classes, constants, and ``Class.member``."""
    names = set()

    def take(node, prefix):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                names.add(prefix + child.name)
                if isinstance(child, ast.ClassDef):
                    take(child, f"{child.name}.")
            elif isinstance(child, ast.AnnAssign):
                names.add(prefix + ast.unparse(child.target))
            elif isinstance(child, ast.Assign):
                names.update(prefix + ast.unparse(target) for target in child.targets)

    take(ast.parse(file.read_text(encoding="utf-8")), "")
    return names


def file_named(span):
    """Return the file or folder that a span names, which may be within the package."""
    return next((place for place in (ROOT / span, ROOT / "copycost" / span) if place.exists()), None)


def is_path(span):
    """Return whether a span names a file or folder of the project."""
    return bool(re.fullmatch(r"[\w./-]+\.(py|md)|[\w.-]+(/[\w.-]*)+", span))


@pytest.mark.parametrize("page", OF_THE_CODE, ids=name_of)
def test_the_files_and_the_names_in_them_are_there(page):
    checked = 0
    for passage in passages(page):
        before, waiting = None, []
        for span in spans(passage):
            if is_path(span):
                named = file_named(span)
                assert named is not None, f"there is no {span}"
                if named.suffix == ".py":
                    assert [name for name in waiting if name not in defined(named)] == [], f"not in {span}"
                    before, waiting = named, []
            elif re.fullmatch(r"\w+\(\)|_?[A-Z]\w{2,}(\.\w+)?(\(\))?", span):
                name = span.removesuffix("()")
                if before is None or name not in defined(before):
                    waiting.append(name)
                checked += 1
        assert waiting == [], "in no file that is named beside them"
    assert checked


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files(page):
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    here = [link for link in links if "://" not in link]
    assert [link for link in here if not (page.parent / link).exists()] == []


def test_the_index_leads_to_every_page():
    links = re.findall(r"\]\(([^)#]+)\)", (DOCS / "index.md").read_text(encoding="utf-8"))
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")} - {"index.md"}
    assert pages | {"../README.md", "../CONTRIBUTING.md", "../CHANGELOG.md", "../SECURITY.md"} <= set(links)


def test_every_chart_is_described():
    text = (DOCS / "charts.md").read_text(encoding="utf-8")
    assert [name for name in CHARTS if f"`{name}`" not in text] == []


def test_the_glossary_has_the_words_of_the_readme_in_alphabetical_order():
    words = re.findall(r"^\| \*\*(.+?)\*\*", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert words == sorted(words)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {"cell", "round", "visit", "process", "canary", "clock", "quiet", "arm", "run"} <= set(words)
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    assert [word for word in re.findall(r"\*(\w+)\*", readme) if word.removesuffix("s") not in text] == []
