import json
import os

import pytest

from copycost.errors import UsageError
from copycost.store.writing import CannotWrite, write_bytes, write_json


def test_json_is_compact_and_can_be_read_again(tmp_path):
    write_json(tmp_path / "a.json", {"x": [1, 2.5, None]})
    assert (tmp_path / "a.json").read_text() == '{"x":[1,2.5,null]}\n'


def test_floats_that_are_not_finite_become_null(tmp_path):
    write_json(tmp_path / "a.json", {"x": [float("nan"), float("inf"), (1.0, float("-inf"))]})
    assert json.loads((tmp_path / "a.json").read_text()) == {"x": [None, None, [1.0, None]]}


def test_nothing_else_is_left_in_the_folder(tmp_path):
    write_json(tmp_path / "a.json", 1)
    write_json(tmp_path / "a.json", 2)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_text() == "2\n"


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    write_json(tmp_path / "a.json", "old")

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left"):
        write_json(tmp_path / "a.json", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert json.loads((tmp_path / "a.json").read_text()) == "old"


def test_an_interrupted_write_leaves_no_temporary_file(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(tmp_path / "a.json", b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_refused_in_one_line(tmp_path):
    with pytest.raises(UsageError, match=r"a\.json: cannot be written"):
        write_json(tmp_path / "none" / "a.json", 1)


def test_content_that_is_not_json_leaves_nothing(tmp_path):
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", {"x": object()})
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_that_cannot_make_a_folder_durable_keeps_the_file(tmp_path, monkeypatch):
    def unsupported(_folder, _flags):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "open", unsupported)
    write_json(tmp_path / "a.json", 1)
    assert (tmp_path / "a.json").read_text() == "1\n"


def test_a_folder_that_fails_to_be_made_durable_is_told(tmp_path, monkeypatch):
    def broken(_folder, _flags):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "open", broken)
    with pytest.raises(CannotWrite, match="Input/output error"):
        write_json(tmp_path / "a.json", 1)


def test_a_file_system_without_rename_is_one_line_and_leaves_the_old_file(tmp_path, monkeypatch):
    write_json(tmp_path / "a.json", "old")

    def refuse(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(CannotWrite, match=r"a\.json: cannot be written \(Function not implemented\)"):
        write_json(tmp_path / "a.json", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert json.loads((tmp_path / "a.json").read_text()) == "old"


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("kept")
    (tmp_path / "a.json").symlink_to(tmp_path / "elsewhere")
    write_json(tmp_path / "a.json", 1)
    assert (tmp_path / "elsewhere").read_text() == "kept"
    assert (tmp_path / "a.json").read_text() == "1\n" and not (tmp_path / "a.json").is_symlink()
