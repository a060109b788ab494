"""What `--skip-bad` does: files that cannot be read are left out, and listed on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from copycost.errors import UsageError, one_line

skip_bad_option = click.option(
    "--skip-bad", is_flag=True, help="Leave out files that cannot be read, and list them on standard error."
)


def on_bad(skip_bad: bool) -> Callable[[UsageError], None] | None:
    """Return what a reader is to call for a file that cannot be read; None where it is to raise."""
    return _list if skip_bad else None


def _list(error: UsageError) -> None:
    print(f"copycost: skipped: {one_line(error)}", file=sys.stderr)
