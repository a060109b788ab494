import pytest

from copycost.errors import UsageError
from copycost.show.docs_folder import Provenance, comment, read_comment

KNOWN = Provenance(
    1, "copycost", "0.1.0", "docs --x --> <b>", "run --> ", None, {"torch": "2"}, "0" * 64,
    {"themes": ["light"], "width": 720, "syntax": "markdown"},
)  # fmt: skip


def test_a_comment_is_read_back_and_nothing_in_it_ends_it(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"# A\n\n{comment(KNOWN)}\n")
    assert read_comment(page) == KNOWN
    assert comment(KNOWN).count("--") == 2 and comment(KNOWN).count("<") == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# A page",
        "<!-- copycost {} -->",
        "<!-- copycost nothing -->",
        "<!-- copycost [1] -->",
        comment(KNOWN).replace('"schema": 1', '"schema": 2'),
        comment(KNOWN).replace('["light"]', '["lihgt"]'),
        comment(KNOWN).replace("720", '"wide"'),
    ],
)
def test_what_is_no_provenance_of_ours_is_none(tmp_path, text):
    page = tmp_path / "page.md"
    page.write_text(text)
    assert read_comment(page) is None


def test_a_page_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_comment(tmp_path)
