import asyncio
import gc

import pytest

from copycost.run.cluster.link import WorkerLost
from tests.run.cluster.fake_cluster import FakeClient, FakeLink, worker

SCHEDULERS_LOSS = [
    OSError("Stream is closed"),
    RuntimeError("ConnectionPool is closed"),
    AttributeError("'NoneType' object has no attribute 'broadcast'"),
]


def asked(error, status):
    """Ask a worker for what ends in an error, when the client is as said."""

    async def failing():
        client.status = status
        raise error

    async def ask():
        await FakeLink(client).unless_gone(worker(1), client, failing())

    client = FakeClient({})
    asyncio.run(ask())


@pytest.mark.parametrize("error", SCHEDULERS_LOSS, ids=lambda error: type(error).__name__)
def test_whatever_is_raised_when_the_scheduler_has_gone_is_its_loss(error):
    with pytest.raises(WorkerLost, match="the scheduler was lost"):
        asked(error, "closed")


def test_a_connection_that_breaks_is_the_workers_loss_and_a_bug_is_a_bug():
    with pytest.raises(WorkerLost, match="its worker does not answer"):
        asked(OSError("timed out"), "running")
    with pytest.raises(ZeroDivisionError):
        asked(ZeroDivisionError(), "running")


def test_what_a_worker_raises_after_it_was_given_up_is_not_put_on_the_terminal(caplog):
    async def stubborn():
        try:
            await asyncio.sleep(3600)
        finally:
            raise OSError("closed meanwhile")

    async def ask():
        client = FakeClient({})
        link = FakeLink(client)
        asking = asyncio.ensure_future(link.unless_gone(worker(1), client, stubborn()))
        await asyncio.sleep(0)
        await link.look()  # which finds no workers
        with pytest.raises(WorkerLost, match="its worker was lost"):
            await asking
        await asyncio.sleep(0)
        gc.collect()

    asyncio.run(ask())
    assert "never retrieved" not in caplog.text
