import getpass
import platform
from pathlib import Path

import pytest

from copycost.run import privacy
from copycost.run.privacy import arm_told, file_told, redacted


@pytest.fixture(autouse=True)
def known_names(monkeypatch):
    monkeypatch.setattr(platform, "node", lambda: "zeppelin.example.org")
    monkeypatch.setattr(getpass, "getuser", lambda: "wolfgang")
    monkeypatch.setattr(Path, "home", lambda: Path("/home/wolfgang amadeus"))
    privacy._own_folders.cache_clear()
    privacy._own_names.cache_clear()
    yield
    privacy._own_folders.cache_clear()
    privacy._own_names.cache_clear()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("FileNotFoundError: '/srv/data/secret/x.bin'", "FileNotFoundError: 'x.bin'"),
        ("/home/wolfgang amadeus/mine.py, line 3", "mine.py, line 3"),
        (r"cannot open C:\Users\wolfgang\x.bin", "cannot open x.bin"),
        ("no route to zeppelin.example.org", "no route to <host>"),
        ("zeppelin refused wolfgang", "<host> refused <user>"),
        ("wolfgangs are many", "wolfgangs are many"),
        (
            "TypeError: can't convert np.ndarray of type numpy.uint16",
            "TypeError: can't convert np.ndarray of type numpy.uint16",
        ),
        ("a ratio of 3/4 and n/a", "a ratio of 3/4 and n/a"),
        ("cannot fetch file:///srv/secret/x.bin", "cannot fetch x.bin"),
        ("FILE:/srv/secret/x", "x"),
        ("sqlite:///srv/secret/x.db is locked", "x.db is locked"),
        ("see https://example.org/a/b", "see https://example.org/a/b"),
        ("cannot read /srv/My Secret/x", "cannot read x"),
        ("/Users/me/Library/Application Support/Part 2/x", "x"),
        ("no such file: '/srv/my secret/x'", "no such file: 'x'"),
        ("cannot open /srv/my secret/deeper/libx.so: no such file", "cannot open libx.so: no such file"),
        (r"C:\Program Files (x86)\My secret\x.dll is missing", "x.dll is missing"),
        ("either /srv/a/x or /srv/b/y", "either x or y"),
        ("/srv/data/x ran at 3 GB/s, 3/4 of y", "x ran at 3 GB/s, 3/4 of y"),
        ("/srv/data/X Ran At 3 GB/s", "X Ran At 3 GB/s"),
        ("/srv/data/Half Of X is 1/2 and and/or is a word", "Half Of X is 1/2 and and/or is a word"),
        ("/srv/data/x.bin or a/b.c", "x.bin or a/b.c"),
        ("17 MiB/s, 3 GB/s, 12 ns/call", "17 MiB/s, 3 GB/s, 12 ns/call"),
    ],
)
def test_a_text_of_others_loses_folders_and_names(text, left):
    assert redacted(text) == left


def arm(**changes):
    return {"name": "a", "environment": {}, "python": None, "threads": None, **changes}


def test_values_without_a_path_stay_and_paths_become_a_name_and_a_digest():
    told = arm_told(
        arm(environment={"OMP_NUM_THREADS": "2", "LD_PRELOAD": "/home/me/libx.so"}, python="/opt/me/bin/py")
    )
    assert told["environment"]["OMP_NUM_THREADS"] == "2"
    assert told["environment"]["LD_PRELOAD"].startswith("libx.so (")
    assert told["python"].startswith("py (")
    assert "/" not in str(told)
    assert told == arm_told(
        arm(environment={"OMP_NUM_THREADS": "2", "LD_PRELOAD": "/home/me/libx.so"}, python="/opt/me/bin/py")
    )
    assert told["python"] != arm_told(arm(python="/opt/you/bin/py"))["python"]


def test_an_arm_without_paths_is_told_as_it_is():
    plain = arm(environment={"THP_MEM_ALLOC_ENABLE": "1"})
    assert arm_told(plain) == plain


def test_a_file_is_told_by_its_name_and_content(tmp_path):
    (tmp_path / "mine.py").write_text("x = 1\n")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.py").write_text("x = 1\n")
    told = file_told(str(tmp_path / "mine.py"))
    assert told == file_told(str(tmp_path / "other" / "mine.py"))
    assert told["name"] == "mine.py" and len(told["sha256"]) == 64
