import json
from dataclasses import replace

import pytest

from copycost.run.cluster.errands import Collected
from copycost.run.cluster.landing import Landing
from copycost.run.cluster.parcel import Damaged, Parcel
from copycost.store.loading import load
from copycost.store.record import read_record
from tests.made_up import write_run

OTHER = {"other_tasks": 2}


@pytest.fixture
def sent(tmp_path):
    """What a host has: a run of several processes, packed."""
    folder = write_run(tmp_path / "host" / "run")
    names = sorted(path.name for path in folder.glob("process-*.json"))
    assert len(names) > 2
    return Collected(tuple(Parcel.of(folder / name) for name in names), Parcel.of(folder / "run.json"))


def test_what_landed_is_an_ordinary_run_folder(tmp_path, sent):
    landing = Landing(tmp_path / "run")
    assert landing.take(sent)
    landing.close("complete", None, OTHER)
    record = read_record(tmp_path / "run")
    assert record["status"] == "complete" and record["cluster"] == OTHER
    assert load(tmp_path / "run")["process"].nunique() == len(sent.files)


def test_no_folder_is_made_before_a_file_arrives(tmp_path, sent):
    landing = Landing(tmp_path / "run")
    assert landing.take(Collected((), None))
    assert landing.take(replace(sent, files=()))
    landing.close("incomplete", "its worker was lost", OTHER)
    assert not (tmp_path / "run").exists()


def test_the_record_lands_after_every_file_that_it_lists(tmp_path, sent):
    landing = Landing(tmp_path / "run")
    assert not landing.take(Collected(sent.files[:1], None))
    assert not (tmp_path / "run" / "run.json").exists()
    assert landing.have == {sent.files[0].name}
    assert landing.take(replace(sent, files=sent.files[1:]))
    assert landing.have == {parcel.name for parcel in sent.files}


def test_a_damaged_file_is_not_kept_and_those_before_it_are(tmp_path, sent):
    damaged = replace(sent.files[1], data=sent.files[1].data[:-9])
    landing = Landing(tmp_path / "run")
    with pytest.raises(Damaged):
        landing.take(replace(sent, files=(sent.files[0], damaged, *sent.files[2:])))
    assert [path.name for path in (tmp_path / "run").iterdir()] == [sent.files[0].name]
    assert landing.have == {sent.files[0].name}


def test_a_name_with_folders_in_it_lands_in_the_run_folder_nevertheless(tmp_path, sent):
    parcel = replace(sent.files[0], name="../../elsewhere.json")
    Landing(tmp_path / "results" / "run").take(Collected((parcel,), None))
    assert (tmp_path / "results" / "run" / "elsewhere.json").is_file()


def test_a_run_that_ended_early_says_why_and_can_be_sent_back(tmp_path, sent):
    landing = Landing(tmp_path / "run")
    landing.take(sent)
    landing.close("incomplete", "its worker was lost", OTHER)
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["status"] == "incomplete"
    assert record["failed"][-1] == {"cell": None, "error": "its worker was lost"}
    again = Landing(tmp_path / "run")
    assert again.have == landing.have
    assert {parcel.name for parcel in again.earlier()} == {"run.json", *again.have}


def test_a_reason_that_is_there_already_is_not_told_twice(tmp_path, sent):
    landing = Landing(tmp_path / "run")
    landing.take(sent)
    for _ in range(2):
        landing.close("incomplete", "its worker was lost", OTHER)
    assert (
        json.loads((tmp_path / "run" / "run.json").read_text())["failed"].count(
            {"cell": None, "error": "its worker was lost"}
        )
        == 1
    )


def test_a_host_of_which_nothing_came_back_starts_anew(tmp_path):
    assert Landing(tmp_path / "run").earlier() == ()
