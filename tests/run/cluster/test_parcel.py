from dataclasses import replace

import pytest

from copycost.run.cluster.parcel import Damaged, Parcel


def packed(tmp_path, content=b"0123456789" * 1000):
    path = tmp_path / "process-0001.json"
    path.write_bytes(content)
    return Parcel.of(path)


def test_what_is_unpacked_is_what_was_packed(tmp_path):
    content = bytes(range(256)) * 10
    assert packed(tmp_path, content).unpack(tmp_path / "there" / "deeper").read_bytes() == content


def test_a_parcel_is_smaller_than_its_file(tmp_path):
    assert len(packed(tmp_path).data) < 1000


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-5], lambda data: b"", lambda data: data[:20] + b"x" + data[21:]]
)
def test_what_does_not_arrive_whole_is_told(tmp_path, damage):
    parcel = packed(tmp_path)
    with pytest.raises(Damaged, match=r"process-0001\.json"):
        replace(parcel, data=damage(parcel.data)).content()


def test_another_file_of_the_same_name_is_told(tmp_path):
    parcel = packed(tmp_path)
    with pytest.raises(Damaged, match="hash"):
        replace(parcel, data=packed(tmp_path, b"another").data).content()
