"""The command line: every command by its name, and errors as one line on stderr."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any

import click

from copycost.commands.compare import compare
from copycost.commands.defaults import defaults
from copycost.commands.docs import docs
from copycost.commands.doctor import doctor
from copycost.commands.explain import explain
from copycost.commands.export import export
from copycost.commands.history import history
from copycost.commands.import_ import import_
from copycost.commands.list_ import list_
from copycost.commands.machines import machines
from copycost.commands.noise import noise
from copycost.commands.plot import plot
from copycost.commands.report import report
from copycost.commands.run import run
from copycost.commands.semantics import semantics
from copycost.commands.show import show
from copycost.errors import UsageError, nearest, one_line
from copycost.program import program, version

# What looking for a path that was typed may end with, where it is not simply "not there".
_NOT_TO_BE_LOOKED_AT = {errno.ENAMETOOLONG, errno.EACCES}

_LONGEST_MESSAGE = 2000

COMMANDS = (
    run,
    show,
    export,
    plot,
    report,
    docs,
    list_,
    semantics,
    compare,
    machines,
    history,
    import_,
    explain,
    noise,
    doctor,
)


class _Group(click.Group):
    """A group whose unknown commands are answered with the nearest known ones."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they are of use."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first word names."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise UsageError(f"unknown command {args[0]!r}: {nearest(args[0], list(self.commands))}")
        return super().resolve_command(ctx, args)


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"copycost, version {version() or 'unknown: from a clone that is not installed'}")
        context.exit()


@click.group(cls=_Group, invoke_without_command=True, no_args_is_help=False, context_settings={"show_default": True})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@click.pass_context
def cli(context: click.Context) -> None:
    """Measure what it costs to cross the border between NumPy and PyTorch.

    RUN is a run's folder, its name or a part of it that no other has, 'latest', or 'latest~1' for the one before.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        return
    try:
        os.getcwd()
    except FileNotFoundError:
        raise UsageError("the current folder is not there any more: change to one that is") from None


for command in COMMANDS:
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status: 2 for what the user can mend.

    Args:
        arguments: what was typed after the program's name; by default this process's own.
    """
    try:
        _guard_output()
        name = program().rpartition(" ")[2]
        status = cli.main(arguments, prog_name=name, default_map=defaults(cli), standalone_mode=False)
        sys.stdout.flush()
    except UsageError as error:
        return _complain(str(error))
    except click.UsageError as error:
        return _complain(error.format_message())
    except click.Abort:
        return 130
    except _ReaderGone:  # `… | head` has read enough; what is left is not to be written at the exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except OSError as error:
        if error.errno not in _NOT_TO_BE_LOOKED_AT:
            raise
        return _complain(f"{error.filename}: cannot be looked at ({error.strerror})")
    except MemoryError:
        return _complain("there is too little memory")
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "copycost":
            raise
        return _complain(f"a library cannot be loaded ({error})")
    return int(status or 0)


class _ReaderGone(Exception):
    """Whoever read standard output has read enough; no OSError, of which click would make exit status 1."""


class _Output(io.FileIO):
    """Standard output, with what goes wrong while it is written as one line for the user."""

    def write(self, data: Any) -> int:
        """Write bytes.

        Raises:
            UsageError: they cannot be written, as on a full disk.
        """
        try:
            return super().write(data)
        except BrokenPipeError as error:
            raise _ReaderGone from error
        except OSError as error:
            sys.stdout = sys.__stdout__ = None  # type: ignore[misc]  # nor is the rest tried at the exit
            raise UsageError(f"standard output cannot be written ({error.strerror})") from error


def _guard_output() -> None:
    """Report an output that cannot be written, and let no file that is opened later take a closed stream's place."""
    closed = [number for number in range(3) if not _is_open(number)]
    for number in closed:  # the lowest free number is taken
        os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115  # as long as the program
    if os.name == "posix" and (sys.stdout is None or sys.stdout is sys.__stdout__):
        like = sys.stdout or sys.stderr
        binary = io.BufferedWriter(_Output(1, "w", closefd=False))
        sys.stdout = io.TextIOWrapper(
            binary, encoding=like.encoding, errors=like.errors, line_buffering=bool(like.line_buffering)
        )


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _complain(message: str) -> int:
    if len(message) > _LONGEST_MESSAGE:  # a name from a file has any length
        message = f"{message[: _LONGEST_MESSAGE // 2]} … {message[-_LONGEST_MESSAGE // 2 :]}"
    try:
        print("copycost: " + one_line(message), file=sys.stderr, flush=True)
    except OSError:  # nobody can be told; nor is it tried again at the exit, which would change the status
        sys.stderr = sys.__stderr__ = None  # type: ignore[misc]
    return 2
