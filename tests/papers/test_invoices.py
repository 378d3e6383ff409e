"""What is owed is invoiced by itself, once."""

import pytest

import documents
from billing import charges, invoices
from choices import Right
from models import Document, DocumentCharge, Message
from tests import builders as b


@pytest.fixture
def ana(practice):
    return b.ana()


def ready(on="2026-10-05", **options):
    return invoices.issue_ready(b.day(on), b.stamp(on), **options)


def test_charges_of_one_day_share_one_invoice_and_one_notice(ana):
    b.a_charge(ana)
    b.a_fee(ana, "2026-10-05")

    assert ready() == 1
    (document,) = Document.select()
    assert len(document.data["lines"]) == 2
    assert (document.data["total"], document.data["balance"], document.data["due_on"]) == (240_00, 240_00, "2026-10-19")
    assert [(message.kind, message.to) for message in Message.select()] == [("mail.bill", ana.user.email)]


def test_a_charge_is_invoiced_once(ana):
    b.a_charge(ana)

    assert [ready(), ready(), Document.select().count()] == [1, 0, 1]


def test_each_account_has_an_invoice_of_its_own(ana):
    for person in (ana, b.ben()):
        b.a_charge(person)

    assert ready() == 2


def test_what_is_not_ready_or_not_yet_due_waits(ana):
    b.a_charge(ana, ready=False)
    b.a_charge(ana, "2026-10-06")

    assert [ready(), ready("2026-10-06")] == [0, 1]


def test_a_voided_charge_is_not_invoiced(ana):
    charges.void_charge(b.a_charge(ana), "Wrong client", b.stamp())

    assert ready() == 0


def test_an_insurance_charge_is_invoiced_for_the_clients_part_when_that_is_known(practice):
    ben = b.ben()
    charge = b.an_insured_charge(ben, "2026-10-05")
    assert ready() == 0
    charges.adjust(charge, 40_00, "contractual", "Plan allowed amount", b.stamp())
    charges.record_insurance(charge, 85_00, "Sample Health Plan (DEMO)", "EOB-1", b.stamp())
    charges.transfer(charge, 25_00, "copay", b.stamp())

    assert ready() == 1
    (document,) = Document.select()
    line = document.data["lines"][0]
    assert [line[name] for name in ("fee", "changes", "health_plan", "part", "balance")] == [
        150_00, 40_00, 85_00, 25_00, 25_00,
    ]  # fmt: skip
    page = documents.article(document.type, document.data)
    for words in ("Health plan paid", "Your part", "-$85.00", "-$40.00"):
        assert words in page


def test_without_a_health_plan_its_columns_are_left_out(ana):
    b.a_charge(ana)
    ready()

    assert "Health plan paid" not in documents.article("invoice", Document.get().data)


def test_no_notice_for_what_is_paid_already(ana):
    b.a_paid(b.a_charge(ana))

    assert ready() == 1
    assert Message.select().count() == 0
    assert "Paid on Nov 20, 2026" in documents.article("invoice", Document.get().data)


def test_only_live_links_with_the_bills_right_are_told(ana):
    b.helen(ana)
    b.a_link(b.a_user("Rob Delgado-Demo"), ana.account, ended="2026-10-01")
    partner = b.a_user("Dee Whitaker-Demo")
    b.a_link(partner, ana.account, Right.BILLS)
    b.a_link(partner, ana.account, Right.BILLS, Right.PAY)
    b.a_charge(ana)
    ready()

    assert sorted(message.to for message in Message.select()) == sorted([ana.user.email, partner.email])


def test_it_says_where_to_pay(ana):
    b.a_charge(ana)
    ready(portal_host="pay.example.com")

    assert "Pay online at pay.example.com or call (312) 555-0100." in documents.article("invoice", Document.get().data)


def test_while_payments_are_off_it_says_to_call(ana):
    b.the_practice(payments_on=False)
    b.a_charge(ana)
    ready(portal_host="pay.example.com")

    page = documents.article("invoice", Document.get().data)

    assert "Call (312) 555-0100 to ask how to pay." in page
    assert "pay.example.com" not in page


def test_a_shared_visit_and_a_fee_say_so(ana):
    b.a_charge(ana, share_number=1, share_of=2, share_visit_amount=300_00)
    b.a_fee(ana, "2026-10-05")
    ready()

    page = documents.article("invoice", Document.get().data)

    assert "One visit, charge shared. Share 1 of 2." in page
    assert "Not a medical visit" in page


def test_an_invoice_is_in_the_clients_language(practice):
    b.a_charge(b.tomas())
    ready()

    page = documents.article("invoice", Document.get().data)

    assert 'lang="es"' in page
    assert "Terapia, 45 min" in page


def test_a_voided_charge_corrects_its_invoice(ana):
    wrong, right = b.a_charge(ana), b.a_charge(ana)
    ready(portal_host="pay.example.com")
    first = Document.get()

    charges.void_charge(wrong, "Wrong client", b.stamp("2026-10-08"))

    second = Document.get(Document.replaces == first)
    assert (second.data["balance"], second.data["due_on"]) == (150_00, first.data["due_on"])
    assert [row.charge for row in DocumentCharge.select().where(DocumentCharge.document == second)] == [right]
    assert 'CORRECTED: replaces <span class="whole">INV-2026-000001' in documents.article("invoice", second.data)
    assert ready() == 0


def test_an_invoice_that_loses_its_last_charge_says_nothing_is_owed(ana):
    charge = b.a_charge(ana)
    ready()
    charges.void_charge(charge, "Wrong client", b.stamp())

    document = Document.get(Document.replaces.is_null(False))

    assert "Nothing is owed on this invoice." in documents.article("invoice", document.data)


def test_a_charge_on_no_invoice_corrects_none(ana):
    assert invoices.drop(b.a_charge(ana), b.stamp()) is None


def test_today_an_invoice_may_stand_better_than_it_was_printed(ana):
    charge = b.a_charge(ana)
    ready()
    document = Document.get()
    assert invoices.standing(document) == invoices.Standing(150_00, None)

    b.a_paid(charge, "100.00", "2026-10-07")
    assert invoices.standing(document).left == 50_00

    b.a_paid(charge, "50.00", "2026-10-09")
    assert invoices.standing(document) == invoices.Standing(0, b.noon("2026-10-09"))
    assert document.data["balance"] == 150_00


def test_when_a_health_plan_leaves_more_to_the_client_the_invoice_is_corrected(practice):
    ben = b.ben()
    charge = b.an_insured_charge(ben, "2026-10-05")
    charges.transfer(charge, 25_00, "copay", b.stamp("2026-10-05"))
    ready("2026-10-06")
    charges.transfer(charge, 30_00, "deductible", b.stamp("2026-10-08"))
    part = charges.transfer(charge, 10_00, "deductible", b.stamp("2026-10-08"))
    charges.reverse_transfer(part, 10_00, "Too much", b.stamp("2026-10-08"))

    assert [ready("2026-10-09"), ready("2026-10-10")] == [1, 0]
    first, second = Document.select().order_by(Document.id)
    assert second.replaces == first
    assert (second.data["balance"], second.data["due_on"]) == (55_00, "2026-10-23")
    assert [message.kind for message in Message.select()] == ["mail.bill"] * 2


def test_by_hand_chosen_services_are_invoiced_now_and_the_rest_still_waits(ana):
    tonight, unready, later = b.a_charge(ana), b.a_charge(ana, ready=False), b.a_charge(ana, "2026-10-06")
    b.an_insured_charge(ana, "2026-10-05")
    strangers = b.a_charge(b.ben())

    def open_keys():
        return {each.charge.key for each in invoices.open_for(ana.account, b.day("2026-10-05"))}

    assert open_keys() == {tonight.key, unready.key}
    assert [account for account, _ in invoices.waiting(b.day("2026-10-05"))] == [ana.account, strangers.account]
    b.a_paid(b.a_charge(b.noor()))
    assert [len(found(b.day("2026-10-05"))) for found in (invoices.waiting, invoices.unpaid)] == [3, 2]
    keys = [unready.key, later.key, strangers.key]
    document = invoices.issue_chosen(ana.account, keys, b.stamp("2026-10-05"), portal_host="pay.example.com")
    assert [row.charge for row in DocumentCharge.select()] == [unready]
    assert (document.data["total"], document.data["portal_host"]) == (150_00, "pay.example.com")
    assert Message.select().count() == 1
    assert open_keys() == {tonight.key}
    with pytest.raises(invoices.NothingToInvoice):
        invoices.issue_chosen(ana.account, keys, b.stamp("2026-10-05"))
    assert ready() == 3
