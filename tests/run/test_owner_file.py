import errno
import json
import os

import pytest

from copycost.errors import UsageError
from copycost.run import owner_file as module
from copycost.run.owner_file import OWNER, identity, is_owned, let_go, take

GONE = 2**22 + 1


def written(folder, **changes):
    """Write an owner file of this machine, this process unless it is changed, and return its content."""
    content = json.dumps(json.loads(identity()) | changes).encode()
    (folder / OWNER).write_bytes(content)
    return content


def owner(folder):
    return (folder / OWNER).read_bytes()


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_the_first_one_holds_the_folder_and_leaves_nothing(tmp_path, monkeypatch, links):
    if not links:
        monkeypatch.setattr(os, "link", refuse_links)
    first, second = identity(), identity()
    take(tmp_path, first)
    assert is_owned(tmp_path) and [path.name for path in tmp_path.iterdir()] == [OWNER]
    with pytest.raises(UsageError, match=f"process {os.getpid()} already"):
        take(tmp_path, second)
    let_go(tmp_path, second)
    assert owner(tmp_path) == first
    let_go(tmp_path, first)
    assert list(tmp_path.iterdir()) == [] and not is_owned(tmp_path)


def refuse_links(*_):
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
@pytest.mark.parametrize(
    "changes",
    [{"boot": "another boot"}, {"started": "1"}, {"pid": GONE, "started": "1"}, {"pid": "who"}, {"pid": 2**80}],
    ids=["before the last boot", "number given anew", "gone", "not readable", "no number of a process"],
)
def test_a_dead_owner_does_not_hold(tmp_path, monkeypatch, changes, links):
    if not links:
        monkeypatch.setattr(os, "link", refuse_links)
    written(tmp_path, **changes)
    assert not is_owned(tmp_path)
    own = identity()
    take(tmp_path, own)
    assert owner(tmp_path) == own and [path.name for path in tmp_path.iterdir()] == [OWNER]


def test_an_owner_on_another_machine_holds_whatever_is_seen_of_it_here(tmp_path):
    written(tmp_path, host="another", boot="another boot", pid=7, since="2026-01-02T03:04:05+00:00")
    said = rf"process 7 of another machine since 2026-01-02T03:04:05\+00:00; if that is dead, remove {tmp_path / OWNER}"
    with pytest.raises(UsageError, match=said):
        take(tmp_path, identity())
    assert is_owned(tmp_path)


def test_an_owner_that_has_not_written_yet_holds(tmp_path):
    (tmp_path / OWNER).write_bytes(b"")
    with pytest.raises(UsageError, match=f"by another process; if that is dead, remove {tmp_path / OWNER}"):
        take(tmp_path, identity())
    assert is_owned(tmp_path)


def test_no_other_sees_the_file_without_its_content(tmp_path, monkeypatch):
    seen = []

    def link(source, target, of=os.link):
        seen.append(source.read_bytes())
        assert not target.exists()
        of(source, target)

    monkeypatch.setattr(os, "link", link)
    own = identity()
    take(tmp_path, own)
    assert seen == [own]


def meanwhile(monkeypatch, name, act):
    """Let something happen once, right after a function has answered."""
    function = getattr(module, name)
    left = [act]

    def answer(*values):
        found = function(*values)
        if left:
            left.pop()()
        return found

    monkeypatch.setattr(module, name, answer)


def test_of_two_that_saw_the_same_dead_owner_one_takes_its_place(tmp_path, monkeypatch):
    written(tmp_path, pid=GONE)
    quick = identity()
    meanwhile(monkeypatch, "_holds", lambda: take(tmp_path, quick))
    with pytest.raises(UsageError, match=f"process {os.getpid()} already"):
        take(tmp_path, identity())
    assert owner(tmp_path) == quick and [path.name for path in tmp_path.iterdir()] == [OWNER]


def test_while_one_takes_the_place_of_a_dead_owner_no_other_does(tmp_path, monkeypatch):
    written(tmp_path, pid=GONE)

    def other():
        with pytest.raises(UsageError, match="already"):
            take(tmp_path, identity())

    monkeypatch.setattr(os, "replace", lambda *paths, of=os.replace: (other(), of(*paths)))
    own = identity()
    take(tmp_path, own)
    assert owner(tmp_path) == own


def test_a_claim_that_was_left_is_named(tmp_path, monkeypatch):
    dead = written(tmp_path, pid=GONE)
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        take(tmp_path, identity())
    (claim,) = tmp_path.glob(f"{OWNER}-*")
    claim.write_bytes(dead)
    with pytest.raises(UsageError, match=rf"{claim.name} was left by a process that is dead: remove it"):
        take(tmp_path, identity())


def test_an_answer_that_a_network_lost_is_not_taken_for_another_owner(tmp_path, monkeypatch):
    def link(source, target, of=os.link):
        of(source, target)
        raise FileExistsError

    monkeypatch.setattr(os, "link", link)
    own = identity()
    take(tmp_path, own)
    assert owner(tmp_path) == own


def test_the_file_does_not_name_the_machine(tmp_path):
    assert set(json.loads(identity())) == {"pid", "host", "boot", "started", "since", "token"}
    assert os.uname().nodename not in json.loads(identity())["host"]
