import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copycost.show.charts.labels import conversion_labels, distinct_labels, plain, shorten, text_width, wrap


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("torch.tensor", "torch.tensor"),
        ("a\nb\x00c", "a b c"),
        ("\u202eevil\u202c", "evil"),
        ("<script>", "<script>"),
        ("\ud800x", "x"),
        (7, "7"),
    ],
)
def test_a_name_becomes_one_printable_line(text, cleaned):
    assert plain(text) == cleaned


def test_an_endless_name_is_bounded():
    assert len(plain("n" * 10_000)) == 300


def test_width_grows_with_the_text_and_its_size():
    assert text_width("ab", 11) > text_width("a", 11)
    assert text_width("ab", 14) > text_width("ab", 11)
    assert text_width("ab", 11, bold=True) > text_width("ab", 11)


def test_characters_that_the_font_lacks_are_given_room():
    assert text_width("日本", 12) >= 24


def test_a_label_that_fits_is_left_alone():
    assert shorten("torch.tensor", 500, 11) == "torch.tensor"


@settings(deadline=None, max_examples=40)
@given(st.text(alphabet="abcm.() ", min_size=1, max_size=80), st.integers(20, 200))
def test_a_shortened_label_fits(text, room):
    assert text_width(shorten(text, room, 11), 11) <= max(room, text_width("…", 11))


def test_shortening_leaves_out_the_middle():
    short = shorten("torch.from_numpy" + "x" * 100 + "clone", 120, 11)
    assert short.startswith("torch.from")
    assert short.endswith("clone")


def test_labels_stay_different_when_only_their_middle_differs():
    names = ["n" * 90 + letter + "m" * 90 for letter in "abc"]
    labels = distinct_labels(names, 100, 11)
    assert len(set(labels)) == 3
    assert all(text_width(label, 11) <= 100 for label in labels)


def test_a_conversion_that_is_too_wide_keeps_what_it_is_found_by():
    name = "torch.from_numpy.to.non_blocking"
    room = text_width("from_numpy.to.non_blocking", 11) + 1
    names = ["torch.from_numpy.to", f"{name}+sync", "torch.tensor"]
    assert list(conversion_labels(names, room, 11).values()) == [
        "torch.from_numpy.to",
        "from_numpy.to.non_blocking",
        "torch.tensor",
    ]
    assert conversion_labels([name, f"{name}+sync"], 1000, 11) == {name: name, f"{name}+sync": name}
    narrow = conversion_labels([name, "torch.from_numpy.to.blocking"], room / 2, 11)
    assert len(set(narrow.values())) == 2 and all(text_width(label, 11) <= room / 2 for label in narrow.values())


def test_lines_are_filled_before_a_new_one_begins():
    assert wrap(["aa", "bb", "cc"], text_width("aa · bb", 11) + 1, 11) == ["aa · bb", "cc"]
