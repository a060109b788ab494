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


def test_one_worker_that_fits_is_enough():
    hosts = Hosts()
    hosts.add("tcp://10.0.0.7:1", "10.0.0.7", facts(machine="old"), ["torch 1.0, not 2.0"])
    host = hosts.add("tcp://10.0.0.7:2", "10.0.0.7", facts(machine="new"), [])
    hosts.add("tcp://10.0.0.7:3", "10.0.0.7", facts(machine="old"), ["torch 1.0, not 2.0"])
    assert host.workers == {"tcp://10.0.0.7:2"} and host.reasons == [] and host.machine == "new"


def test_a_host_that_cannot_be_examined_has_no_machine_and_its_address_for_a_name():
    host = Hosts().add("tcp://10.0.0.7:1", "10.0.0.7", {}, ["its worker cannot be examined"])
    assert host.machine is None and host.label == "10.0.0.7"
