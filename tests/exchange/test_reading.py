"""Files as spreadsheets and record systems write them, and files that are none."""

import io

import pytest

from exchange import cells
from exchange.cells import DAY_FIRST, MONTH_FIRST, Refused, Way
from exchange.reading import MOST_BYTES, MOST_ROWS, Unreadable, read, taken
from tests.builders import TODAY, day

TEXT = 'id,name\r\n1,"Peña, José"\r\n'


def refused(data):
    with pytest.raises(Unreadable) as refusal:
        read(data if isinstance(data, bytes) else data.encode())
    return refusal.value.key, refusal.value.values.get("n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_alphabet_that_spreadsheets_write_is_read(encoding):
    sheet = read(TEXT.encode(encoding))

    assert (sheet.header, sheet.records[0].cells) == (["id", "name"], ["1", "Peña, José"])
    assert sheet.notices == (("pr.import.cp1252",) if encoding == "cp1252" else ())


@pytest.mark.parametrize("text", ["a;b\n1;2\n", "a\tb\r1\t2\r", 'a,b\r\n1,"2"\r\n', "a,b\n\n ,\n1,2"])
def test_delimiters_line_ends_and_empty_lines_are_taken_as_they_come(text):
    assert [record.cells for record in read(text.encode()).records] == [["1", "2"]]


def test_a_record_counts_from_its_first_line():
    records = read(b'id,note\n1,"two\nlines"\n\n2,x\n').records

    assert [(record.line, record.cells[0]) for record in records] == [(2, "1"), (5, "2")]


def test_what_cannot_be_seen_is_dropped_and_what_guards_from_formulas_too():
    cells = read("a,b,c,d\n'=1+1,x\u202ey\x07,' z,'\x1b=1\u202e\n".encode()).records[0].cells

    assert cells == ["=1+1", "xy", "' z", "=1"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\rIHDR", ("pr.import.unread", "3")),
        (b"a,b\n1,\x002\n", ("pr.import.unread", "2")),
        (b'a,b\n1,2\n3,"4\n5,6\n', ("pr.import.unread", "3")),
        ('a,"b"c\n1,2\n', ("pr.import.unread", "1")),
        (b"a,b\n1,\x81\n", ("pr.import.unread", "2")),
        (b"\xff\xfea\x00,\x00\n\x00\xd8", ("pr.import.unread", "2")),
        (f"a,b\n1,{'x' * 6000}\n", ("pr.import.unread", "2")),
        (f"a{',' * 600}\n1\n", ("pr.import.unread", "1")),
        ("a,b\n", ("pr.import.err.header", None)),
        (" \n \n", ("pr.import.err.nothing", None)),
    ],
)
def test_what_is_no_csv_says_from_which_line_on(data, why):
    assert refused(data) == why


def test_too_much_is_refused_before_it_is_all_read():
    endless = io.BytesIO(b"x" * (MOST_BYTES + 10))
    with pytest.raises(Unreadable) as refusal:
        taken(endless)
    assert (refusal.value.key, len(endless.read())) == ("pr.import.err.large", 9)
    with pytest.raises(Unreadable):
        taken(io.BytesIO(b" \n"))
    assert refused("a\n" + "1\n" * (MOST_ROWS + 1)) == ("pr.import.err.rows", None)


@pytest.mark.parametrize(
    "written", ["2026-10-09", "2026-10-9", "10/09/2026", "10/9/26", "Oct 9, 2026", "October 9, 2026", "10/9/2026 0:00"]
)
def test_days_are_read_as_people_write_them(written):
    assert cells.day(written, Way(TODAY)) == day("2026-10-09")


def test_a_day_is_read_in_the_order_of_its_file():
    assert cells.day("9.10.2026", Way(TODAY, DAY_FIRST)) == day("2026-10-09")
    assert cells.day("4/12/87", Way(TODAY)) == day("1987-04-12")
    assert cells.order_of(["10/19/2026", "1/2/2026"]) == MONTH_FIRST
    assert cells.order_of(["19/10/2026", "1/2/2026"]) == DAY_FIRST
    assert (cells.order_of(["1/2/2026"]), cells.order_of(["2/2/2026"])) == (None, MONTH_FIRST)


def test_money_is_read_as_people_write_it():
    written = ["185", "185.00", "$185.00", "1,200.00", "(45.00)", "-45.00", "-$45.00", "$-45.00", "($45)"]

    assert [cells.dollars(text, Way(TODAY)) for text in written] == [185_00] * 3 + [1200_00] + [-45_00] * 5


@pytest.mark.parametrize(
    ("read", "value", "code"),
    [
        (cells.day, "13/45/2026", "not_date"), (cells.day, "2026-02-30", "not_date"), (cells.day, "soon", "not_date"),
        (cells.day, "0026-10-09", "not_date"), (cells.day, "12/31/9999", "not_date"),
        (cells.past_day, "2026-11-21", "future_service"),
        (cells.dollars, "12.345", "not_money"), (cells.dollars, "=1+1", "not_money"),
        (cells.dollars, "(-1)", "not_money"),
        (cells.price, "0.00", "not_above"), (cells.whole, "1.5", "not_whole"), (cells.yes, "maybe", "not_word"),
        (cells.word("single", "family"), "twin", "not_word"), (cells.text(5), "longer", "too_long"),
        (cells.text(40), "4111 1111 1111 1111", "card"), (cells.several(cells.whole, 2), "1 2 3", "too_many"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_taken_says_why(read, value, code):
    with pytest.raises(Refused) as refusal:
        read(value, Way(TODAY))
    assert refusal.value.code == code


def test_what_is_told_back_is_short():
    assert len(cells.shown("x" * 500)) == cells.SHOWN
