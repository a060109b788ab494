from copycost.show.summary import print_run
from tests.made_up import Law, made_up_rounds, write_run


def test_a_summary_names_the_run_its_machine_and_its_versions(tmp_path, capsys):
    print_run(write_run(tmp_path / "mine"))
    first = capsys.readouterr().out.splitlines()[0]
    for word in ("mine", "AMD EPYC", "torch 2.13.0", "NumPy 2.4.6", "processes"):
        assert word in first


def test_the_precision_that_was_asked_for_decides_what_is_imprecise(tmp_path, capsys):
    rounds = made_up_rounds(Law(noise=0.05))
    print_run(write_run(tmp_path / "loose", rounds, record={"plan": {"precision": 0.9}}))
    assert "imprecise" not in capsys.readouterr().out
    print_run(write_run(tmp_path / "strict", rounds, record={"plan": {"precision": 0.0001}}))
    assert "imprecise" in capsys.readouterr().out
