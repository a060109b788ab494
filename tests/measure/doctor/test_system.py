import json
import sys
from dataclasses import replace

import pytest

from copycost.measure.doctor.system import Untold, this_system
from tests.measure.doctor.made_up import system


def test_a_file_that_is_missing_is_named_with_the_system_that_has_none():
    with pytest.raises(Untold, match=r"^/proc/stat cannot be read: darwin has no such file$"):
        system(platform="darwin").text("/proc/stat")
    with pytest.raises(Untold, match=r"^/proc/stat cannot be read$"):
        system().text("/proc/stat")


def test_a_counter_that_is_missing_is_not_taken_for_zero():
    machine = system({"/a": "one 1"}, later={"/a": "one 4"})
    assert machine.growth("/a", r"^one (\d+)") == 3
    with pytest.raises(Untold):
        machine.growth("/a", r"^two (\d+)")


def test_root_needs_no_sudo():
    assert system().setting(1, "/x") == "echo 1 | sudo tee /x"
    assert replace(system(), uid=0).setting(1, "/x") == "echo 1 | tee /x"


def test_cores_are_those_allowed_or_else_those_there_are():
    assert system(cpus=frozenset({3})).cores == 1
    assert system(cpus=None).cores == 4
    assert system(cpus=None, facts={"cores": None}).cores == 1


def test_this_system_can_be_asked_and_has_facts():
    here = this_system("refused")
    assert here.platform == sys.platform
    assert here.read("/no/such/file") is None
    assert here.entries("/no/such/folder") is None
    assert here.layout_refused == "refused"
    json.dumps(dict(here.facts))


def test_a_tracer_that_is_on_is_seen():
    before = sys.getprofile()
    sys.setprofile(lambda *event: None)
    try:
        assert "sys.getprofile()" in this_system().interpreter.tracers
    finally:
        sys.setprofile(before)
