"""The practice's own hand in the books: each act from its form to the ledger, once, and what refuses it."""

import re

import pytest

from billing import charges, ledger, once, postings, running
from choices import EntryKind, Method
from models import AuditEntry, Charge, Entry, Hold, Payment
from tests import builders as the
from tests.practice.conftest import plain


@pytest.fixture
def biller(browser):
    return browser("biller")


def desk(browser, url, **typed):
    """Fill in the form at this address and send it, as it was drawn."""
    page = browser.get(url)
    seen = re.search(r'name="seen" value="([^"]*)"', page.text)[1]
    return browser.submit(url, {"seen": seen, **typed}, follow_redirects=True)


def kinds(account):
    return [(row.kind.value, row.amount) for row in Entry.select().where(Entry.account == account).order_by(Entry.id)]


def entry_of(kind):
    return Entry.select().where(Entry.kind == kind).order_by(Entry.id.desc()).get()


def url_of(entry):
    return f"/practice/accounts/{entry.account.key}/entries/{running.line_of(entry).key}"


def test_a_lower_price_goes_from_the_form_to_the_books_once(biller):
    charge = the.a_charge(the.ana())
    url = f"/practice/charges/{charge.key}/adjust"
    seen = once.end_of(charge.account)
    typed = {"seen": seen, "amount": "50", "category": "courtesy", "reason": "Came late"}

    first = biller.submit(url, typed, follow_redirects=True)
    second = biller.submit(url, typed, follow_redirects=True)

    assert "Recorded." in first.text and "was not recorded again" in second.text
    assert kinds(charge.account) == [("charge", 150_00), ("adjustment", 50_00)]
    assert "Left to pay $100.00" in plain(second.text)
    assert [row.what for row in AuditEntry.select() if row.what.startswith("ledger")] == ["ledger.adjustment"]
