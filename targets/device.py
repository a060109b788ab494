"""What the figures of a device promise, on a real one: CUDA events agree, the link's ceiling is true, runs repeat.

    python bench_runner.py run --device cuda --size 64..64M --name a
    python bench_runner.py run --device cuda --size 64..64M --name b
    python targets/device.py results/a results/b

Needs a CUDA device, and for the link a CUDA compiler (nvcc), which no library of Python's is measured with.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import torch

from copycost.analyse.run import Run
from copycost.catalogue.block import block
from copycost.catalogue.device import device_conversions, synchroniser

DEVICE = "cuda"
SIZES = [4**power for power in range(3, 14)]  # elements of float32: 256 B to 256 MiB
CALLS = ("torch.from_numpy.to", "pinned.to", "pinned.to.non_blocking", "t.cpu.numpy")
LINK = r"""
#include <cuda_runtime.h>
#include <cstdio>
#include <algorithm>
#include <vector>
int main() {
  size_t bytes = 256u << 20; void *host, *device;
  cudaMallocHost(&host, bytes); cudaMalloc(&device, bytes);
  cudaEvent_t begin, end; cudaEventCreate(&begin); cudaEventCreate(&end);
  for (int back = 0; back < 2; back++) {
    std::vector<float> times;
    for (int n = 0; n < 200; n++) {
      cudaEventRecord(begin);
      if (back) cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost);
      else cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice);
      cudaEventRecord(end); cudaEventSynchronize(end);
      float ms; cudaEventElapsedTime(&ms, begin, end); if (n >= 100) times.push_back(ms);
    }
    std::sort(times.begin(), times.end());
    printf("%.9g\n", times[times.size() / 2] * 1e-3);
  }
}
"""


def main(folders):
    """Print every target and whether it is met."""
    events()
    link(folders[0])
    repeat(folders)


def events():
    """Compare each call until its data is there with CUDA events around the same call, by turns in one process."""
    torch.set_num_threads(1)
    wait = synchroniser(DEVICE)
    known = {conversion.name: conversion for conversion in device_conversions(DEVICE)}
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))

    def both(function, source):
        """Return the host's seconds and the device's for one call, the same one, until its data is there."""
        wait()
        begin.record()
        start = perf_counter()
        function(source)
        end.record()
        end.synchronize()
        seconds = perf_counter() - start
        return seconds, begin.elapsed_time(end) * 1e-3

    def waited(function, source):
        wait()
        start = perf_counter()
        function(source)
        return perf_counter() - start

    for _ in range(100):
        both(lambda source: None, None)
    empty = [both(lambda source: None, None) for _ in range(2000)]
    # An event is seen by the host some microseconds after the device has reached it, whatever was before it.
    later = median(host - device for host, device in empty)
    sync = median(waited(lambda source: wait(), None) for _ in range(2000))
    print(f"events are seen {later * 1e6:.2f} us later than they happen; an empty synchronisation {sync * 1e6:.2f} us")
    print(
        "call, bytes, CUDA events us, the host's time less the delay us, difference; call and wait as runs time it us"
    )
    met = [0, 0]
    for name in CALLS:
        for size in SIZES:
            array = np.random.default_rng(0).standard_normal(size, "float32")
            tensor = torch.from_numpy(array)
            variable = known[name].variable
            source = {"a": array, "pinned": tensor.pin_memory(), "t": tensor.to(DEVICE)}[variable]
            there, returning = block(known[f"{name}+sync"], 1), block(known[name], 1)
            count = max(15, min(400, 2**29 // (4 * size)))
            for _ in range(3):
                there(source)
            pairs = [(*both(returning, source), waited(there, source)) for _ in range(count)]
            device = median(pair[1] for pair in pairs)
            host = median(pair[0] - later for pair in pairs)
            difference = median(pair[0] - later - pair[1] for pair in pairs)
            as_runs = median(pair[2] for pair in pairs)
            good = abs(difference) <= (0.02 * device if device > 20e-6 else 0.5e-6)
            met[good] += 1
            print(
                f"{name}, {4 * size}, {device * 1e6:.2f}, {host * 1e6:.2f}, {difference / device:+.1%} "
                f"{difference * 1e6:+.2f} us {'met' if good else 'missed'}; {as_runs * 1e6:.2f}",
                flush=True,
            )
    print(f"until there against CUDA events: {met[1]} of {sum(met)} met (2% above 20 us, 0.5 us below)")


def link(folder):
    """Compare the run's plain copies of 256 MiB with a CUDA program's own."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "link.cu"
        source.write_text(LINK)
        subprocess.run(["nvcc", "-O2", "-o", f"{scratch}/link", str(source)], check=True)
        told = subprocess.run([f"{scratch}/link"], capture_output=True, text=True, check=True).stdout.split()
    cells = Run("", Path(folder)).cells
    for name, seconds in zip(("plain copy to the device", "plain copy from the device"), map(float, told), strict=True):
        own = cells[(cells["conversion"] == name) & (cells["bytes"] == 256 * 1024**2)]["seconds"].iloc[0]
        print(
            f"{name}, 256 MiB: {2**28 / own / 1e9:.2f} GB/s; nvcc's program {2**28 / seconds / 1e9:.2f} GB/s; "
            f"{seconds / own - 1:+.2%} {'met' if abs(seconds / own - 1) <= 0.05 else 'missed'} (5%)"
        )


def repeat(folders):
    """Count the cells that two identical runs find more than 5% apart."""
    runs = [Run("", Path(folder)).estimates for folder in folders]
    first, second = (cells.set_index(["conversion", "size"])["seconds"] for cells in runs)
    apart = (second / first - 1).dropna()
    many = apart[apart.abs() > 0.05]
    share = len(many) / len(apart)
    print(f"two runs: {len(many)} of {len(apart)} cells more than 5% apart, {share:.1%} (2%)")
    for (name, size), change in many.items():
        print(f"  {name}, {4 * size} B: {change:+.1%}")


if __name__ == "__main__":
    main(sys.argv[1:])
