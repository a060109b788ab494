"""A measurement: the rounds of one machine and arm, and what its processes and cells say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import pandas as pd

from copycost.analyse.estimates import estimate_cells
from copycost.analyse.grouping import ARM, group_codes
from copycost.analyse.processes import per_process
from copycost.analyse.quiet import mark_quiet, marked
from copycost.errors import UsageError


class Measured(Protocol):
    """What can be compared, such as a run: rounds of one machine and arm, and the two frames made from them."""

    @property
    def rounds(self) -> pd.DataFrame:
        """The rounds, marked by ``mark_quiet``."""

    @property
    def processes(self) -> pd.DataFrame:
        """The frame of ``per_process``."""

    @property
    def cells(self) -> pd.DataFrame:
        """The frame of ``estimate_cells``."""


@dataclass(frozen=True, eq=False)
class Measurement:
    """Rounds of one machine and arm, marked; the frames made from them are made on first use."""

    rounds: pd.DataFrame

    @classmethod
    def of(cls, rounds: pd.DataFrame, name: str = "the measurement") -> Measurement:
        """Return rounds as one measurement, those of several runs as if they were one run's.

        Args:
            rounds: of one machine and arm; all of them, because the undisturbed speed is the run's.
            name: of the measurement, as messages and the pooled run have it.

        Raises:
            UsageError: the rounds are of several arms or machines.
        """
        require_one_arm(rounds, name)
        if len(group_codes(rounds, ARM)[1]) > 1:
            return cls(mark_quiet(_pooled(rounds, name)))
        return cls(marked(rounds))

    @cached_property
    def processes(self) -> pd.DataFrame:
        """The frame of ``per_process``."""
        return per_process(self.rounds)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The frame of ``estimate_cells``."""
        return estimate_cells(self.processes)


def require_one_arm(rounds: pd.DataFrame, name: str) -> None:
    """Refuse rounds of several arms or machines, which no single figure describes.

    Raises:
        UsageError: the message names them.
    """
    for column in ("arm", "machine"):
        names = sorted(map(str, rounds[column].dropna().unique()))
        if len(names) > 1:
            raise UsageError(f"{name} holds several {column}s, compare one of them: {', '.join(names)}")


def _pooled(rounds: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return rounds as those of one run with one arm, processes numbered afresh; a file without numbers is one."""
    process = group_codes(rounds, ["run", "process"])[0] + 1
    constant = pd.Categorical.from_codes(np.zeros(len(rounds), dtype=np.int8), categories=pd.Index([name], dtype="str"))
    return rounds.assign(run=constant, arm=constant, process=process)
