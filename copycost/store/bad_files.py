"""Files that cannot be read, where the others are to be read all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from copycost.errors import UsageError

OnBad = Callable[[UsageError], None]
"""A function that is told why a file is left out; None in its place means that the first bad file ends the reading."""

_Arguments = ParamSpec("_Arguments")
_Read = TypeVar("_Read")


class Refusals:
    """Tells ``on_bad`` of each file that is left out, and counts them; where it is None, the first ends the reading."""

    def __init__(self, on_bad: OnBad | None) -> None:
        """Begin with none."""
        self.count = 0
        self._on_bad = on_bad

    def __call__(self, error: UsageError) -> None:
        """Leave a file out for this reason.

        Raises:
            UsageError: the reason, where nobody is told.
        """
        if self._on_bad is None:
            raise error
        self.count += 1
        self._on_bad(error)


def tolerant(read: Callable[_Arguments, _Read], on_bad: OnBad | None) -> Callable[_Arguments, _Read | None]:
    """Return a reader that gives None for what cannot be read, after it has told ``on_bad``."""

    def read_or_tell(*values: _Arguments.args, **named: _Arguments.kwargs) -> _Read | None:
        try:
            return read(*values, **named)
        except UsageError as error:
            if on_bad is None:
                raise
            on_bad(error)
            return None

    return read_or_tell
