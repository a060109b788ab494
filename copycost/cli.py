"""The command line: typed words become validated values here, and errors one line on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from copycost.errors import UsageError, nearest

PROGRAM = "bench_runner.py"

_path = click.Path(path_type=Path)
_run = click.argument("run", metavar="RUN")
_out = click.option("--out", type=_path, help="Write to this file instead of standard output.")
_results = click.option("--results", type=_path, default=Path("results"), help="Folder that holds the runs.")


def _conversions_file(command: Callable[..., Any]) -> Callable[..., Any]:
    text = "A Python file with conversions of your own."
    return click.option("--conversions", type=_path, help=text)(command)


class _Group(click.Group):
    """A group whose unknown commands are answered with the nearest known ones."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first word names."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise UsageError(f"unknown command {args[0]!r}: {nearest(args[0], list(self.commands))}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Group, invoke_without_command=True, no_args_is_help=False)
@click.version_option(package_name="copycost", prog_name="copycost")
@click.pass_context
def cli(context: click.Context) -> None:
    """Measure what it costs to cross the border between NumPy and PyTorch.

    Without a command: measure the default grid, print a table and draw the charts.

    RUN is a run's folder, its name, or 'latest'.
    """
    if context.invoked_subcommand is None:
        context.invoke(run)


@cli.command()
@click.option("--preset", default="default", help="quick, default or full.")
@click.option("--family", help="Conversions: core or all.")
@click.option("--conversion", multiple=True, help="Only this conversion; may be repeated.")
@_conversions_file
@click.option("--dtype", help="Such as float32,int8.")
@click.option("--size", help="Elements: 64, or 64,4096, or 1..16M.")
@click.option("--threads", help="torch threads, such as 1,2.")
@click.option("--cache", default="warm", help="warm or cold, or warm,cold.")
@click.option("--layout", default="contiguous", help="contiguous, strided, fortran, transposed.")
@click.option("--arm", multiple=True, help="NAME or NAME:VARIABLE=VALUE, python=PATH, threads=2; may be repeated.")
@click.option("--references/--no-references", default=True, help="Measure plain copies too.")
@click.option("--precision", help="Half-width of the intervals asked for, such as 1%.")
@click.option("--budget", help="Time for measuring, such as 60s.")
@click.option("--processes", type=int, help="The most measuring processes.")
@click.option("--address-layout", default="fixed", help="fixed or random.")
@click.option("--name", help="The run's name.")
@click.option("--out", type=_path, default=Path("results"), help="Folder for the run.")
@click.option("--plots", type=_path, default=Path("plots"), help="Folder for the charts.")
def run(conversions: Path | None, dtype: str | None, size: str | None, plots: Path, **typed: Any) -> None:
    """Measure, collect, print a table and draw the charts."""
    from copycost.run.main_job import main_job
    from copycost.run.settings import settle

    for word in ("conversion", "cache", "layout", "arm"):
        typed[f"{word}s"] = typed.pop(word)
    settings = settle(conversions_file=conversions, dtypes=dtype, sizes=size, **typed)
    raise click.exceptions.Exit(main_job(settings, plots))


@cli.command()
@_run
@_results
def show(run: str, results: Path) -> None:
    """Print a run's table."""
    from copycost.show.summary import print_run
    from copycost.store.run_folder import find

    print_run(find(run, results))


@cli.command()
@_run
@click.option("--format", default="csv", help="csv, parquet, json or markdown.")
@_out
@_results
def export(run: str, format: str, out: Path | None, results: Path) -> None:
    """Write one row for each cell of a run."""
    from copycost.show.export import export as rendered
    from copycost.show.run_view import read_run
    from copycost.store.run_folder import find

    _deliver(rendered(read_run(find(run, results)).cells, format), out)


@cli.command()
@click.argument("runs", metavar="RUN...", nargs=-1)
@click.option("--list", "list_only", is_flag=True, help="Print the charts that there are.")
@click.option("--out", type=_path, default=Path("plots"), help="Folder for the charts.")
@click.option("--chart", multiple=True, help="This chart; may be repeated. By default those that `--list` marks.")
@click.option("--format", default="svg,png", help="svg, png and pdf.")
@click.option("--theme", default="light", help="light and dark.")
@click.option("--width", type=int, default=720, help="Width in CSS pixels.")
@_results
def plot(runs: tuple[str, ...], list_only: bool, out: Path, results: Path, **typed: Any) -> None:
    """Draw the charts of one run or several."""
    from copycost.show.plot import chart_list, plot_run
    from copycost.store.run_folder import find

    if list_only:
        click.echo(chart_list())
        return
    if not runs:
        raise UsageError("plot needs a RUN: a run's folder, its name, or 'latest'")
    for folder in [find(one, results) for one in runs]:
        for path in plot_run(folder, out if len(runs) == 1 else out / folder.name, **typed):
            click.echo(path)


@cli.command("list")
def list_() -> None:
    """Print the conversions, presets and dtypes that there are."""
    from copycost.catalogue.listing import listing

    click.echo(listing())


@cli.command()
@click.option("--format", default="table", help="table, markdown or json.")
@click.option("--family", default="core", help="Conversions: core or all.")
@click.option("--dtype", help="Such as float32,int8.")
@_conversions_file
@_out
def semantics(out: Path | None, **typed: Any) -> None:
    """Print which conversion shares memory with what, and check what tutorials claim."""
    from copycost.run.truth_table import truth_table

    _deliver(truth_table(**typed), out)


@cli.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--margin", help="What still counts as the same, such as 3%.")
@click.option("--noise", type=_path, help="A machine's noise profile; the one that was kept, by default.")
@click.option("--anyway", is_flag=True, help="Compare runs of different methods, every row marked.")
@click.option("--fail-on", help="Exit with 1 on a verdict, such as 'slower>5%' or 'undecided'.")
@click.option("--format", default="table", help="table, markdown, json or csv.")
@_out
@_results
def compare(
    a: str, b: str, margin: str | None, noise: Path | None, out: Path | None, results: Path, **typed: Any
) -> None:
    """Say for every cell whether B is faster, slower or the same as A, or that it is undecided.

    A and B are runs, pytest-benchmark files, or two arms of one run, written RUN@ARM.
    """
    from copycost.show.compare_view import compare_runs
    from copycost.units import parse_share

    share = parse_share(margin) if margin else None
    text, status = compare_runs(a, b, results, margin=share, noise_path=noise, **typed)
    _deliver(text, out)
    raise click.exceptions.Exit(status)


@cli.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option("--format", default="table", help="table, markdown or json.")
@_out
@_results
def machines(runs: tuple[str, ...], format: str, out: Path | None, results: Path) -> None:
    """Describe the machines of runs, and show what differs."""
    from copycost.show.machines_view import machine_runs

    _deliver(machine_runs(runs, results, format=format), out)


@cli.command()
@click.argument("label")
@click.option("--format", default="table", help="table, markdown or json.")
@_out
@_results
def history(label: str, format: str, out: Path | None, results: Path) -> None:
    """Show each cell against its past; LABEL is how the runs' names begin, or the machine's name."""
    from copycost.show.history_view import history_runs

    _deliver(history_runs(label, results, format=format), out)


@cli.command()
@_run
@click.option("--format", default="table", help="table, markdown or json.")
@_out
@_results
def explain(run: str, format: str, out: Path | None, results: Path) -> None:
    """Explain a run: scaling model, ceilings, where the time goes, crossovers, advice."""
    from copycost.show.explain_view import explain_run
    from copycost.store.run_folder import find

    _deliver(explain_run(find(run, results), format), out)


@cli.command()
@click.option("--repeats", type=int, default=5, help="How often to measure.")
@click.option("--preset", default="quick", help="quick, default or full.")
@click.option("--conversion", multiple=True, help="Only this conversion; may be repeated.")
@click.option("--dtype", help="Such as float32,int8.")
@click.option("--size", help="Elements: 64, or 64,4096, or 1..16M.")
@click.option("--precision", help="Half-width of the intervals asked for, such as 1%.")
@click.option("--budget", help="Time for each repeat, such as 60s.")
@click.option("--keep/--no-keep", default=True, help="Keep the profile for later comparisons.")
@click.option("--format", default="table", help="table, markdown or json.")
@click.option("--plots", type=_path, default=Path("plots"), help="Folder for the chart.")
@_results
def noise(conversion: tuple[str, ...], dtype: str | None, size: str | None, **typed: Any) -> None:
    """Measure the same cells under two labels, and say what identical measurements differ by."""
    from copycost.run.noise_job import noise_job

    raise click.exceptions.Exit(noise_job(conversions=conversion, dtypes=dtype, sizes=size, **typed))


@cli.command()
@click.option("--format", default="table", help="table, markdown or json.")
@_out
def doctor(format: str, out: Path | None) -> None:
    """Print what on this machine disturbs measurements, and what to do about it."""
    from copycost.run.doctor_report import doctor_report

    _deliver(doctor_report(format), out)


def _deliver(content: str | bytes, out: Path | None) -> None:
    """Write to the file, whole or not at all, or to standard output."""
    data = content.encode() if isinstance(content, str) else content
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    from copycost.store.writing import write_bytes

    write_bytes(out, data)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status: 2 for what the user can mend."""
    try:
        status = cli.main(arguments, prog_name=PROGRAM, standalone_mode=False)
    except UsageError as error:
        return _complain(str(error))
    except click.UsageError as error:
        return _complain(error.format_message())
    except click.Abort:
        return 130
    except BrokenPipeError:  # `… | head` has read enough
        sys.stderr.close()
        return 0
    return int(status or 0)


def _complain(message: str) -> int:
    print("copycost: " + message.replace("\n", " "), file=sys.stderr)
    return 2
