"""Checks of this Python: a debug build, tracers and development settings that slow every call."""

from __future__ import annotations

from copycost.measure.doctor.finding import Check, Finding, disturbs, fine
from copycost.measure.doctor.system import System

_SETTINGS = ("PYTHONDEVMODE", "PYTHONTRACEMALLOC", "PYTHONMALLOC", "PYTHONPROFILEIMPORTTIME")
_HARMLESS = ("", "0", "pymalloc", "default")


def _build(system: System) -> Finding:
    if system.interpreter.debug_build:
        sentence = "This Python is a debug build, several times slower: use a release build."
        return disturbs(sentence, "Py_DEBUG 1 (sysconfig)")
    return fine("This Python is a release build.", "Py_DEBUG 0 (sysconfig)")


def _tracing(system: System) -> Finding:
    variables = {
        name: value
        for name, value in ((name, system.environment.get(name, "")) for name in _SETTINGS)
        if value not in _HARMLESS
    }
    active = [*system.interpreter.tracers, *(f"{name}={value}" for name, value in variables.items())]
    if not active:
        return fine("Nothing traces this Python.", "sys.gettrace(), sys.getprofile(), sys.flags")
    sentence = "Something looks at every call or allocation of this Python and slows it."
    return disturbs(sentence, ", ".join(active), system.unset(variables) if variables else "")


CHECKS = (
    Check("Python build", "Is this Python a debug build?", _build),
    Check("Python tracing", "Does something trace this Python?", _tracing),
)
