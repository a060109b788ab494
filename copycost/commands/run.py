"""The `run` command: measure, keep what was measured, print the table, draw the charts, say where everything is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from copycost.commands.options import LocalPath, conversions_file_option, deliver_document
from copycost.errors import UsageError
from copycost.program import program
from copycost.temporary import require_temporary

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from copycost.run.cluster.cluster_record import ClusterRecord
    from copycost.run.record import Record
    from copycost.run.settings import Settings


def _words(option: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return what a shell asks for the words that an option's last one may be completed to."""

    def complete(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
        from copycost.catalogue.cell import DTYPES
        from copycost.catalogue.conversions import CONVERSIONS, FAMILIES
        from copycost.catalogue.grid import PRESETS

        words = {"preset": PRESETS, "family": FAMILIES, "conversion": CONVERSIONS, "dtype": DTYPES}[option]
        earlier, comma, last = begun.rpartition(",")
        return [f"{earlier}{comma}{word}" for word in words if word.startswith(last)]

    return complete


@click.command()
@click.option("--preset", default="default", help="quick, default or full.", shell_complete=_words("preset"))
@click.option("--family", help="Conversions: core or all.", shell_complete=_words("family"))
@click.option(
    "--conversion",
    multiple=True,
    help="Only this, such as from_numpy, or several with commas.",
    shell_complete=_words("conversion"),
)
@conversions_file_option
@click.option("--dtype", help="Such as float32,int8,bfloat16.", shell_complete=_words("dtype"))
@click.option("--size", help="Elements: 64, 1..16M, 1e6, 512x512x3; or bytes: 100MB.")
@click.option("--threads", help="torch threads, such as 1,2; default is its own number.")
@click.option("--cache", default="warm", help="warm or cold, or warm,cold.")
@click.option(
    "--layout",
    "--source",
    "layout",
    default="contiguous",
    help="The source: contiguous, strided, memmap, python-list, list:1000 (arrays; else 8) and others.",
)
@click.option("--device", help="Measure the way to a device and back: cuda, cuda:1, xpu, mps.")
@click.option("--arm", multiple=True, help="NAME or NAME:VARIABLE=VALUE, python=PATH, threads=2, numa=0; repeated.")
@click.option("--references/--no-references", default=True, help="Measure plain copies too.")
@click.option("--precision", help="Half-width of the intervals asked for, such as 1%.")
@click.option("--budget", help="Time for measuring, such as 60s.")
@click.option("--processes", type=int, help="The most measuring processes.")
@click.option("--layouts", help="Address layouts, a session each, such as 1..20, or random; by default 1..5.")
@click.option("--allocator", default="steady", help="steady, or found: the C allocator left alone.")
@click.option("--visit-timeout", help="The longest that a visit may take, such as 30s; by default 60s.")
@click.option("--memory-limit", help="Memory of a measuring process, such as 4G; by default 80% of what is available.")
@click.option(
    "--resume",
    is_flag=False,
    flag_value="",
    metavar="[RUN]",
    help="Go on with an interrupted run; without RUN, the latest.",
)
@click.option("--name", help="The run's name.")
@click.option("--out", type=LocalPath(path_type=Path), default=Path("results"), help="Folder for the run.")
@click.option("--plots", type=LocalPath(path_type=Path), default=Path("plots"), help="Folder for the charts.")
@click.option("--cluster", help="Measure every host of a Dask cluster: tcp://HOST:8786, a scheduler file, local:2.")
@click.option("--pool", default="cpu_model", help="Facts that make a cluster's hosts one kind, or none.")
@click.option("--wait", default="60s", help="How long to wait for a cluster's host that has gone.")
@click.option("--counts", is_flag=True, help="Count instructions of calls too, under valgrind: a minute for each arm.")
@click.option("--first-calls", is_flag=True, help="Time first calls in fresh processes too: a minute for each arm.")
@click.option("--with-hostname", is_flag=True, help="Keep names, folders and addresses of this host or a cluster's.")
@click.pass_context
def run(
    context: click.Context,
    /,
    conversions: Path | None,
    dtype: str | None,
    size: str | None,
    plots: Path,
    cluster: str | None,
    pool: str,
    wait: str,
    with_hostname: bool,
    resume: str | None,
    **typed: Any,
) -> None:
    """Measure, collect, print a table and draw the charts."""
    require_temporary(context.params["out"])
    if cluster is None and resume is not None:
        raise click.exceptions.Exit(_resume(context, resume))
    typed["address_layouts"] = typed.pop("layouts")
    for word in ("conversion", "cache", "layout", "arm"):
        typed[f"{word}s"] = typed.pop(word)
    typed |= {"dtypes": dtype, "sizes": size, "with_hostname": with_hostname}
    if cluster is not None:
        if typed["device"] is not None:
            raise UsageError("--device is measured on one machine at a time: leave out --cluster, or --device")
        raise click.exceptions.Exit(_measure_cluster(context, cluster, typed))
    from copycost.run.settings import settle

    settings = settle(conversions_file=conversions, **typed)
    raise click.exceptions.Exit(_measure_and_present(settings, plots))


def _resume(context: click.Context, run: str) -> int:
    """Go on with an interrupted run; whatever else was typed must not contradict its plan."""
    from copycost.run.resume import settle_again

    typed = _given(context)
    for option in ("pool", "wait"):
        if option in typed:
            raise UsageError(f"--{option} is for a cluster's run: give --cluster too")
    settings = settle_again(run, out=context.params["out"], given=typed)
    return _measure_and_present(settings, context.params["plots"], resume=True)


def _measure_cluster(context: click.Context, cluster: str, typed: dict[str, Any]) -> int:
    """Measure a cluster, print what its hosts differ by, and return the exit status.

    That is 0, 1 when a host is missing or failed, 130 after Ctrl-C.
    """
    from rich.console import Console
    from rich.text import Text

    from copycost.run.cluster.connection import require_dask

    require_dask()
    from copycost.analyse.host_spread import parse_pool
    from copycost.analyse.run import Run
    from copycost.run.cluster.cluster_run import measure_cluster
    from copycost.run.execution import INTERRUPTED
    from copycost.show.sections.hosts import hosts_document
    from copycost.store.places import run_folders

    options = context.params
    kinds, console = parse_pool(options["pool"]), Console(stderr=True, highlight=False)
    with console.status("looking for hosts") as status:

        def tell(line: str, lasting: bool) -> None:
            if lasting or not console.is_terminal:
                console.print(Text(line), soft_wrap=True)
            else:
                status.update(Text(line))

        record = measure_cluster(
            cluster,
            {name: value for name, value in typed.items() if name not in ("name", "out")},
            tell,
            **{name: options[name] for name in ("name", "out", "wait", "resume")},
            conversions_file=options["conversions"],
            given=_given(context),
        )
    measured = run_folders(record.folder) if record.folder.is_dir() else []
    if record.status == "interrupted":
        said = "interrupted before anything was measured; nothing was kept"
        if measured or options["resume"] is not None:
            said = f"interrupted: what came back is kept in {record.folder}; go on with: --resume {record.folder.name}"
        console.print(Text(said), soft_wrap=True)
        return INTERRUPTED
    if measured:
        deliver_document(hosts_document([Run(path.name, path) for path in measured], kinds), "table", None)
    failures = _cluster_failures(record)
    for line in failures:
        print(line)
    if not measured:
        console.print("nothing was measured")
        return 1
    print(f"results: {record.folder}")
    return 0 if record.status == "complete" and not failures else 1


def _cluster_failures(record: ClusterRecord) -> list[str]:
    """Return what failed on hosts, a line for each host and failure, and hosts of which there is nothing."""
    from copycost.errors import one_line
    from copycost.run.failures import failure_lines
    from copycost.store.record import read_record

    lines = []
    for entry in record.hosts:
        if entry.folder is None:
            lines.append(f"{entry.node or entry.machine or 'a host'}: {entry.status}: {entry.reason}")
        else:
            failed = read_record(record.folder / entry.folder)["failed"]
            lines += [f"{entry.folder}: {line}" for line in failure_lines(failed)]
    return [one_line(line) for line in lines]


def _given(context: click.Context) -> dict[str, Any]:
    """Return the options that were typed, by name, without ``--resume`` itself."""
    return {
        name: value
        for name, value in context.params.items()
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE and name != "resume"
    }


def _measure_and_present(settings: Settings, plots: Path, *, resume: bool = False) -> int:
    """Measure, present and return the exit status: 0, 1 when something failed, 130 after Ctrl-C."""
    from rich.console import Console

    from copycost.run.execution import INTERRUPTED, execute
    from copycost.run.folder import leave_empty, make_for_charts
    from copycost.run.progress import ProgressBar

    console = Console(stderr=True, highlight=False)
    if settings.layout_reason:
        console.print(f"address layouts are random: none can be chosen here ({settings.layout_reason})", markup=False)
    try:
        charts = make_for_charts(plots / settings.name)
    except UsageError:
        leave_empty(settings.folder)
        raise
    record = None
    try:
        try:
            with ProgressBar(settings, console) as bar:
                record = execute(settings, bar, resume=resume)
        finally:
            leave_empty(charts)
        return _told(record, charts, console)
    except KeyboardInterrupt:
        if record is None:
            raise
        seen, more = how_to_see(settings.folder), how_to_go_on(settings.folder, len(record.processes))
        console.print(seen if record.status == "complete" else more, markup=False, soft_wrap=True)
        return INTERRUPTED


def _told(record: Record, charts: Path, console: Console) -> int:
    """Say how a run ended, present it where something was measured, and return the exit status."""
    from copycost.run.execution import INTERRUPTED

    settings = record.settings
    if record.status == "interrupted":
        console.print(how_to_go_on(settings.folder, len(record.processes)), markup=False, soft_wrap=True)
        return INTERRUPTED
    if not record.processes:
        reason = record.failed[-1]["error"] if record.failed else "the budget was spent"
        console.print(f"nothing was measured: {reason}", markup=False)
        return 1
    _present(record, charts)
    return 1 if record.failed else 0


def how_to_see(folder: Path) -> str:
    """Return the sentence about a run whose presentation was interrupted."""
    seen = f"{program()} show {quote(str(folder))}"
    return f"interrupted after the last measurement: the run is complete; see it with: {seen}"


def how_to_go_on(folder: Path, processes: int) -> str:
    """Return the sentence about what an interrupted run has kept."""
    if processes == 0:
        return "interrupted before anything was measured; nothing was kept"
    return (
        f"interrupted: {processes} processes are kept in {folder}; "
        f"go on with: {program()} run --resume {folder}, "
        f"or see them with: {program()} show {folder} (or plot, export, explain)"
    )


def _present(record: Record, charts: Path) -> None:
    """Print the table, draw the charts and say what was measured and what failed."""
    # Imported after measuring, so that drawing's libraries take nothing from the rounds.
    from copycost.analyse.run_comparison import compare_runs
    from copycost.analyse.select import select_one
    from copycost.commands.compare import comparison_document
    from copycost.commands.show import run_document
    from copycost.run.counts import uncounted_lines
    from copycost.run.failures import failure_lines
    from copycost.show.chart_data import draw, run_data
    from copycost.show.render.terminal import say
    from copycost.units import format_seconds

    folder = record.settings.folder
    run = select_one(str(folder), folder.parent)
    deliver_document(run_document(run), "table", None)
    arms = run.by_arm()
    for arm in arms[1:]:
        deliver_document(comparison_document(compare_runs(arms[0], arm)), "table", None)
    say(f"results: {folder}")
    say(f"charts:  {charts} ({len(draw(run_data(run), charts))} files)")
    wall = record.wall_seconds or 0.0
    say(
        f"measured for {format_seconds(wall)}, {record.timed_seconds / wall:.0%} of it inside timed "
        f"rounds, in {len(record.processes)} processes"
    )
    if record.resumptions:
        count = len(record.resumptions)
        say("resumed once" if count == 1 else f"resumed {count} times")
    missed = [*uncounted_lines(record.counts), *uncounted_lines(record.first_calls, "no first call")]
    for line in [*failure_lines(record.failed), *missed]:
        say(line)
    name = quote(folder.name if folder.parent == Path("results") else str(folder))
    print(f"next:    {program()} explain {name}\n         why it costs that; or show, report, plot")
    if not comparable(run.estimates):
        say("this machine was hardly ever quiet: these figures are not to be compared")


def comparable(cells: pd.DataFrame) -> bool:
    """Return whether at least one cell's figure stands on quiet rounds of a machine that was not busy."""
    return not cells["flags"].str.contains("busy-machine|few-quiet").all()
