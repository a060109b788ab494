"""The ways in which a conversion can fail."""

from __future__ import annotations


class CannotConvert(Exception):
    """This pair of conversion and source does not work; the message is one line."""


class WrongResult(Exception):
    """A conversion returned other values than its source's, or changed the source."""


def one_line(error: BaseException, longest: int = 240) -> str:
    """Return an error's type and message on one line."""
    text = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
