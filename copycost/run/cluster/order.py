"""The order: what is the same for every host of a cluster's run."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from copycost.catalogue.grid import parse_sizes, parse_threads
from copycost.run.cluster.host_facts import facts
from copycost.run.cluster.hosts import Host
from copycost.run.cluster.job import suite
from copycost.run.cluster.parcel import Parcel
from copycost.run.settings import Settings, settle


@dataclass(frozen=True)
class Order:
    """One run for all hosts.

    Args:
        folder: the run's folder; each host's results land in a folder within it.
        typed: what `settle` takes on a host, as JSON values.
        conversions_file: the user's file on this machine.
        patience: seconds to wait for a host, or the scheduler, that has gone.
        attempts: how often a host is tried before it is given up.
    """

    folder: Path
    typed: Mapping[str, Any]
    conversions_file: Path | None
    patience: float
    attempts: int = 3
    own: Mapping[str, Any] = field(default_factory=facts)
    suite: tuple[Parcel, ...] = field(default_factory=suite)
    token: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def address_layout(self) -> str:
        """Return the address layout that was asked for."""
        return str(self.typed.get("address_layout", "fixed"))

    @property
    def with_hostname(self) -> bool:
        """Return whether names, addresses and paths may be kept."""
        return bool(self.typed.get("with_hostname", False))

    @property
    def conversions(self) -> Parcel | None:
        """Return the user's file, packed."""
        return Parcel.of(self.conversions_file) if self.conversions_file else None

    def kept(self, reason: str | None, host: Host) -> str | None:
        """Return what may stand in results of the reason why a host was not measured."""
        return reason if reason is None or self.with_hostname else host.unnamed(reason)


def settle_here(*, name: str | None, out: Path, conversions_file: Path | None, typed: Mapping[str, Any]) -> Settings:
    """Refuse here what every host would refuse; return settings with the run's folder, made now.

    What depends on a host is left to it: its cores, its memory, its address layout, the interpreters of arms.

    Raises:
        UsageError: as `settle` does.
    """
    if typed.get("sizes") is not None:
        parse_sizes(typed["sizes"])
    if typed.get("threads") is not None:
        parse_threads(typed["threads"])
    arms = [arm for arm in typed.get("arms") or () if not re.search(r"[:,](python|threads)=", arm)]
    anywhere = {**typed, "sizes": "1", "threads": "1", "arms": arms}
    if typed.get("address_layout") == "fixed":  # which is tried by starting a process, and says nothing of the hosts
        anywhere["address_layout"] = "random"
    return settle(**anywhere, name=name, out=out, conversions_file=conversions_file)
