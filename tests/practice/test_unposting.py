"""Un-posting takes a payment off its visits, by releases with a reason; then it is put elsewhere."""

import pytest

from billing import ledger, moneyback, postings, unposting
from billing import waiting as waiting_payments
from billing.allocation import Share
from billing.errors import BillingError
from billing.formats import FieldsRefused
from billing.posting import AlreadyPosted
from billing.waiting import ToPost
from models import AuditEntry, BankLine, Charge, Deposit, DepositLine, Entry, MoneyBack, Payment
from tests import builders as the
from tests.practice.conftest import plain


@pytest.fixture
def biller(browser):
    return browser("biller")


@pytest.fixture
def paid(practice):
    """Two visits of Ana's, paid by one payment of 200.00 for 150.00 and 50.00."""
    ana = the.ana()
    first, second = the.a_charge(ana, "2026-10-05"), the.a_charge(ana, "2026-10-12")
    payment = the.a_payment(ana, "200.00", on="2026-11-02")
    postings.allocate_all(payment, [Share(first, 150_00), Share(second, 50_00)], the.stamp())
    return payment


def pays(payment):
    return [(charge.service_date.isoformat(), cents) for charge, cents in ledger.allocations_newest_first(payment)]


def url(payment, act=""):
    return f"/practice/transactions/{payment.key}{act}"


def test_what_a_payment_pays_is_taken_off_and_put_elsewhere(paid, biller):
    third = the.a_charge(paid.account, "2026-10-19", "80.00")
    page = biller.get(url(paid, "/unpost")).text
    assert "Oct 5, 2026, Talk therapy, 45 min $150.00" in plain(page)

    taken = biller.submit(url(paid, "/unpost"), {"reason": "chargeback"})
    assert taken.location.endswith(url(paid, "/place"))
    assert (pays(paid), ledger.account_figure(paid.account).credit) == ([], 200_00)
    releases = list(Entry.select().where(Entry.category == "unposted"))
    assert [(row.amount, row.reason) for row in releases] == [(50_00, "chargeback"), (150_00, "chargeback")]
    assert moneyback.taken_from(paid) == []
    queue = plain(biller.get("/practice/to-post/").text)
    assert "Taken off, paying nothing yet" in queue
    page = biller.get(url(paid)).text
    assert "Choose what it pays" in page
    assert "Taken off a visit Rosa Quill-Demo: chargeback $150.00" in plain(page)

    page = biller.get(url(paid, "/place")).text
    assert [f'value="{amount}"' in page for amount in ("150.00", "50.00")] == [True, True], "oldest first"
    visits = [row.key for row in Charge.select().order_by(Charge.service_date)]
    placed = biller.submit(url(paid, "/place"), {f"line-{visits[1]}": "100", f"line-{third.key}": "80"})
    assert placed.location.endswith(url(paid))
    assert sorted(pays(paid)) == [("2026-10-12", 100_00), ("2026-10-19", 80_00)]
    assert ledger.account_figure(paid.account).credit == 20_00
    assert "Taken off, paying nothing yet" not in biller.get("/practice/to-post/").text
    page = plain(biller.get(url(paid)).text)
    assert "Put on visits again Rosa Quill-Demo $180.00" in page and page.count("Put on visits again") == 1
    logged = [row.what for row in AuditEntry.select().where(AuditEntry.what.startswith("posting."))]
    assert logged == ["posting.undo", "posting.place"]


def test_what_was_placed_is_not_placed_again_by_the_same_form(paid, biller):
    visit = Charge.select().order_by(Charge.service_date).get()
    typed = {f"line-{visit.key}": "70"}
    assert biller.submit(url(paid, "/place"), typed).location.endswith(url(paid)), "it was never taken off"
    biller.submit(url(paid, "/unpost"), {"reason": "Wrong visit"})
    biller.submit(url(paid, "/place"), typed)
    again = biller.submit(url(paid, "/place"), typed, follow_redirects=True)

    assert "What you chose was not used." in again.text
    assert pays(paid) == [("2026-10-05", 70_00)], "the rest is the client's credit, and theirs to use"
    with pytest.raises(AlreadyPosted):
        unposting.place(paid, {visit.id: 70_00}, the.stamp())


def test_a_reason_is_needed_and_twice_takes_nothing_more(paid, biller):
    refused = biller.submit(url(paid, "/unpost"), {"reason": " "})
    assert refused.status_code == 422
    assert len(pays(paid)) == 2
    biller.submit(url(paid, "/unpost"), {"reason": "Wrong visit"})
    again = biller.submit(url(paid, "/unpost"), {"reason": "Wrong visit"})
    assert (again.status_code, "pays nothing that could be taken off" in again.text) == (422, True)
    assert Entry.select().where(Entry.kind == "release").count() == 2


def test_nothing_is_taken_off_while_a_bank_or_a_refund_has_it(practice, biller):
    ana = the.ana()
    disputed, leaving = (the.a_settled(the.a_charge(ana)) for _ in range(2))
    moneyback.charge_back(disputed, the.stamp(), reason="fraud", cents=50_00)
    MoneyBack.create(
        form_key="f", order_id="o", request_key="r", payment=leaving, kind="refund", amount=1_00, reason="Part",
        state="created", created_at=the.NOW,
    )  # fmt: skip
    for payment, key in ((disputed, "pr.unpost.disputed"), (leaving, "pr.refund.underway")):
        before = Entry.select().count()
        with pytest.raises(BillingError) as refused:
            unposting.unpost(payment, "Wrong visit", the.stamp())
        assert (refused.value.key, Entry.select().count()) == (key, before)
    assert "Nothing can be taken off until that has ended." in biller.get(url(disputed, "/unpost")).text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("150.01", "must be $150.00 or less"), ("lots", "must be a number")],
)
def test_amounts_that_do_not_fit_are_told(paid, biller, typed, sentence):
    biller.submit(url(paid, "/unpost"), {"reason": "Wrong visit"})
    visit = Charge.select().order_by(Charge.service_date).get()
    answer = biller.submit(url(paid, "/place"), {f"line-{visit.key}": typed})
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert pays(paid) == []


def test_more_than_was_taken_off_is_refused(paid):
    unposting.unpost(paid, "Wrong visit", the.stamp())
    first, second = Charge.select().order_by(Charge.service_date)
    with pytest.raises(FieldsRefused) as refused:
        unposting.place(paid, {first.id: 150_00, second.id: 50_01}, the.stamp())
    assert [problem.key for problem in refused.value.problems] == ["pr.post.over"]


def test_money_that_waits_cannot_be_un_posted(biller, waiting):
    row = waiting(the.ana(), "100.00")
    assert biller.get(f"/practice/transactions/{row.attempt.key}/unpost").status_code == 404


def test_to_post_shows_the_plan_and_then_the_oldest_and_what_stays_as_credit(biller, waiting):
    ana = the.ana()
    row = waiting(ana, "100.00")
    the.a_charge(ana, "2026-09-01", "30.00")
    the.a_charge(ana, "2026-09-02", "20.00")
    assert "Sep 1, 2026, Talk therapy" not in plain(biller.get("/practice/to-post/").text), "the plan takes it all"

    planned = Share(Charge.get(Charge.service_date == "2026-10-05"), 20_00)
    [found] = waiting_payments.suggested([ToPost(row, (planned,))])
    shares = {share.charge.service_date.isoformat(): share.amount for share in found.shares}
    assert shares == {"2026-10-05": 50_00, "2026-09-01": 30_00, "2026-09-02": 20_00}
    assert found.credit == 0


def test_to_post_lists_what_was_posted_lately(biller, waiting):
    row = waiting(the.ana(), "100.00")
    biller.submit("/practice/to-post/", {"key": row.attempt.key})
    page = biller.get("/practice/to-post/").text
    assert f'href="{url(Payment.get())}"' in page
    assert "Ana Delgado-Demo, Nov 19, 2026" in page, "the day it was paid"
    assert "Take off what it pays" in biller.get(url(Payment.get())).text


def test_the_timeline_leads_from_the_payment_to_the_bank(practice, biller):
    payment = the.a_settled(the.a_charge(the.ana()), on="2026-11-02")
    line = BankLine.create(identity_sha256="b", day=the.day("2026-11-06"), amount=145_35, by="staff:1", at=the.NOW)
    deposit = Deposit.create(
        number="DEP-001", source="report", day=the.day("2026-11-05"), gross=150_00, fees=4_65, net=145_35, at=the.NOW,
        bank_line=line, matched_at=the.NOW,
    )  # fmt: skip
    DepositLine.create(deposit=deposit, kind="sale", reference="s", payment=payment, amount=150_00, fee=4_65)
    page = plain(biller.get(url(payment)).text)
    assert "Nov 5, 2026 Paid out by the processor $150.00 Nov 6, 2026 Seen at the bank DEP-001" in page
    assert "Processor’s fee $4.65 Net $145.35" in page
    deposit.matched_at = None
    deposit.save()
    assert "Seen at the bank" not in biller.get(url(payment)).text
