"""The fleet's progress: a line for each host that is being measured, and how many are done."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from copycost.run.cluster.cluster_record import HostEntry
from copycost.run.cluster.hosts import Host

_MOST_LINES = 16


class FleetDisplay:
    """A live table on a terminal; on a pipe, one plain line for each thing that is told."""

    def __init__(self, console: Console, precision: float, budget: float) -> None:
        """Show it on `console`; use it as a context manager."""
        self._console = console
        self._precision = precision
        self._budget = budget
        self._states: dict[int, tuple[str, str, str]] = {}
        self._live = Live(console=console, refresh_per_second=2, transient=True) if console.is_terminal else None

    def __enter__(self) -> FleetDisplay:
        """Show the display."""
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the display away."""
        if self._live:
            self._live.stop()

    def tell(self, entry: HostEntry, host: Host, event: dict[str, Any]) -> None:
        """Show what a host has told, or what has become of it."""
        said = self._said(event)
        if said is None:
            return
        self._states[entry.number] = (host.label, entry.status, said)
        lasting = event["event"] in ("settled", "again")
        if self._live is None or lasting:
            self._console.print(f"host {host.label}: {said}", highlight=False, markup=False, soft_wrap=True)
        if self._live:
            self._live.update(self._table())

    def _said(self, event: dict[str, Any]) -> str | None:
        if event["event"] == "preparing":
            return f"preparing {event['done']}/{event['planned']}" if self._live else None
        if event["event"] == "waiting":
            return "waits for another run on this host"
        if event["event"] == "kept":
            return (
                f"process {event['processes']}, {event['elapsed']:.0f} of {self._budget:.0f} s: "
                f"{event['precise']}/{event['cells']} cells within {100 * self._precision:.3g}%, "
                f"{event['quiet_share']:.0%} of rounds quiet"
            )
        if event["event"] == "again":
            return f"attempt {event['attempt']} failed: {event['reason']}"
        if event["event"] == "settled":
            return str(event["status"]) + (f": {event['reason']}" if event["reason"] else "")
        return None

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        under_way = [state for state in self._states.values() if state[1] in ("waiting", "measuring")]
        for label, _, said in under_way[:_MOST_LINES]:
            table.add_row(Text(label), Text(said))
        counts = Counter(status for _, status, _ in self._states.values())
        table.add_row(Text("hosts"), Text(", ".join(f"{count} {status}" for status, count in counts.items())))
        return table
