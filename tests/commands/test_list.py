from copycost.catalogue.cell import DTYPES
from copycost.catalogue.conversions import CORE, EXTENDED
from copycost.catalogue.grid import PRESETS
from copycost.commands.list_ import listing


def test_the_listing_names_everything_that_can_be_chosen():
    text = listing()
    names = [conversion.name for conversion in (*CORE, *EXTENDED)] + list(PRESETS) + list(DTYPES)
    assert [name for name in names if name not in text] == []


def test_the_listing_shows_the_expression_that_a_user_types():
    for conversion in CORE:
        assert conversion.expression in listing()
