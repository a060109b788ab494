import pandas as pd
import pytest

from copycost.show.document import (
    Chart,
    Column,
    Command,
    Document,
    Entries,
    Lines,
    Name,
    Note,
    Picture,
    Section,
    Table,
)
from copycost.show.render.terminal import render

FRAME = pd.DataFrame(
    {
        "name": ["copy", "copy", "share", "share"],
        "bytes": [8, 1024**2] * 2,
        "seconds": [2e-6, 1.25e-4, 4e-7, 4.1e-7],
        "half": [0.008, 0.1, 0.02, 0.03],
        "flags": ["unsteady", "", "", ""],
    }
)
TIME = Column("seconds", "time", "seconds", half="half", doubts="flags")
GRID = Table("cells", FRAME, (Column("bytes", "bytes", "bytes"), TIME), across=Column("name", "", "name"))


def text(*blocks, title="", width=80):
    return render(Document(title, blocks), width=width)


def test_figures_stand_under_each_other_and_their_signs_after_them():
    lines = text(GRID, Note("up to 3%", "unsteady", marks=True)).splitlines()
    assert lines[0].split() == ["bytes", "copy", "share"]
    small, large = lines[1], lines[2]
    assert "2.00 µs ±0.8%¹" in small and "125 µs ±10%" in large
    assert small.index("¹") == large.index("±10%") + len("±10%")
    assert lines[-1] == "¹ unsteady: up to 3%"


def test_a_note_without_a_sign_has_another_mark():
    assert text(Note("for all", "busy"), Note("cut short")) == "! busy: for all\n! cut short\n"


@pytest.mark.parametrize("width", [40, 80])
def test_everything_keeps_to_the_width(width):
    words = "some words that are not very long and a name " * 4
    names = [f"conversion {number}" for number in range(12)]
    wide = pd.DataFrame(
        {"name": names, "bytes": [8] * 12, "seconds": [1e-6] * 12, "half": [0.1] * 12, "flags": [""] * 12}
    )
    across = Table("t", wide, (Column("bytes", "bytes", "bytes"), TIME), across=Column("name", "", "name"))
    folded = pd.DataFrame({"name": ["a"], "said": [words]})
    blocks = (
        Lines((words, (words, Name(words)))),
        Lines((words,), bullets=True),
        Entries((("model", (words, Command("python bench_runner.py run " + "--conversion x " * 9))),)),
        Note(words, "unsteady"),
        across,
        Table("f", folded, (Column("name", "name", "name"), Column("said", "said"))),
        Section(words, (Lines((words,)),)),
    )
    lines = text(*blocks, title=words, width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert all(name in "\n".join(lines) for name in names)


def test_a_grid_that_is_too_wide_stands_in_parts_of_nearly_the_same_number_of_columns():
    names = [f"conversion {number}" for number in range(5)]
    frame = pd.DataFrame({"name": names, "bytes": [8] * 5, "seconds": [1e-6] * 5, "half": [0.1] * 5, "flags": [""] * 5})
    table = Table("t", frame, (Column("bytes", "bytes", "bytes"), TIME), across=Column("name", "", "name"))
    headings = [line for line in text(table, width=60).splitlines() if line.startswith("bytes")]
    assert [line.count("conversion") for line in headings] == [3, 2]


def test_a_command_that_is_too_long_goes_on_as_a_shell_reads_it():
    command = "python bench_runner.py run " + " ".join(f"--conversion c{number}" for number in range(9))
    lines = text(Command(command), width=40).splitlines()
    assert all(line.endswith(" \\") for line in lines[:-1]) and lines[0].startswith("  $ python")
    joined = " ".join(line.strip().removesuffix(" \\").removeprefix("$ ") for line in lines)
    assert joined == command


def test_blocks_are_parted_by_an_empty_line_and_entries_stand_beside_their_labels():
    told = text(Section("Mine", (Entries((("model", ("fast", "sure")),)), Lines(("end",)))), title=("of ", Name("x")))
    assert told == f"of x\n\nMine\n  {'model':<15}fast\n{'':17}sure\n\nend\n"


def test_a_table_says_its_caption_its_titles_and_how_many_rows_are_left_out():
    table = Table("t", FRAME, (Column("bytes", "bytes", "bytes"), TIME), caption="All", titles="name", most=1)
    told = text(table).splitlines()
    assert told[0] == "All" and "copy" in told and "share" in told and told.count("and 1 more row") == 2


def test_a_chart_is_told_by_its_files():
    assert text(Chart((Picture({"light": "a.svg", "dark": "a-dark.svg"}, "alt"),))) == "chart: a.svg, a-dark.svg\n"


def test_names_cannot_steer_the_terminal():
    hostile = "evil\x1b[31m\u202e\n[bold]x[/bold]"
    frame = pd.DataFrame({"name": [hostile]})
    table = Table("t", frame, (Column("name", hostile, "name"),), caption=Name(hostile))
    told = text(Lines((Name(hostile),)), table, Note(Name(hostile), hostile), Command(hostile), title=Name(hostile))
    assert all(sign.isprintable() or sign == "\n" for sign in told)
    assert told.count("[bold]x[/bold]") == 8
