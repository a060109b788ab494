from copycost.show.charts.captions import Entry, key


def test_entries_fill_a_line_before_the_next_begins():
    entries = [Entry("copies", "copies"), Entry("shares", "shares"), Entry("", "a note")]
    assert len(key(entries, 1000).lines) == 1
    assert [len(line) for line in key(entries, 160).lines] == [2, 1]


def test_a_note_wider_than_the_page_is_shortened():
    (line,) = key([Entry("", "n" * 500)], 300).lines
    assert line[0].text.endswith("n")
    assert "…" in line[0].text


def test_no_key_takes_no_room():
    assert key([], 300).height == 0
