"""Markdown that GitHub, MkDocs and Sphinx (MyST) read alike, and in which names stay text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from copycost.show.table import plain

NOTHING = "\N{EN DASH}"
_PLAIN_NAME = re.compile(r"[\w .,()=+/:-]+", re.ASCII)
# What is no sign of Markdown anywhere: letters and digits, some signs, and a few more only between letters.
_WORDS = re.compile(r"(?<=www)\.|(?!(?<=[^\W_])[-+/_](?=[^\W_]))[^\w .,;:()%'=·→–±×]|(?<![^\W_])_|_(?![^\W_])")
_LONG = re.compile(r"\w{20}(?=\w)")
_TURNING = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]+")
_LONGEST = 240
_PIECE = 20
_LONGEST_PLAIN = 40


def name(text: object) -> str:
    """Return a name as code: a plain one between backticks, any other as a code element of character references.

    A long one may be broken over lines, one from right to left does not turn the text around it.
    """
    own = _one_line(text) or NOTHING
    if _PLAIN_NAME.fullmatch(own) and len(own) <= _LONGEST_PLAIN:
        return f"`{own}`"
    pieces = [own[start : start + _PIECE] for start in range(0, len(own), _PIECE)]
    code = f"<code>{'<wbr>'.join(map(_referenced, pieces))}</code>"
    return f"<bdi>{code}</bdi>" if _TURNING.search(own) else code


def words(text: object) -> str:
    """Return running text in which nothing is markup, a link or a mention, and long words may be broken."""
    own = _LONG.sub(r"\g<0><wbr>", unmarked(text))
    return _TURNING.sub(r"<bdi>\g<0></bdi>", own)


def unmarked(text: object) -> str:
    """Return text in which nothing is markup, without elements of its own: the description of an image."""
    return _WORDS.sub(lambda found: _code(found[0]), _one_line(text, longest=None))


def joined(parts: Sequence[str], last: str = "and") -> str:
    """Return parts as a list in a sentence."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; what stands in it is Markdown already."""
    return [_row(headings), "|" + " --- |" * len(headings), *map(_row, rows), ""]


def _row(values: Sequence[str]) -> str:
    return "| " + " | ".join(values) + " |"


def _one_line(text: object, longest: int | None = _LONGEST) -> str:
    own = " ".join(plain(" ".join(str(text).split())).split())
    return own if longest is None or len(own) <= longest else own[: longest - 1] + "…"


def _referenced(text: str) -> str:
    return "".join(sign if sign.isalnum() or sign == " " else _code(sign) for sign in text)


def _code(sign: str) -> str:
    # The invisible sign parts what would be made a mention or an address of after decoding.
    return f"&#{ord(sign)};" + "&#8203;" * (sign in "@#")
