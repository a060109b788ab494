import pandas as pd

from copycost.show.charts.frames import NOISE
from copycost.show.charts.gallery import draw, drawable
from tests.show.charts.layout import complaints, texts


def profile(floor=0.01):
    rows = [{"kind": kind, "bytes": size, "floor": floor} for kind in ("zero-copy", "copy") for size in (8, 512, 2**20)]
    return pd.DataFrame(rows).assign(machine="AMD EPYC 2c")


def test_both_kinds_of_conversion_have_a_line_in_percent():
    figure = draw("noise", profile(), machine={"machine": "AMD EPYC 2c"}).figure
    written = {text.get_text() for text in texts(figure)}
    assert {"zero-copy conversions", "copying conversions", "95% differ by less than", "1%"} <= written
    assert complaints(figure) == []


def test_a_profile_without_a_floor_cannot_be_drawn():
    assert "no noise floor" in str(drawable(profile(0.0), shows=NOISE)["noise"])
