import warnings

import matplotlib

from copycost.show.charts.style import chart_style


def test_the_style_ends_with_its_context():
    before = dict(matplotlib.rcParams)
    with chart_style():
        assert matplotlib.rcParams["svg.fonttype"] == "none"
        assert not matplotlib.rcParams["text.parse_math"]
    assert dict(matplotlib.rcParams) == before


def test_a_users_own_settings_do_not_reach_a_chart():
    with matplotlib.rc_context({"axes.linewidth": 9, "font.size": 40}), chart_style():
        assert matplotlib.rcParams["axes.linewidth"] == 0.8
        assert matplotlib.rcParams["font.size"] == 10


def test_only_missing_glyphs_are_passed_over_in_silence():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with chart_style():
            warnings.warn("Glyph 26085 (N) missing from font(s) DejaVu Sans.", stacklevel=1)
            warnings.warn("something else", stacklevel=1)
    assert [str(warning.message) for warning in caught] == ["something else"]
