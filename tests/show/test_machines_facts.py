import pandas as pd

from copycost.analyse.machines import describe
from copycost.show.machines_facts import facts_by_kind, facts_section, most_common, or_unknown, ranking_section
from tests.made_up import machine_facts

MACHINES = describe(
    [
        {"name": f"m{number}", "machine": machine_facts() | {"machine": f"m{number}", "torch": f"2.{number // 2}"}}
        for number in range(4)
    ]
)
RANKING = pd.DataFrame({"run": ["m1", "m0"], "cells": [5, 5], "relative": [1.0, 1.5], "runs": [2, 1], "rank": [1, 2]})


def test_only_what_differs_stands_in_the_table():
    own = facts_section(MACHINES)
    assert own.headings == ("", "m0", "m1", "m2", "m3")
    assert [row[0] for row in own.rows] == ["machine", "torch"] and "CPU: AMD EPYC" in own.notes[0]


def test_kinds_show_the_most_common_value_of_each_fact():
    own = facts_by_kind(MACHINES, [0, 0, 0, 1])
    assert own.headings == ("", "kind 1", "kind 2")
    assert own.rows == (("torch", "2.0 (2 of 3)", "2.1"),)


def test_the_ranking_has_kinds_and_runs_where_machines_are_grouped():
    assert ranking_section(RANKING, MACHINES).rows[0] == ("1", "m1", "AMD EPYC", "1.000", "5")
    own = ranking_section(RANKING, MACHINES, pd.Series({"m1": 0}))
    assert own.rows == (
        ("1", "m1", "1", "AMD EPYC", "1.000", "5", "2"),
        ("2", "m0", "–", "AMD EPYC", "1.500", "5", "1"),
    )


def test_what_is_not_known_is_a_dash():
    assert or_unknown(None) == or_unknown(float("nan")) == most_common(pd.Series([None, None])) == "–"
