import os
import threading

from copycost.run.cluster.host_alone import host_alone


def test_the_second_waits_until_the_first_is_done(tmp_path):
    path, waits, order = tmp_path / "lock", threading.Event(), []

    def second():
        with host_alone(waits.set, path):
            order.append("second")

    with host_alone(lambda: order.append("the first waits"), path):
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(600)
        order.append("first")
    thread.join(600)
    assert order == ["first", "second"]


def test_others_may_share_the_lock_whatever_the_mask_of_who_made_it(tmp_path):
    before = os.umask(0o077)
    try:
        with host_alone(list, tmp_path / "lock"):
            assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o666
    finally:
        os.umask(before)


def test_where_no_lock_can_be_had_there_is_no_waiting(tmp_path):
    entered = []
    with host_alone(list, tmp_path / "missing" / "lock"):
        entered.append(True)
    assert entered


def test_a_link_in_the_locks_place_is_not_followed(tmp_path):
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with host_alone(list, tmp_path / "lock"):
        assert not (tmp_path / "elsewhere").exists()
