"""A cluster without processes: a client that answers what the test says, and what goes with it."""

from urllib.parse import urlsplit

from copycost.run.cluster import errands
from copycost.run.cluster.errands import Collected
from copycost.run.cluster.link import Link
from copycost.run.cluster.order import Order
from copycost.run.cluster.place import Address

MACHINE = "AMD EPYC 2c 3f9a1c"
FIT = {
    "python": "3.11.7",
    "copycost": "0.1.0",
    "torch": "2.13.0",
    "numpy": "2.4.6",
    "pytest": "9.0",
    "pytest-benchmark": "5.3.1",
    "method": {"protocol": 1},
    "layout": None,
    "fault": None,
}
NOTHING = Collected((), None)


def facts(number, machine=MACHINE, **changes):
    """Return the facts of host `number`, which fits unless they are changed."""
    return {**FIT, "node": f"node-{number}", "kernel": f"kernel-{number}", "machine": {"machine": machine}, **changes}


def worker(number, port=1):
    """Return a worker's address on host `number`."""
    return f"tcp://10.0.0.{number}:{port}"


def order(folder, patience=600.0, **changes):
    """Return an order of a run in a folder, for hosts of `facts`."""
    return Order(folder, changes, None, patience, own=FIT, suite=())


class FakeClient:
    """Stands for Dask's client and for the scheduler's remote calls.

    Args:
        found: the facts that each worker is examined for, by its address; an exception is answered instead.
        ended: what the measuring task ends with, by worker: its result, or an exception.
        collected: what a worker has to be collected.
    """

    def __init__(self, found, ended=None, collected=NOTHING):
        self.status = "running"
        self.found = dict(found)
        self.ended = ended or {}
        self.collected = collected
        self.looks = 0

    @property
    def scheduler(self):
        return self if self.status == "running" else None

    async def identity(self, n_workers):
        self.looks += 1
        workers = {one: {"status": "running", "host": urlsplit(one).hostname, "resources": {}} for one in self.found}
        return {"workers": workers}

    async def run(self, function, *arguments, workers, on_error):
        return {one: self.answer(function, one) for one in workers}

    def answer(self, function, address):
        if function is eval:
            return self.found[address]
        return {errands.collect: self.collected, errands.other_tasks: (0, 0.0)}.get(function)

    def submit(self, function, name, *, workers, **_):
        return FakeFuture(self, self.ended[workers[0]])

    def subscribe_topic(self, topic, handler):
        """Log nothing."""

    async def close(self):
        self.status = "closed"


class FakeFuture:
    """A task that has ended."""

    def __init__(self, client, ending):
        self.client = client
        self.ending = ending

    def __await__(self):
        if isinstance(self.ending, Exception):
            raise self.ending
        return self.ending
        yield

    async def cancel(self):
        """Cancel nothing: it has ended."""


class FakeLink(Link):
    """The link as it is, to the fake client; there is no second one."""

    def __init__(self, client, patience=600.0):
        super().__init__(Address("tcp://10.0.0.99:8786"), patience)
        self.fake = client

    async def _connect(self):
        if self.fake.status != "running":
            raise OSError("connection refused")
        self._client = self.fake
