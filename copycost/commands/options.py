"""Arguments and options that several commands have, and what makes a command of a function that returns a document."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from copycost.commands.delivery import deliver
from copycost.errors import UsageError, one_line
from copycost.show.render.formats import FORMATS, ONE_TABLE, check_format
from copycost.store.names import LATEST

if TYPE_CHECKING:
    from copycost.show.document import Document

_Function = TypeVar("_Function", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)


class LocalPath(click.Path):
    """A path of this machine's: an address would become a folder with a colon in its name."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        if isinstance(value, str) and "://" in value:
            raise UsageError(f"{value!r} is an address; a folder is needed here")
        return super().convert(value, param, ctx)


class ResultsPath(click.Path):
    """A folder of this machine's, or an address, whose results are fetched first."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the folder."""
        if isinstance(value, str) and "://" in value:
            from copycost.store.addresses import fetched

            value = str(fetched(value))
        return super().convert(value, param, ctx)


def run_names(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Return what a shell may complete to a run: names of runs in the results folder, and ``latest``."""
    from copycost.store.places import run_folders

    results = Path(context.params.get("results") or "results")
    return [name for name in (*(folder.name for folder in run_folders(results)), LATEST) if name.startswith(begun)]


run_argument = click.argument("run", metavar="[RUN]", default=LATEST, shell_complete=run_names)
runs_argument = click.argument("runs", metavar="[RUN]...", nargs=-1, shell_complete=run_names)
out_option = click.option("--out", type=PATH, help="Write to this file instead of standard output.")
results_option = click.option(
    "--results",
    type=ResultsPath(path_type=Path),
    default=Path("results"),
    help="Folder or address (s3://…) that holds the runs.",
)
local_results_option = click.option(
    "--results", type=LocalPath(path_type=Path), default=Path("results"), help="Folder that holds the runs."
)
conversions_file_option = click.option("--conversions", type=PATH, help="A Python file with conversions of your own.")


class _WhereType(click.ParamType[Any]):
    """Conditions on cells; see ``copycost.analyse.where``."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the conditions."""
        from copycost.analyse.where import parse_where

        return parse_where(value) if isinstance(value, str) else value


where_option = click.option(
    "--where", type=_WhereType(), help="Only these cells: dtype=float64,size>=1M, or by a suite's own parameters."
)


def format_option(default: str = "table", formats: Sequence[str] = FORMATS) -> Callable[[_Function], _Function]:
    """Return the option ``--format``, whose help names the formats."""
    names = f"{', '.join(formats[:-1])} or {formats[-1]}."
    return click.option("--format", default=default, show_default=True, help=names)


def tells(default: str = "table") -> Callable[[Callable[..., Document]], Callable[..., None]]:
    """Return what gives a function that answers with a document ``--format`` and ``--out``, and delivers the document.

    Args:
        default: the format without ``--format``.
    """

    def decorate(command: Callable[..., Document]) -> Callable[..., None]:
        @format_option(default)
        @out_option
        @functools.wraps(command)
        def told(format: str, out: Path | None, **typed: Any) -> None:
            check_format(format)  # before anything is read or measured
            document = command(**typed)
            deliver_document(document, format, out)
            raise click.exceptions.Exit(document.exit_status)

        return told

    return decorate


def deliver_document(document: Document, format: str, out: Path | None) -> None:
    """Write a document in a format to a file, or to standard output.

    Raises:
        UsageError: as from `deliver`; or the format is of one table, and the document has none.
    """
    from copycost.show.document import Note
    from copycost.show.render.formats import render

    if format in ONE_TABLE:  # which has no room for whether the gate was passed
        for note in document.every(Note):
            if note.name == "gate":
                print(f"gate {one_line(note.text)}", file=sys.stderr)
    deliver(render(document, format), out)
