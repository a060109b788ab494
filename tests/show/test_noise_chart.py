from copycost.analyse.comparison import compare
from copycost.analyse.noise_profile import noise_profile
from copycost.show.noise_chart import draw_noise
from tests.made_up import Law, made_up_rounds


def test_the_noise_floor_is_drawn_for_both_kinds_of_conversion(tmp_path):
    pairs = [[made_up_rounds(Law(offset=0.004), seed=2 * n + side) for side in (0, 1)] for n in range(2)]
    profile = noise_profile([compare(*pair) for pair in pairs], machine="AMD EPYC 2c 3f9a1c", method={"protocol": 1})
    made = {path.name: path for path in draw_noise(profile, tmp_path)}
    assert {"noise.svg", "noise.png", "noise.alt.txt"} == set(made)
    text = made["noise.svg"].read_text()
    assert "zero-copy conversions" in text and "copying conversions" in text and "%" in text
