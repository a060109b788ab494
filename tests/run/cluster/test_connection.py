import json
import socket

import pytest

from copycost.errors import UsageError
from copycost.run.cluster import connection as module
from copycost.run.cluster.connection import connected, parse, require_dask


@pytest.mark.parametrize("text", ["tcp://10.0.0.1:8786", "tls://scheduler.example:8786", "tcp://[::1]:8786"])
def test_an_address_is_taken_as_it_is(text):
    assert parse(text) == text


def test_local_is_so_many_workers_here():
    assert parse("local:3") == 3


def test_a_scheduler_file_names_the_address(tmp_path):
    path = tmp_path / "scheduler.json"
    path.write_text(json.dumps({"type": "Scheduler", "address": "tcp://10.0.0.1:8786"}))
    assert parse(str(path)) == "tcp://10.0.0.1:8786"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not an address"),
        ("10.0.0.1", "is not an address"),
        ("http://10.0.0.1:8786", "is not an address"),
        ("no.such.key", "is not an address"),
        ("local:0", "local:1 to local:100"),
        ("local:101", "local:1 to local:100"),
        ("local:-1", "is not an address"),
    ],
)
def test_what_names_no_cluster_is_refused(text, said):
    with pytest.raises(UsageError, match=said):
        parse(text)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"address": 7}', '{"address": "10.0.0.1"}', "\x00"])
def test_a_file_that_is_no_scheduler_file_is_refused_by_name(tmp_path, content):
    path = tmp_path / "scheduler.json"
    path.write_text(content)
    with pytest.raises(UsageError, match=r"scheduler\.json"):
        parse(str(path))


def test_what_answers_and_is_no_scheduler_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UsageError, match=f"cluster '{address}' does not answer"), connected(address, 0.5):
            pass


def test_tls_without_certificates_is_refused():
    with pytest.raises(UsageError, match=r"does not answer: .*TLS"), connected("tls://127.0.0.1:9", 0.5):
        pass


def test_without_dask_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'dask\[distributed\]'"):
        require_dask()
