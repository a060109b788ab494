from copycost.measure.canary import probe


def test_a_probe_times_both_pieces_of_work():
    look = probe()
    assert look.canary > 0
    assert look.clock > 0
