"""The demo practice: every figure its story must come to, on whatever day it is loaded."""

import shutil
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from billing import deposits_list, reports
from billing.discrepancies import discrepancies
from billing.ledger import account_figures, payment_figures
from choices import AttemptState, DocumentType
from demo import vault
from demo.dates import Calendar
from demo.load import load
from models import (
    Account,
    Agreement,
    Attempt,
    AttemptEvent,
    AttemptLine,
    AuditEntry,
    Charge,
    Consent,
    Deposit,
    Dispute,
    Document,
    Entry,
    Hold,
    Link,
    Message,
    Payment,
    SavedCard,
    Staff,
    User,
    db,
    open_database,
)
from tests.builders import TODAY, noon

CHICAGO = ZoneInfo("America/Chicago")

# account: balance, open, credit, held, payable, due, pending with insurance
EXPECTED = {
    "1001": (335_00, 335_00, 0, 0, 335_00, 335_00, 0),
    "1002": (110_00, 110_00, 0, 0, 110_00, 110_00, 150_00),
    "1003": (390_00, 390_00, 0, 0, 390_00, 390_00, 0),
    "1004": (167_50, 167_50, 0, 0, 167_50, 167_50, 0),
    "1005": (290_00, 290_00, 0, 0, 290_00, 290_00, 0),
    "1006": (0, 0, 0, 0, 0, 0, 0),
    "1007": (125_00, 125_00, 0, 0, 125_00, 125_00, 0),
    "1008": (235_00, 235_00, 0, 185_00, 50_00, 50_00, 0),
    "1009": (35_00, 35_00, 0, 0, 35_00, 35_00, 0),
    "1010": (-30_00, 0, 30_00, 0, 0, 0, 0),
    "1011": (0, 0, 0, 0, 0, 0, 0),
    "1012": (413_33, 413_33, 0, 0, 413_33, 413_33, 0),
    "1013": (0, 0, 0, 0, 0, 0, 0),
}
TOTALS = (2_070_83, 2_100_83, 30_00, 185_00, 1_915_83, 1_915_83, 150_00)
KINDS = {
    "charge": 35, "adjustment": 6, "insurance_payment": 1, "transfer": 2, "payment": 20, "allocation": 22,
    "release": 3, "settlement": 19, "refund": 1, "return": 1, "chargeback": 1,
}  # fmt: skip
ORDINARY, LEAP_DAY, NEW_YEAR, CLOCKS_CHANGE = TODAY, date(2028, 2, 29), date(2027, 1, 4), date(2027, 3, 14)
PAST = date(2024, 12, 31)


@pytest.fixture(scope="module")
def told(migrated, tmp_path_factory):
    """Loads the demo on a day, once per day, and says in which file it stands."""

    @cache
    def tell(today: date) -> Path:
        path = tmp_path_factory.mktemp("demo") / "evenly.sqlite"
        shutil.copy(migrated, path)
        open_database(str(path))
        with db.connection_context():
            load(today, noon(today), "a hash")
        return path

    return tell


@pytest.fixture
def move_in(told, database):
    """Puts the demo, as it stands on a day, in place of this test's empty database."""

    def move_in(today: date = TODAY) -> None:
        db.close()
        shutil.copy(told(today), database)
        open_database(str(database))
        db.connect()

    return move_in


def figures():
    rows = account_figures(Account.select())
    numbers = {account.id: account.number for account in Account.select()}
    return {
        numbers[id]: (row.balance, row.open, row.credit, row.held, row.payable, row.due, row.pending)
        for id, row in rows.items()
    }


def total(*kinds: str) -> int:
    return sum(entry.amount for entry in Entry.select().where(Entry.kind.in_(kinds)))


OTHER_DAYS = [pytest.param(day, marks=pytest.mark.slow) for day in (ORDINARY, NEW_YEAR, CLOCKS_CHANGE, PAST)]


@pytest.mark.parametrize("today", [LEAP_DAY, *OTHER_DAYS], ids=str)
def test_every_account_comes_to_the_same_figures_on_any_day(move_in, today):
    move_in(today)

    assert figures() == EXPECTED
    assert tuple(sum(column) for column in zip(*figures().values(), strict=True)) == TOTALS
    assert discrepancies() == []


def test_the_agreed_fee_the_story_speaks_of_holds_for_the_next_visit(move_in):
    move_in()

    (agreed,) = Agreement.select()
    assert (agreed.client.first_name, agreed.fee.fee_key, agreed.amount) == ("Noor", "TALK45", 80_00)
    assert agreed.from_on < Entry.select().order_by(Entry.id).first().on


@pytest.mark.parametrize("today", [LEAP_DAY, NEW_YEAR, CLOCKS_CHANGE], ids=str)
def test_the_story_always_ends_a_few_days_ago(move_in, today):
    move_in(today)

    days = [entry.on for entry in Entry.select().order_by(Entry.id)]
    assert days == sorted(days)
    assert days[-1] == today - timedelta(days=4)
    assert all(document.issued_at < noon(today) for document in Document.select())


def test_the_ledger_has_exactly_the_rows_of_the_story(move_in):
    move_in()

    assert Entry.select().count() == 111
    assert Counter(str(entry.kind) for entry in Entry.select()) == KINDS


def test_the_sums_of_the_story(move_in):
    move_in()

    assert (total("charge"), total("adjustment"), total("insurance_payment")) == (5_260_00, 320_00, 85_00)
    assert total("payment") == 3_019_17
    assert (total("return"), total("refund"), total("chargeback")) == (50_00, 150_00, 185_00)
    assert total("allocation") - total("release") == 2_604_17
    assert sum(row.unapplied for row in payment_figures(Account.select())) == 30_00


def test_the_story_by_age_of_what_is_open(move_in):
    move_in()

    assert reports.aging(TODAY) == (1_225_00, 707_50, 168_33, 0)
    assert reports.receivable() == reports.Receivable(open=2_100_83, pending=150_00, credit=30_00)


def test_the_story_by_month_of_what_was_collected(move_in):
    move_in()

    *before, october, november = reports.collected(12, TODAY)
    assert (october.received, october.back, november.received, november.back) == (2_437_50, 50_00, 581_67, 335_00)
    assert (october.net, november.net) == (2_387_50, 246_67)
    assert [str(row.first) for row in (before[0], october)] == ["2025-12-01", "2026-10-01"]
    assert sum(row.received + row.back for row in before) == 0


@pytest.mark.parametrize(
    ("number", "until", "balance"),
    [
        ("1001", "2026-10-31", 185_00), ("1001", "2026-11-20", 335_00),
        ("1002", "2026-10-31", 0), ("1002", "2026-11-20", 110_00),
        ("1010", "2026-10-31", -150_00), ("1010", "2026-11-20", -30_00),
    ],
)  # fmt: skip
def test_the_story_as_its_statements_close(move_in, number, until, balance):
    move_in()
    plus = ("charge", "transfer", "refund", "return", "chargeback")
    minus = ("adjustment", "payment")
    entries = Entry.select(Entry, Charge).left_outer_join(Charge).join_from(Entry, Account)

    effects = 0
    for entry in entries.where(Account.number == number, Entry.on <= until):
        insured = entry.charge is not None and entry.charge.payer == "insurance"
        if entry.kind in ("transfer",) or not insured:
            effects += entry.amount * ((entry.kind in plus) - (entry.kind in minus))

    assert effects == balance


def test_attempts_are_there_with_their_lines_and_events(move_in):
    move_in()

    assert Counter(str(attempt.state) for attempt in Attempt.select()) == {"succeeded": 18, "declined": 1}
    assert AttemptEvent.select().count() == 38
    for attempt in Attempt.select():
        assert sum(line.amount for line in AttemptLine.select().where(AttemptLine.attempt == attempt)) == attempt.amount
    declined = Attempt.get(Attempt.state == AttemptState.DECLINED)
    assert (declined.decline_key, declined.saved_card.token) == ("dec.funds", "demo-omar")
    assert Payment.select().where(Payment.attempt.is_null()).count() == 2


@pytest.mark.parametrize("today", [ORDINARY, LEAP_DAY, CLOCKS_CHANGE], ids=str)
def test_a_payment_late_in_the_evening_stays_on_its_day(move_in, today):
    move_in(today)

    late = Payment.get(Payment.amount == 40_00)
    local = late.paid_at.astimezone(CHICAGO)
    assert (local.hour, local.minute) == (21, 30)
    assert local.date() == date(2026, 11, 1) + (today - TODAY)
    assert Entry.get(Entry.payment == late).on == local.date()


def test_the_evening_is_past_midnight_in_utc(move_in):
    move_in()

    assert Payment.get(Payment.amount == 40_00).paid_at == datetime(2026, 11, 2, 3, 30, tzinfo=UTC)


def test_times_move_by_the_wall_clock():
    summer = Calendar(timedelta(days=180), CHICAGO)

    assert summer.instant("2026-11-09T18:05:00Z") == datetime(2027, 5, 8, 17, 5, tzinfo=UTC)
    assert summer.month("2026-09") == (3, 2027)


def test_the_dispute_holds_one_visit(move_in):
    move_in()

    hold, dispute = Hold.get(), Dispute.get()
    assert (hold.kind, hold.charge.amount, hold.ended_at) == ("dispute", 185_00, None)
    assert (dispute.state, dispute.reason) == ("open", "not_recognized")
    assert (dispute.opened_on, dispute.evidence_due_on) == (date(2026, 11, 16), date(2026, 11, 30))


def test_every_payment_has_its_receipt_and_the_refund_its_own(move_in):
    move_in()

    receipts = list(Document.select().where(Document.type == DocumentType.RECEIPT))
    assert {receipt.payment_id for receipt in receipts} == {payment.id for payment in Payment.select()}
    assert len(receipts) == 21
    owed = {receipt.payment.amount: receipt.data["owed"] for receipt in receipts}
    assert (owed[710_00], owed[90_00]) == (0, 100_00)


def test_everything_the_client_may_be_asked_for_stands_on_one_invoice_of_its_day(move_in):
    move_in()

    invoices = list(Document.select().where(Document.type == DocumentType.INVOICE))
    assert sum(invoice.data["total"] for invoice in invoices) == 5_260_00 - 450_00 + 135_00 - 210_00
    assert len(invoices) == 34


@pytest.mark.parametrize("today", [ORDINARY, NEW_YEAR], ids=str)
def test_five_superbills_were_issued_and_one_corrected(move_in, today):
    move_in(today)

    papers = {paper.serial: paper for paper in Document.select().where(Document.type == DocumentType.SUPERBILL)}
    assert papers[45].number == f"SB-{today.year}-000045"
    totals = {serial: (paper.data["total_charge"], paper.data["total_paid"]) for serial, paper in papers.items()}
    assert totals == {
        41: (710_00, 710_00), 42: (570_00, 280_00), 43: (240_00, 160_00), 44: (240_00, 160_00), 45: (167_50, 92_50),
    }  # fmt: skip
    assert papers[44].replaces == papers[43]
    assert [line["pos"] for line in papers[43].data["lines"]] == ["11", "11", "11"]
    assert [line["pos"] for line in papers[44].data["lines"]] == ["11", "10", "11"]


def test_everyone_is_there_with_the_one_password(move_in):
    move_in()

    assert (User.select().count(), Staff.select().count(), Link.select().count()) == (16, 5, 15)
    assert {row.password_hash for row in (*User.select(), *Staff.select())} == {"a hash"}
    ended = [link.user.name for link in Link.select() if link.ended_at]
    assert ended == ["Rob Delgado-Demo"]
    unlinked = {user.name for user in User.select()} - {link.user.name for link in Link.select()}
    assert unlinked == {"Nia Vale-Demo", "Pat Tran-Demo"}


@pytest.mark.parametrize("today", [ORDINARY, LEAP_DAY, PAST], ids=str)
def test_cards_are_kept_with_consent_and_only_walts_has_expired(move_in, today):
    move_in(today)

    assert [card.user.name for card in SavedCard.select() if card.expired(today)] == ["Walt Jensen-Demo"]
    consents = {consent.user_id for consent in Consent.select()}
    assert {card.user_id for card in SavedCard.select()} == consents
    assert len(consents) == 6


def test_no_mail_of_the_past_is_sent_again(move_in):
    move_in()

    assert Message.select().count() == 0
    assert AuditEntry.select().order_by(AuditEntry.id.desc()).get().what == "demo.loaded"


def test_what_the_story_is_told_about_is_invented(move_in):
    move_in()

    assert all(user.email.endswith("@example.com") for user in (*User.select(), *Staff.select()))
    assert all(user.name.endswith("-Demo") for user in (*User.select(), *Staff.select()))


def test_the_vault_holds_the_cards_and_the_past_payments(move_in):
    move_in()

    seeds = vault.seeds()

    assert sum(len(customer["cards"]) for customer in seeds["customers"]) == 6
    assert len(seeds["sales"]) == 18
    paid = next(sale for sale in seeds["sales"] if sale["cents"] == 710_00)
    assert (paid["token"], paid["at"], paid["settled_at"]) == (
        "demo-jade",
        "2026-10-31T18:05:00Z",
        "2026-11-02T03:30:00Z",
    )
    assert next(sale for sale in seeds["sales"] if sale["cents"] == 40_00)["card"]["last4"] == "4444"
    assert [sale["disputes"] for sale in seeds["sales"] if sale["disputes"]] == [
        [{"id": "demo-dispute", "reason": "not_recognized", "at": "2026-11-16T12:00:00Z", "reply_by": "2026-11-30"}],
    ]  # fmt: skip


def test_loading_again_gives_the_vault_the_same_names(move_in):
    move_in()

    assert {customer["id"] for customer in vault.cards()} >= {"c-demo-ana", "c-demo-kim"}


def test_sixteen_of_seventeen_deposits_are_matched_to_the_cent(told):
    open_database(str(told(ORDINARY)))
    with db.connection_context():
        rows = list(Deposit.select().order_by(Deposit.id))
        sums = deposits_list.listing(deposits_list.Show.ALL, 1, ORDINARY).sums
        differences = deposits_list.to_look_at(ORDINARY)

    assert sums == deposits_list.Sums(17, 2_969_17, 106_82, 150_00, 185_00, 2_527_35)
    figures = {row.number: (row.gross, row.fees, row.refunds, row.net) for row in rows}
    assert figures["DEP-011"] == (350_00, 11_05, 0, 338_95)
    assert figures["DEP-014"] == (206_67, 6_29, 150_00, 50_38)
    assert [(row.number, row.net) for row in rows if not row.matched_at] == [("DEP-017", -200_00)]
    assert differences == []
