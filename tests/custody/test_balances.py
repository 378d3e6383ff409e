"""What everyone owes, on one sheet: sealed, without names, and harmless in a spreadsheet."""

import csv
import io
import json

import pytest

from billing import sheets
from custody import balances
from models import Account, AuditEntry
from tests import builders as the


@pytest.fixture
def owing(practice):
    """Ana owes, Ben has credit, and a third has a name that a spreadsheet would calculate."""
    ana, ben = the.ana(), the.ben()
    the.a_charge(ana, fee="1,150.00")
    the.a_payment(ben, "20.00")
    odd = the.an_account("=1+1 @SUM")
    Account.update(number="-9").where(Account.id == odd.id).execute()
    return ana, ben


def rows(text):
    return list(csv.reader(io.StringIO(text.removeprefix(sheets.MARK))))


def test_the_sheet_says_who_owes_what_by_initials(owing):
    ana, ben = owing

    when, head, *lines = rows(balances.sheet([ana.account, ben.account], the.NOW))

    assert when == ["Balances on Nov 20, 2026, 12:00 PM CST"]
    assert head == ["Account", "Guarantor", "Owes", "Credit"]
    assert lines == [
        [ana.account.number, "A.D.", "1150.00", "0.00"],
        [ben.account.number, "B.O.", "0.00", "20.00"],
    ]


def test_no_cell_is_a_formula(owing, tmp_path):
    balances.make(tmp_path / "sheet", the.NOW)

    assert ["'-9", "'=.@.", "0.00", "0.00"] in rows(balances.read(tmp_path / "sheet"))


@pytest.mark.parametrize("begins", "=+-@\t\r\n")
def test_nor_does_one_begin_as_one(begins):
    head, line = sheets.sheet([f"{begins}1"], [[f"{begins}1"]])

    for each in (head.removeprefix(sheets.MARK), line):
        assert next(csv.reader(io.StringIO(each, newline=""))) == [f"'{begins}1"]


def test_the_sheet_is_made_and_shown_by_the_command_and_sealed_between(demo, run, tmp_path):
    sheet = tmp_path / "balances"

    made = run("balances", "--to", sheet)
    shown = run("balances", "--show", sheet)

    assert made.output == f"{sheet} holds what 13 accounts owe, sealed.\n"
    assert sheet.stat().st_mode & 0o777 == 0o600
    assert b"A.D." not in sheet.read_bytes()
    assert "1001,A.D." in shown.output
    assert AuditEntry.select().where(AuditEntry.what == "balances.make").count() == 1
    assert run("balances", "--to", sheet).exit_code == 0  # today's in the place of yesterday's
    assert run("balances").exit_code == 2
    assert "holds balances, not database" in run("restore", sheet, "--to", tmp_path / "restored").output
    assert "No such file" in run("balances", "--show", tmp_path / "none").output


def test_a_sheet_takes_no_other_files_place(demo, run, tmp_path):
    before = demo.read_bytes()
    run("backup")
    [backup] = (tmp_path / "backups").iterdir()

    for there in (demo, backup):
        refused = run("balances", "--to", there)
        assert refused.exit_code == 1
        assert f"{there} is there already and holds something else, which stays. Name another file." in refused.output

    assert demo.read_bytes() == before
    assert json.loads(backup.read_bytes().splitlines()[1])["kind"] == "database"
