import json
import subprocess
import sys

import pytest
from distributed import Client
from distributed.client import ClosedClientError

from copycost.run.cluster.hosts import EXAMINATION, Host, facts, misfits

OWN = {
    "python": "3.11.7",
    "copycost": "0.1.0",
    "torch": "2.13.0",
    "numpy": "2.4.6",
    "pytest": "9.0",
    "pytest-benchmark": "5.3.1",
    "machine": {"machine": "AMD EPYC 2c 3f9a1c"},
    "method": {"protocol": 1, "canary": "python-100"},
    "layout": None,
    "fault": None,
}
FIXED = {"address_layouts": "1..5"}


def test_a_host_like_this_one_fits():
    assert misfits(OWN, dict(OWN), FIXED) == []


def test_the_last_digit_of_pythons_version_may_differ():
    assert misfits(OWN, {**OWN, "python": "3.11.99"}, FIXED) == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"python": "3.12.1"}, "Python 3.12.1, not 3.11"),
        ({"torch": "2.9.0"}, "torch 2.9.0, not 2.13.0"),
        ({"numpy": "1.26.0"}, "numpy 1.26.0, not 2.4.6"),
        ({"copycost": None, "fault": "ModuleNotFoundError"}, "copycost is not installed"),
        ({"pytest-benchmark": None}, "pytest-benchmark is not installed"),
        ({"method": {"protocol": 2, "canary": "python-100"}}, "method: protocol 2, not 1"),
        ({"fault": "ImportError: no such name"}, "ImportError: no such name"),
        ({"layout": "Operation not permitted"}, "address layouts cannot be chosen (Operation not permitted)"),
    ],
)
def test_a_host_that_is_another_is_refused_with_the_reason(found, said):
    reasons = misfits(OWN, {**OWN, **found}, FIXED)
    assert len(reasons) == 1 and reasons[0].startswith(said)


def test_a_layout_that_is_not_asked_for_need_not_be_possible():
    assert misfits(OWN, {**OWN, "layout": "Operation not permitted"}, {"address_layouts": "random"}) == []


def test_a_host_is_examined_where_copycost_is_missing():
    code = f"import sys, json\nsys.modules['copycost'] = None\nprint(json.dumps(eval({EXAMINATION!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["python"].startswith(f"{sys.version_info[0]}.{sys.version_info[1]}.")
    assert found["machine"] is None and "copycost" in found["fault"]


def test_this_machine_fits_itself():
    own = facts()
    assert misfits(own, eval(EXAMINATION), {"address_layouts": "random"}) == []


def found(address="10.0.0.7", reasons=(), kernel="k1", node="node-1", machine="AMD EPYC 2c 3f9a1c"):
    """Return what is found on a worker."""
    return Host({"kernel": kernel, "node": node, "machine": {"machine": machine}}, address, list(reasons))


def test_workers_under_one_kernel_are_one_host_whatever_their_addresses():
    assert found("10.0.0.7").is_same(found("10.0.0.8"))


def test_hosts_of_one_machine_id_are_told_apart():
    host = found("10.0.0.7")
    host.add("tcp://10.0.0.7:1", host)
    assert not host.is_same(found("10.0.0.8", kernel="k2"))


def test_a_host_that_was_started_anew_is_known_by_its_address():
    host = found("10.0.0.7")
    host.add("tcp://10.0.0.7:1", host)
    assert host.is_same(found("10.0.0.7", kernel="k2"))


def test_loopback_addresses_are_hosts_of_their_own():
    hosts = [found(f"127.0.0.{number}") for number in (1, 2, 3)]
    assert len({host.mark for host in hosts}) == 3


def test_without_a_kernels_mark_the_address_is_what_tells_hosts_apart():
    marks = [found(f"10.0.0.{number}", kernel=None).mark for number in (7, 7, 8)]
    assert len(set(marks)) == 2
    assert not any("10.0.0" in mark for mark in marks)


def pinned(*workers, resources=(0, 0)):
    """Return a host of several workers whose task is pinned."""
    host = workers[0]
    for number, worker in enumerate(workers, 1):
        host.add(f"tcp://{worker.address}:{number}", worker)
    host.pin({"resources": {"copycost": amount} if amount else {}} for amount in resources)
    return host


def described(address="10.0.0.7", resource=0):
    return {"host": address, "resources": {"copycost": resource}}


def test_a_task_may_run_on_a_worker_that_comes_later_at_the_hosts_address():
    host = pinned(found("10.0.0.7"), found("10.0.0.8"))
    assert host.places == ["10.0.0.7", "10.0.0.8"]
    assert host.can_run_on("tcp://10.0.0.8:99", described("10.0.0.8"))
    assert not host.can_run_on("tcp://10.0.0.9:1", described("10.0.0.9"))


def test_a_task_may_only_run_on_the_workers_that_fit_where_some_do_not():
    host = pinned(found(), found(reasons=["torch 1.0, not 2.0"]))
    assert host.places == ["tcp://10.0.0.7:1"]
    assert not host.can_run_on("tcp://10.0.0.7:2", described())


def test_a_task_takes_all_of_the_resource_that_a_worker_declares():
    host = pinned(found(), found(), resources=(1, 3))
    assert host.resource == 3
    assert host.can_run_on("tcp://10.0.0.7:2", described(resource=3))
    assert not host.can_run_on("tcp://10.0.0.7:1", described(resource=1))


def test_one_worker_that_fits_is_enough():
    host = pinned(found(machine="old", reasons=["torch 1.0, not 2.0"]), found(machine="new"))
    assert host.workers == {"tcp://10.0.0.7:2"} and host.reasons == [] and host.machine == "new"


def test_a_text_of_a_host_loses_its_names_and_its_address():
    host = pinned(found(node="node17.example.org"))
    said = host.unnamed("node17 (10.0.0.7:45) cannot reach node17.example.org, but 10.0.0.71 can: /srv/a/x.py")
    assert said == "<host> (<host>:45) cannot reach <host>, but 10.0.0.71 can: x.py"


def test_a_host_that_cannot_be_examined_has_no_machine_and_its_address_for_a_name():
    host = Host({}, "10.0.0.7", ["its worker cannot be examined"])
    assert host.machine is None and host.label == "10.0.0.7"


def test_a_task_is_ended_once_and_forgotten_even_when_its_scheduler_is_gone():
    with Client(n_workers=0, processes=False, dashboard_address=None, set_as_default=False) as client:
        first, second = client.submit(int), client.submit(float)
        host = Host(OWN, "127.0.0.2", [], task=first)
        host.end_task()
        assert first.cancelled() and host.task is None
        host.end_task()  # of which there is none
        host.task = second
    with pytest.raises((ClosedClientError, RuntimeError)):  # by whether the client or its loop is noticed to be closed
        second.cancel()
    host.end_task()
    assert host.task is None
