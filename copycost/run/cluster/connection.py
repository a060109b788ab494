"""The connection to a cluster: what `--cluster` names, an address, a scheduler file or workers on this machine."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import re
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copycost.errors import UsageError

if TYPE_CHECKING:
    from distributed import Client

RESOURCE = "copycost"
"""Dask's resource of which a measuring task takes all that a worker declares."""

_LOCAL = re.compile(r"local:(\d{1,3})")
_ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx|proxy)://\S+")
_CONNECT_SECONDS = 10.0
_NOT_THERE = (OSError, ValueError, RuntimeError, TypeError)  # a TypeError where TLS is not configured

#: A level that no message of Dask's log has: a stranger's bytes are told there with a traceback.
_NOTHING = logging.CRITICAL + 1

#: What Dask sets up in every process of a local cluster: no page for whoever finds the port of its HTTP server.
_NO_PAGES: dict[str, list[str]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}


def require_dask() -> None:
    """Refuse where Dask is missing; nothing else of a cluster's run can be imported there.

    Raises:
        UsageError: there is no `distributed` here.
    """
    if importlib.util.find_spec("distributed") is None:
        raise UsageError("run --cluster needs Dask: pip install 'dask[distributed]'")


def parse(text: str) -> str | int:
    """Return a scheduler's address, or for ``local:N`` the number of workers to start here.

    Args:
        text: an address such as ``tcp://HOST:8786``, the path of a scheduler file, or ``local:N``.

    Raises:
        UsageError: it is none of them.
    """
    local = _LOCAL.fullmatch(text)
    if local:
        if not 1 <= int(local[1]) <= 100:
            raise UsageError(f"cluster {text!r}: from local:1 to local:100 can be had")
        return int(local[1])
    if _ADDRESS.fullmatch(text):
        return text
    if Path(text).is_file():
        return _in_scheduler_file(Path(text))
    raise UsageError(f"cluster {text!r} is not an address such as tcp://HOST:8786, a scheduler file or local:N")


@contextmanager
def connected(cluster: str | int, wait: float, scratch: Path) -> Iterator[Client]:
    """Yield a client of the scheduler at an address, or of a cluster of so many workers that ends with the context.

    A scheduler that goes is looked for again, by Dask itself, for `wait` seconds.

    Args:
        cluster: the address, or the number of workers.
        wait: seconds.
        scratch: a folder for what a local cluster's processes keep while they live.

    Raises:
        UsageError: no scheduler answers at the address, or no cluster can be started here.
    """
    from distributed import Client
    from distributed.versions import VersionMismatchWarning

    _silence_dask()
    with warnings.catch_warnings():  # of versions that differ, which each host is examined for
        warnings.simplefilter("ignore", VersionMismatchWarning)
        connect: Any = Client  # which has no types for its arguments
        if isinstance(cluster, int):
            with _local_cluster(cluster, scratch) as local, connect(local, set_as_default=False) as client:
                yield client
            return
        try:
            role = asyncio.run(_role(cluster, min(wait, _CONNECT_SECONDS)))
            if role != "Scheduler":
                raise UsageError(f"cluster {cluster!r} is no scheduler's address: what answers there is a {role}")
            client = connect(cluster, timeout=wait, set_as_default=False)
        except _NOT_THERE as error:
            raise UsageError(f"cluster {cluster!r} does not answer: {_why(error)}") from error
        with client:
            yield client


async def _role(address: str, seconds: float) -> str:
    """Return what answers at an address, such as Scheduler or Worker, by its own word.

    Dask's client waits for ever for one that takes the connection and says nothing, and fails in many ways when
    something else speaks there: the first bytes of an SSH server are a length of 3 EB to it.

    Raises:
        UsageError: it does not speak as Dask does.
    """
    from distributed.core import rpc
    from distributed.security import Security

    connect: Any = rpc
    security: Any = Security
    arguments = security().get_connection_args("client")
    async with connect(address, connection_args=arguments, timeout=seconds) as peer:
        try:
            identity = await asyncio.wait_for(peer.identity(), 2 * seconds)
            return str(identity["type"])
        except (OSError, TypeError):
            raise
        except Exception as error:
            raise UsageError(
                f"cluster {address!r} is no Dask scheduler: what answers there speaks otherwise"
            ) from error


def _in_scheduler_file(path: Path) -> str:
    try:
        address = json.loads(path.read_text(encoding="utf-8"))["address"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"cluster {str(path)!r} is not a scheduler file: {error}") from error
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
        raise UsageError(f"cluster {str(path)!r}: its address {address!r} is not one such as tcp://HOST:8786")
    return address


@contextmanager
def _local_cluster(workers: int, scratch: Path) -> Iterator[Any]:
    """Yield a cluster on loopback addresses, which let every user of this machine in.

    Whoever can speak to a scheduler or a worker runs code as its user. So all of them speak TLS only, with a key that
    is made for this cluster, and only to who has it. It goes to the workers through pipes.
    """
    import dask.config
    from distributed import Nanny, Scheduler
    from distributed import SpecCluster as untyped
    from distributed.security import Security

    try:
        credentials: Any = Security
        security = credentials.temporary()
    except ImportError as error:
        raise UsageError(
            "--cluster local:N needs a package that makes the key which keeps other users out: pip install cryptography"
        ) from error
    # Only Linux answers on every address of 127.0.0.0/8; elsewhere all workers are one host's.
    hosts = [f"127.0.0.{2 + n}" if sys.platform.startswith("linux") else "127.0.0.1" for n in range(workers)]
    both = {"protocol": "tls://", "security": security, "dashboard": False}
    options = {**both, "nthreads": 1, "resources": {RESOURCE: 1}, "silence_logs": _NOTHING}
    here = {**both, "host": "127.0.0.1", "port": 0, "dashboard_address": "127.0.0.1:0"}
    spec_cluster: Any = untyped
    with dask.config.set({**_NO_PAGES, "temporary-directory": str(scratch.absolute())}):
        with _deaf_to_interrupts():
            cluster = spec_cluster(
                scheduler={"cls": Scheduler, "options": here},
                workers={n: {"cls": Nanny, "options": {**options, "host": host}} for n, host in enumerate(hosts)},
                security=security,
                silence_logs=_NOTHING,
            )
        with cluster:
            yield cluster


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Put Ctrl-C off, and let threads and processes that are started meanwhile never hear it.

    The terminal sends it to the workers too, which are ended in order by who started them.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # which a first spawn would start, and hear SIGINT from then on
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _why(error: BaseException) -> str:
    """Return the system's own word for what went wrong, or else the first error's text."""
    while not (isinstance(error, OSError) and error.strerror) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or "nothing was heard"


def _silence_dask() -> None:
    """Keep Dask's own log off the terminal: what matters of it is told in one line for each host."""
    for name in list(logging.root.manager.loggerDict):
        if name == "distributed" or name.startswith("distributed."):
            logging.getLogger(name).setLevel(_NOTHING)
