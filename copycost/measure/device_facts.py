"""The facts about a device without which its figures cannot be read; an unknown fact is None."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from copycost.catalogue.device import empty_pinned_cache
from copycost.measure.machine import read

_PCI, _NODES = Path("/sys/bus/pci/devices"), "/sys/devices/system/node/online"

#: What is asked of NVIDIA's own program, by the names that it has for it: nothing that changes with the load.
_ASKED = ("driver_version", "pcie.link.gen.max", "pcie.link.width.max", "clocks.max.sm", "clocks.max.mem")
_LONGEST_SECONDS = 20.0


def device_facts(device: str) -> dict[str, Any]:
    """Return a device's facts as JSON scalars, bytes for sizes.

    The link is the fastest that device and host agree on: it is slower while the device rests. The caches of pinned
    and of device memory are PyTorch's own, and what a visit begins with is a fact of the run.

    Only for a process that nobody forks from later: the device is used.
    """
    import torch

    module = getattr(torch, torch.device(device).type, None)
    try:
        properties = module.get_device_properties(device)  # type: ignore[union-attr]
    except Exception:  # each kind of device has its own way not to have them
        properties = None
    address = _pci_address(properties)
    told = _nvidia(address)
    generation, width = told.get("pcie.link.gen.max"), told.get("pcie.link.width.max")
    node = read(_PCI / address / "numa_node") if address else None
    named = {"SM": told.get("clocks.max.sm"), "memory": told.get("clocks.max.mem")}
    clocks = [f"{name} {megahertz} MHz" for name, megahertz in named.items() if megahertz]
    return {
        "device": device,
        "device_name": getattr(properties, "name", None),
        "device_memory_bytes": getattr(properties, "total_memory", None),
        "device_driver": told.get("driver_version") or getattr(properties, "driver_version", None),
        "device_runtime": torch.version.cuda if device.startswith("cuda") else None,
        "device_link": f"PCIe {generation} x{width}" if generation and width else None,
        "device_clocks": ", ".join(clocks) or None,
        "device_numa_node": int(node) if node and node.isdigit() else None,
        "host_numa_nodes": read(_NODES),
        "pinned_memory_cache": "empty when a visit begins, warm when it is timed" if empty_pinned_cache() else None,
    }


def _pci_address(properties: Any) -> str | None:
    """Return a device's address as the kernel writes it, such as ``0000:05:00.0``."""
    parts = [getattr(properties, f"pci_{name}_id", None) for name in ("domain", "bus", "device")]
    if any(not isinstance(part, int) for part in parts):
        return None
    domain, bus, number = parts
    return f"{domain:04x}:{bus:02x}:{number:02x}.0"


def _nvidia(address: str | None) -> dict[str, str]:
    """Return what ``nvidia-smi`` tells of the device at an address; empty where it is not there."""
    program = shutil.which("nvidia-smi")
    if program is None or address is None:
        return {}
    command = [program, f"--id={address}", f"--query-gpu={','.join(_ASKED)}", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_SECONDS, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    values = [value.strip() for value in told.strip().split(",")]
    if len(values) != len(_ASKED):
        return {}
    return {name: value for name, value in zip(_ASKED, values, strict=True) if value and not value.startswith("[")}
