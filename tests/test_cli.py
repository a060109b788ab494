"""The command line as a person meets it: what bad input gets, and that nothing is lost by it."""

import json
import os
import subprocess
import sys
from importlib import metadata

import pytest

from copycost.cli import main
from copycost.commands.show import show
from tests.made_up import write_run


@pytest.fixture
def results(tmp_path):
    write_run(tmp_path / "results" / "mine")
    return tmp_path / "results"


def said(capsys):
    captured = capsys.readouterr()
    return captured.out, captured.err


@pytest.mark.parametrize(("known", "told"), [("1.2.3", "version 1.2.3"), (None, "from a clone that is not installed")])
def test_the_version_is_told_whether_or_not_it_is_installed(monkeypatch, capsys, known, told):
    def version(name):
        if known is None:
            raise metadata.PackageNotFoundError(name)
        return known

    monkeypatch.setattr(metadata, "version", version)
    assert main(["--version"]) == 0
    assert told in capsys.readouterr().out


RUN_MAIN = "import sys; from copycost.cli import main; sys.exit(main())"
FULL = "standard output cannot be written (No space left on device)"
CLOSED = "standard output cannot be written (Bad file descriptor)"


@pytest.mark.parametrize("command", ["show mine", "--help"])
@pytest.mark.parametrize(
    ("output", "status", "told"),
    [
        ("> /dev/full", 2, FULL),
        (">&-", 2, CLOSED),
        (">&- 2>&-", 2, None),
        ("> /dev/full 2> /dev/full", 2, None),
        ("| true", 0, None),
        ("<&-", 0, None),
    ],
)
def test_output_that_cannot_be_written_is_one_line_and_a_reader_that_has_gone_is_none(
    results, command, output, status, told
):
    shell = f'"$0" -c "$1" {command} {output}; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(
        ["bash", "-c", shell, sys.executable, RUN_MAIN],
        cwd=results.parent,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
    )
    assert done.returncode == status
    assert done.stderr == ("" if told is None else f"copycost: {told}\n")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), "there is too little memory"),
        (ImportError("libopenblas.so: failed to map segment"), "(libopenblas.so: failed to map segment)"),
        (ModuleNotFoundError("No module named 'scipy'", name="scipy"), "(No module named 'scipy')"),
    ],
)
def test_what_a_system_does_not_give_is_one_line(monkeypatch, capsys, error, told):
    def no_show(*_, **__):
        raise error

    monkeypatch.setattr(show, "callback", no_show)
    assert main(["show", "mine"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("copycost: ") and told in said and said.count("\n") == 1


def test_a_part_of_this_program_that_is_missing_is_told_whole(monkeypatch):
    def no_show(*_, **__):
        raise ImportError("cannot import name", name="copycost.analyse")

    monkeypatch.setattr(show, "callback", no_show)
    with pytest.raises(ImportError):
        main(["show", "mine"])


@pytest.mark.parametrize("command", ["show mine", "run --size 1", "explain latest", "machines mine mine", "doctor"])
def test_a_current_folder_that_is_gone_is_one_line(tmp_path, monkeypatch, capsys, command):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert main(command.split()) == 2
    assert capsys.readouterr().err == "copycost: the current folder is not there any more: change to one that is\n"


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (["rnu"], "did you mean run?"),
        (["run", "--bugdet", "3s"], "--budget"),
        (["run", "--preset", "defualt"], "default"),
        (["run", "--conversion", "torch.fromnumpy"], "torch.from_numpy"),
        (["run", "--dtype", "float65"], "float64"),
        (["run", "--processes", "few"], "few"),
        (["show", "mein"], "mine"),
        (["compare"], "latest~1"),
        (["show", "mine", "--where", "dtpe=float64"], "did you mean dtype"),
        (["export", "mine", "--format", "cvs"], "csv"),
        (["plot", "mine", "--chart", "cots"], "cost"),
        (["plot", "mine", "--theme", "drak"], "dark"),
        (["plot", "mine", "--format", "gif"], "svg"),
        (["plot", "mine", "--width", "3"], "320"),
        (["semantics", "--format", "yaml"], "html"),
        (["doctor", "--format", "yaml"], "html"),
        (["semantics", "--dtype", "float65"], "float64"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_gets_one_line_on_stderr_and_status_2(results, typed, hint, capsys, monkeypatch):
    monkeypatch.chdir(results.parent)
    before = sorted(results.rglob("*"))
    assert main(typed) == 2
    out, err = said(capsys)
    assert out == ""
    assert err.startswith("copycost: ") and err.count("\n") == 1
    assert hint in err
    assert sorted(results.rglob("*")) == before
    assert not (results.parent / "plots").exists()


def test_show_prints_the_table_without_control_characters(results, capsys):
    assert main(["show", "mine", "--results", str(results)]) == 0
    out, _ = said(capsys)
    assert "torch.from_numpy" in out and "\x1b" not in out


def test_latest_is_a_run(results, capsys):
    assert main(["show", "latest", "--results", str(results)]) == 0
    assert "torch.from_numpy" in said(capsys)[0]


def test_export_goes_to_standard_output_unless_a_file_is_named(results, tmp_path, capsysbinary):
    assert main(["export", "mine", "--results", str(results), "--format", "json"]) == 0
    printed = capsysbinary.readouterr().out
    target = tmp_path / "cells.json"
    command = ["export", "mine", "--results", str(results), "--format", "json"]
    assert main([*command, "--out", str(target)]) == 0
    assert target.read_bytes() == printed
    assert json.loads(printed)[0]["conversion"] == "torch.from_numpy"


def test_a_file_that_cannot_be_written_is_one_line(results, tmp_path, capsys):
    command = ["export", "mine", "--results", str(results), "--out"]
    assert main([*command, str(tmp_path / "nowhere" / "cells.csv")]) == 2
    assert said(capsys)[1].count("\n") == 1


def test_plot_prints_the_files_it_made(results, tmp_path, capsys):
    command = ["plot", "mine", "--results", str(results), "--chart", "cost", "--format", "svg"]
    assert main([*command, "--out", str(tmp_path / "plots")]) == 0
    made = [line for line in said(capsys)[0].splitlines() if line.endswith(".svg")]
    assert made == [str(tmp_path / "plots" / "cost.svg")]
    assert (tmp_path / "plots" / "cost.svg").exists()


def test_list_names_conversions_presets_and_dtypes(capsys):
    assert main(["list"]) == 0
    out, _ = said(capsys)
    for word in ("torch.from_numpy", "t.clone.numpy", "quick", "default", "full", "complex128"):
        assert word in out


def test_semantics_as_json_has_every_claim_with_its_verdict(capsysbinary):
    assert main(["semantics", "--format", "json", "--dtype", "float32"]) == 0
    content = json.loads(capsysbinary.readouterr().out)
    false = [claim["claim"] for claim in content["claims"] if not claim["verdict"]]
    assert len(content["claims"]) == 8
    assert len(false) == 2 and "torch.Tensor" in false[0] and "graph" in false[1]


@pytest.mark.parametrize("command", ["show", "export", "explain", "plot", "report", "machines", "docs", "import"])
@pytest.mark.parametrize("word", ["a" * 300, "a" * 300 + "@arm"], ids=["run", "arm"])
def test_a_name_that_no_file_can_have_is_one_line(tmp_path, monkeypatch, capsys, command, word):
    monkeypatch.chdir(tmp_path)
    assert main([command, word]) == 2
    out, err = said(capsys)
    assert out == "" and "File name too long" in err and err.count("\n") == 1


def test_a_word_that_nothing_can_be_done_about_is_not_swallowed(results, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("a bug")

    monkeypatch.setattr("copycost.analyse.select.select", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        main(["show", "mine", "--results", str(results)])


def test_a_bare_program_measures_nothing_and_says_what_there_is(results, capsys, monkeypatch):
    monkeypatch.chdir(results.parent)
    monkeypatch.setattr("sys.argv", ["/usr/bin/copycost"])
    assert main([]) == 0
    out, err = said(capsys)
    assert out.startswith("Usage: copycost") and "compare" in out and err == ""
    assert [path.name for path in results.iterdir()] == ["mine"]


def test_the_checkouts_program_is_named_as_it_is_typed(results, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["bench_runner.py"])
    assert main(["show", "--help"]) == 0
    assert said(capsys)[0].startswith("Usage: bench_runner.py show")


def test_a_command_without_a_run_takes_the_latest(results, capsys, monkeypatch):
    monkeypatch.chdir(results.parent)
    assert main(["show"]) == 0
    assert said(capsys)[0].startswith("mine")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("copycost ex", {"export", "explain"}),
        ("copycost show mi", {"mine"}),
        ("copycost compare mine la", {"latest"}),
        ("copycost run --preset qu", {"quick"}),
        ("copycost run --conversion t.numpy,torch.Te", {"t.numpy,torch.Tensor"}),
        ("copycost run --dtype float3", {"float32"}),
        ("copycost run --bud", {"--budget"}),
    ],
)
def test_a_shell_completes_words_and_measures_nothing(results, capsys, monkeypatch, words, wanted):
    monkeypatch.chdir(results.parent)
    monkeypatch.setattr("sys.argv", ["copycost"])
    monkeypatch.setenv("_COPYCOST_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    with pytest.raises(SystemExit):
        main([])
    assert {line.partition(",")[2] for line in said(capsys)[0].splitlines()} == wanted


def test_defaults_of_a_file_are_used_and_overridden_by_what_is_typed(results, capsys, monkeypatch):
    monkeypatch.chdir(results.parent)
    (results.parent / "copycost.toml").write_text('[show]\nformat = "markdown"\nwhere = "size=1"\n')
    assert main(["show"]) == 0
    assert "| bytes |" in said(capsys)[0]
    assert main(["show", "--format", "table"]) == 0
    assert "| bytes |" not in said(capsys)[0]
