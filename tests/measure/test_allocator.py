import platform

import pytest

from copycost.measure import allocator


class Glibc:
    def __init__(self):
        self.border = None
        self.trimmed = 0
        self.asked = []
        self.held = set()

    def mallopt(self, option, value):
        if option == allocator._M_MMAP_THRESHOLD:
            self.border = value

    def malloc_trim(self, pad):
        self.trimmed += 1

    def malloc(self, size):
        self.asked.append(size.value)
        self.held.add(len(self.asked))
        return len(self.asked)

    def free(self, place):
        self.held.remove(place.value)


@pytest.fixture
def glibc(monkeypatch):
    fake = Glibc()
    monkeypatch.setattr(allocator, "_glibc", fake)
    return fake


def test_sources_are_kept_out_of_the_heap_and_results_are_not(glibc):
    allocator.condition()
    heap = glibc.border
    with allocator.apart():
        assert glibc.border < heap
    assert glibc.border == heap


def test_a_source_that_cannot_be_made_leaves_the_border_where_it_was(glibc):
    with pytest.raises(MemoryError), allocator.apart():
        raise MemoryError
    assert glibc.border == allocator.HEAP_BYTES


def test_every_visit_begins_on_a_trimmed_heap_at_another_place(glibc):
    heap = allocator.Heap()
    for _ in range(200):
        heap.begin_visit()
    assert glibc.trimmed == 200
    assert len(glibc.held) == 1  # the spacer of the visit before is freed
    assert len({size % 4096 for size in glibc.asked}) > 32
    assert all(size % 64 == 0 for size in glibc.asked)


def test_another_allocator_is_left_alone(monkeypatch):
    monkeypatch.setattr(allocator, "_glibc", None)
    allocator.Heap().begin_visit()
    with allocator.apart():
        pass


def test_the_state_says_whether_this_allocator_is_steered():
    assert (allocator.STATE != "as found") == (platform.libc_ver()[0] == "glibc")
