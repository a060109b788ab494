from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from copycost.show.render.escape import code_block, name, unmarked, words

HOSTILE = [
    "<script>alert(1)</script>",
    "a|b`c*d_e[f](g)![h](i)",
    "``` # heading",
    "<!-- --> \"' {x}",
    "1. www.evil.com @user #3 http://evil.com",
    "_a_ __b__ ~~c~~ $d$ &lt; \\*",
    "שם",
    "x" * 200,
    "+ - * =",
]


class Shown(HTMLParser):
    """What a reader sees of HTML, and the elements that it is made of."""

    def __init__(self, html):
        super().__init__()
        self.text, self.elements = "", []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)

    def handle_data(self, data):
        self.text += data


def shown(markdown):
    return Shown(MarkdownIt("gfm-like", {"linkify": False}).render(markdown))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("written", [name, words])
def test_names_are_shown_as_text(text, written):
    own = shown(f"before {written(text)} after")
    assert own.text.replace("\u200b", "").strip() == f"before {text} after"
    assert set(own.elements) <= {"p", "code", "bdi", "wbr"}


@pytest.mark.parametrize("text", HOSTILE)
def test_names_do_not_break_a_table(text):
    own = shown(f"| {name(text)} | b |\n| --- | --- |\n| {words(text)} | {name(text)} |")
    assert own.elements.count("td") == own.elements.count("th") == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_a_description_has_no_elements(text):
    own = shown(f"![{unmarked(text)}](a.svg)")
    assert own.elements == ["p", "img"]


def test_plain_names_and_words_stay_readable():
    assert name("torch.from_numpy(a)") == "`torch.from_numpy(a)`"
    assert words("THP_MEM 2.13.0+cpu, 85 GB/s, page-fault bound") == "THP_MEM 2.13.0+cpu, 85 GB/s, page-fault bound"


def test_control_characters_and_line_ends_are_not_written():
    assert "\x1b" not in name("a\x1b[0m\nb") and "\n" not in words("a\nb") and "\u202e" not in words("a\u202eb")


def test_long_names_may_be_broken_and_end_somewhere():
    assert "<wbr>" in name("x" * 60) and "<wbr>" in words("x" * 60)
    assert len(shown(name("x" * 1000)).text) < 300


def test_nothing_ends_a_block_of_code():
    assert code_block("a\n```\nb\x1b[31m") == "a  b\N{REPLACEMENT CHARACTER}[31m"
