"""Documents as Markdown, for pages of documentation and for comments on pull requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from copycost.errors import UsageError, nearest
from copycost.show.document import (
    Block,
    Chart,
    Command,
    Document,
    Entries,
    Folded,
    Lines,
    Note,
    Picture,
    Section,
    Table,
)
from copycost.show.render.escape import attribute, code_block, inline, name, unmarked, words
from copycost.show.render.figures import counted
from copycost.show.render.layout import Value, sheets, signs_of

LONGEST = 60_000
"""Characters that a document with tables to cut has at most; GitHub refuses a comment of more than 65,536."""
MARKDOWN, MYST = "markdown", "myst"
PHONE = "(max-width: 600px)"
"""The pages that have the charts drawn for phones."""
SYNTAXES = (MARKDOWN, MYST)


def check_syntax(syntax: str) -> None:
    """Refuse a dialect that there is no renderer for.

    Raises:
        UsageError: the dialect is unknown.
    """
    if syntax not in SYNTAXES:
        raise UsageError(f"syntax {syntax!r} is unknown: {nearest(syntax, list(SYNTAXES))}")


def render(document: Document, *, syntax: str = MARKDOWN) -> str:
    """Return a document as Markdown in which nothing that others wrote becomes markup.

    Args:
        document: any.
        syntax: ``markdown`` (GitHub, MkDocs) or ``myst`` (Sphinx), which differ in images.
    """
    # Each of the tables that may be cut gets the same part of what the rest leaves.
    writer = _Writer(signs_of(document), syntax, room=0)
    to_cut = [table for table in document.every(Table) if table.cut]
    if to_cut:
        fixed = sum(len(line) + 1 for line in writer.document(document))
        writer = _Writer(writer.signs, syntax, room=(LONGEST - fixed) // len(to_cut))
    return "\n".join(writer.document(document)).rstrip("\n") + "\n"


class _Writer:
    """The lines of a document; ``room`` is how many characters a table that may be cut can have."""

    def __init__(self, signs: Mapping[str, str], syntax: str, room: int) -> None:
        self.signs, self.syntax, self.room = signs, syntax, room

    def document(self, document: Document) -> list[str]:
        lines = [f"# {inline(document.title)}", ""] if document.title else []
        return [*lines, *self._blocks(document.blocks, 2)]

    def _blocks(self, blocks: Sequence[Block], level: int) -> Iterator[str]:
        for number, block in enumerate(blocks):
            yield from self._block(block, level)
            following = blocks[number + 1] if number + 1 < len(blocks) else None
            if isinstance(block, Note) and not isinstance(following, Note):
                yield ""

    def _block(self, block: Block, level: int) -> Iterator[str]:
        if isinstance(block, Lines):
            yield from self._lines(block)
        elif isinstance(block, Command):
            yield from _command(block)
        elif isinstance(block, Entries):
            yield from _entries(block)
        elif isinstance(block, Note):
            sign = self.signs.get(block.name, "")
            yield f"- {f'{sign} ' if sign else ''}{f'{words(block.name)}: ' if block.name else ''}{inline(block.text)}"
        elif isinstance(block, Table):
            yield from self._table(block)
        elif isinstance(block, Chart):
            for picture in block.pictures:
                yield from _picture(picture, self.syntax)
        elif isinstance(block, Folded):
            yield from (f"<details><summary>{inline(block.title)}</summary>", "")
            yield from self._blocks(block.blocks, level)
            yield from ("</details>", "")
        elif isinstance(block, Section):
            yield from (f"{'#' * level} {inline(block.title)}", "")
            yield from self._blocks(block.blocks, level + 1)

    def _lines(self, block: Lines) -> Iterator[str]:
        for line in block.lines:
            if isinstance(line, Command):
                yield from _command(line)
            else:
                yield f"{'- ' if block.bullets else ''}{inline(line)}"
                yield from [] if block.bullets else [""]
        if block.bullets:
            yield ""

    def _table(self, table: Table) -> Iterator[str]:
        if table.caption:
            yield from (inline(table.caption), "")
        left = self.room
        for sheet in sheets(table, self.signs, flat=True):
            if sheet.title:
                yield from (f"**{words(sheet.title)}**", "")
            yield _row([words(heading.text) if heading.text else "" for heading in sheet.headings])
            yield "|" + " --- |" * len(sheet.headings)
            left_out = sheet.left_out
            for number, row in enumerate(sheet.rows):
                line = _row([_cell(value) for value in row])
                left -= len(line) + 1
                if table.cut and left < 0:
                    left_out += len(sheet.rows) - number
                    break
                yield line
            yield ""
            if left_out:
                yield from (f"and {counted(left_out, 'more row')}{', left out for length' if table.cut else ''}", "")


def _entries(block: Entries) -> Iterator[str]:
    for label, lines in block.entries:
        yield f"- {inline(label)}" if label else "-"
        for line in lines:
            yield f"    - `` {code_block(line.text)} ``" if isinstance(line, Command) else f"    - {inline(line)}"
    yield ""


def _command(command: Command) -> Iterator[str]:
    yield from ("```sh", code_block(command.text), "```", "")


def _cell(value: Value) -> str:
    if value.unit == "name":
        return name(value.text) + value.signs
    if value.unit == "command":
        return f"`{code_block(value.text).replace('|', chr(92) + '|')}`" if value.text else ""
    # What stays on one line: a figure and its unit.
    text = value.text.replace(" ", "\N{NO-BREAK SPACE}") if value.is_figure and "(" not in value.text else value.text
    return (words(text) if not value.is_figure else text.replace("|", "\\|")) + value.signs


def _row(values: Sequence[str]) -> str:
    return "| " + " | ".join(values) + " |"


def _picture(picture: Picture, syntax: str) -> Iterator[str]:
    """Yield an image with its description.

    A ``<picture>`` that follows the width of the page and the reader's setting of its theme, which GitHub and MkDocs
    show; for MyST an image directive for each theme, of the classes that Sphinx themes hide by their own setting. With
    one file: an image.
    """
    alt = " ".join(picture.alt.split())
    if syntax == MYST:
        for theme, file in picture.files.items():
            yield from (f"```{{image}} {file}", f":alt: {_option(alt)}")
            yield from [f":class: only-{theme}"] if len(picture.files) > 1 else []
            yield from ("```", "")
    elif len(picture.files) == 1 and not picture.narrow:
        yield from (f"![{unmarked(alt)}]({next(iter(picture.files.values()))})", "")
    else:
        dark = "(prefers-color-scheme: dark)"
        yield "<picture>"
        # The first that holds is taken.
        for theme in ("dark", "light"):
            if theme in picture.narrow:
                media = PHONE if theme == "light" or len(picture.narrow) == 1 else f"{PHONE} and {dark}"
                yield f'  <source media="{media}" srcset="{picture.narrow[theme]}">'
        if len(picture.files) > 1:
            yield f'  <source media="{dark}" srcset="{picture.files["dark"]}">'
        usual = picture.files.get("light") or picture.files["dark"]
        yield from (f'  <img src="{usual}" alt="{attribute(alt)}">', "</picture>", "")


def _option(text: str) -> str:
    """Return text for an option of a directive, as YAML reads it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("```", "'''") + '"'
