"""The connection to a cluster: what `--cluster` names, an address, a scheduler file or workers on this machine."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
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
_NO_SCHEDULER = (OSError, ValueError, RuntimeError, TypeError)  # a TypeError where TLS is not configured


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
def connected(cluster: str | int, wait: float) -> Iterator[Client]:
    """Yield a client of the scheduler at an address, or of a cluster of so many workers that ends with the context.

    A scheduler that goes is looked for again, by Dask itself, for `wait` seconds.

    Raises:
        UsageError: nobody answers at the address.
    """
    from distributed import Client
    from distributed.versions import VersionMismatchWarning

    _silence_dask()
    with warnings.catch_warnings():  # of versions that differ, which each host is examined for
        warnings.simplefilter("ignore", VersionMismatchWarning)
        connect: Any = Client  # which has no types for its arguments
        if isinstance(cluster, int):
            with _local_cluster(cluster) as local, connect(local, set_as_default=False) as client:
                yield client
            return
        try:
            asyncio.run(_identity(cluster, min(wait, _CONNECT_SECONDS)))
            client = connect(cluster, timeout=wait, set_as_default=False)
        except _NO_SCHEDULER as error:
            raise UsageError(f"cluster {cluster!r} does not answer: {_why(error)}") from error
        with client:
            yield client


async def _identity(address: str, seconds: float) -> None:
    """Ask a scheduler who it is; Dask's client waits for ever for one that takes the connection and says nothing."""
    from distributed.core import rpc
    from distributed.security import Security

    connect: Any = rpc
    security: Any = Security
    arguments = security().get_connection_args("client")
    async with connect(address, connection_args=arguments, timeout=seconds) as scheduler:
        await asyncio.wait_for(scheduler.identity(n_workers=0), 2 * seconds)


def _in_scheduler_file(path: Path) -> str:
    try:
        address = json.loads(path.read_text(encoding="utf-8"))["address"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"cluster {str(path)!r} is not a scheduler file: {error}") from error
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
        raise UsageError(f"cluster {str(path)!r}: its address {address!r} is not one such as tcp://HOST:8786")
    return address


def _local_cluster(workers: int) -> Any:
    from distributed import Nanny, Scheduler
    from distributed import SpecCluster as untyped

    # Only Linux answers on every address of 127.0.0.0/8; elsewhere all workers are one host's.
    hosts = [f"127.0.0.{2 + n}" if sys.platform.startswith("linux") else "127.0.0.1" for n in range(workers)]
    options = {"nthreads": 1, "resources": {RESOURCE: 1}, "dashboard": False, "silence_logs": logging.CRITICAL}
    here = {"host": "127.0.0.1", "port": 0, "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    spec_cluster: Any = untyped
    return spec_cluster(
        scheduler={"cls": Scheduler, "options": here},
        workers={n: {"cls": Nanny, "options": {**options, "host": host}} for n, host in enumerate(hosts)},
        silence_logs=logging.CRITICAL,
    )


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
            logging.getLogger(name).setLevel(logging.CRITICAL)
