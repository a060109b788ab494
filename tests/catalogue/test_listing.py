from copycost.catalogue.conversions import CORE, EXTENDED
from copycost.catalogue.dtypes import DTYPES
from copycost.catalogue.grid import PRESETS
from copycost.catalogue.listing import listing


def test_the_listing_names_everything_that_can_be_chosen():
    text = listing()
    names = [found.name for found in (*CORE, *EXTENDED)] + list(PRESETS) + list(DTYPES)
    assert [name for name in names if name not in text] == []


def test_the_listing_shows_the_expression_that_a_user_types():
    for conversion in CORE:
        assert conversion.expression in listing()
