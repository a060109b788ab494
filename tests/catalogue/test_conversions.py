"""The catalogue holds each conversion once, and finds them by name and family."""

import subprocess
import sys

import pytest

from copycost.catalogue.conversions import CORE, DIRECTIONS, DOCUMENTED, EXTENDED, select
from copycost.errors import UsageError


def test_names_are_unique_and_typeable():
    names = [conversion.name for conversion in CORE + EXTENDED]
    assert len(set(names)) == len(names)
    assert all(name.replace(".", "").replace("_", "").isalnum() for name in names)


def test_every_field_holds_a_known_word():
    for conversion in CORE + EXTENDED:
        assert conversion.direction in DIRECTIONS
        assert conversion.documented in DOCUMENTED
        assert conversion.variable in conversion.expression
        assert conversion.function is None


def test_a_family_is_selected_when_no_name_is_given():
    assert select() == list(CORE)
    assert select(None, "all") == [*CORE, *EXTENDED]


def test_names_reach_the_whole_catalogue_in_the_order_given_and_once_each():
    chosen = select(["t.tolist", "torch.tensor", "t.tolist"])
    assert [conversion.name for conversion in chosen] == ["t.tolist", "torch.tensor"]


def test_a_mistyped_name_is_answered_with_the_nearest():
    with pytest.raises(UsageError, match=r"unknown conversion 'torch.fromnumpy'.*torch.from_numpy"):
        select(["torch.fromnumpy"])


def test_a_mistyped_family_is_answered_with_the_valid_ones():
    with pytest.raises(UsageError, match=r"unknown family 'everything': valid: core, all"):
        select(None, "everything")


def test_users_conversions_come_after_the_family_and_can_be_named(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("from copycost.catalogue.user_file import conversion\n@conversion('mine')\ndef mine(a): return a\n")
    assert [conversion.name for conversion in select(None, "core", file)][-1] == "mine"
    assert [conversion.name for conversion in select(["mine"], "core", file)] == ["mine"]


def test_the_catalogue_is_imported_without_the_libraries_it_measures():
    code = (
        "import sys; import copycost.catalogue.semantics, copycost.catalogue.grid, "
        "copycost.catalogue.user_file; "
        "sys.exit(bool({'torch', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
