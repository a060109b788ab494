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
    told: set[str] = set()

    def tell(error: UsageError) -> None:
        # A command may come to the same file twice.
        if str(error) not in told:
            told.add(str(error))
            print(f"copycost: skipped: {one_line(error)}", file=sys.stderr)

    return tell if skip_bad else None
