import io

import pytest
from rich.console import Console

from copycost.run.cluster.cluster_record import HostEntry
from copycost.run.cluster.fleet_display import FleetDisplay
from copycost.run.cluster.hosts import Host

KEPT = {"event": "kept", "processes": 3, "elapsed": 12.3, "precise": 7, "cells": 40, "quiet_share": 0.934}


def shown(*events, terminal=False):
    out = io.StringIO()
    with FleetDisplay(Console(file=out, force_terminal=terminal, width=100), 0.01, 60.0) as display:
        for number, event in enumerate(events):
            entry = HostEntry(number, "AMD EPYC 2c 3f9a1c", f"k{number}", status=event.get("status", "measuring"))
            display.tell(entry, Host(f"k{number}", f"10.0.0.{number}", {"node": f"node-{number}"}), event)
    return out.getvalue()


def test_on_a_pipe_each_process_is_a_line_that_names_its_host():
    assert shown(KEPT) == ("host node-0 (10.0.0.0): process 3, 12 of 60 s: 7/40 cells within 1%, 93% of rounds quiet\n")


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"event": "again", "attempt": 1, "reason": "its worker was lost"}, "attempt 1 failed: its worker was lost"),
        ({"event": "settled", "status": "refused", "reason": "numpy 1.0, not 2.4"}, "refused: numpy 1.0, not 2.4"),
        ({"event": "settled", "status": "complete", "reason": None}, "complete"),
        ({"event": "waiting"}, "waits for another run on this host"),
    ],
)
def test_what_becomes_of_a_host_is_told(event, said):
    assert shown(event).rstrip().endswith(said)


def test_what_is_only_of_interest_live_is_not_told_on_a_pipe():
    assert shown({"event": "preparing", "done": 1, "planned": 2}, {"event": "ended", "status": "complete"}) == ""


def test_on_a_terminal_lines_are_kept_only_for_what_lasts():
    said = shown(KEPT, {"event": "settled", "status": "lost", "reason": "its worker was lost"}, terminal=True)
    assert "lost: its worker was lost" in said and "1 measuring" in said


def test_many_hosts_do_not_fill_the_terminal():
    assert shown(*[KEPT] * 200, terminal=True).splitlines()[-1].count("node-") == 0
