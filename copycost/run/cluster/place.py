"""The place of a cluster: what `--cluster` names, an address, a file, a Dask configuration or this machine."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copycost.errors import UsageError

_LOCAL = re.compile(r"local:(\d{1,3})")
_ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx|proxy)://\S+")


@dataclass(frozen=True)
class Address:
    """A scheduler that can be connected to; `workers` is how many were asked for, 0 for whoever is there."""

    scheduler: str
    security: Any = None
    workers: int = 0


@dataclass(frozen=True)
class Factory:
    """A cluster that is started for the run: a class or a function of a Dask deployment package, and its arguments."""

    module: str
    name: str
    arguments: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] | None = None
    workers: int = 0


@dataclass(frozen=True)
class Local:
    """Workers on this machine, each a host of its own on a loopback address, to try a cluster out."""

    workers: int


Place = Address | Factory | Local


def require_dask() -> None:
    """Refuse where Dask is missing.

    Raises:
        UsageError: there is no `distributed` here.
    """
    if importlib.util.find_spec("distributed") is None:
        raise UsageError("run --cluster needs Dask: pip install 'copycost[cluster]'")


def parse(text: str) -> Place:
    """Return the place that is meant by ``tcp://HOST:8786``, ``local:3``, a scheduler file or a Dask config key.

    Raises:
        UsageError: it is none of them.
    """
    local = _LOCAL.fullmatch(text)
    if local:
        if not 1 <= int(local[1]) <= 100:
            raise UsageError(f"cluster {text!r}: from local:1 to local:100 can be had")
        return Local(int(local[1]))
    if _ADDRESS.fullmatch(text):
        return Address(text)
    if Path(text).is_file():
        return Address(_in_scheduler_file(Path(text)))
    import dask.config

    value = dask.config.get(text, None) if text else None
    if isinstance(value, str) and _ADDRESS.fullmatch(value):
        return Address(value)
    if isinstance(value, Mapping):
        return _factory(text, value)
    raise UsageError(
        f"cluster {text!r} is not an address such as tcp://HOST:8786, local:N, a scheduler file, "
        "or a key of Dask's configuration that holds an address or a cluster's module and class"
    )


def _in_scheduler_file(path: Path) -> str:
    import json

    try:
        address = json.loads(path.read_text(encoding="utf-8"))["address"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"cluster {str(path)!r} is not a scheduler file: {error}") from error
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
        raise UsageError(f"cluster {str(path)!r}: its address {address!r} is not one such as tcp://HOST:8786")
    return address


def _factory(key: str, value: Mapping[str, Any]) -> Factory:
    module, name = value.get("module"), value.get("class")
    arguments, keywords, workers = value.get("args") or (), value.get("kwargs") or {}, value.get("workers") or 0
    if not isinstance(module, str) or not isinstance(name, str):
        raise UsageError(f"cluster {key!r}: Dask's configuration has no module and class there")
    if not isinstance(arguments, list | tuple) or not isinstance(keywords, Mapping) or not isinstance(workers, int):
        raise UsageError(f"cluster {key!r}: args is to be a list, kwargs a mapping and workers a count")
    return Factory(module, name, tuple(arguments), dict(keywords), workers)


@contextmanager
def opened(place: Place) -> Iterator[Address]:
    """Start the cluster where one is to be started, and yield its scheduler's address; end it afterwards.

    Raises:
        UsageError: it cannot be started.
    """
    if isinstance(place, Address):
        yield place
        return
    cluster = _local(place.workers) if isinstance(place, Local) else _started(place)
    with cluster:
        if isinstance(place, Factory) and place.workers:
            cluster.scale(place.workers)
        yield Address(cluster.scheduler_address, cluster.security, place.workers)


def _started(factory: Factory) -> Any:
    try:
        make = getattr(importlib.import_module(factory.module), factory.name)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"cluster: {factory.module}.{factory.name} cannot be had ({error})") from error
    try:
        return make(*factory.arguments, **(factory.keywords or {}))
    except Exception as error:  # a deployment package's own, of any kind
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UsageError(f"cluster: {factory.module}.{factory.name} cannot be started ({reason})") from error


def _local(workers: int) -> Any:
    from distributed import Nanny, Scheduler
    from distributed import SpecCluster as untyped

    # Only Linux answers on every address of 127.0.0.0/8; elsewhere all workers are one host's.
    hosts = [f"127.0.0.{2 + n}" if sys.platform.startswith("linux") else "127.0.0.1" for n in range(workers)]
    quiet = logging.CRITICAL
    options = {"nthreads": 1, "resources": {"copycost": 1}, "dashboard": False, "silence_logs": quiet}
    spec_cluster: Any = untyped
    return spec_cluster(
        scheduler={"cls": Scheduler, "options": {"host": "127.0.0.1", "port": 0, "dashboard": False}},
        workers={n: {"cls": Nanny, "options": {**options, "host": host}} for n, host in enumerate(hosts)},
        silence_logs=quiet,
    )
