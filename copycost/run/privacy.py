"""Privacy: names of hosts and users, and folders, are taken out of texts before they get into results."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import re
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from copycost.regular import bytes_of

# Directories of an absolute path; the last name, which says what it is about, stays. A directory may have spaces in it
# where what is read so is hardly ordinary text, such as "x at 3 GB/s": in quotes, before a backslash, where each of its
# words has a capital as in "Application Support", or where the last name has an ending.
_NAME = r"[^/\s'\":,;()]+"
_CAPITALS = r"[A-Z][^/\s'\":,;()]*(?: \(?[A-Z0-9][^/\s'\":,;()]*\)?)+(?<![KMGT]B)(?<![KMGT]iB)(?!(?<=\d)/\d)"
_WORDS = r"[^/\s'\":,;().]+(?: [^/\s'\":,;().]+){1,3}(?=/[^\s'\":,;()]*\.[a-z])"
_POSIX_FOLDERS = re.compile(rf"(?<![\w.~/])/(?:(?:{_NAME}|{_CAPITALS}|{_WORDS})/)+")
_QUOTED_FOLDERS = re.compile(r"(?<=['\"])/(?:[^/'\"\n]+/)+")
_WINDOWS_FOLDERS = re.compile(r"(?<!\w)(?:[A-Za-z]:|\\)\\(?:[^\\/\s'\":,;()]+[\\/]|[^\\/'\":,;\n]+\\)+")
_LOCAL_ADDRESS = re.compile(r"\b(?:file:/+|[a-z][\w+.-]*:///)", re.IGNORECASE)
_NOBODY = {"root", "user", "admin", "localhost", "runner"}


def redacted(text: str) -> str:
    """Return a text of others, such as an error's, without folders, the host's and the user's name."""
    text = _LOCAL_ADDRESS.sub("/", text)
    for folder in _own_folders():
        text = text.replace(folder + os.sep, "").replace(folder, "…")
    for folders in (_QUOTED_FOLDERS, _POSIX_FOLDERS, _WINDOWS_FOLDERS):
        text = folders.sub("", text)
    for name, word in _own_names():
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", word, text)
    return text


def arm_told(arm: Mapping[str, Any]) -> dict[str, Any]:
    """Return an arm's record in which a path is its last name and a digest, by which it can be recognised."""
    environment = {name: _told(value) for name, value in arm["environment"].items()}
    return {**arm, "environment": environment, "python": arm["python"] and _told(arm["python"])}


@cache
def file_told(path: str) -> dict[str, str]:
    """Return a file's name and the digest of its content, as it was when this was first asked."""
    return {"name": Path(path).name, "sha256": hashlib.sha256(bytes_of(path)).hexdigest()}


def _told(value: str) -> str:
    if not re.search(r"[/\\]", value):
        return value
    digest = hashlib.sha256(f"copycost:{value}".encode()).hexdigest()
    name = re.split(r"[/\\]", value.rstrip("/\\"))[-1]
    return f"{name} ({digest[:8]}…)"


@cache
def _own_folders() -> tuple[str, ...]:
    folders = {str(Path.cwd()), os.path.expanduser("~"), tempfile.gettempdir()}
    return tuple(sorted((folder for folder in folders if len(folder) > 1), key=len, reverse=True))


@cache
def _own_names() -> tuple[tuple[str, str], ...]:
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a user whom the system does not know
        user = ""
    host = platform.node()
    names = {(host, "<host>"), (host.partition(".")[0], "<host>"), (user, "<user>")}
    known = ((name, word) for name, word in names if len(name) > 1 and name.lower() not in _NOBODY)
    return tuple(sorted(known, key=lambda pair: -len(pair[0])))
