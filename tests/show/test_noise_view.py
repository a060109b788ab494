import json

import numpy as np
import pandas as pd
import pytest
from copycost.show.noise_view import render

from copycost.analyse.noise_profile import noise_profile
from copycost.errors import UsageError
from tests.made_up import MACHINE


@pytest.fixture(scope="module")
def profile():
    draw = np.random.default_rng(1)
    rows = pd.DataFrame({"bytes": [8, 8, 4096, 4096] * 20, "shares_memory": [True, False] * 40})
    frames = [
        rows.assign(ratio=np.exp(draw.normal(0, 0.01, len(rows))), verdict=["same"] * 79 + ["slower"]) for _ in range(5)
    ]
    return noise_profile(frames, machine=MACHINE, method={"protocol": 1})


def test_the_table_has_a_row_per_kind_and_size_and_the_rate_of_false_verdicts(profile):
    text = render(profile, "table")
    assert "\x1b" not in text and max(map(len, text.splitlines()[:5])) <= 100
    assert "zero-copy" in text and "4 KiB" in text and "although nothing differed: 1.25%" in text


def test_markdown_is_a_table(profile):
    lines = render(profile, "markdown").splitlines()
    assert lines[0].count("|") == lines[1].count("|") == lines[2].count("|")
    assert len([line for line in lines if line.startswith("| ")]) == 2 + 4


def test_json_has_the_sizes_and_the_whole(profile):
    content = json.loads(render(profile, "json"))
    assert len(content["noise"]) == 4 and content["false_verdicts"] == pytest.approx(1 / 80)
    assert {"floor", "over_1", "over_2", "over_5", "same"} <= set(content["noise"][0])


def test_an_unknown_format_names_the_nearest(profile):
    with pytest.raises(UsageError, match="markdown"):
        render(profile, "markdwon")
