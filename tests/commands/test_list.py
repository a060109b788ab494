import json

from copycost.catalogue.cell import DTYPES
from copycost.catalogue.conversions import CORE, EXTENDED
from copycost.catalogue.device import device_conversions
from copycost.catalogue.grid import PRESETS
from copycost.cli import main


def listed(capsys, *options):
    assert main(["list", *options]) == 0
    return capsys.readouterr().out


def test_everything_that_can_be_chosen_is_named(capsys):
    text = listed(capsys)
    names = [conversion.name for conversion in (*CORE, *EXTENDED)] + list(PRESETS) + list(DTYPES)
    assert [name for name in names if name not in text] == []


def test_the_expression_is_shown_that_a_user_types(capsys):
    text = listed(capsys)
    for conversion in CORE:
        assert conversion.expression in text


def test_scripts_read_it_as_json_and_csv(capsys):
    content = json.loads(listed(capsys, "--format", "json"))
    assert [row["name"] for row in content["presets"]] == list(PRESETS) and content["dtypes"] == list(DTYPES)
    names = [line.partition(",")[0] for line in listed(capsys, "--format", "csv").splitlines()[1:]]
    of_device = [each.name for each in device_conversions("cuda") if not each.waits]
    assert names == [*(each.name for each in (*CORE, *EXTENDED)), *of_device]
