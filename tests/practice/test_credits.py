"""Credits to return: which accounts, how much, since when, and from which payment."""

from playhouse.test_utils import count_queries

from billing.credits import to_return
from models import Account
from tests import builders as the
from tests.practice.conftest import plain


def a_credit(person, amount, on, used=0):
    payment = the.a_payment(person, amount, on)
    if used:
        the.postings.allocate(payment, the.a_charge(person, on, used), used, the.stamp(on))
    return payment


def test_every_account_with_credit_is_listed_with_its_age_oldest_first(practice):
    ana, noor, walt = the.ana(), the.noor(), the.walt()
    newer = a_credit(ana, "50.00", "2026-11-01", used=20_00)
    older = a_credit(noor, "10.00", "2026-10-25")
    a_credit(walt, "10.00", "2026-10-01", used=10_00)

    rows = to_return(the.TODAY)

    assert [(row.account.number, row.amount, str(row.since), row.days, row.warn) for row in rows] == [
        (noor.account.number, 10_00, "2026-10-25", 26, True), (ana.account.number, 30_00, "2026-11-01", 19, False),
    ]  # fmt: skip
    assert [[held.payment for held in row.held] for row in rows] == [[older], [newer]]


def test_the_warning_begins_on_day_25(practice):
    for person, on in ((the.ana(), "2026-10-26"), (the.noor(), "2026-10-27")):
        a_credit(person, "10.00", on)

    assert [(row.days, row.warn) for row in to_return(the.TODAY)] == [(25, True), (24, False)]


def test_age_counts_from_the_day_there_was_last_none(practice):
    ana = the.ana()
    payment = a_credit(ana, "20.00", "2026-09-01")
    the.postings.allocate(payment, the.a_charge(ana, fee="20.00"), 20_00, the.stamp("2026-09-10"))
    a_credit(ana, "5.00", "2026-11-02")
    a_credit(ana, "6.00", "2026-11-10")

    [row] = to_return(the.TODAY)

    assert (row.amount, str(row.since)) == (11_00, "2026-11-02")
    assert [held.unapplied for held in row.held] == [6_00, 5_00]


def test_the_list_costs_the_same_however_long(browser):
    for _ in range(3):
        a_credit(the.ana(), "5.00", "2026-10-01")
    auditor = browser("auditor")

    with count_queries() as asked:
        page = auditor.get("/practice/credits/").text

    assert asked.count == 11  # four of them write down who looked, one counts the news
    assert "Accounts: 3. To return: $15.00" in plain(page)
    assert "50 days since Oct 1, 2026" in plain(page)
    assert "/refund?amount=" not in page
    assert Account.select().count() == 3


def test_without_credit_the_page_says_so(browser):
    assert "No credits." in plain(browser("biller").get("/practice/credits/").text)
    assert browser("therapist").get("/practice/credits/").status_code == 404
