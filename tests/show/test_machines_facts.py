import numpy as np
import pandas as pd

from copycost.analyse.fleet import MODEL_COLUMNS
from copycost.analyse.machines import describe
from copycost.show.machines_facts import (
    facts_by_model,
    facts_section,
    models_section,
    most_common,
    or_unknown,
    ranking_section,
)
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


def test_cpu_models_show_the_most_common_value_of_each_fact():
    machines = MACHINES.assign(cpu_model=["one", "one", "one", None])
    own = facts_by_model(machines)
    assert own.headings == ("", "one", "unknown CPU")
    assert own.rows == (("torch", "2.0 (2 of 3)", "2.1"),)


def test_each_cpu_model_has_its_size_its_time_and_its_spread():
    rows = [["AMD EPYC", 3, 1.049, 1.0, 1.1, 0.0671], ["unknown CPU", 1, 2.0, 2.0, 2.0, np.nan]]
    machines = MACHINES.assign(cpu_model=["AMD EPYC"] * 3 + [None])
    own = models_section(pd.DataFrame(rows, columns=list(MODEL_COLUMNS)), machines, 0.004)
    assert own.said == ("2 CPU models among 4 machines; runs of one machine differ by 0.4%",)
    assert own.rows[0] == ("AMD EPYC", "3", "kvm", "1.049", "1.000", "1.100", "6.7%")
    assert own.rows[1] == ("unknown CPU", "1", "kvm", "2.00", "2.00", "2.00", "–")


def test_runs_that_were_not_repeated_are_not_told_of():
    models = pd.DataFrame([["AMD EPYC", 1, 1.0, 1.0, 1.0, np.nan]], columns=list(MODEL_COLUMNS))
    assert models_section(models, MACHINES[:1], float("nan")).said == ("1 CPU model among 1 machine",)


def test_the_ranking_has_runs_where_they_are_taken_together():
    assert ranking_section(RANKING, MACHINES).rows[0] == ("1", "m1", "AMD EPYC", "1.000", "5")
    own = ranking_section(RANKING, MACHINES, pooled=True)
    assert own.rows == (("1", "m1", "AMD EPYC", "1.000", "5", "2"), ("2", "m0", "AMD EPYC", "1.500", "5", "1"))


def test_what_is_not_known_is_a_dash():
    assert or_unknown(None) == or_unknown(float("nan")) == most_common(pd.Series([None, None])) == "–"
