"""Page frames of its own for a process's code: tried in processes of their own, whose memory the system describes."""

import subprocess
import sys

import pytest

from copycost.measure import page_frames

pytestmark = pytest.mark.skipif(
    not page_frames.give_own(page_frames.one_of(page_frames.in_use())), reason="needs Linux from 5.14 on"
)

DESCRIBED = """
import json, re, sys
from copycost.measure import page_frames

def described():
    \"\"\"Return the protections of every address, and how many bytes of code are this process's own.\"\"\"
    protections, own, code = [], 0, False
    for line in open("/proc/self/smaps"):
        head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (....) .* (/.*)", line)
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            code = bool(head) and head[3] == "r-xp"
            if code:
                start, end = int(head[1], 16), int(head[2], 16)
                if protections and protections[-1][1] == start and protections[-1][2] == head[4]:
                    protections[-1][1] = end
                else:
                    protections.append([start, end, head[4]])
        elif code and line.startswith("Anonymous:"):
            own += int(line.split()[1]) * 1024
    return protections, own
"""


def tried(code):
    return subprocess.run([sys.executable, "-c", DESCRIBED + code], capture_output=True, text=True, check=False)


def test_code_that_was_used_is_copied_and_protected_as_before():
    told = tried(
        """
pages = page_frames.in_use()
before, own = described()
assert own == 0, own
assert page_frames.give_own(pages)
after, own = described()
assert own > 100 * 4096
assert after == before, (before, after)
json.dumps(pages)  # what is told to other sessions
assert sorted(range(1000), key=lambda n: -n)[0] == 999  # the code still runs
"""
    )
    assert told.returncode == 0, told.stderr


def test_one_page_tells_whether_pages_can_be_copied():
    told = tried(
        """
page = page_frames.one_of(page_frames.in_use())
assert [len(numbers) for numbers in page.values()] == [1]
assert page_frames.give_own(page)
"""
    )
    assert told.returncode == 0, told.stderr


def test_pages_that_others_have_used_are_among_those_in_use():
    own = page_frames.in_use()
    file = max(own, key=lambda name: len(own[name]))
    told = {file: [max(own[file]) + 7], "/nowhere/library.so": [3]}
    joined = page_frames.in_use(told)
    assert set(joined[file]) >= {*own[file], max(own[file]) + 7}
    assert joined[file] == sorted(joined[file])
    assert joined["/nowhere/library.so"] == [3]


@pytest.mark.parametrize("pages", [{}, {"/nowhere/library.so": [0, 1, 2]}, {sys.executable: [2**40]}])
def test_what_is_not_in_memory_cannot_be_copied(pages):
    assert not page_frames.give_own(pages)
    assert page_frames.one_of({}) == {}


def test_a_system_that_does_not_describe_memory_or_copy_pages_says_so(monkeypatch):
    pages = page_frames.one_of(page_frames.in_use())
    monkeypatch.setattr(page_frames, "_MADV_POPULATE_WRITE", 9999)
    assert not page_frames.give_own(pages)
    monkeypatch.setattr(page_frames, "open", _refuses, raising=False)
    assert page_frames.in_use() == {}
    assert not page_frames.give_own(pages)


def _refuses(*_, **__):
    raise FileNotFoundError("/proc/self/maps")
