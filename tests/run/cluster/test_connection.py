import asyncio
import contextlib
import json
import os
import re
import socket
import struct
import sys
import tempfile
import threading
from pathlib import Path

import psutil
import pytest
from distributed import Scheduler, Worker
from distributed.core import rpc
from distributed.security import Security

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


def speaks_first(connection):
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def answers_as_the_web_does(connection):
    connection.recv(1)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def sends_empty_frames(connection):
    connection.sendall(bytes(4096))


def sends_no_message_of_dasks(connection):
    frame = b"\xff" * 6
    connection.sendall(struct.pack("<3Q", 16 + len(frame), 1, len(frame)) + frame)


def announces_64_gib(connection):
    connection.sendall(struct.pack("<Q", 64 * 1024**3))


def says_nothing(connection):
    pass


def closes(connection):
    connection.close()


@pytest.fixture
def stranger():
    """Return a function that gives the port of something which greets whoever connects."""
    with contextlib.ExitStack() as stack:

        def serve(greet):
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            threading.Thread(target=accept, args=(server, greet), daemon=True).start()
            return server.getsockname()[1]

        def accept(server, greet):
            with contextlib.suppress(OSError):
                while True:
                    connection = stack.enter_context(server.accept()[0])
                    with contextlib.suppress(OSError):
                        greet(connection)

        yield serve


@pytest.mark.parametrize(
    "greet",
    [
        speaks_first,
        answers_as_the_web_does,
        sends_empty_frames,
        sends_no_message_of_dasks,
        announces_64_gib,
        says_nothing,
        closes,
    ],
)
def test_what_answers_and_is_no_scheduler_is_refused_in_one_line(stranger, tmp_path, capfd, greet):
    address = f"tcp://127.0.0.1:{stranger(greet)}"
    with pytest.raises(UsageError) as refused, connected(address, 0.5, tmp_path):
        pass
    assert re.fullmatch(f"cluster '{address}' (does not answer: .+|is no Dask scheduler: .+)", str(refused.value))
    assert capfd.readouterr() == ("", "")


def test_a_workers_address_is_refused_by_what_it_is(tmp_path):
    async def worker():
        async with Scheduler(port=0, dashboard_address=":0") as scheduler, Worker(scheduler.address) as started:
            return await asyncio.to_thread(refusal, started.address)

    def refusal(address):
        with pytest.raises(UsageError) as refused, connected(address, 5.0, tmp_path):
            pass
        return str(refused.value)

    assert asyncio.run(worker()).endswith("is no scheduler's address: what answers there is a Worker")


def test_tls_without_certificates_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"does not answer: .*TLS"), connected("tls://127.0.0.1:9", 0.5, tmp_path):
        pass


def listening(pid):
    """Return the addresses at which a process and its children listen."""
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    connections = [connection for process in processes for connection in process.net_connections("tcp")]
    return {connection.laddr for connection in connections if connection.status == psutil.CONN_LISTEN}


async def answer(address, security):
    async with rpc(address, connection_args=security.get_connection_args("client"), timeout=5) as peer:
        return await asyncio.wait_for(peer.identity(), 5)


def page(address, path):
    with socket.create_connection(address, 60) as connection, contextlib.suppress(OSError):
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        return connection.recv(4096)
    return b""


def test_nobody_without_its_key_is_heard_by_a_local_cluster_which_leaves_nothing(tmp_path, monkeypatch):
    temporary, scratch = tmp_path / "temporary", tmp_path / "scratch"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    before = listening(os.getpid())
    with connected(1, 30.0, scratch) as client:
        client.wait_for_workers(1)
        assert client.submit(str.upper, "heard").result() == "HEARD"
        ports = listening(os.getpid()) - before
        spoken = {client.scheduler.address, *client.scheduler_info()["workers"]}
        spoken |= {worker["nanny"] for worker in client.scheduler_info()["workers"].values()}
        assert all(address.startswith("tls://") for address in spoken) and len(spoken) == 3
        assert {address.removeprefix("tls://") for address in spoken} < {f"{host}:{port}" for host, port in ports}
        for host, port in ports:
            for scheme, security in (("tcp", Security()), ("tls", Security.temporary())):
                with pytest.raises(OSError):
                    asyncio.run(answer(f"{scheme}://{host}:{port}", security))
            for path in ("/health", "/metrics", "/json/identity.json"):
                assert b"200 OK" not in page((host, port), path)
        key = client.security.tls_client_key.encode()
        for process in psutil.Process().children(recursive=True):
            told = Path(f"/proc/{process.pid}/cmdline").read_bytes() + Path(f"/proc/{process.pid}/environ").read_bytes()
            assert b"PRIVATE KEY" not in told
        kept = [file for folder in (temporary, scratch) for file in folder.rglob("*") if file.is_file()]
        assert not any(key in file.read_bytes() for file in kept)
    assert not list(temporary.iterdir())


def test_without_what_makes_the_key_no_local_cluster_is_started(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(UsageError, match="pip install cryptography"), connected(1, 1.0, tmp_path):
        pass


def test_without_dask_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'dask\[distributed\]'"):
        require_dask()
