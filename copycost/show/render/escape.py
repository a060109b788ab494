"""Text in Markdown that GitHub, MkDocs and Sphinx (MyST) read alike, and in which names stay text."""

from __future__ import annotations

import re
from html import escape

from copycost.errors import one_line
from copycost.show.document import Line, Name
from copycost.show.render.figures import NOTHING
from copycost.show.render.layout import parts_of

_PLAIN_NAME = re.compile(r"[\w .,()=+/:-]+", re.ASCII)
# What is no sign of Markdown anywhere: letters and digits, some signs, and a few more only between letters.
_WORDS = re.compile(r"(?<=www)\.|(?!(?<=[^\W_])[-+/_](?=[^\W_]))[^\w .,;:()%'=?·→–±×▲▼]|(?<![^\W_])_|_(?![^\W_])")
_LONG = re.compile(r"\w{20}(?=\w)")
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]+")
_LONGEST = 240
_PIECE = 20
_LONGEST_PLAIN = 40


def inline(line: Line) -> str:
    """Return a line as Markdown: its words without markup, its names as code."""
    return "".join(name(part.text) if isinstance(part, Name) else _spaced(part) for part in parts_of(line))


def name(text: object) -> str:
    """Return a name as code: a plain one between backticks, any other as a code element of character references.

    A long one may be broken over lines, one from right to left does not turn the text around it.
    """
    shown = _shortened(text) or NOTHING
    if _PLAIN_NAME.fullmatch(shown) and len(shown) <= _LONGEST_PLAIN:
        return f"`{shown}`"
    pieces = [shown[start : start + _PIECE] for start in range(0, len(shown), _PIECE)]
    code = f"<code>{'<wbr>'.join(map(_referenced, pieces))}</code>"
    return f"<bdi>{code}</bdi>" if _RIGHT_TO_LEFT.search(shown) else code


def words(text: object) -> str:
    """Return running text in which nothing is markup, a link or a mention, and long words may be broken."""
    unbroken = _LONG.sub(r"\g<0><wbr>", unmarked(text))
    return _RIGHT_TO_LEFT.sub(r"<bdi>\g<0></bdi>", unbroken)


def unmarked(text: object) -> str:
    """Return text in which nothing is markup, without elements of its own: the description of an image."""
    return _WORDS.sub(lambda match: _code(match[0]), _shortened(text, longest=None))


def attribute(text: str) -> str:
    """Return text for an attribute in which Markdown finds nothing either."""
    return "".join(sign if sign not in "*_`[]|\\" else f"&#{ord(sign)};" for sign in escape(text))


def code_block(text: str) -> str:
    """Return text on one line that cannot end the block of code it stands in."""
    return one_line(" ".join(text.split())).replace("```", "")


def _spaced(text: str) -> str:
    """Return words with the spaces at their ends, which part them from the names beside them."""
    if not text.strip():
        return " " if text else ""
    return " " * text[0].isspace() + words(text) + " " * text[-1].isspace()


def _shortened(text: object, longest: int | None = _LONGEST) -> str:
    shown = " ".join(one_line(" ".join(str(text).split())).split())
    return shown if longest is None or len(shown) <= longest else shown[: longest - 1] + "…"


def _referenced(text: str) -> str:
    return "".join(sign if sign.isalnum() or sign == " " else _code(sign) for sign in text)


def _code(sign: str) -> str:
    # The invisible sign parts what would be made a mention or an address of after decoding.
    return f"&#{ord(sign)};" + "&#8203;" * (sign in "@#")
