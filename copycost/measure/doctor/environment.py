"""Checks of this Python and of the environment variables that steer allocator and thread pools."""

from __future__ import annotations

import re

from copycost.measure.doctor.check import Check, Finding, System, Untold, disturbs, fine, note

_PRELOADS = ("LD_PRELOAD", "DYLD_INSERT_LIBRARIES")
_ALLOCATORS = r"jemalloc|tcmalloc|mimalloc|hoard|snmalloc"
_ALLOCATOR_SETTINGS = r"MALLOC_\w+|GLIBC_TUNABLES|THP_MEM_ALLOC_ENABLE"
_FILLING = ("MALLOC_PERTURB_", "MALLOC_CHECK_")
_THREAD_SETTINGS = r"(OMP|KMP|GOMP)_\w+|MKL_(NUM_THREADS|DYNAMIC|THREADING_LAYER)|OPENBLAS_NUM_THREADS"
_COUNTS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

_SLOWING = ("PYTHONDEVMODE", "PYTHONTRACEMALLOC", "PYTHONMALLOC", "PYTHONPROFILEIMPORTTIME")
_HARMLESS = ("", "0", "pymalloc", "default")


def _set(system: System, pattern: str) -> dict[str, str]:
    return {name: value for name, value in sorted(system.environment.items()) if re.fullmatch(pattern, name)}


def _evidence(settings: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items()) + " (environment)"


def _allocator(system: System) -> Finding:
    preloads = {name: system.environment.get(name, "") for name in _PRELOADS}
    loaded = {name: value for name, value in preloads.items() if re.search(_ALLOCATORS, value)}
    if loaded:
        sentence = "Another allocator is loaded: figures for fresh memory are this allocator's."
        return note(sentence, _evidence(loaded), system.unset(loaded))
    libc = system.facts.get("libc")
    if not libc:
        raise Untold("the C library does not tell its version (platform.libc_ver)")
    return fine("The C library's own allocator is used.", f"{libc} (platform.libc_ver)")


def _allocator_settings(system: System) -> Finding:
    settings = _set(system, _ALLOCATOR_SETTINGS)
    if not settings:
        return fine("The allocator is as it comes.", "no MALLOC_*, GLIBC_TUNABLES (environment)")
    filling = [name for name in _FILLING if settings.get(name, "0") != "0"]
    if filling:
        sentence = "The allocator checks or fills every block it gives, which is timed as well."
        return disturbs(sentence, _evidence(settings), system.unset(filling))
    return note(
        "The allocator is tuned, which moves figures for fresh memory either way, by size.",
        _evidence(settings),
        system.unset(settings),
    )


def _threads(system: System) -> Finding:
    settings = _set(system, _THREAD_SETTINGS)
    if not settings:
        return fine("The thread pools are as they come.", "no OMP_*, MKL_*, KMP_*, GOMP_* (environment)")
    evidence = _evidence(settings)
    too_many = [name for name in _COUNTS if _count(settings.get(name, "")) > system.cores]
    if too_many:
        sentence = f"More threads are asked for than the {system.cores} cores there are."
        return disturbs(sentence, evidence, system.unset(too_many))
    spinning = [name for name, value in settings.items() if _spins(name, value)]
    if spinning:
        sentence = "Threads that wait spin: they start sooner, and keep their cores from others."
        return note(sentence, evidence, system.unset(spinning))
    sentence = "Thread pools are set by the environment: part of the conditions of a figure."
    return note(sentence, evidence, system.unset(settings))


def _count(value: str) -> int:
    """Return the first count in ``4`` or ``4,2``; 0 where there is none."""
    match = re.match(r"\s*(\d+)", value)
    return int(match[1]) if match else 0


def _spins(name: str, value: str) -> bool:
    lowered = value.strip().lower()
    return (name, lowered) in {
        ("OMP_WAIT_POLICY", "active"),
        ("KMP_BLOCKTIME", "infinite"),
        ("KMP_LIBRARY", "turnaround"),
        ("GOMP_SPINCOUNT", "infinite"),
        ("GOMP_SPINCOUNT", "infinity"),
    }


def _build(system: System) -> Finding:
    if system.interpreter.debug_build:
        sentence = "This Python is a debug build, several times slower: use a release build."
        return disturbs(sentence, "Py_DEBUG 1 (sysconfig)")
    return fine("This Python is a release build.", "Py_DEBUG 0 (sysconfig)")


def _tracing(system: System) -> Finding:
    variables = {
        name: value
        for name, value in ((name, system.environment.get(name, "")) for name in _SLOWING)
        if value not in _HARMLESS
    }
    active = [*system.interpreter.tracers, *(f"{name}={value}" for name, value in variables.items())]
    if not active:
        return fine("Nothing traces this Python.", "sys.gettrace(), sys.getprofile(), sys.flags")
    sentence = "Something looks at every call or allocation of this Python and slows it."
    return disturbs(sentence, ", ".join(active), system.unset(variables) if variables else "")


CHECKS = (
    Check("allocator", "Which allocator gives fresh memory?", _allocator),
    Check("allocator settings", "Is the allocator tuned?", _allocator_settings),
    Check("thread settings", "Are the thread pools tuned?", _threads),
    Check("Python build", "Is this Python a debug build?", _build),
    Check("Python tracing", "Does something trace this Python?", _tracing),
)
