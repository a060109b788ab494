from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from copycost.show.docs_page.background import advice_section, doubts_section, machine_section, method_section
from copycost.show.docs_page.costs import bandwidth_section, by_size_section, crossovers_section, details_section
from copycost.show.docs_page.figures import ends, half_percent, with_interval
from copycost.show.docs_page.in_short import conditions_in_words, in_short_section
from copycost.show.docs_page.material import telling_sizes
from copycost.show.docs_page.sharing import sharing_section
from copycost.show.run_view import RunView
from copycost.units import format_seconds
from tests.show.docs_page.pages import material


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    return material(tmp_path_factory.mktemp("runs") / "made-up")


def text(lines):
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def table_rows(lines):
    return [line for line in lines if line.startswith("| ")][2:]


def test_the_shortest_words_name_each_conversion_once(own):
    lines = [line for line in in_short_section(own) if line.startswith("- ")]
    assert len(lines) == own.cells["conversion"].nunique()
    assert "`torch.from_numpy` shares memory and costs " in text(lines)
    assert "It costs ten times `torch.from_numpy` from" in text(lines)


def test_conditions_are_told_in_words(own):
    assert conditions_in_words(own) == "dtype `float64`, 1 thread and `warm` cache"
    other = replace(own, conditions=dict(own.conditions) | {"threads": "2", "layout": "strided"}, arms=("a", "b"))
    assert conditions_in_words(other) == "dtype `float64`, 2 threads, `warm` cache, `strided` layout and arm `a`"


def test_sharing_is_told_by_call(own):
    lines = sharing_section(own)
    seen = {line.split(" | ")[0].strip("| `"): line.split(" | ")[3].strip("*") for line in table_rows(lines)}
    assert seen["torch.from_numpy"] == "shares" and seen["torch.tensor"] == "copies"


def test_sharing_that_is_not_known_is_said(own):
    unknown = own.view.cells.assign(shares_memory=pd.array([pd.NA] * len(own.view.cells), dtype="boolean"))
    lines = sharing_section(replace(own, view=RunView(own.view.rounds, unknown, None)))
    assert "does not say" in text(lines) and not table_rows(lines)


def test_costs_stand_at_the_smallest_the_largest_and_telling_sizes(own):
    lines = by_size_section(own)
    heading = text([line for line in lines if line.startswith("| conversion")])
    assert "8 B" in heading and "128 MiB" in heading and heading.count("|") == 2 + len(telling_sizes(own.cells)) + 1
    row = text([line for line in lines if "`torch.tensor`" in line])
    first = own.cells[(own.cells["conversion"] == "torch.tensor") & (own.cells["size"] == 1)].iloc[0]
    assert "| copies |" in row and f"{format_seconds(first['seconds'])} ±" in row


def test_telling_sizes_are_of_the_grid_and_never_twice():
    cells = pd.DataFrame({"bytes": [8.0, 64.0, 8.0]})
    assert telling_sizes(cells) == [8.0, 64.0]
    assert telling_sizes(cells.iloc[:1]) == [8.0]


def test_crossovers_and_bandwidths_have_intervals(own):
    assert "costs 10× torch.from_numpy" in text(crossovers_section(own)) and " to " in text(crossovers_section(own))
    rows = text(bandwidth_section(own))
    assert "page-fault bound" in rows and "the first byte" in rows


def test_details_are_those_of_explain_for_what_copies(own):
    told = text(details_section(own))
    assert "### torch.tensor, float64" in told and "- where it goes" in told and "### torch.from" not in told


def test_nothing_to_tell_leaves_the_section_out(own):
    nothing = replace(own.explained, crossovers=own.explained.crossovers.iloc[:0], advice=[])
    bare = replace(own, explained=nothing)
    assert crossovers_section(bare) == advice_section(bare) == []
    still = own.explained.model.assign(gb_per_s=np.nan)
    assert bandwidth_section(replace(own, explained=replace(own.explained, model=still))) == []


def test_advice_has_its_evidence_and_its_command(own):
    told = text(advice_section(own))
    assert "Try huge pages" in told and "page faults" in told and "```sh\npython bench_runner.py run" in told


def test_doubts_are_told_or_that_there_are_none(own):
    calm = RunView(own.view.rounds, own.view.cells.assign(flags=""), own.view.record)
    assert "None: " in text(doubts_section(replace(own, view=calm)))
    assert "page-fault-bound" in text(doubts_section(own))


def test_the_method_and_the_machine_are_tables(own):
    told = text(method_section(own))
    assert "in 6 processes" in told and "| canary | python-100 |" in told and "| precision | 1% |" in told
    assert "| CPU | AMD EPYC |" in text(machine_section(own))


def test_an_unfinished_run_is_said(own):
    view = RunView(own.view.rounds, own.view.cells, (own.view.record or {}) | {"status": "interrupted"})
    assert "The run is interrupted" in text(method_section(replace(own, view=view)))


def test_a_file_without_a_record_has_no_method(own):
    bare = replace(own, view=RunView(own.view.rounds, own.view.cells, None))
    assert not table_rows(method_section(bare))


def test_figures_without_an_interval_stand_alone():
    row = pd.Series({"a": 2e-6, "a_low": np.nan, "a_high": np.nan})
    assert with_interval(row, "a").endswith("µs") and half_percent(np.nan) == ends(1.0, np.nan, str) == ""
    assert half_percent(0.008) == " ±0.8%" and half_percent(0.2) == " ±20%"
