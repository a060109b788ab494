import pytest

from copycost.errors import UsageError
from copycost.run import settings as module
from copycost.run.cluster.order import settle_here


def settled(folder, **typed):
    return settle_here(name="run", out=folder, conversions_file=None, typed={"preset": "quick", **typed})


def test_what_depends_on_a_host_is_left_to_it(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "why_not_fixed", lambda: pytest.fail("this machine's address layout is of no interest"))
    asked = {"threads": "1000", "sizes": "1024G", "arms": ["new:python=/no/such/python"], "address_layout": "fixed"}
    assert settled(tmp_path, **asked).folder == tmp_path / "run"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"address_layout": "sideways"}, "address layout 'sideways' is not one of: fixed, random"),
        ({"sizes": "many"}, "many"),
        ({"threads": "0"}, "0"),
        ({"preset": "quik"}, "quick"),
    ],
)
def test_what_every_host_would_refuse_is_refused_here(tmp_path, asked, said):
    with pytest.raises(UsageError, match=said):
        settled(tmp_path, **asked)
    assert list(tmp_path.iterdir()) == []
