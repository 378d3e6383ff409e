"""Reports of known systems, in the shape their makers publish: what they bring, once, and what can be taken back."""

import pytest

from billing import ledger
from billing.errors import BillingError
from choices import ChargeKind, ImportState
from exchange import batches, profiles
from exchange.profiles import PROFILES
from models import Account, AccountClient, Charge, Entry, Import
from tests import builders as the
from tests.exchange.conftest import a_file, said

BALANCES = (
    '"Delgado-Demo, Ana",185.00,0.00,370.00,185.00,370.00',
    '"Okafor-Demo, Ben",0.00,0.00,90.00,90.00,0.00',
    '"Reyes-Demo, Carla",0.00,0.00,0.00,45.00,-45.00',
    '"Nobody-Demo, Ned",0.00,0.00,20.00,0.00,20.00',
)
BALANCES_HEADER = "Client,Services provided,Uninvoiced,Invoiced,Client paid,Client balance"
ACTIVITY = ("10/15/2026,Session,185.00,Ana Delgado-Demo", "10/20/2026,Payment,185.00,Ana Delgado-Demo")
PAYROLL_HEADER = (
    "Staff,Client,Payment Number,Payment Method,Insurer,Paid with a Card,Amount,Payment Date,"
    "Date of Service,CPT Code,Rate"
)
PAYROLL = (
    "Dr. Okoye-Demo,Ana Delgado-Demo,P-1,Insurance EFT/ACH,Plan A,No,80.00,10/30/2026,10/15/2026,H0004,120.00",
    "Dr. Okoye-Demo,Ben Okafor-Demo,P-2,Check,,No,30.00,10/16/2026,10/16/2026,H0004,90.00",
)
HEALTHIE = (
    "2026-10-05 14:30,Sale,T-1,Ana Delgado-Demo,100.00,",
    "2026-10-06 09:00,Sale,T-2,Ana Delgado-Demo,50.00,card_declined",
)
# Of each profile that posts: its file, the days a person names, and what Ana then owes.
POSTING = {
    "simplepractice_balances": (a_file(*BALANCES, header=BALANCES_HEADER), {"service_date": "2026-10-31"}, 370_00),
    "simplepractice_activity": (a_file(*ACTIVITY, header="Date,Type,Amount,Client"), {}, 185_00),
    "theranest_payroll": (a_file(*PAYROLL, header=PAYROLL_HEADER), {}, 0),
    "theranest_payroll_paid": (a_file(*PAYROLL, header=PAYROLL_HEADER), {}, 0),
    "my_best_practice": (
        a_file("Suite 2,C-17,Ana Delgado-Demo,2026-10-15,H0004,60.00",
               header="Office Number,Client ID,Client Name,Date of Service (DOS),CPT,Charge"),
        {}, 60_00,
    ),
}  # fmt: skip


@pytest.fixture
def three(ana):
    """Ana, Ben and Carla, each on an account of their own."""
    Account.update(number="A-1").execute()
    return [ana, *(the.a_person(f"{name}-Demo") for name in ("Ben Okafor", "Carla Reyes"))]


@pytest.fixture
def report(bring):
    """`report("theranest_payroll", text)`: brought in under a profile, with the days that a person names."""

    def report(name, text, days=None):
        batch = bring(PROFILES[name].kind, text, profile=name)
        if batch.result == {"ask": "columns"}:
            columns = batch.columns | ({"amount": "Charge"} if name == "my_best_practice" else {})
            told = batches.Said(columns, days={field: the.day(day) for field, day in (days or {}).items()})
            batches.name_columns(batch, told, the.stamp())
        return batch

    return report


def take(batch):
    batches.take_in(batch, batch.digest, True, the.stamp())
    return Import.get_by_id(batch.id)


def owed():
    return [ledger.account_figure(each.account).balance for each in AccountClient.select().order_by(AccountClient.id)]


@pytest.mark.parametrize("name", POSTING)
def test_a_known_report_is_tried_taken_in_once_and_taken_back(three, report, name):
    text, days, anas = POSTING[name]
    if name == "theranest_payroll_paid":
        take(report("theranest_payroll", text))
    before, entries = owed(), Entry.select().count()
    batch = report(name, text, days)

    assert (owed(), Entry.select().count(), batch.state) == (before, entries, ImportState.CHECKED)
    take(batch)
    assert owed()[0] == anas and Entry.select().count() > entries
    again = report(name, text, days)
    assert {fate for fate, count in again.result["counts"].items() if count} <= {"same", "rejected"}
    batches.undo(Import.get_by_id(batch.id), the.stamp())
    assert owed() == before


def test_balances_become_opening_charges_and_credit_is_left_to_a_person(three, report):
    text, days, _ = POSTING["simplepractice_balances"]
    batch = report("simplepractice_balances", text, days)

    assert said(batch) == [
        "Line 4, Client balance: Client balance: the client has credit here. Enter it by hand as a payment",
        "Line 5, client_id: No client with Nobody-Demo, Ned. Import it first",
    ]
    assert (batch.result["left_out"], batch.result["totals"]) == (1, [0, 370_00])
    take(batch)
    charge = Charge.get()
    assert (charge.kind, charge.label, charge.service_date.isoformat()) == (
        ChargeKind.OPENING,
        "Opening balance",
        "2026-10-31",
    )


def test_a_payroll_report_brings_visits_and_what_plans_paid(three, report):
    text, _, _ = POSTING["theranest_payroll"]
    visits, paid = take(report("theranest_payroll", text)), report("theranest_payroll_paid", text)

    assert [(each.payer, each.amount, each.code) for each in Charge.select().order_by(Charge.id)] == [
        ("insurance", 120_00, "H0004"), ("client", 90_00, "H0004"),
    ]  # fmt: skip
    take(paid)
    entry = Entry.get(Entry.kind == "insurance_payment")
    assert (entry.amount, entry.category, entry.reference, paid.result["left_out"]) == (80_00, "Plan A", "P-1", 1)
    assert visits.rows == 2


def test_who_is_named_must_be_one_person_on_one_account(three, report):
    the.an_account("Okafor-Demo", three[1].client)
    the.a_client("Ana Delgado-Demo")
    the.a_client("Lone Wolf-Demo")
    lines = [f"10/15/2026,Session,1.00,{who}" for who in ("Ana Delgado-Demo", "Ben Okafor-Demo", "Lone Wolf-Demo")]
    batch = report("simplepractice_activity", a_file(*lines, header="Date,Type,Amount,Client"))

    assert said(batch) == [
        "Line 2, client_id: More than one client is called Ana Delgado-Demo. Add client_id",
        "Line 3, account_id: More than one account fits. Write the account number in the file",
        "Line 4, account_id: This client is on no account. Import the account first",
    ]


def test_comparisons_post_nothing_and_name_what_differs(three, report):
    charge = the.a_charge(three[0], "2026-10-01", "200.00")
    the.a_paid(charge, "100.00", "2026-10-05")
    before = Entry.select().count()
    healthie = a_file(
        *HEALTHIE, header="Transaction Date & Time,Transaction Type,Unique ID,Client,Gross Amount Paid,Failure Reason"
    )
    sessions = a_file(
        "10/05/2026 2:30 PM,10/05/2026,Dr. Okoye-Demo,Ana Delgado-Demo,B-1,Card,120.00,",
        "10/31/2026 9:00 AM,10/31/2026,Dr. Okoye-Demo,Ben Okafor-Demo,B-2,Cash,0.00,",
        header="Time (Added Time),Posted Date,Practitioner,Client,Bill ID,Payment Type,"
        "Payment (or refund) Amount,Notes",
    )  # fmt: skip
    nest = a_file(
        "Ana Delgado-Demo,180.00,80.00,100.00,0.00,0.00,5.00,0.00",
        header="Client Name,Total Amount,Insurance Payment,Client Payment,Client Write-Off Amount,"
        "Insurance Write-Off Amount,Client Refunds,Insurance Refunds",
    )
    same = report("healthie_payments", healthie)
    off = report("sessions_health_payments", sessions)
    period = report("theranest_payments", nest, {"from": "2026-10-01", "to": "2026-10-31"})

    assert (same.result["compared_count"], same.result["left_out"]) == ([0, 1], 1)
    assert [(row["theirs"], row["ours"]) for row in off.result["compared"]] == [(120_00, 100_00), (0, 0)]
    assert {row["what"]: (row["theirs"], row["ours"]) for row in period.result["compared"]} == {
        "client_paid": (100_00, 100_00), "client_refunded": (5_00, 0), "insurance_paid": (80_00, 0),
    }  # fmt: skip
    for batch in (same, off, period):
        with pytest.raises(BillingError) as refusal:
            take(batch)
        assert refusal.value.key == "pr.import.same"
    assert Entry.select().count() == before


def test_a_comparison_with_unknown_people_says_so(three, report):
    sessions = a_file("10/31/2026,Nobody-Demo,120.00", header="Posted Date,Client,Payment (or refund) Amount")
    batch = report("sessions_health_payments", sessions)

    assert (said(batch), batch.result["compared"]) == (
        ["Line 2, client_id: No client with Nobody-Demo. Import it first"],
        [],
    )


def test_a_report_without_the_column_that_tells_its_rows_apart_asks(three, bring):
    batch = bring(
        "charges",
        a_file("10/15/2026,1.00,Ana Delgado-Demo", header="Date,Amount,Client"),
        profile="simplepractice_activity",
    )

    assert batch.result == {"ask": "columns"}
    with pytest.raises(BillingError) as refusal:
        batches.name_columns(batch, batches.Said(batch.columns), the.stamp())
    assert refusal.value.values == {"name": "Type"}


def test_profiles_name_only_fields_that_there_are():
    for profile in PROFILES.values():
        fields = {column.name for column in profiles.KINDS[profile.kind].columns}
        named = {*profile.columns, *profile.key, *profile.asks, *profile.dialect.fixed, *profile.dialect.words}
        assert named <= fields, profile.name


def test_an_amount_that_is_none_is_said_and_a_column_that_tells_rows_apart_may_be_missing_later(three, report):
    text = a_file("Ana Delgado-Demo,much,", "Ben Okafor-Demo", header="Client,Client balance,Invoiced")
    batch = report("simplepractice_balances", text, {"service_date": "2026-10-31"})

    assert said(batch) == ['Line 2, Client balance: "much" is not an amount. Write it like 185.00.']
    assert batch.result["left_out"] == 1


def test_a_long_file_is_tried_by_the_job_once_its_columns_are_named(three, bring, monkeypatch):
    monkeypatch.setattr(batches, "AT_ONCE", 1)
    text = a_file(*BALANCES, header=BALANCES_HEADER)
    batch = bring("charges", text, profile="simplepractice_balances")
    told = batches.Said(batch.columns, days={"service_date": the.day("2026-10-31")})
    batches.name_columns(batch, told, the.stamp())

    assert batch.result is None
    batches.work_off(the.NOW)
    assert Import.get_by_id(batch.id).state == ImportState.CHECKED
