"""What a host is and has; sent to workers as source text, since it must run where copycost is missing.

Nothing but the standard library is imported at the top, and no syntax is newer than Python 3.8.
"""

from __future__ import annotations

from typing import Any


def facts() -> dict[str, Any]:
    """Return the host's name, versions, machine and method as JSON values; what is unknown is None.

    ``kernel`` is equal for whatever runs under one kernel: workers, containers and pods of one host.
    """
    import platform

    found: dict[str, Any] = {
        "node": platform.node() or None,
        "kernel": _kernel(),
        "python": platform.python_version(),
        "machine": None,
        "method": None,
        "layout": None,
        "fault": None,
    }
    for package in ("copycost", "torch", "numpy", "pytest", "pytest-benchmark"):
        found[package] = _version(package)
    try:
        from copycost.measure.machine import describe
        from copycost.measure.protocol import Protocol
        from copycost.run.address_layout import why_not_fixed

        found["machine"] = describe()
        found["method"] = Protocol().fingerprint()
        found["layout"] = why_not_fixed()
    except Exception as error:  # whatever an other version of copycost does
        found["fault"] = "%s: %s" % (type(error).__name__, error)  # noqa: UP031
    return found


def _kernel() -> str | None:
    import hashlib

    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return hashlib.sha256(b"copycost:" + file.read().strip().encode()).hexdigest()[:12]
    except OSError:
        return None


def _version(package: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
