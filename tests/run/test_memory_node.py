import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from copycost.errors import UsageError
from copycost.run import memory_node
from copycost.run.arms import Arm, parse_arms
from copycost.run.memory_node import started_on
from copycost.run.session import Session, Start

ALLOWED = sorted(os.sched_getaffinity(0))


@pytest.fixture(autouse=True)
def two_nodes(tmp_path, monkeypatch):
    """A machine of which node 0 has the first core that this process may use, node 2 one that it may not."""
    for node, cores in {0: str(ALLOWED[0]), 2: "4000-4003"}.items():
        (tmp_path / f"node{node}").mkdir()
        (tmp_path / f"node{node}" / "cpulist").write_text(cores + "\n")
    (tmp_path / "online").write_text("0,2\n")
    monkeypatch.setattr(memory_node, "_NODES", tmp_path)
    return tmp_path


def test_a_program_is_started_on_the_nodes_cores_and_the_caller_stays_where_it_was():
    with started_on(0):
        told = subprocess.check_output([sys.executable, "-c", "import os; print(list(os.sched_getaffinity(0)))"])
    assert json.loads(told) == ALLOWED[:1]
    assert sorted(os.sched_getaffinity(0)) == ALLOWED


class AnySession(Start):
    """A session whose program is one that does nothing."""

    def command(self, plan_file):
        return [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.mark.parametrize(("node", "cores"), [(0, ALLOWED[:1]), (None, ALLOWED)])
def test_a_session_runs_on_the_node_of_its_arm(node, cores):
    with Session(AnySession(layout=None, node=node), Path("plan.json")) as session:
        assert sorted(os.sched_getaffinity(session._process.pid)) == cores


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("1", "valid: 0,2"),
        ("2", "none of the node's cores (4000-4003)"),
        ("x", "not the number of a memory node"),
        ("-1", "not the number of a memory node"),
    ],
)
def test_a_node_that_cannot_be_used_is_refused(typed, named):
    with pytest.raises(UsageError) as refused:
        parse_arms([f"far:numa={typed}"])
    assert f"numa={typed}" in str(refused.value) and named in str(refused.value)


def test_a_system_without_nodes_is_told(two_nodes):
    (two_nodes / "online").unlink()
    with pytest.raises(UsageError, match="numa=0: this system tells no memory nodes"):
        parse_arms(["near:numa=0"])


def test_an_arm_is_recorded_with_its_node():
    (arm,) = parse_arms(["near:numa=0"])
    assert arm == Arm("near", numa=0)
    assert arm.as_record()["numa"] == 0
    assert "numa" not in Arm("base").as_record(), "a run of before would not be resumed with its arms given"
