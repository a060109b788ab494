from dataclasses import replace

import pytest

from copycost.analyse.select import select
from copycost.show.document import Note
from copycost.show.render.layout import plain_text
from copycost.show.sections.doubts import NONE, doubts_section, whole_notes
from tests.made_up import Law, core_cells, made_up_rounds, write_run
from tests.show.suites import scaling_suite

CELLS = core_cells(sizes=(64,))


def section_of(folder, *names, record=None, **law):
    for seed, name in enumerate(names):
        rounds = made_up_rounds(Law(processes=4, visits=4, noise=0.001, **law), CELLS, seed)
        write_run(folder / name, rounds, record=record)
    return doubts_section(select([str(folder / name) for name in names], folder), "cells")


def said_in(section):
    said = {}
    for note in section.blocks:
        assert isinstance(note, Note)
        said.setdefault(note.name, []).append(plain_text(note.text))
    return said


def test_a_clean_run_is_said_to_be_one(tmp_path):
    section = section_of(tmp_path, "clean")
    assert section.blocks[0].lines == (NONE,)


def test_each_doubt_is_told_with_its_figure(tmp_path):
    section = section_of(tmp_path, "torn", modes=1.5)
    assert "processes fall into two groups" in said_in(section)["two-modes"][0]
    assert {note.table for note in section.blocks} == {"cells"}


def test_of_several_runs_each_says_its_own(tmp_path):
    said = said_in(section_of(tmp_path, "a", "b", modes=1.5))["two-modes"]
    assert [line.partition(": ")[0] for line in said] == ["a", "b"]


def test_doubts_of_many_runs_are_counted(tmp_path):
    said = said_in(section_of(tmp_path, *"abcde", modes=1.5))
    assert said["two-modes"] == ["50 of 50 cells, in 5 of 5 runs"]


def test_a_run_that_was_cut_short_says_so(tmp_path):
    section = section_of(tmp_path, "short", record={"status": "interrupted"})
    assert "the run is interrupted" in said_in(section)[""][0]


def test_planned_cells_that_did_not_come_back_are_named(tmp_path):
    lost = {"conversion": "torch.lost", "direction": "to_tensor", "dtype": "int8", "size": 3}
    section = section_of(tmp_path, "holed", record={"plan": {"cells": [lost]}})
    (said,) = said_in(section)[""]
    assert "1 planned cell did not come back" in said and "torch.lost int8 3: " in said


def test_planned_cells_that_are_missing_for_one_reason_are_told_together(tmp_path):
    cells = [
        {"conversion": name, "direction": "to_tensor", "dtype": dtype, "size": size, "threads": 1, "layout": "memmap"}
        for name in ("torch.lost", "torch.gone")
        for dtype in ("int8", "bool")
        for size in (3, 4, 5)
    ]
    skipped = [{**cell, "reason": "no int8 today"} for cell in cells if cell["dtype"] == "int8"]
    record = {"plan": {"cells": cells}, "skipped": skipped}
    (said,) = said_in(section_of(tmp_path, "holed", record=record))[""]
    assert "12 planned cells did not come back: " in said
    assert "6 of torch.lost and torch.gone, int8, sizes 3 to 5, memmap: no int8 today" in said
    assert "6 of torch.lost and torch.gone, bool, sizes 3 to 5, memmap: not measured" in said


def test_planned_cells_that_differ_by_their_source_are_told_apart(tmp_path):
    lost = {"conversion": "torch.lost", "direction": "to_tensor", "dtype": "int8", "size": 3, "cache": "warm"}
    cells = [{**lost, "threads": 1, "layout": "memmap"}, {**lost, "threads": 4, "layout": "contiguous"}]
    (said,) = said_in(section_of(tmp_path, "holed", record={"plan": {"cells": cells}}))[""]
    assert "torch.lost int8 3, memmap and torch.lost int8 3, 4 threads: not measured" in said


@pytest.mark.parametrize(("threads", "said"), [(2, []), (3, ["up to 3 threads shared 2 cores: "])])
def test_more_threads_than_cores_are_told(tmp_path, threads, said):  # made-up machines have two cores
    cells = [CELLS[0], replace(CELLS[0], threads=threads)]
    folder = write_run(tmp_path / "many", made_up_rounds(Law(processes=4, visits=4), cells))
    (run,) = select([str(folder)], tmp_path)
    assert [plain_text(note.text)[: len(text)] for note, text in zip(whole_notes(run), said, strict=True)] == said


def test_another_suites_file_cannot_say_what_was_quiet(tmp_path):
    section = doubts_section(select([str(scaling_suite(tmp_path / "theirs.json"))], tmp_path), "cells")
    assert "another suite's" in said_in(section)[""][0]
