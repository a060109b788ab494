from itertools import combinations, product

import numpy as np
import pytest

from copycost.errors import UsageError
from copycost.show.charts.palette import LOOKS, MARKERS, THEMES, line_styles, plain_styles, readable_on, theme_named

# Machado, Oliveira and Fernandes (2009), "A Physiologically-based Model for Simulation of Color
# Vision Deficiency", IEEE TVCG 15(6), table of matrices for severity 1.0; they act on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


# IEC 61966-2-1 (sRGB), white point D65.
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour):
    """Return linear RGB of ``#rrggbb``."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """Return CIE L*a*b* of linear RGB."""
    ratio = TO_XYZ @ np.clip(rgb, 0, 1) / (TO_XYZ @ np.ones(3))
    x, y, z = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def ciede2000(one, other):
    """Return the CIEDE2000 difference of two L*a*b* colours (Sharma, Wu and Dalal, 2005)."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean**7 / (mean**7 + 25.0**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    lm, cm = (l1 + l2) / 2, (c1 + c2) / 2
    if c1 * c2 == 0:
        hm = h1 + h2
    elif abs(h1 - h2) <= 180:
        hm = (h1 + h2) / 2
    else:
        hm = (h1 + h2 + (360 if h1 + h2 < 360 else -360)) / 2

    def cosine(degrees):
        return np.cos(np.radians(degrees))

    t = 1 - 0.17 * cosine(hm - 30) + 0.24 * cosine(2 * hm) + 0.32 * cosine(3 * hm + 6)
    t -= 0.20 * cosine(4 * hm - 63)
    sl = 1 + 0.015 * (lm - 50) ** 2 / np.sqrt(20 + (lm - 50) ** 2)
    sc, sh = 1 + 0.045 * cm, 1 + 0.015 * cm * t
    twist = np.sin(np.radians(60 * np.exp(-(((hm - 275) / 25) ** 2))))
    rt = -2 * np.sqrt(cm**7 / (cm**7 + 25.0**7)) * twist
    dl, dc = (l2 - l1) / sl, (c2 - c1) / sc
    return np.sqrt(dl**2 + dc**2 + (dh / sh) ** 2 + rt * dc * dh / sh)


def contrast(one, other):
    """Return the contrast ratio of WCAG 2.1."""
    light, dark = sorted((float(linear(c) @ TO_XYZ[1]) for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ],
)
def test_the_colour_difference_is_that_of_sharmas_test_data(one, other, difference):
    assert ciede2000(one, other) == pytest.approx(difference, abs=5e-5)


@pytest.mark.parametrize(("theme", "vision"), list(product(THEMES, VISION)))
def test_line_colours_differ_clearly_in_every_kind_of_vision(theme, vision):
    seen = [lab(VISION[vision] @ linear(colour)) for colour in THEMES[theme].lines]
    # 2.3 is just noticeable; thin lines and small markers need much more.
    assert min(ciede2000(one, other) for one, other in combinations(seen, 2)) > 16


@pytest.mark.parametrize("theme", THEMES.values(), ids=str)
def test_lines_stand_out_from_the_page_and_text_can_be_read(theme):
    assert all(contrast(colour, theme.page) >= 3 for colour in theme.lines)
    assert contrast(theme.ink, theme.page) >= 7
    assert contrast(theme.muted, theme.page) >= 4.5
    assert contrast(theme.guide, theme.page) >= 2


def steps(theme):
    return [*theme.faster[::-1], theme.neutral, *theme.slower]


@pytest.mark.parametrize(("theme", "vision"), list(product(THEMES, VISION)))
def test_faster_slower_and_unchanged_cells_differ_in_every_kind_of_vision(theme, vision):
    seen = [lab(VISION[vision] @ linear(colour)) for colour in steps(THEMES[theme])]
    apart = {pair: ciede2000(*(seen[i] for i in pair)) for pair in combinations(range(len(seen)), 2)}
    # Cells are areas side by side: half of what thin lines need is seen well.
    assert min(apart.values()) > 10
    assert min(size for (i, j), size in apart.items() if i < 3 < j) > 13


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_a_larger_change_is_a_stronger_cell_in_grey_too(theme):
    for ramp in (theme.faster, theme.slower):
        apart = [contrast(colour, theme.neutral) for colour in ramp]
        assert apart == sorted(apart) and apart[-1] > 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_figures_can_be_read_on_every_cell(theme):
    assert all(contrast(colour, readable_on(theme, colour)) >= 4.5 for colour in steps(theme))


def test_both_themes_have_as_many_colours():
    assert len({len(theme.lines) for theme in THEMES.values()}) == 1


def test_conversions_can_be_told_apart_in_grey_by_their_markers():
    names = [f"conversion {i}" for i in range(len(MARKERS) - 5)]
    core = ["torch.from_numpy", "torch.tensor", "torch.Tensor", "t.numpy", "t.clone.numpy"]
    styles = line_styles([*core, *names], THEMES["light"])
    assert len({style.marker for style in styles.values()}) == len(MARKERS) == len(set(MARKERS))


def test_sixty_conversions_have_sixty_pairs_of_colour_and_marker():
    styles = line_styles([f"conversion {i}" for i in range(60)], THEMES["dark"])
    assert len(set(styles.values())) == 60


def test_lines_that_are_no_conversions_have_the_first_styles():
    styles = plain_styles(["b", "a"], THEMES["light"])
    assert (styles["a"].marker, styles["b"].marker) == MARKERS[:2]


def test_lines_that_are_numbers_have_styles_in_their_order():
    for names in (["2", "9", "10", "100"], ["n=9", "n=10", "n=10b"], ["0.5", "a", "b"]):
        styles = plain_styles(reversed(names), THEMES["light"])
        assert list(styles) == names
        assert [styles[name].marker for name in names] == list(MARKERS[: len(names)])


def test_a_core_conversion_looks_the_same_whatever_is_beside_it():
    alone = line_styles(["t.clone.numpy"], THEMES["light"])["t.clone.numpy"]
    assert line_styles(["a", "t.clone.numpy", "z"], THEMES["light"])["t.clone.numpy"] == alone


def test_an_unknown_theme_names_the_valid_ones():
    with pytest.raises(UsageError, match=r"'drak'.*dark"):
        theme_named("drak")


def test_kinds_differ_in_dash_and_in_filling():
    of_sharing = [LOOKS[name] for name in ("copies", "shares", "unknown")]
    assert len({str(kind.dash) for kind in of_sharing}) == len(of_sharing)
    assert LOOKS["copies"].filled
    assert not LOOKS["shares"].filled


def test_verdicts_differ_in_filling_or_size():
    looks = {(LOOKS[name].filled, LOOKS[name].size) for name in ("changed", "same", "undecided")}
    assert len(looks) == 3


def test_a_call_that_is_timed_in_two_ways_has_one_style():
    names = [f"{call}{end}" for call in ("torch.tensor", "x.to", "y.to", "z.to") for end in ("", "+sync")]
    styles = line_styles(reversed(names), THEMES["light"])
    assert list(styles) == names[::-1]
    assert all(styles[name] == styles[f"{name}+sync"] for name in names[::2])
    assert len({(style.colour, style.marker) for style in styles.values()}) == 4
