import itertools

import pytest

from copycost.catalogue.cell import Cell
from copycost.catalogue.outcomes import CannotConvert
from copycost.catalogue.rotation import Turns, rotation
from copycost.catalogue.sources import nbytes

CACHE = 1024**2


@pytest.mark.parametrize("direction", ["to_tensor", "to_array"])
@pytest.mark.parametrize("size", [1, 512, 4096, 2**18])
def test_a_rotation_is_twice_the_last_cache_or_reads_a_page_of_it_for_each_source(direction, size):
    sources = rotation(Cell("c", direction, "float64", size), CACHE)
    assert len(sources) >= 2
    assert all(nbytes(source) == size * 8 for source in sources)
    assert len(sources) * max(size * 8, 4096) >= 2 * CACHE


def test_no_two_sources_share_a_page():
    sources = rotation(Cell("c", "to_tensor", "float64", 1), CACHE)
    places = [source.ctypes.data for source in sources]
    assert min(b - a for a, b in itertools.pairwise(places)) >= 4096


@pytest.mark.parametrize("changes", [{"layout": "strided"}, {"direction": "list_to_tensor"}])
def test_only_contiguous_arrays_and_tensors_can_be_cold(changes):
    with pytest.raises(CannotConvert, match="contiguous"):
        rotation(Cell(**{"conversion": "c", "direction": "to_tensor", "dtype": "float64", "size": 8, **changes}), CACHE)


def test_sources_are_handed_out_in_turn():
    turns = Turns(list("abcde"))
    assert [turns.take(2), turns.take(2), turns.take(2)] == [["a", "b"], ["c", "d"], ["a", "b"]]
    assert turns.take(7) == list("abcdeab")
