"""Paying on the practice's page at another site: the way there, what Home says after; nothing of it is in the books."""

from datetime import timedelta

import pytest

from billing.audit import last
from choices import LinkRole, PayBy, Right
from models import OutsideVisit, Practice
from tests import builders
from tests.builders import a_charge, a_link

SITE = "https://pay.example.com/quiet-harbor"


@pytest.fixture
def outside(practice) -> Practice:
    facts = {"outside_name": "Example Pay", "outside_host": "pay.example.com", "outside_path": "/quiet-harbor"}
    Practice.update(pay_by=PayBy.OUTSIDE, **facts).execute()
    return Practice.the()


@pytest.fixture
def page(dana, outside, sign_in):
    a_charge(dana, fee="185.00")
    return sign_in(dana.user)


def test_home_leads_to_the_other_site_and_says_so_for_some_days(page, dana, clock, nothing_written):
    home = page.get("/")
    assert "Pay now" in home.text and "leave this site and pay at Example Pay" in home.text
    assert f"write your account number: {dana.account.number}" in home.text
    assert "form-action 'self' https://pay.example.com;" in home.headers["Content-Security-Policy"]
    with nothing_written():
        answer = page.submit("/pay/outside", {"account": dana.account.key})
    assert (answer.status_code, answer.location) == (303, SITE)
    assert OutsideVisit.get().account == dana.account
    after = "You went to Example Pay to pay. It can take 3 days to show here. Do not pay again before that."
    assert after in page.get("/").text
    OutsideVisit.update(at=clock.at - timedelta(days=3)).execute()
    assert after not in page.get("/").text


def test_no_page_of_ours_takes_a_card_meanwhile(page, dana, nothing_written):
    assert "Pay now" in page.get("/pay").text and "Pay all" not in page.get("/pay").text
    with nothing_written():
        refused = page.get(f"/pay/checkout?way=amount&account={dana.account.key}", follow_redirects=True)
        assert "pay at Example Pay" in refused.text
        assert page.get("/cards/new").status_code == 303


def test_whoever_may_not_pay_and_whoever_owes_nothing_is_not_led_away(outside, dana, sign_in):
    assert "Pay now" not in sign_in(dana.user).get("/").text
    child = builders.a_user("Max Tran-Demo")
    a_link(child, dana.account, Right.BALANCE, role=LinkRole.MINOR)
    a_charge(dana, fee="10.00")
    assert "Pay now" not in sign_in(child).get("/").text
    assert sign_in(child).submit("/pay/outside", {"account": dana.account.key}).status_code == 404


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [({"payments_on": False}, "Online payment is off"), ({"pay_by": PayBy.CARD}, "You can pay here again")],
)
def test_a_page_left_open_leads_nowhere_when_paying_there_has_ended(page, dana, facts, sentence):
    Practice.update(**facts).execute()
    answer = page.submit("/pay/outside", {"account": dana.account.key}, follow_redirects=True)
    assert answer.request.path == "/" and sentence in answer.text and OutsideVisit.select().count() == 0


def fill(owner, **facts):
    typed = {"pay_by": "outside", "outside_name": "Example Pay", "outside_host": "pay.example.com",
             "outside_again": "PAY.example.com ", "outside_path": "/quiet-harbor", "outside_id": "qh-7",
             "outside_days": "5"}  # fmt: skip
    return owner.submit("/practice/settings/outside", typed | facts)


def test_the_owner_names_the_site_twice_and_opens_it_once(practice, sign_in):
    owner = sign_in(builders.a_staff_member("Mara Demo", role="owner"))
    assert "There is no address yet" in owner.submit("/practice/settings/outside/look", follow_redirects=True).text
    assert fill(owner).status_code == 303
    practice = Practice.the()
    assert (practice.pay_by, practice.outside_host, practice.outside_days) == ("outside", "pay.example.com", 5)
    assert "Nobody of the practice has opened" in owner.get("/practice/settings/").text
    assert owner.submit("/practice/settings/outside/look").location == SITE
    assert Practice.the().outside_opened_at and last().what == "practice.outside_opened"
    assert "Last opened by staff" in owner.get("/practice/settings/").text
    fill(owner, outside_path="/another")
    assert Practice.the().outside_opened_at is None


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"outside_again": "pay.example.org"}, "The two addresses differ"),
        ({"outside_host": "https://x", "outside_again": "https://x"}, "Write an address like pay.example.com"),
        ({"outside_host": "127.0.0.1", "outside_again": "127.0.0.1"}, "Write an address like pay.example.com"),
        ({"outside_host": "", "outside_again": ""}, "Fill in this field"),
        ({"outside_name": ""}, "Fill in this field"),
        ({"outside_path": "no slash"}, "Begin with /"),
        ({"outside_days": "0"}, "Enter a whole number from 1 to 30"),
        ({"pay_by": "magic"}, "Choose one"),
    ],
)
def test_what_cannot_be_an_address_is_refused_and_kept_for_mending(practice, sign_in, facts, sentence):
    owner = sign_in(builders.a_staff_member("Mara Demo", role="owner"))
    answer = fill(owner, **facts)
    assert (answer.status_code, Practice.the().pay_by) == (422, PayBy.CARD)
    assert sentence in answer.text and all(value in answer.text for value in facts.values() if value != "magic")
