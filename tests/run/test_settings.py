import os

import pytest

from copycost.catalogue.cell import EMPTY_CALL
from copycost.errors import UsageError
from copycost.run import settings as module
from copycost.run.settings import settle


@pytest.fixture(autouse=True)
def fixed_layout_is_possible(monkeypatch):
    monkeypatch.setattr(module, "why_not_fixed", lambda: None)


def test_what_is_left_out_is_the_presets(tmp_path):
    settled = settle(preset="quick", out=tmp_path)
    assert settled.budget == 14.0
    assert {cell.dtype for cell in settled.cells if cell.direction != "reference"} == {"float64"}
    assert settled.cells[0] == EMPTY_CALL
    assert settled.folder.is_dir() and settled.folder.parent == tmp_path


def test_everything_on_the_grid_can_be_narrowed(tmp_path):
    settled = settle(
        conversions=["torch.tensor"],
        dtypes="int64",
        sizes="64,4096",
        threads="1",
        precision="2%",
        budget="5s",
        processes=3,
        name="mine",
        out=tmp_path,
    )
    assert [(cell.dtype, cell.size) for cell in settled.cells if cell.direction != "reference"] == [
        ("int64", 64),
        ("int64", 4096),
    ]
    assert (settled.precision, settled.budget, settled.processes) == (0.02, 5.0, 3)
    assert settled.folder == tmp_path / "mine"


@pytest.mark.parametrize(
    ("processes", "numbers"), [(2, (4, 5)), (3, (4, 5, 6)), (9, (4, 5, 6, 7)), (None, (4, 5, 6, 7))]
)
def test_there_are_no_more_sessions_than_processes_and_they_have_the_first_layouts(tmp_path, processes, numbers):
    chosen = settle(processes=processes, address_layouts="4..7", sizes="64", out=tmp_path).layouts
    assert chosen in (numbers, (None,) * len(numbers))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"preset": "qick"}, "quick"),
        ({"conversions": ["torch.fromnumpy"]}, "torch.from_numpy"),
        ({"dtypes": "flaot64"}, "float64"),
        ({"sizes": "many"}, "many"),
        ({"precision": "0"}, "smallest that works is 0.1%"),
        ({"budget": "soon"}, "soon"),
        ({"threads": "9999"}, "from 1 to 1024, or default"),
        ({"processes": 0}, "at least 1"),
        ({"address_layouts": "loose"}, "'loose' is not random, or numbers"),
        ({"address_layouts": "1,random"}, "numbers from 1 to 1000"),
        ({"address_layouts": "0"}, "numbers from 1 to 1000"),
        ({"address_layouts": "1..2000"}, "numbers from 1 to 1000"),
        ({"address_layouts": "5..1"}, "ends below its start"),
        ({"address_layouts": ""}, "numbers from 1"),
        ({"allocator": "tidy"}, "steady, found"),
        ({"allocator": "steady,found"}, "steady, found"),
        ({"caches": "tepid"}, "warm, cold"),
        ({"layouts": "diagonal"}, "fortran"),
        ({"arms": ["thp:"]}, "NAME"),
        ({"arms": ["thp:THP_MEM_ALLOC_ENABLE"]}, "KEY=VALUE"),
        ({"arms": ["a", "a"]}, "twice"),
        ({"arms": ["a:FOO="]}, "no value"),
        ({"arms": ["a:threads=9999"]}, "arm 'a': threads '9999' is not"),
        ({"arms": ["two:threads=2"], "threads": "1,2"}, "--threads 1,2 has several"),
        ({"arms": ["new:python=/nowhere/python"]}, "/nowhere/python"),
        ({"name": "../escape"}, "escape"),
        ({"name": "CON"}, "Windows"),
        ({"visit_timeout": "soon"}, "soon"),
        ({"visit_timeout": "10ms"}, "below 1s"),
        ({"memory_limit": "much"}, "512M or 4G"),
        ({"memory_limit": "1M", "sizes": "1M"}, "MiB"),
        ({"name": "latest"}, "latest"),
        ({"sizes": "1000G"}, "GiB"),
    ],
)
def test_a_value_that_is_not_valid_is_refused_before_anything_is_made(tmp_path, typed, said):
    with pytest.raises(UsageError, match=said) as caught:
        settle(out=tmp_path, **typed)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_exists_is_not_touched(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept").write_text("kept")
    with pytest.raises(UsageError, match="exists already"):
        settle(name="mine", out=tmp_path)
    assert (tmp_path / "mine" / "kept").read_text() == "kept"


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be made"):
        settle(out=tmp_path / "file")


def test_a_missing_torch_is_said_with_what_installs_it(tmp_path, monkeypatch):
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="pip install"):
        settle(out=tmp_path)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("1..5", (1, 2, 3, 4, 5)), ("7", (7,)), ("4, 2,4", (4, 2)), ("1..2,9", (1, 2, 9)), ("random", (None,) * 5)],
)
def test_layouts_are_numbers_in_the_order_typed_or_left_to_the_system(text, numbers):
    assert module.parse_layouts(text) == numbers


def test_a_quick_look_has_as_few_sessions_as_an_interval_needs(tmp_path):
    assert settle(out=tmp_path, preset="quick").layouts == (1, 2, 3)
    assert settle(out=tmp_path, preset="quick", address_layouts="1..5").layouts == (1, 2, 3, 4, 5)
    assert settle(out=tmp_path).layouts == (1, 2, 3, 4, 5)


def test_a_budget_that_was_not_typed_grows_with_the_arms_and_may_be_stretched(tmp_path):
    alone, two = settle(out=tmp_path), settle(out=tmp_path, arms=["a", "b"])
    assert (two.budget, two.stretches) == (2 * alone.budget, True)
    assert not settle(out=tmp_path, budget="60s").stretches


def test_layouts_that_cannot_be_chosen_are_random_and_say_why(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "why_not_fixed", lambda: "not permitted")
    settled = settle(out=tmp_path)
    assert (settled.layouts, settled.layout_reason) == ((None,) * 5, "not permitted")


def test_processes_are_forked_only_where_forking_leaves_no_history(tmp_path):
    steady, found = (settle(allocator=allocator, out=tmp_path) for allocator in ("steady", "found"))
    assert steady.forks and steady.method()["start"] == "fork"
    assert not found.forks and found.method() == {"address_layout": "chosen", "start": "fresh"}
    assert found.protocol.upwards and found.as_record()["allocator"] == "found"


def test_two_runs_without_a_name_get_different_folders(tmp_path):
    assert settle(out=tmp_path).folder != settle(out=tmp_path).folder
    assert len(os.listdir(tmp_path)) == 2


def test_a_process_has_a_time_out_and_most_of_the_memory_that_is_available(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "available_bytes", lambda: 10 * 1024**3)
    monkeypatch.setattr(module, "LIMITABLE", True)
    settled = settle(preset="quick", out=tmp_path)
    assert settled.visit_timeout == 60.0
    assert settled.memory_limit == 8 * 1024**3
    typed = settle(preset="quick", visit_timeout="5s", memory_limit="2G", out=tmp_path)
    assert (typed.visit_timeout, typed.memory_limit) == (5.0, 2 * 1024**3)


def test_where_memory_cannot_be_limited_there_is_no_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LIMITABLE", False)
    assert settle(preset="quick", out=tmp_path).memory_limit is None
    with pytest.raises(UsageError, match="cannot limit"):
        settle(memory_limit="2G", out=tmp_path)
