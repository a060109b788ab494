from copycost.show.machines_sections import Section, as_markdown, as_table

SECTION = Section("title <i>", ("a|b", ""), (("x\x1by", ("one", "two")), ("`", "*")), ("a note",), ("<script>.",))


def test_a_table_has_a_line_for_each_text_and_no_control_characters():
    lines = as_table([SECTION]).splitlines()
    assert lines[:2] == ["title <i>", "<script>."]
    assert "one;" in lines[3] and lines[4].strip() == "two" and "\x1b" not in "".join(lines)
    assert lines[-1] == "a note"


def test_markdown_shows_every_sign_as_it_is():
    text = as_markdown([SECTION])
    assert "<script>" not in text and "<i>" not in text and "one; two" in text
    assert len({line.count("|") for line in text.splitlines() if line.startswith("|")}) == 1


def test_a_section_may_have_no_table():
    assert as_table([Section("t", said=("s",))]) == "t\ns\n"
    assert as_markdown([Section("t", said=("s",))]) == "### t\n\ns\n"
