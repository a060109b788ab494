import platform
import subprocess
import sys

import pytest

from copycost.measure import allocator
from copycost.measure.allocator import FOUND, STEADY, Heap


class Glibc:
    """Gives blocks numbers for addresses; the first `holes` large ones are from the heap, the others mapped."""

    def __init__(self):
        self.options = {}
        self.trimmed = 0
        self.asked = []
        self.held = {}
        self.holes = 0

    @property
    def border(self):
        return self.options.get(allocator._M_MMAP_THRESHOLD)

    def mallopt(self, option, value):
        self.options[option] = value

    def malloc_trim(self, pad):
        self.trimmed += 1

    def malloc(self, size):
        self.asked.append(size.value)
        self.held[len(self.asked)] = size.value
        return len(self.asked)

    def free(self, place):
        del self.held[place.value]

    def is_mapped(self, place):
        large = [held for held in self.held.values() if held >= self.border]
        return len(large) > self.holes


@pytest.fixture
def glibc(monkeypatch):
    fake = Glibc()
    monkeypatch.setattr(allocator, "_glibc", fake)
    monkeypatch.setattr(allocator, "serving", lambda: "libc.so.6")
    monkeypatch.setattr(allocator, "_is_mapped", fake.is_mapped)
    return fake


def test_sources_are_kept_out_of_a_steady_heap_and_results_are_not(glibc):
    heap = Heap()
    border = glibc.border
    with heap.apart():
        assert glibc.border < border
    assert glibc.border == border == allocator.HEAP_BYTES


def test_a_source_that_cannot_be_made_leaves_the_border_where_it_was(glibc):
    heap = Heap()
    with pytest.raises(MemoryError), heap.apart():
        raise MemoryError
    assert glibc.border == allocator.HEAP_BYTES


def spacers(glibc):
    return [size for size in glibc.asked if allocator._SPACER <= size < allocator.HEAP_BYTES]


@pytest.mark.parametrize("mode", [STEADY, FOUND])
def test_every_visit_begins_at_another_place_of_the_heap(glibc, mode):
    heap = Heap(mode)
    for _ in range(200):
        heap.begin_visit()
    assert len(glibc.held) == 1  # the spacer of the visit before is freed
    assert len({size % 4096 for size in spacers(glibc)}) > 32
    assert all(size % 64 == 0 for size in spacers(glibc))


def test_every_round_on_a_steady_heap_begins_at_another_place(glibc):
    heap = Heap()
    glibc.holes = 1
    heap.begin_visit()
    plugs = [size for size in glibc.held.values() if size >= allocator.HEAP_BYTES]
    for _ in range(200):
        heap.move()
        assert len(glibc.held) == 1 + len(plugs)
    assert len({size % 4096 for size in spacers(glibc)}) > 32
    assert glibc.trimmed == 1


def test_rounds_on_a_found_heap_find_what_the_ones_before_have_left(glibc):
    heap = Heap(FOUND)
    heap.begin_visit()
    asked = list(glibc.asked)
    heap.move()
    assert glibc.asked == asked


def test_a_steady_heap_is_trimmed_before_every_visit(glibc):
    heap = Heap()
    for _ in range(3):
        heap.begin_visit()
    assert glibc.trimmed == 3


def test_holes_that_a_mapped_block_would_fit_into_are_held_until_the_next_visit(glibc):
    heap = Heap()
    glibc.holes = 2
    heap.begin_visit()
    large = [size for size in glibc.held.values() if size >= allocator.HEAP_BYTES]
    assert len(large) == 2
    glibc.holes = 0
    heap.begin_visit()
    assert len(glibc.held) == 1


@pytest.fixture
def touched(monkeypatch):
    blocks = []
    monkeypatch.setattr(allocator.ctypes, "memset", lambda block, value, size: blocks.append(size))
    return blocks


MIB = 1024**2


def test_what_results_take_turns_in_is_faulted_in_and_holes_for_them_are_plugged(glibc, touched):
    heap = Heap()
    glibc.holes = 3
    heap.begin_visit(4 * MIB)
    assert touched == [4 * MIB + allocator._SPACER] * allocator._PLACES
    assert sum(size >= 128 * 1024 for size in glibc.held.values()) == 3  # the holes, and no result's place
    assert glibc.border == allocator.HEAP_BYTES < glibc.options[allocator._M_TRIM_THRESHOLD] / 4


@pytest.mark.parametrize("result_bytes", [None, 0, 1000, allocator.HEAP_BYTES, 128 * MIB])
def test_nothing_is_faulted_in_for_small_results_and_for_those_that_are_mapped(glibc, touched, result_bytes):
    Heap().begin_visit(result_bytes)
    Heap(FOUND).begin_visit(4 * MIB)
    assert touched == []


FAULTS = """
import ctypes, random, resource
from copycost.measure.allocator import Heap

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

libc = ctypes.CDLL(None)
libc.aligned_alloc.restype = ctypes.c_void_p
heap, draw = Heap(), random.Random(7)

def call(size):  # as torch makes a result
    block = ctypes.c_void_p(libc.aligned_alloc(ctypes.c_size_t(64), ctypes.c_size_t(size)))
    ctypes.memset(block, 1, size)
    libc.free(block)

for _ in range(60):
    size = draw.choice([1, 8, 16]) * 1024**2
    heap.begin_visit(size)
    for calls in range(8):
        before = faults()
        call(size)
        assert calls < 3 or faults() - before < 32, (size, calls, faults() - before)
        heap.move()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="about glibc's heap")
def test_no_call_after_the_warm_up_meets_fresh_pages():
    told = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


def test_a_found_heap_keeps_its_thresholds_and_its_free_memory(glibc):
    heap = Heap(FOUND)
    with heap.apart():
        assert glibc.options == {}
    glibc.holes = 2
    heap.begin_visit()
    assert glibc.options == {} and glibc.trimmed == 0
    assert max(glibc.asked) < allocator.HEAP_BYTES


@pytest.mark.parametrize("mode", [STEADY, FOUND])
def test_another_allocator_is_left_alone(monkeypatch, mode):
    monkeypatch.setattr(allocator, "_glibc", None)
    heap = Heap(mode)
    heap.begin_visit()
    heap.move()
    with heap.apart():
        pass
    assert allocator.state(mode) == "as found"


def test_the_state_says_whether_this_allocator_is_steered():
    assert (allocator.state(STEADY) != "as found") == (platform.libc_ver()[0] == "glibc")
    assert allocator.state(FOUND) == "as found"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library than glibc")
def test_glibcs_own_allocator_is_told_by_its_file():
    assert allocator.serving().startswith("libc.")


def test_the_heap_of_another_allocator_is_not_touched(glibc, monkeypatch):
    monkeypatch.setattr(allocator, "serving", lambda: "libjemalloc.so.2")
    heap = Heap(STEADY)
    with heap.apart():
        pass
    heap.begin_visit()
    heap.move()
    assert not glibc.options and not glibc.asked and not glibc.trimmed
    assert allocator.state(STEADY) == allocator.STEADY_STATE  # what was asked for is the same in all arms


def test_where_it_cannot_be_told_who_serves_the_heap_is_not_touched(glibc, monkeypatch):
    monkeypatch.setattr(allocator, "serving", lambda: None)
    Heap(STEADY).begin_visit()
    assert not glibc.options and not glibc.asked
