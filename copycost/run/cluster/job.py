"""What one host is asked to do: the run as it was typed, and every file that it needs for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copycost.run.cluster.parcel import Parcel
from copycost.run.session import BENCHMARKS

SUITE, EARLIER, RESULTS = "benchmarks", "earlier", "results"
_FILE = "job.json"


@dataclass(frozen=True)
class Job:
    """A run for one host.

    Args:
        name: the run's folder among the host's results.
        typed: what `settle` takes, without the folder, the name and the conversions file.
        suite: the benchmarks, which are no part of the installed package.
        conversions: the user's conversions file, if there is one.
        earlier: run.json and process files of a run that is to go on.
    """

    name: str
    typed: Mapping[str, Any]
    suite: tuple[Parcel, ...]
    conversions: Parcel | None = None
    earlier: tuple[Parcel, ...] = ()

    def unpack(self, folder: Path) -> Path:
        """Lay the job out in a folder and return the file that `Laid.read` reads."""
        for parcel in self.suite:
            parcel.unpack(folder / SUITE)
        for parcel in self.earlier:
            parcel.unpack(folder / RESULTS / self.name)
        conversions = self.conversions.unpack(folder / "conversions") if self.conversions else None
        path = folder / _FILE
        content = {
            "name": self.name,
            "typed": dict(self.typed),
            "conversions": str(conversions) if conversions else None,
            "resume": bool(self.earlier),
        }
        path.write_text(json.dumps(content), encoding="utf-8")
        return path


@dataclass(frozen=True)
class Laid:
    """A job as it lies on its host."""

    folder: Path
    name: str
    typed: Mapping[str, Any]
    conversions: Path | None
    resume: bool

    @classmethod
    def read(cls, path: Path) -> Laid:
        """Read what `Job.unpack` wrote."""
        content = json.loads(path.read_text(encoding="utf-8"))
        conversions = Path(content["conversions"]) if content["conversions"] else None
        return cls(path.parent, content["name"], content["typed"], conversions, content["resume"])

    @property
    def suite(self) -> Path:
        """Return the folder of the benchmarks."""
        return self.folder / SUITE

    @property
    def results(self) -> Path:
        """Return the folder in which the run's folder lies, or will."""
        return self.folder / RESULTS


def suite() -> tuple[Parcel, ...]:
    """Return the benchmarks of this machine, packed."""
    return tuple(Parcel.of(path) for path in sorted(BENCHMARKS.iterdir()) if path.suffix in (".py", ".ini"))
