"""The one family of errors that a user can cause."""


class UsageError(Exception):
    """Something the user asked for cannot be done.

    The message is one line that names the value and what would be valid. The command line prints it
    on standard error and exits with status 2; nothing else in the program catches it.
    """


def one_line(text: object) -> str:
    """Return text for a terminal: no line ends and control characters, for names come from files that others wrote."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in str(text).replace("\n", " "))


def told(error: BaseException) -> str:
    """Return an error's type and text, on one line; a user's error may have a text that cannot be had."""
    try:
        text = " ".join(str(error).split())
    except BaseException as another:
        text = f"its text raises {type(another).__name__}"
    return f"{type(error).__name__}: {text}"


def nearest(value: str, valid: list[str]) -> str:
    """Return a phrase that names the valid values nearest to a mistyped one."""
    from difflib import get_close_matches

    close = get_close_matches(value, valid, n=3, cutoff=0.5)
    if close:
        return "did you mean " + " or ".join(close) + "?"
    return "valid: " + ", ".join(valid)
