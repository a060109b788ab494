"""The command line: every command by its name, and errors as one line on stderr."""

from __future__ import annotations

import errno
import sys

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
from copycost.program import program

# What looking for a path that was typed may end with, where it is not simply "not there".
_NOT_TO_BE_LOOKED_AT = {errno.ENAMETOOLONG, errno.EACCES}

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


@click.group(cls=_Group, invoke_without_command=True, no_args_is_help=False, context_settings={"show_default": True})
@click.version_option(package_name="copycost", prog_name="copycost")
@click.pass_context
def cli(context: click.Context) -> None:
    """Measure what it costs to cross the border between NumPy and PyTorch.

    RUN is a run's folder, its name or a part of it that no other has, 'latest', or 'latest~1' for the one before.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for command in COMMANDS:
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status: 2 for what the user can mend.

    Args:
        arguments: what was typed after the program's name; by default this process's own.
    """
    try:
        name = program().rpartition(" ")[2]
        status = cli.main(arguments, prog_name=name, default_map=defaults(cli), standalone_mode=False)
    except UsageError as error:
        return _complain(str(error))
    except click.UsageError as error:
        return _complain(error.format_message())
    except click.Abort:
        return 130
    except BrokenPipeError:  # `… | head` has read enough
        sys.stderr.close()
        return 0
    except OSError as error:
        if error.errno not in _NOT_TO_BE_LOOKED_AT:
            raise
        return _complain(f"{error.filename}: cannot be looked at ({error.strerror})")
    return int(status or 0)


def _complain(message: str) -> int:
    print("copycost: " + one_line(message), file=sys.stderr)
    return 2
