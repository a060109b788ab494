"""Defaults of options that a project sets: ``[tool.copycost]`` in ``pyproject.toml``, or ``copycost.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from copycost.errors import UsageError, nearest
from copycost.regular import bytes_of

FILE = "copycost.toml"
_PROJECT = "pyproject.toml"


def defaults(group: click.Group, folder: Path = Path()) -> dict[str, dict[str, Any]]:
    """Return the defaults that a folder's file sets, by command and option as click knows them.

    ``results = "runs"`` is for every command that has the option, ``[run]`` below it for one command.

    Args:
        group: the commands.
        folder: with ``copycost.toml``, or else with a ``pyproject.toml``.

    Raises:
        UsageError: the file cannot be read, or names a command or an option that is not there.
    """
    file, table = _table(folder)
    names = {name: _options(command) for name, command in group.commands.items()}
    found: dict[str, dict[str, Any]] = {name: {} for name in names}
    for key, value in table.items():
        if isinstance(value, Mapping):
            if key not in names:
                raise UsageError(f"{file}: unknown command {key!r}: {nearest(key, list(names))}")
            for option, given in value.items():
                _set(found[key], names[key], option, given, f"{file}: [{key}]")
        else:
            having = [name for name, options in names.items() if key in options]
            if not having:
                known = sorted({option for options in names.values() for option in options})
                raise UsageError(f"{file}: unknown option {key!r}: {nearest(key, known)}")
            for name in having:
                option = names[name][key]
                found[name].setdefault(option.name or "", _typed(option, value, f"{file}: {key}"))
    return found


def _table(folder: Path) -> tuple[Path, Mapping[str, Any]]:
    for name, keys in ((FILE, ()), (_PROJECT, ("tool", "copycost"))):
        file = folder / name
        if not file.is_file():
            continue
        try:
            table: Any = tomllib.loads(bytes_of(file).decode())
        except (OSError, ValueError) as error:
            if name == _PROJECT:  # another tool's affair
                continue
            raise UsageError(f"{file}: cannot be read as TOML ({error})") from error
        for key in keys:
            table = table.get(key) if isinstance(table, Mapping) else None
        if isinstance(table, Mapping):
            return file, table
    return folder, {}


def _options(command: click.Command) -> dict[str, click.Option]:
    """Return a command's options by their names as they are typed, without dashes before them."""
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    return {word.lstrip("-"): option for option in options for word in option.opts}


def _set(found: dict[str, Any], options: Mapping[str, click.Option], option: str, value: Any, where: str) -> None:
    if option not in options:
        raise UsageError(f"{where} unknown option {option!r}: {nearest(option, list(options))}")
    found[options[option].name or ""] = _typed(options[option], value, f"{where} {option}")


def _typed(option: click.Option, value: Any, where: str) -> Any:
    """Return a value as it would have been typed: as text, true or false of a flag, several as a list.

    Raises:
        UsageError: it is of a type that the option has not.
    """
    if option.is_flag and isinstance(value, bool):
        return value
    if option.multiple and isinstance(value, list) and all(isinstance(part, str) for part in value):
        return value
    if not option.is_flag and isinstance(value, str | int | float) and not isinstance(value, bool):
        return [str(value)] if option.multiple else str(value)
    kind = "true or false" if option.is_flag else "a list of texts" if option.multiple else "a text or a number"
    raise UsageError(f"{where} is {value!r}, not {kind}")
