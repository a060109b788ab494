"""The facts about the machine without which a figure cannot be read; an unknown fact is None, never 0."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from copycost.measure import allocator

_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_HUGEPAGES = "/sys/kernel/mm/transparent_hugepage/enabled"
_UNITS = {"K": 1024, "M": 1024**2, "G": 1024**3}


def describe(with_hostname: bool = False) -> dict[str, Any]:
    """Return this machine's facts as JSON scalars, lists and dicts; bytes for sizes.

    The machine's name is its CPU model, its core count and six digits of a salted hash of the
    operating system's machine id: stable, but no host name can be read from it. The host name is
    told only when asked for.
    """
    model = cpu_model()
    cores = core_count()
    return {
        "machine": f"{model or 'unknown CPU'} {cores}c {_fingerprint()}",
        "cpu_model": model,
        "cores": cores,
        "caches": caches(),
        "memory_bytes": memory_bytes(),
        "hugepages": hugepage_mode(),
        "malloc": allocator.serving(),
        "libc": " ".join(platform.libc_ver()).strip() or None,
        "system": platform.system(),
        "kernel": platform.release(),
        "virtual": virtualisation(),
        "python": platform.python_version(),
        "numpy": _version("numpy"),
        "torch": _version("torch"),
        **({"hostname": platform.node()} if with_hostname else {}),
    }


def for_pytest_benchmark(facts: dict[str, Any]) -> dict[str, Any]:
    """Return pytest-benchmark's `machine_info` with these facts in it and no host name.

    The keys other tools read are kept; the CPU's come from the kernel instead of py-cpuinfo, whose
    cache sizes are wrong on virtual machines.
    """
    return {
        "node": facts["machine"],
        "processor": platform.processor(),
        "machine": platform.machine(),
        "python_compiler": platform.python_compiler(),
        "python_implementation": platform.python_implementation(),
        "python_implementation_version": platform.python_version(),
        "python_version": platform.python_version(),
        "python_build": list(platform.python_build()),
        "release": platform.release(),
        "system": platform.system(),
        "cpu": {"brand_raw": facts["cpu_model"], "count": facts["cores"]},
        "copycost": facts,
    }


def allowed_cpus() -> frozenset[int] | None:
    """Return the CPUs that this process may use, or None where the system has no affinity."""
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def core_count() -> int | None:
    """Return how many CPUs this process may use."""
    return len(allowed_cpus() or ()) or os.cpu_count()


def cpu_model() -> str | None:
    """Return the CPU's model name."""
    text = read("/proc/cpuinfo") or ""
    match = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return match[1].strip() if match else platform.processor() or None


def caches() -> list[dict[str, Any]]:
    """Return the data and unified caches of the first core, smallest level first."""
    caches = []
    for folder in sorted(_CACHES.glob("index*")):
        size = re.fullmatch(r"(\d+)([KMG]?)", read(folder / "size") or "")
        cache_type = (read(folder / "type") or "").lower()
        level = read(folder / "level")
        if size is None or level is None or cache_type == "instruction":
            continue
        caches.append(
            {
                "level": int(level),
                "type": cache_type,
                "bytes": int(size[1]) * _UNITS.get(size[2], 1),
                "shared_by": len(cpu_set(read(folder / "shared_cpu_list") or "")) or None,
            }
        )
    return caches


def memory_bytes() -> int | None:
    """Return the machine's memory, or a control group's limit where that is less."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    limit = read("/sys/fs/cgroup/memory.max")
    return min(total, int(limit)) if limit and limit.isdigit() else total


def available_bytes() -> int | None:
    """Return the memory that can be had without swapping."""
    match = re.search(r"^MemAvailable:\s*(\d+) kB", read("/proc/meminfo") or "", re.M)
    total = memory_bytes()
    if match is None:
        return total
    free = int(match[1]) * 1024
    return free if total is None else min(free, total)


def hugepage_mode() -> str | None:
    """Return the kernel's transparent hugepage mode: always, madvise or never."""
    match = re.search(r"\[(\w+)\]", read(_HUGEPAGES) or "")
    return match[1] if match else None


def virtualisation() -> str | None:
    """Return the hypervisor's name where the CPU says that there is one."""
    text = read("/proc/cpuinfo") or ""
    if not re.search(r"^flags\s*:.*\bhypervisor\b", text, re.MULTILINE):
        return None
    vendor = read("/sys/class/dmi/id/sys_vendor")
    return vendor or "hypervisor"


def cpu_set(text: str) -> frozenset[int]:
    """Return the CPUs that a kernel list such as ``0-3,8`` names."""
    cpus: set[int] = set()
    for part in text.split(","):
        if part.strip():
            first, _, last = part.partition("-")
            cpus.update(range(int(first), int(last or first) + 1))
    return frozenset(cpus)


def cpu_list(cpus: Iterable[int]) -> str:
    """Return the kernel's way to write a set of CPUs, such as ``0-3,8``."""
    runs: list[list[int]] = []
    for cpu in sorted(cpus):
        if runs and cpu == runs[-1][-1] + 1:
            runs[-1].append(cpu)
        else:
            runs.append([cpu])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _fingerprint() -> str:
    identity = _machine_id() or platform.node()
    return hashlib.sha256(f"copycost:{identity}".encode()).hexdigest()[:6]


def _machine_id() -> str | None:
    """Return the identity that the operating system was given when it was installed."""
    if sys.platform == "win32":
        import winreg

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    if sys.platform == "darwin":
        import subprocess

        told = subprocess.run(["/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice"], capture_output=True)
        match = re.search(rb'"IOPlatformUUID" = "([^"]+)"', told.stdout)
        return match[1].decode() if match else None
    return read("/etc/machine-id")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def read(path: Path | str) -> str | None:
    """Return a small text file without the white space around it, or None where it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
