"""A client sees whom they let in and removes them; nobody else does, and nobody on a joint account."""

import re

import pytest

from billing import access, moneyback, receipts
from choices import LinkRole, Right
from models import AuditEntry, Link
from tests import builders as the


@pytest.fixture
def grace(practice):
    return the.grace()


@pytest.fixture
def helen(grace):
    return the.helen(grace)


def page_of(browser, url="/account/people"):
    return browser.get(url).text


def test_the_client_removes_a_payer_after_one_question(sign_in, grace, helen):
    browser, link = sign_in(grace.user), Link.get(user=helen.user)
    page = page_of(browser)
    assert "Helen Kim-Demo" in page
    assert "sees what is owed, no health details" in page
    assert helen.user.email not in page
    assert grace.user.email not in page
    assert "/account/people" in page_of(browser, "/account")
    assert "Remove Helen Kim-Demo from this account?" in page_of(browser, f"/account/people/{link.key}/end")
    assert access.reader(helen.user).accounts == [grace.account]

    answer = browser.submit(f"/account/people/{link.key}/end")

    assert answer.location == "/account/people"
    assert access.reader(helen.user).accounts == []
    assert AuditEntry.get(what="link.ended").by == f"user:{grace.user.id}"
    assert "Nobody else is on this account." in page_of(browser)
    assert browser.submit(f"/account/people/{link.key}/end").status_code == 404


def test_nobody_removes_themselves_or_anyone_without_the_right(sign_in, grace, helen):
    own, hers = (Link.get(user=person.user) for person in (grace, helen))
    assert sign_in(grace.user).submit(f"/account/people/{own.key}/end").status_code == 404
    for person in (helen.user, the.ben().user):
        browser = sign_in(person)
        assert browser.submit(f"/account/people/{own.key}/end").status_code == 404
        assert browser.get(f"/account/people/{hers.key}/end").status_code == 404
    assert sign_in(helen.user).get("/account/people").status_code == 404
    assert "/account/people" not in page_of(sign_in(helen.user), "/account")
    assert Link.select().where(Link.ended_at.is_null(False)).count() == 0


def test_on_a_joint_account_there_is_no_such_page(sign_in, practice):
    joint = the.an_account("Sam Whitaker-Demo", the.a_client("Sam Whitaker-Demo"), kind="joint")
    sam, dee = the.a_user("Sam Whitaker-Demo"), the.a_user("Dee Whitaker-Demo")
    the.a_link(sam, joint)  # should the rows say so
    link = the.a_link(dee, joint, Right.BALANCE, role=LinkRole.PARTNER)
    browser = sign_in(sam)
    assert browser.get("/account/people").status_code == 404
    assert browser.submit(f"/account/people/{link.key}/end").status_code == 404


def test_removing_someone_asks_for_a_fresh_proof(app, grace, helen):
    browser = app.test_client().enter(grace.user, stepped_up=False)
    url = f"/account/people/{Link.get(user=helen.user).key}/end"
    assert "/sign-in/again" in browser.get(url).location
    assert browser.submit(url).status_code == 403
    assert access.reader(helen.user).accounts == [grace.account]


def test_with_no_account_home_says_so_and_shows_nothing_of_money(sign_in, grace, helen):
    """The receipts of own payments until then are kept under Documents; what came later is not told there either."""
    paid = the.a_settled(the.a_charge(grace), "50.00", user=helen.user, on="2026-10-06")
    kept = receipts.issue(paid, the.stamp("2026-10-06"))
    Link.update(ended_at=the.noon("2026-10-10")).where(Link.user == helen.user).execute()
    later = receipts.issue_refund(moneyback.refund(paid, 10_00, "Visit cut short", the.stamp()), the.stamp())
    browser = sign_in(helen.user)

    home = page_of(browser, "/")
    assert "No bill is linked to your sign-in yet." in home
    assert re.search(r"\$\d", home) is None
    assert kept.number not in home
    papers = page_of(browser, "/documents")
    assert kept.number in papers
    assert later.number not in papers
    assert later.number not in page_of(browser, f"/documents/{kept.key}")
    assert browser.get(f"/documents/{later.key}").status_code == 404
    assert page_of(sign_in(grace.user), f"/documents/{kept.key}").count(later.number) == 1
