"""The GitHub Action: its steps are run as a runner would, with Python, pip and gh replaced by what takes notes."""

import json
import os
import re
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from tests.test_documented_commands import check_line

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"].split()[0]: step for step in ACTION["runs"]["steps"]}
NOTE = 'printf \'%s\\0\' "$(basename "$0")" "$@" >> "$NOTES"; printf \'\\n\' >> "$NOTES"\n'
PROGRAMS = {
    # `python -m venv FOLDER`: an environment whose programs take notes too.
    "python": NOTE + 'mkdir -p "$3/bin"; cp "$PROGRAMS/copycost" "$PROGRAMS/pip" "$3/bin/"\n'
    'echo "export PATH=$3/bin:\\$PATH VIRTUAL_ENV=$3" > "$3/bin/activate"\n',
    "pip": 'set -- "$(basename "$VIRTUAL_ENV")" "$(cat change.txt)" "$@"\n' + NOTE,
    "copycost": NOTE + '[ "$1" != compare ] || { echo "one cell is slower" > comment.md; exit "$VERDICT"; }\n',
    "gh": NOTE + 'case "$*" in *--jq*) echo "$EARLIER";; *) cp body.md "$NOTES.body"; exit "$GH_STATUS";; esac\n',
}


@pytest.fixture
def act(tmp_path):
    """Return what runs the action on a change of ``main``, and says which step it ended with and what was run."""
    programs, origin, clone = (tmp_path / name for name in ("programs", "origin", "clone"))
    programs.mkdir()
    for name, script in PROGRAMS.items():
        (programs / name).write_text(f"#!/bin/bash\n{script}")
        (programs / name).chmod(0o755)
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")
    origin.mkdir()
    (origin / "change.txt").write_text("old")
    (origin / "mine.py").write_text("")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "old"]):
        subprocess.run([*git, *words], cwd=origin, check=True)
    subprocess.run([*git, "clone", "-q", origin, clone], check=True)
    (clone / "change.txt").write_text("new")
    subprocess.run([*git, "commit", "-qam", "new"], cwd=clone, check=True)

    def run(verdict=0, number="7", earlier="", gh_status=0, **typed):
        inputs = {name: str(told["default"]) for name, told in ACTION["inputs"].items()} | {"base": "main"} | typed
        told = {f"inputs.{name}": value for name, value in inputs.items()}
        told |= {"github.action_path": str(ROOT), "github.event.pull_request.number": number}
        files = {name: tmp_path / name.lower() for name in ("NOTES", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        runner = {name: str(path) for name, path in files.items()}
        runner |= {"RUNNER_TEMP": str(tmp_path / "temp"), "GITHUB_REPOSITORY": "someone/theirs"}
        runner |= {"PROGRAMS": str(programs), "PATH": f"{programs}:{os.environ['PATH']}"}
        runner |= {"VERDICT": str(verdict), "EARLIER": earlier, "GH_STATUS": str(gh_status)}
        for path in files.values():
            path.write_text("")
        last, said = None, ""
        for name, step in STEPS.items():
            if "if" in step and not (inputs["comment"] == "true" and number):
                continue
            environment = {key: expressions(str(value), told) for key, value in step.get("env", {}).items()}
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            done = subprocess.run(
                command, cwd=clone, env={**os.environ, **runner, **environment}, capture_output=True, text=True
            )
            last, said = name, said + done.stdout + done.stderr
            if done.returncode:
                break
            for line in files["GITHUB_OUTPUT"].read_text().splitlines():
                output, _, value = line.partition("=")
                told[f"steps.compare.outputs.{output}"] = value
        notes = [line.split("\0")[:-1] for line in files["NOTES"].read_text().splitlines()]
        body = Path(f"{files['NOTES']}.body")
        return {
            "last": last if done.returncode else None,
            "status": done.returncode,
            "said": said,
            "summary": files["GITHUB_STEP_SUMMARY"].read_text(),
            "body": body.read_text() if body.exists() else None,
            "outputs": told,
            **{name: [words for program, *words in notes if program == name] for name in ("copycost", "pip", "gh")},
        }

    return run


def expressions(text, told):
    """Return text with each expression's value; one that nothing is told of is a fault of the action."""
    return re.sub(r"\$\{\{ (.+?) \}\}", lambda match: told.get(match[1], ""), text)


def test_both_sides_are_installed_alike_and_measured_in_one_run(act):
    done = act(install="pip install -e '.[fast]'", arguments="--budget 5min\n  --size 1..64K", conversions="mine.py")
    assert (done["last"], done["status"]) == (None, 0)
    wanted = (["install", "-e", ".[fast]"], ["install", str(ROOT)])
    assert done["pip"] == [
        [side, tree, *words] for side, tree in (("base", "old"), ("head", "new")) for words in wanted
    ]
    run, compare = done["copycost"]
    for words in (run, compare):
        check_line(words)
    arms = [word for before, word in pairwise(run) if before == "--arm"]
    assert [arm.split(":")[0] for arm in arms] == ["base", "head"]
    assert [Path(arm.split("=")[1]).parts[-3:] for arm in arms] == [(s, "bin", "python") for s in ("base", "head")]
    assert run[-6:] == ["--conversions", "conversions/mine.py", "--budget", "5min", "--size", "1..64K"]
    assert compare[:5] == ["compare", "pr@base", "pr@head", "--fail-on", "slower>5%"]
    assert done["summary"] == "one cell is slower\n"
    assert Path(done["outputs"]["steps.compare.outputs.run"]).parts[-2:] == ("results", "pr")


def test_a_verdict_fails_the_job_after_the_comment_is_written(act):
    done = act(verdict=1)
    assert (done["last"], done["status"]) == ("Verdict", 1) and "slower>5%" in done["said"]
    assert done["body"] == "<!-- copycost -->\none cell is slower\n" and "POST" in done["gh"][1]


def test_what_cannot_be_compared_ends_the_job_and_is_no_verdict(act):
    done = act(verdict=2)
    assert (done["last"], done["status"], done["gh"], done["summary"]) == ("Compare", 2, [], "")


def test_an_earlier_comment_is_written_anew(act):
    done = act(earlier="11\n12")
    assert done["gh"][1][:4] == ["api", "--silent", "--method", "PATCH"] and done["gh"][1][4].endswith("/comments/12")


def test_a_comment_that_may_not_be_written_is_a_warning(act):
    done = act(gh_status=1)
    assert done["status"] == 0 and "::warning::copycost could not comment" in done["said"]
    assert act(gh_status=1, verdict=1)["last"] == "Verdict"


@pytest.mark.parametrize("typed", [{"comment": "false"}, {"number": ""}], ids=["not wanted", "no pull request"])
def test_no_comment_is_written_where_there_is_no_place_for_it(act, typed):
    assert act(**typed)["gh"] == []


def test_without_a_verdict_to_fail_on_there_is_no_gate_and_what_is_typed_is_never_run(act):
    done = act(**{"fail-on": "", "arguments": "--name $(touch${IFS}bad) *"})
    assert "--fail-on" not in done["copycost"][1]
    assert done["copycost"][0][-3:] == ["--name", "$(touch${IFS}bad)", "*"]


def test_scripts_hold_no_expressions():
    assert [name for name, step in STEPS.items() if "${{" in step["run"]] == []
    known = {f"inputs.{name}" for name in ACTION["inputs"]}
    used = set(re.findall(r"inputs\.[\w-]+", json.dumps(ACTION["runs"])))
    assert used == known
