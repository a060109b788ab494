import pytest

from copycost.cli import main


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--out", "s3://shelf/results"],
        ["run", "--plots", "s3://shelf/plots"],
        ["noise", "--results", "memory://shelf"],
        ["noise", "--plots", "memory://shelf"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_what_measures_writes_into_folders_and_not_behind_addresses(tmp_path, monkeypatch, capfd, words):
    monkeypatch.chdir(tmp_path)
    assert main([*words, "--preset", "none"]) == 2
    assert "is an address; a folder is needed here" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []
