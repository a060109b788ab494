import pytest

from copycost.errors import UsageError
from copycost.run.cluster.cluster_record import ClusterRecord
from copycost.run.cluster.resume import record_of
from copycost.run.privacy import file_told


def kept(folder, status="incomplete", created="2026-01-01", conversions=None, **asked):
    folder.mkdir(parents=True)
    asked = {"preset": "quick", "arms": [], "conversions": ["torch.tensor"], "sizes": None, **asked}
    ClusterRecord(folder, asked, conversions, created, status).write()
    return folder


def test_a_run_is_found_by_name_by_folder_and_as_the_latest(tmp_path):
    kept(tmp_path / "first", created="2026-01-01")
    kept(tmp_path / "second", created="2026-01-02")
    kept(tmp_path / "third", created="2026-01-03", status="complete")
    assert record_of("first", tmp_path, {}).folder == tmp_path / "first"
    assert record_of(str(tmp_path / "first"), tmp_path / "elsewhere", {}).folder == tmp_path / "first"
    assert record_of("", tmp_path, {}).folder == tmp_path / "second"


def test_a_damaged_neighbour_does_not_hide_the_latest(tmp_path):
    kept(tmp_path / "first")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "cluster.json").write_text("{")
    assert record_of("", tmp_path, {}).folder == tmp_path / "first"


@pytest.mark.parametrize(("run", "said"), [("frist", "did you mean first"), ("", "nothing to resume")])
def test_a_run_that_is_not_there_is_refused(tmp_path, run, said):
    kept(tmp_path / "first", status="complete")
    with pytest.raises(UsageError, match=said):
        record_of(run, tmp_path, {})


def test_a_complete_run_is_refused(tmp_path):
    kept(tmp_path / "first", status="complete")
    with pytest.raises(UsageError, match="is complete"):
        record_of("first", tmp_path, {})


def test_what_was_typed_again_may_say_the_same(tmp_path):
    kept(tmp_path / "run")
    given = {"preset": "quick", "conversion": ("torch.tensor",), "cluster": "local:2", "wait": "9s", "out": tmp_path}
    assert record_of("run", tmp_path, given).asked["preset"] == "quick"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"preset": "full"}, "--preset full contradicts the run run, which has quick"),
        ({"conversion": ("torch.as_tensor",)}, "--conversion torch.as_tensor contradicts"),
        ({"size": "64"}, "--size 64 contradicts the run run, which has none"),
        ({"conversions": "mine.py"}, "--conversions contradicts"),
    ],
)
def test_what_contradicts_the_record_is_refused(tmp_path, given, said):
    kept(tmp_path / "run")
    with pytest.raises(UsageError, match=said):
        record_of("run", tmp_path, given)


def test_arms_with_paths_have_to_be_given_again(tmp_path):
    arms = ("base", "new:python=/opt/new/bin/python")
    kept(tmp_path / "run", arms=list(arms))
    with pytest.raises(UsageError, match="give every --arm again"):
        record_of("run", tmp_path, {})
    assert record_of("run", tmp_path, {"arm": arms}).asked["arms"] == list(arms)


def test_the_conversions_file_has_to_be_the_one_that_the_run_was_begun_with(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("x = 1\n")
    kept(tmp_path / "run", conversions=file_told(str(file)))
    with pytest.raises(UsageError, match="has to name the file again"):
        record_of("run", tmp_path, {})
    assert record_of("run", tmp_path, {"conversions": file}).conversions["name"] == "mine.py"
    other = tmp_path / "other.py"
    other.write_text("x = 2\n")
    with pytest.raises(UsageError, match="content differs"):
        record_of("run", tmp_path, {"conversions": other})
    with pytest.raises(UsageError, match="No such file"):
        record_of("run", tmp_path, {"conversions": tmp_path / "missing.py"})
