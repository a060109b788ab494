import pytest

from copycost.run.process_entry import entry_of, process_file, process_number, timed_seconds, visits_of

CONTENT = {
    "copycost": {"arm": "base", "turn": 2, "started": "2026-01-02T03:04:05+00:00", "seconds": 4.0},
    "benchmarks": [
        {
            "param": "f-float64-1",
            "stats": {"data": [1e-6, 3e-6], "iterations": 100},
            "extra_info": {"visit": [0, 0, 2], "copy_ns": [1000, 2000]},
        }
    ],
}


def test_a_number_and_its_files_name_belong_together():
    assert process_file(7) == "process-0007.json"
    assert [process_number(process_file(number)) for number in (1, 9999, 12345)] == [1, 9999, 12345]


@pytest.mark.parametrize("name", ["run.json", "process-.json", "process-x.json", "process-²³.json"])
def test_other_files_have_no_number(name):
    assert process_number(name) == 0


def test_the_entry_is_read_back_from_the_file():
    assert entry_of("process-0007.json", CONTENT) == {
        **{"file": "process-0007.json", "arm": "base", "turn": 2, "started": "2026-01-02T03:04:05+00:00"},
        **{"seconds": 4.0, "timed_seconds": pytest.approx(4e-4 + 3e-6, abs=1e-6)},
    }
    assert timed_seconds(CONTENT) == pytest.approx(4e-4 + 3e-6)


def test_visits_are_counted_by_cell():
    assert visits_of(CONTENT) == {"f-float64-1": 2}
