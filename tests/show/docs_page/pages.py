"""Made-up runs that pages are written about."""

from copycost.show.docs_page.material import read_material
from tests.analyse.laws import machine_cells
from tests.made_up import EMPTY_CALL, Law, MadeUpCell, made_up_rounds, write_run

LAW = Law(processes=6, visits=1, rounds=3, offset=0.005)
SIZES = (1, 4096, 65536, 1024**2)


def usual(folder):
    return write_run(folder, made_up_rounds(LAW, [*machine_cells(), EMPTY_CALL]))


def named(folder, names, documented="copies"):
    """Write a run whose conversions have names of any kind; every other one shares memory."""
    cells = [
        MadeUpCell(
            name,
            "to_tensor",
            f"{name}(a)",
            documented,
            "float64",
            size,
            1e-6 + number % 2 * size / 1e9,
            number % 2 == 0,
        )
        for number, name in enumerate(names)
        for size in SIZES
    ]
    return write_run(folder, made_up_rounds(LAW, cells))


def material(folder):
    return read_material(usual(folder))
