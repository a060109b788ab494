from copycost.run.cluster.hosts import Hosts


def facts(kernel="k1", node="node-1", machine="AMD EPYC 2c 3f9a1c"):
    return {"kernel": kernel, "node": node, "machine": {"machine": machine}}


def test_workers_under_one_kernel_are_one_host_whatever_their_addresses():
    hosts = Hosts()
    for worker, address in (("tcp://10.0.0.7:1", "10.0.0.7"), ("tcp://10.0.0.8:1", "10.0.0.8")):
        hosts.add(worker, address, facts(), [])
    (host,) = hosts.by_mark.values()
    assert host.workers == {"tcp://10.0.0.7:1", "tcp://10.0.0.8:1"}


def test_hosts_of_one_machine_id_are_told_apart():
    hosts = Hosts()
    hosts.add("tcp://10.0.0.7:1", "10.0.0.7", facts("k1"), [])
    hosts.add("tcp://10.0.0.8:1", "10.0.0.8", facts("k2"), [])
    assert len(hosts.by_mark) == 2


def test_loopback_addresses_are_hosts_of_their_own_that_take_turns():
    hosts = Hosts()
    for number in (1, 2, 3):
        hosts.add(f"tcp://127.0.0.{number}:1", f"127.0.0.{number}", facts(), [])
    assert len(hosts.by_mark) == 3
    assert len({host.kernel for host in hosts.by_mark.values()}) == 1


def test_without_a_kernels_mark_the_address_is_what_tells_hosts_apart():
    hosts = Hosts()
    for number in (7, 7, 8):
        hosts.add(f"tcp://10.0.0.{number}:{number}", f"10.0.0.{number}", facts(None), [])
    assert len(hosts.by_mark) == 2
    assert not any("10.0.0" in mark for mark in hosts.by_mark)


BEFORE, AFTER, ELSEWHERE = "tcp://10.0.0.7:1", "tcp://10.0.0.7:2", "tcp://10.0.0.8:1"


def of_two_kernels(present=(AFTER,), before=(), **after):
    """Return the hosts that two workers are taken for, the second of which comes under another kernel."""
    hosts = Hosts()
    hosts.add(BEFORE, "10.0.0.7", facts("k1", **dict(before)), [], {BEFORE})
    facts_after = {"kernel": "k2", **after}
    address = facts_after.pop("address", "10.0.0.7")
    hosts.add(present[-1], address, facts(**facts_after), [], set(present))
    return list(hosts.by_mark.values())


def test_a_host_that_is_started_anew_is_the_same_host_under_its_new_mark():
    (host,) = of_two_kernels()
    assert host.workers == {BEFORE, AFTER} and host.mark == "k2"


def test_a_host_that_is_started_anew_may_have_another_address_or_another_name():
    assert len(of_two_kernels(present=(ELSEWHERE,), address="10.0.0.8")) == 1
    assert len(of_two_kernels(node="node-2")) == 1


def test_a_clone_is_not_taken_for_a_host_that_has_left():
    assert len(of_two_kernels(present=(ELSEWHERE,), address="10.0.0.8", node="node-2")) == 2


def test_a_clone_is_not_taken_for_a_host_that_is_still_there():
    assert len(of_two_kernels(present=(BEFORE, ELSEWHERE))) == 2


def test_a_machine_id_that_is_unknown_or_another_makes_no_host_the_same():
    assert len(of_two_kernels(machine=None, before={"machine": None})) == 2
    assert len(of_two_kernels(machine="another")) == 2


def test_a_machine_id_that_several_hosts_share_makes_no_host_the_same():
    hosts = Hosts()
    for kernel, worker in (("k1", BEFORE), ("k2", ELSEWHERE)):
        hosts.add(worker, worker[6:14], facts(kernel), [])
    hosts.add(AFTER, "10.0.0.7", facts("k3"), [], {AFTER})
    assert len(hosts.by_mark) == 3


def test_a_worker_that_comes_later_belongs_to_the_host_as_it_was_started_anew():
    hosts = Hosts()
    hosts.add(BEFORE, "10.0.0.7", facts("k1"), [], {BEFORE})
    for worker in (AFTER, "tcp://10.0.0.7:3"):
        hosts.add(worker, "10.0.0.7", facts("k2"), [], {AFTER, "tcp://10.0.0.7:3"})
    (host,) = hosts.by_mark.values()
    assert len(host.workers) == 3


def test_a_text_of_a_host_loses_its_names_and_its_address():
    host = Hosts().add(BEFORE, "10.0.0.7", facts(node="node17.example.org"), [])
    said = host.unnamed("node17 (10.0.0.7:45) cannot reach node17.example.org, but 10.0.0.71 can: /srv/a/x.py")
    assert said == "<host> (<host>:45) cannot reach <host>, but 10.0.0.71 can: x.py"


def test_one_worker_that_fits_is_enough():
    hosts = Hosts()
    hosts.add("tcp://10.0.0.7:1", "10.0.0.7", facts(machine="old"), ["torch 1.0, not 2.0"])
    host = hosts.add("tcp://10.0.0.7:2", "10.0.0.7", facts(machine="new"), [])
    hosts.add("tcp://10.0.0.7:3", "10.0.0.7", facts(machine="old"), ["torch 1.0, not 2.0"])
    assert host.workers == {"tcp://10.0.0.7:2"} and host.reasons == [] and host.machine == "new"


def test_a_host_that_cannot_be_examined_has_no_machine_and_its_address_for_a_name():
    host = Hosts().add("tcp://10.0.0.7:1", "10.0.0.7", {}, ["its worker cannot be examined"])
    assert host.machine is None and host.label == "10.0.0.7"
