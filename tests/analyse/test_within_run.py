import numpy as np
import pytest

from copycost.analyse.gate import failures, parse_gate
from copycost.analyse.select import select_one
from copycost.analyse.within_run import compare_within
from copycost.cli import main
from copycost.errors import UsageError
from tests.made_up import EMPTY_CALL, Law, MadeUpCell, made_up_rounds, write_run

SECONDS = {"fast": 1.0e-6, "slow": 1.2e-6, "alike": 1.0e-6}
LAW = Law(processes=10, sessions=5, noise=0.01, session_offset=0.05, offset=0.0)


def made(name, direction="to_tensor", dtype="float64", size=64, threads=1):
    seconds = SECONDS[name] * (1.5 if dtype == "float32" else 1) * (2 if threads == 2 else 1)
    return MadeUpCell(
        name, direction, "f(a)", "copies", dtype, size, seconds=seconds, shares_memory=False, threads=threads
    )


CELLS = [
    made(name, dtype=dtype, size=size) for name in SECONDS for dtype in ("float64", "float32") for size in (64, 128)
]


def run(folder, cells=CELLS, law=LAW):
    write_run(folder, made_up_rounds(law, [*cells, EMPTY_CALL], seed=3))
    return select_one(str(folder), folder.parent)


def test_conversions_of_one_run_get_verdicts_against_the_first(tmp_path):
    cells = compare_within(run(tmp_path / "run"), "conversion", margin=0.05)
    assert set(cells["conversion"]) == {"slow against fast", "alike against fast"}
    slow = cells[cells["conversion"] == "slow against fast"]
    assert len(slow) == 4 and (slow["verdict"] == "slower").all()
    assert ((slow["ci_low"] < 1.2) & (slow["ci_high"] > 1.2)).mean() >= 0.75
    assert not cells[cells["conversion"] == "alike against fast"]["verdict"].isin(["faster", "slower"]).any()


def test_what_a_session_does_to_all_cells_is_taken_out_by_the_pairs(tmp_path):
    """A session that is 30% slower throughout makes each figure uncertain and no ratio."""
    rounds = made_up_rounds(Law(processes=10, sessions=5, noise=0.005), [*CELLS, EMPTY_CALL], seed=4)
    slower = rounds["session"].to_numpy(dtype=float) == 2
    timed = (rounds["conversion"] != "empty call").to_numpy()
    rounds = rounds.assign(seconds=rounds["seconds"] * np.where(slower & timed, 1.3, 1.0))
    write_run(tmp_path / "run", rounds)
    found = compare_within(select_one(str(tmp_path / "run"), tmp_path), "conversion", margin=0.05)
    assert (found["ci_high"] / found["ci_low"]).max() < 1.06
    assert (found[found["conversion"] == "slow against fast"]["verdict"] == "slower").all()


def test_dtypes_and_threads_are_compared_conversion_by_conversion(tmp_path):
    cells = compare_within(run(tmp_path / "dtypes"), "dtype", margin=0.05)
    assert set(cells["conversion"]) == {f"{name}, float32 against float64" for name in SECONDS}
    assert cells["ratio"].between(1.4, 1.6).all() and cells["dtype"].isna().all()
    both = [made("fast", threads=threads, size=size) for threads in (1, 2) for size in (64, 128)]
    cells = compare_within(run(tmp_path / "threads", both), "threads", margin=0.05)
    assert cells["conversion"].tolist() == ["fast, 2 against 1"] * 2
    assert (cells["verdict"] == "slower").all()


def test_conversions_of_two_directions_are_not_compared(tmp_path):
    cells = [made("fast"), made("slow"), made("alike", "to_array")]
    assert set(compare_within(run(tmp_path / "run", cells), "conversion", margin=0.05)["conversion"]) == {
        "slow against fast"
    }


def test_processes_are_the_pairs_where_files_tell_no_sessions(tmp_path):
    cells = compare_within(run(tmp_path / "run", law=Law(processes=8, offset=0.01)), "conversion", margin=0.05)
    assert cells["paired"].all()
    assert (cells[cells["conversion"] == "slow against fast"]["verdict"] == "slower").all()


@pytest.mark.parametrize(
    ("axis", "said"), [("cache", "no two of cache to compare: it has warm"), ("dtpe", "did you mean dtype")]
)
def test_an_axis_with_nothing_to_compare_is_refused(tmp_path, axis, said):
    with pytest.raises(UsageError, match=said):
        compare_within(run(tmp_path / "run"), axis, margin=0.05)


def test_the_command_compares_the_latest_run_and_gates_it(tmp_path, capsys):
    run(tmp_path / "results" / "mine")
    typed = ["compare", "--results", str(tmp_path / "results"), "--by", "conversion"]
    assert main(typed) == 0
    said = capsys.readouterr().out
    assert said.startswith("mine by conversion") and "slow against fast, float64" in said
    assert main([*typed, "--fail-on", "slower>10%", "--where", "dtype=float64"]) == 1
    assert "float32" not in capsys.readouterr().out
    assert main(["compare", "mine", "mine", "--results", str(tmp_path / "results"), "--by", "conversion"]) == 2
    assert "give one RUN" in capsys.readouterr().err


def test_a_gate_may_name_a_pair(tmp_path):
    cells = compare_within(run(tmp_path / "run"), "conversion", margin=0.05)
    failed = failures(parse_gate("slower>5%:conversion=slow against fast"), cells)
    assert set(failed["conversion"]) == {"slow against fast"}


def test_a_run_compared_with_itself_is_noticed(tmp_path, capsys):
    run(tmp_path / "results" / "mine")
    assert main(["compare", "mine", "mine", "--results", str(tmp_path / "results")]) == 0
    assert "A and B are the same run, in which nothing can differ" in capsys.readouterr().out
