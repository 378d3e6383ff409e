"""The staff who sign in, and money that waits for them."""

import re

import pytest

from choices import AttemptState, PostingMode, StaffRole
from models import WaitingPayment
from tests import builders as the


@pytest.fixture
def provider(practice):
    return the.a_provider(
        credentials="PsyD", license_type="Clinical psychologist", license_number="DEMO-PSY-001", license_state="IL",
        npi="2000000028", taxonomy="103TC0700X",
    )  # fmt: skip


@pytest.fixture
def staff(practice, provider):
    """Role -> one member of staff; the therapist stands for `provider`."""
    names = {"owner": "Mara Ellison-Demo", "biller": "Rosa Quill-Demo", "auditor": "Ivo Lane-Demo"}
    found = {role: the.a_staff_member(name, role) for role, name in names.items()}
    return {**found, "therapist": the.a_staff_member("Jonah Reyes-Demo", StaffRole.THERAPIST, provider=provider)}


@pytest.fixture
def browser(staff, sign_in):
    """Sign in by role: `browser("biller")`."""
    return lambda role: sign_in(staff[role])


@pytest.fixture
def owner(browser):
    return browser("owner")


@pytest.fixture
def waiting(practice):
    """`waiting(ana, "100.00", "50.00")`: a payment toward a visit of 150.00 for each amount, not posted yet."""
    the.the_practice(posting_mode=PostingMode.MANUAL)

    def waiting(person, *amounts, on="2026-11-19", **facts):
        lines = [(the.a_charge(person, f"2026-10-{day:02}"), part) for day, part in enumerate(amounts, 5)]
        attempt = the.an_attempt(
            person, *lines, state=AttemptState.SUCCEEDED, sent_at=the.noon(on), answered_at=the.noon(on),
            card_brand="Visa", card_last4="1111", **facts,
        )  # fmt: skip
        about = {"account": person.account, "amount": attempt.amount, "received_at": the.noon(on)}
        return WaitingPayment.create(attempt=attempt, **about)

    return waiting


def plain(page):
    """The words of a page, tags and extra spaces aside."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def looked_for(browser, where, **words):
    """The list that a search leads to."""
    return browser.submit(f"/practice/search/{where}", words, follow_redirects=True)
