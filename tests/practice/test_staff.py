"""The owner's list of people, and the way in to a client of a colleague who is away."""

import re

import pytest

from choices import StaffRole
from identity import break_glass
from models import AuditEntry, BreakGlass, Message, SignIn, Staff
from tests import builders as the
from tests.practice.conftest import plain

NEW = {"name": "Tess Arden-Demo", "email": "tess@example.com", "role": "biller", "language": "en"}
REASON = "Dr. Ellison is in the hospital"


@pytest.fixture
def priya(practice) -> Staff:
    """Stands in for others."""
    provider = the.a_provider("Priya Nair-Demo")
    return the.a_staff_member("Priya Nair-Demo", StaffRole.THERAPIST, provider=provider, backup=True)


def page_of(visitor, person):
    return f"/practice/staff/{person.key}"


def test_the_list_says_who_as_what_and_how_far(owner, staff, priya):
    Staff.update(secured_at=the.NOW).where(Staff.id == staff["biller"].id).execute()
    page = plain(owner.get("/practice/staff/").text)
    assert "Rosa Quill-Demo Biller Second step on Never" in page
    assert "Priya Nair-Demo Therapist, stands in Not set up" in page
    assert "Mara Ellison-Demo You Owner" in page


def test_an_auditor_reads_the_list_and_no_button(browser, staff):
    page = browser("auditor").get("/practice/staff/").text
    assert "Rosa Quill-Demo" in page
    assert 'href="/practice/staff/' not in page.split("<main")[1]


def test_a_new_person_gets_a_link(owner):
    answer = owner.submit("/practice/staff/new", NEW, follow_redirects=True)
    assert "We sent the person a link." in plain(answer.text)
    assert Staff.get(Staff.email == "tess@example.com").role == "biller"
    assert [(row.kind, row.to) for row in Message.select()] == [("mail.staff.first", "tess@example.com")]


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(owner):
    answer = owner.submit("/practice/staff/new", {**NEW, "role": "therapist", "email": "tess"})
    assert answer.status_code == 422
    assert "Enter an email like name@example.com" in answer.text
    assert "Choose whose clients this therapist sees" in answer.text
    assert 'value="Tess Arden-Demo"' in answer.text


def test_a_new_role_holds_from_the_next_page_on(owner, staff, browser):
    rosa = browser("biller")
    assert rosa.get("/practice/to-post/").status_code == 200

    answer = owner.submit(page_of(owner, staff["biller"]), {"role": "auditor", "language": "en"}, follow_redirects=True)

    assert "We saved it." in answer.text
    assert "/practice/sign-in" in rosa.get("/practice/to-post/").location
    assert browser("biller").submit("/practice/to-post/", {"all": "1"}).status_code == 404


def test_saving_the_same_says_so(owner, staff):
    page = owner.get(page_of(owner, staff["therapist"])).text
    assert re.search(r'value="therapist" checked', page)
    same = {"role": "therapist", "language": "en", "provider": staff["therapist"].provider.key}
    assert "Nothing was changed." in owner.submit(page_of(owner, staff["therapist"]), same, follow_redirects=True).text


def test_an_owner_finds_no_form_for_herself_and_can_send_none(owner, staff):
    page = page_of(owner, staff["owner"])
    assert "Another owner changes what you may do." in owner.get(page).text
    for url, data in ((page, {"role": "auditor", "language": "en"}), (f"{page}/remove", {}), (f"{page}/again", {})):
        answer = owner.submit(url, data)
        assert answer.status_code == 422
        assert "Another owner must change this for you." in answer.text
    assert Staff.get_by_id(staff["owner"].id).role == StaffRole.OWNER


def test_removing_asks_first_and_ends_what_runs(owner, staff, browser):
    rosa, page = browser("biller"), f"{page_of(owner, staff['biller'])}/remove"
    assert "Remove Rosa Quill-Demo?" in owner.get(page).text
    assert "can no longer sign in" in owner.submit(page, follow_redirects=True).text
    assert rosa.get("/practice/transactions/").status_code == 303
    assert "Give access again" in owner.get(page_of(owner, staff["biller"])).text


def test_a_new_first_link_goes_to_the_person(owner, staff):
    page = f"{page_of(owner, staff['biller'])}/again"
    assert staff["biller"].email in owner.get(page).text
    owner.submit(page)
    assert Message.get().to == staff["biller"].email


def test_changing_people_asks_who_is_there(app, staff):
    mara = app.test_client().enter(staff["owner"], stepped_up=False)
    for url in ("/practice/staff/new", page_of(mara, staff["biller"]), f"{page_of(mara, staff['biller'])}/remove"):
        assert "/again" in mara.get(url).location
        assert mara.submit(url, NEW).status_code == 403
    assert Staff.select().count() == len(staff)


def test_the_way_in_shows_initials_and_no_name(sign_in, priya):
    ben, visitor = the.ben(), sign_in(priya)

    page = visitor.submit("/practice/emergency/find", {"q": "ben okafor-demo"}).text
    assert f"B. O., account {ben.account.number}" in page
    assert "Ben Okafor" not in page
    none = visitor.submit("/practice/emergency/find", {"q": "Ben"}).text
    assert "No client outside your list has exactly this number or name." in none


def test_an_open_client_is_told_on_every_page_and_every_look_is_noted(sign_in, priya, clock):
    ben, visitor = the.ben(), sign_in(priya)
    the.a_charge(ben, label="Quiet hour")
    payment = the.a_paid(the.a_charge(ben), "50.00")
    account, sale = f"/practice/accounts/{ben.account.key}", f"/practice/transactions/{payment.key}"
    assert visitor.get(account).status_code == 404

    opened = visitor.submit("/practice/emergency/open", {"client": ben.client.key, "reason": REASON, "q": "x"})

    assert opened.location == account
    told = "You opened this client in an emergency until 1:00"
    for url in (account, sale, "/practice/transactions/", "/practice/accounts/"):
        assert told in plain(visitor.get(url).text)
    assert told in plain(visitor.get("/practice/emergency/").text)
    assert "Quiet hour" in visitor.get(account).text
    assert AuditEntry.select().where(AuditEntry.what == "glass.view").count() == 5  # not of the page without amounts
    clock.pass_(minutes=60)
    visitor = sign_in(priya)
    assert visitor.get(account).status_code == 404
    assert told not in plain(visitor.get("/practice/transactions/").text)


def test_close_now_closes_now(sign_in, priya, clock):
    ben, visitor = the.ben(), sign_in(priya)
    break_glass.open_client(priya, ben.client.key, REASON, clock())
    answer = visitor.submit("/practice/emergency/close", {"client": ben.client.key}, follow_redirects=True)
    assert "You no longer see this client." in answer.text
    assert visitor.get(f"/practice/accounts/{ben.account.key}").status_code == 404


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [({"reason": "short"}, "Write why, in at least 10 letters"), ({"client": "", "reason": REASON}, "Choose a client")],
)
def test_a_refusal_keeps_what_was_found_and_typed(sign_in, priya, sent, sentence):
    ben, visitor = the.ben(), sign_in(priya)
    answer = visitor.submit("/practice/emergency/open", {"client": ben.client.key, "q": "Ben Okafor-Demo", **sent})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{sent["reason"]}"' in answer.text
    assert f"account {ben.account.number}" in answer.text
    assert BreakGlass.select().count() == 0


def test_opening_asks_who_is_there(app, priya):
    visitor = app.test_client().enter(priya, stepped_up=False)
    assert "/again" in visitor.get("/practice/emergency/").location
    for url in ("find", "open"):
        assert visitor.submit(f"/practice/emergency/{url}", {"q": "Ben Okafor-Demo"}).status_code == 403
    assert AuditEntry.select().where(AuditEntry.what.startswith("glass.")).count() == 0


def test_nobody_but_who_stands_in_finds_this_door(browser):
    for role in StaffRole:
        visitor = browser(role)
        assert visitor.get("/practice/emergency/").status_code == 404
        assert "/practice/emergency/" not in visitor.get("/practice/transactions/").text


def test_on_a_shared_payment_a_therapist_reads_only_own_visits(browser, staff, provider):
    max_, lily = the.a_client("Max Tran-Demo", provider=provider), the.a_client("Lily Tran-Demo")
    kim = the.kim(max_, lily)
    own, other = (
        the.a_charge(kim, client=max_, label="Family visit"),
        the.a_charge(kim, client=lily, label="Quiet hour"),
    )
    payment = the.a_payment(kim, "200.00")
    for charge in (own, other):
        the.postings.allocate(payment, charge, 100_00, the.stamp())
    url = f"/practice/transactions/{payment.key}"

    page, account = browser("therapist").get(url).text, f"/practice/accounts/{kim.account.key}"

    assert "Family visit" in page
    assert "Quiet hour" not in page
    assert "Lily" not in page
    assert "Lily" not in browser("therapist").get(account).text
    assert "Quiet hour" in browser("biller").get(url).text
    assert SignIn.select().count() == 3
