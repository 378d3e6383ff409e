"""Sealed columns read like any other; the database sees nothing, and says so when it is asked to look."""

from datetime import date

import pytest
from playhouse.migrations import Runner

import documents
import sealing
from billing.discrepancies import discrepancies
from fields import Closed, SealedText
from migrations import migrate, triggers
from models import TABLES, Charge, Client, Diagnosis, Document, Entry, MoneyBack, Totp, db, open_database
from sealing import SealError
from tests import builders as the
from tests.custody.test_raw_file import files_of
from tests.shell.test_migrations import required
from tests.test_architecture import ROOT

BORN = date(1988, 3, 14)


def kept(row, column):
    [value] = db.execute_sql(f"SELECT {column} FROM {row._meta.table_name} WHERE id = ?", [row.id]).fetchone()
    return value


@pytest.mark.parametrize("given", [BORN, "1988-03-14"])
def test_a_date_is_sealed_and_comes_back_a_date(practice, given):
    ana = the.a_client(date_of_birth=given)

    assert kept(ana, "date_of_birth").startswith("s1:")
    assert Client.get().date_of_birth == BORN


def test_what_is_no_date_is_refused(practice):
    with pytest.raises(ValueError, match="spring"):
        the.a_client(date_of_birth="in spring")


def test_nothing_on_file_stays_nothing_and_an_empty_text_is_sealed(practice):
    ana = the.a_client()

    assert kept(ana, "date_of_birth") is None
    assert kept(ana, "line1").startswith("s1:")
    assert (Client.get().date_of_birth, Client.get().line1) == (None, "")
    assert Client.select().where(Client.date_of_birth.is_null()).count() == 1


def test_a_value_is_opened_only_when_it_is_asked_for(practice):
    the.a_client(line1="12 Example Ave")
    ana = Client.get()

    assert isinstance(ana.__data__["line1"], Closed)
    assert ana.line1 == ana.__data__["line1"] == "12 Example Ave"


def test_saving_a_row_leaves_what_was_not_opened_as_it_was(practice):
    the.a_client(line1="12 Example Ave", date_of_birth=BORN)
    before = kept(Client.get(), "line1")
    ana = Client.get()
    ana.phone = "(312) 555-0101"
    ana.save()

    assert kept(ana, "line1") == before
    assert Client.get().date_of_birth == BORN


def test_a_list_is_sealed_whole(practice):
    charge = the.a_charge(the.ana(), dx=["F41.1", "F51.01"])
    Charge.update(dx=[]).where(Charge.id == charge.id).execute()

    assert kept(charge, "dx").startswith("s1:")
    assert Charge.get().dx == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Client.line1 == "12 Example Ave",
        lambda: Client.line1 != "",
        lambda: Client.date_of_birth <= BORN,
        lambda: Client.line1.contains("Example"),
        lambda: Client.line1.in_(["12 Example Ave"]),
        lambda: Client.date_of_birth.asc(),
        lambda: Client.date_of_birth.between(BORN, BORN),
    ],
)
def test_the_database_cannot_be_asked_what_it_does_not_know(ask):
    with pytest.raises(TypeError, match=r"client\.\w+ is sealed: the database cannot compare, search or sort it"):
        ask()


def test_a_value_put_into_another_column_by_hand_does_not_open(practice):
    ana = the.a_client(line1="12 Example Ave", city="Exampleton")
    db.execute_sql("UPDATE client SET city = line1, zip = '60601'")
    ana = Client.get()

    for column in ("city", "zip"):
        with pytest.raises(SealError, match=rf"client\.{column} "):
            getattr(ana, column)


def test_everything_that_must_be_sealed_is():
    sealed = {
        f"{model._meta.table_name}.{name}"
        for model in TABLES
        for name, field in model._meta.fields.items()
        if isinstance(field, SealedText)
    }

    assert sealed >= {
        "client.date_of_birth", "client.line1", "client.line2", "client.city", "client.state", "client.zip",
        "client.member_id", "client.plan_group", "client.insured_name", "diagnosis.code", "diagnosis.text", "charge.dx",
        "attempt.note", "payment.note", "entry.reason", "money_back.reason", "hold.reason", "document.data",
        "document.pdf", "totp.secret", "account.payments_off_reason", "practice.payments_off_reason",
        "link.ended_because", "break_glass.reason",
    }  # fmt: skip


def test_the_chain_is_over_the_plain_reason_and_one_that_was_changed_is_a_sentence(practice):
    the.a_payment(the.ana(), "20.00")
    entry = Entry.get()
    before = kept(entry, "reason")
    db.execute_sql("DROP TRIGGER entry_update")

    db.execute_sql("UPDATE entry SET reason = hash")
    assert discrepancies() == ["Ledger entry 1 was changed: its hash does not fit."]
    db.execute_sql("UPDATE entry SET reason = ?", [sealing.seal_text("", "entry.reason")])
    assert discrepancies() == []
    assert kept(entry, "reason") != before


AT = "2026-10-05T12:00:00.000000Z"
OLD_ROWS = {
    "client": {"date_of_birth": "1988-03-14", "line1": "12 Example Ave", "member_id": "DEMO000001"},
    "diagnosis": {"code": "F41.1", "text": "Generalized anxiety disorder"},
    "account": {"kind": "single"},
    "charge": {
        "account_id": 1, "client_id": 1, "kind": "service", "service_date": "2026-10-05", "amount": 100, "units": 1,
        "payer": "client", "modifiers": "[]", "dx": '["F41.1"]',
    },
    "payment": {
        "account_id": 1, "amount": 100, "method": "cash", "source": "staff", "way": "staff",
        "note": "For the visit after the funeral",
    },
    "money_back": {
        "payment_id": 1, "kind": "refund", "method": "cash", "amount": 100, "state": "succeeded", "created_at": AT,
        "reason": "Her mother paid already",
    },
    "entry": {
        "kind": "payment", "account_id": 1, "payment_id": 1, "amount": 100, "on": "2026-10-05", "at": AT,
        "reason": "He lost his job",
    },
    "document": {"account_id": 1, "type": "receipt", "issued_at": AT, "data": '{"dx":"F41.1"}', "pdf": b"%PDF F41.1"},
    "user": {"told_of": "[]"},
    "totp": {"user_id": 1, "secret": "JBSWY3DPEHPK3PXP", "created_at": AT},
}  # fmt: skip


def test_a_file_from_before_is_sealed_once_and_leaves_no_plain_text_behind(tmp_path):
    path = tmp_path / "before.sqlite"
    open_database(str(path))
    with db.connection_context():
        Runner(db, str(ROOT / "migrations")).up("0003_entry")
        for name, sql in triggers.all_triggers().items():
            if not name.startswith(("data_key", "entry_sums", "open_charge")):  # tables of later
                db.execute_sql(sql)
        for table, given in OLD_ROWS.items():
            row = {**required(db.connection(), f'"{table}"'), "id": 1, **given}
            names, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
            db.execute_sql(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', list(row.values()))
    words = b"1988-03-14,12 Example,DEMO000001,F41.1,anxiety,funeral,mother,his job,JBSWY3".split(b",")
    assert all(word in files_of(path) for word in words)

    migrate()

    assert [word for word in words if word in files_of(path)] == []
    with db.connection_context():
        ana, paper = Client.get(), Document.get()
        assert (ana.date_of_birth, ana.line1, ana.member_id, ana.zip) == (BORN, "12 Example Ave", "DEMO000001", "")
        assert Charge.get().dx == ["F41.1"]
        assert (paper.data, documents.as_pdf(paper)) == ({"dx": "F41.1"}, b"%PDF F41.1")
        assert [(row.code, row.text) for row in Diagnosis.select()] == [("F41.1", "Generalized anxiety disorder")]
        assert (MoneyBack.get().reason, Entry.get().reason) == ("Her mother paid already", "He lost his job")
        assert Totp.get().secret == "JBSWY3DPEHPK3PXP"
