import pytest


@pytest.fixture(autouse=True)
def _width_of_a_pipe(monkeypatch):
    """Tests are of what a pipe gets: pytest-xdist tells its workers how wide the terminal is that they have not."""
    monkeypatch.delenv("COLUMNS", raising=False)
