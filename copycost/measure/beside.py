"""What a program begins with that finds something out beside the timing: its events, its plan, its conversions."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from copycost.catalogue import sandbox
from copycost.catalogue.conversions import Conversion, select_conversions
from copycost.measure.placement import place
from copycost.measure.plan import MeasurePlan

Tell = Callable[..., None]
"""Tells an event and its facts, one JSON object a line on standard output."""


def begin(plan_file: str) -> tuple[MeasurePlan, Tell]:
    """Take standard output for events, end with the parent, take the plan's address layout; nothing is imported yet.

    Args:
        plan_file: of a `MeasurePlan`, as JSON.
    """
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a user's conversion prints is no event
    own = os.getpid()

    def tell(event: str, **facts: Any) -> None:
        if os.getpid() != own:
            os._exit(1)  # a conversion has forked, and its child would tell everything once more
        events.write(json.dumps({"event": event, **facts}) + "\n")
        events.flush()

    sandbox.die_with_parent()
    plan = MeasurePlan.read(Path(plan_file))
    if plan.address_layout is not None:
        place(plan.address_layout)
    return plan, tell


def conversions_of(plan: MeasurePlan) -> dict[str, Conversion]:
    """Return the conversions that a plan may name, the user's among them."""
    user_file = Path(plan.conversions_file) if plan.conversions_file else None
    return {conversion.name: conversion for conversion in select_conversions(None, "all", user_file)}
