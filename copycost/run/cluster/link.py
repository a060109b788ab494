"""The link to the scheduler: made, watched, and made again when it breaks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from typing import Any, TypeVar

from distributed import Client
from distributed.versions import VersionMismatchWarning

from copycost.errors import UsageError
from copycost.run.cluster.place import Address

_LOOK_SECONDS = 0.5
_CONNECT_SECONDS = 10.0
_NO_SCHEDULER = (OSError, ValueError, RuntimeError, TypeError)  # a TypeError where TLS is not configured

T = TypeVar("T")


class ClusterLost(Exception):
    """The scheduler is gone, and did not come back in the time that it was given."""


class WorkerLost(Exception):
    """A worker ended, or its host or the scheduler did, before it had done what it was asked."""


class Link:
    """One client at a time, and which workers its scheduler has."""

    def __init__(self, address: Address, patience: float) -> None:
        """Wait `patience` seconds for a scheduler that does not answer."""
        _hush()
        self.workers: Mapping[str, Mapping[str, Any]] = {}
        self._address = address
        self._patience = patience
        self._connect_seconds = min(_CONNECT_SECONDS, patience)
        self._client: Client | None = None
        self._gone: dict[str, asyncio.Event] = {}
        self._connecting = asyncio.Lock()

    async def open(self) -> None:
        """Connect for the first time.

        Raises:
            UsageError: nobody answers there.
        """
        try:
            await self._connect()
        except _NO_SCHEDULER as error:
            raise UsageError(f"cluster {self._address.scheduler!r} does not answer: {_why(error)}") from error

    async def client(self) -> Client:
        """Return a client that is connected, after a while if need be.

        Raises:
            ClusterLost: none could be had.
        """
        deadline = time.monotonic() + self._patience
        async with self._connecting:
            while True:
                if self._client is not None and self._client.status == "running":
                    return self._client
                self._lose_all()
                if time.monotonic() > deadline:
                    raise ClusterLost("the scheduler was lost")
                await self.close()
                with contextlib.suppress(*_NO_SCHEDULER):
                    await self._connect()
                    continue
                await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Bring `workers` up to date, and tell those who wait for one that is gone.

        Raises:
            ClusterLost: there is no scheduler any more.
        """
        while True:
            client = await self.client()
            try:
                with lost_with(client):
                    identity = await scheduler_of(client).identity(n_workers=-1)
            except (OSError, WorkerLost):
                await asyncio.sleep(_LOOK_SECONDS)
                continue
            break
        self.workers = {
            address: worker for address, worker in identity["workers"].items() if worker["status"] == "running"
        }
        for address in set(self._gone) - set(identity["workers"]):
            self._gone.pop(address).set()

    async def unless_gone(self, worker: str, client: Client, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work returns, which a client does on a worker.

        Raises:
            WorkerLost: the worker was gone before it was done, or the scheduler.
        """
        gone = asyncio.ensure_future(self._gone.setdefault(worker, asyncio.Event()).wait())
        task = asyncio.ensure_future(work)
        task.add_done_callback(hear)
        try:
            with lost_with(client):
                await asyncio.wait({gone, task}, return_when=asyncio.FIRST_COMPLETED)
                if not task.done():
                    raise WorkerLost("its worker was lost")
                return task.result()
        except OSError as error:
            raise WorkerLost("its worker does not answer") from error
        finally:
            gone.cancel()
            task.cancel()

    async def subscribe(self, topic: str, handler: Callable[[Any], Awaitable[None]]) -> None:
        """Have what workers log under a topic handed over."""
        subscribe: Any = (await self.client()).subscribe_topic
        subscribe(topic, handler)

    async def close(self) -> None:
        """Let the scheduler go."""
        client, self._client = self._client, None
        if client is not None:
            await _closed(client)

    async def _connect(self) -> None:
        connect: Any = Client  # which has no types for its arguments
        with warnings.catch_warnings():  # of versions that differ, which each host is examined for
            warnings.simplefilter("ignore", VersionMismatchWarning)
            client = connect(
                self._address.scheduler,
                security=self._address.security,
                asynchronous=True,
                set_as_default=False,
                timeout=self._connect_seconds,
            )
            try:  # what answers may be no scheduler and say nothing, for which Dask's own limit is not meant
                self._client = await asyncio.wait_for(_connected(client), 2 * self._connect_seconds)
            except BaseException:
                await _closed(client)
                raise

    def _lose_all(self) -> None:
        self.workers = {}
        for event in self._gone.values():
            event.set()
        self._gone.clear()


@contextlib.contextmanager
def lost_with(client: Client) -> Iterator[None]:
    """Take whatever is raised when a client is not running any more for the loss of its scheduler.

    Dask says it in many ways: an OSError, a RuntimeError, an AttributeError or one of its own, as far as it had come.

    Raises:
        WorkerLost: it is not running any more.
    """
    try:
        yield
    except Exception as error:
        if client.status == "running":
            raise
        raise WorkerLost("the scheduler was lost") from error


def hear(task: asyncio.Future[Any]) -> None:
    """Take in what a task has raised: asyncio puts on the terminal what nobody waits for any more."""
    if not task.cancelled():
        task.exception()


def scheduler_of(client: Client) -> Any:
    """Return what calls the client's scheduler.

    Raises:
        OSError: it was lost a moment ago.
    """
    if client.scheduler is None:
        raise OSError("no scheduler")
    return client.scheduler


async def _connected(client: Any) -> Client:
    connected: Client = await client
    return connected


async def _closed(client: Any) -> None:
    with contextlib.suppress(Exception):  # whatever it says, it is not used any more
        await asyncio.wait_for(client.close(), _CONNECT_SECONDS)


def _why(error: BaseException) -> str:
    """Return the system's own word for what went wrong, or else the first error's text."""
    while not (isinstance(error, OSError) and error.strerror) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or "nothing was heard"


def _hush() -> None:
    """Keep Dask's own log off the terminal: what matters of it is told in one line for each host."""
    for name in list(logging.root.manager.loggerDict):
        if name == "distributed" or name.startswith("distributed."):
            logging.getLogger(name).setLevel(logging.CRITICAL)
