"""Who is invited and has a login already: it gets no second one, and no second way in; the account is taken along."""

import pytest

from identity import recovery_codes, setting_up
from models import Consent, Invite, Link, User
from tests import builders as the
from tests.builders import NOW
from tests.identity.newcomer import Newcomer, an_invite, heading
from tests.visitor import HASH, PASSWORD


@pytest.fixture
def account(practice):
    return the.an_account("María Delgado-Demo", the.a_client("María Delgado-Demo"))


@pytest.fixture
def maria(account, rosa, client):
    return Newcomer(client, an_invite(account, rosa))


@pytest.fixture
def known(practice):
    """She has a login for another account already."""
    person = the.a_person("María Delgado-Demo")
    User.update(email="maria@example.com", password_hash=HASH, secured_at=NOW).execute()
    return User.get_by_id(person.user.id)


def test_who_has_a_login_signs_in_as_always_and_takes_the_account_along(maria, known, account, rosa):
    assert maria.checks_in().location == "/start/email"
    assert maria.confirms_email().location == "/start/known"
    page = maria.browser.get("/start/known")
    assert 'href="/sign-in?next=/start/add"' in page.text
    assert Link.select().where(Link.account == account).count() == 0

    code = recovery_codes.make(known, NOW)[0]
    first = maria.browser.submit("/sign-in?next=/start/add", {"email": known.email, "password": PASSWORD})
    second = maria.browser.submit(f"{first.location}&way=codes", {"code": code})
    assert second.location == "/start/add"


def test_signed_in_the_account_is_added_once_the_notice_was_read(maria, known, account, rosa):
    maria.checks_in()
    maria.confirms_email()
    maria.browser.enter(known)

    assert "Privacy notice" in maria.browser.get("/start/add").text
    assert maria.browser.submit("/start/add").status_code == 422
    assert maria.browser.submit("/start/add", {"read": "y"}).location == "/"
    link = Link.get(Link.account == account)
    assert (link.user, link.approved_by, Invite.get().link) == (known, rosa, link)
    assert maria.browser.get("/start/add").location == "/"
    assert User.select().count() == 1


def test_who_signs_in_by_themselves_half_way_is_shown_the_account_that_waits(maria, app):
    maria.checks_in()
    maria.confirms_email()
    maria.chooses_password()
    browser = app.test_client().enter(maria.user)

    assert browser.get("/").location == "/start/add"
    browser.submit("/start/add", {"read": "y"})
    assert browser.get("/").status_code == 200


def test_the_account_is_taken_along_only_by_who_proved_lately_that_it_is_still_them(maria, known):
    maria.checks_in()
    maria.confirms_email()
    maria.browser.enter(known, stepped_up=False)
    links = Link.select().count()

    asked = maria.browser.submit("/start/add", {"read": "y"})
    assert (asked.status_code, heading(asked), Link.select().count()) == (403, "Show us it is still you", links)
    assert 'name="read" value="y"' in asked.text
    proof = {"read": "y", "proof_way": "password", "proof_password": PASSWORD}
    assert maria.browser.submit("/start/add", proof).location == "/"
    assert Link.select().count() == links + 1


def test_asking_for_the_head_of_the_page_adds_nothing(maria, known):
    setting_up.take_along(known, "en", NOW)
    maria.checks_in()
    maria.confirms_email()
    maria.browser.enter(known)
    links = Link.select().count()

    assert maria.browser.head("/start/add").status_code == 200
    assert Link.select().count() == links


def test_who_read_the_notice_is_not_asked_again(maria, known, account, rosa):
    for _ in range(2):
        maria.checks_in()
        maria.confirms_email()
        maria.browser.enter(known)
        maria.browser.submit("/start/add", {"read": "y"})
        maria.invited = an_invite(the.an_account("Max Delgado-Demo", the.a_client("Max Delgado-Demo")), rosa)
    maria.checks_in()
    maria.confirms_email()
    maria.browser.enter(known)

    assert "Privacy notice" not in maria.browser.get("/start/add").text
    maria.browser.submit("/start/add")
    assert (Link.select().count(), Consent.select().count()) == (4, 1)


def test_an_account_is_added_by_its_person_alone(maria, known, ana, rosa, client, app):
    maria.checks_in()
    maria.confirms_email()

    assert client.get("/start/add").location.startswith("/sign-in?next=/start/add")
    assert app.test_client().enter(ana).submit("/start/add", {"read": "y"}).location == "/"
    assert app.test_client().enter(rosa).get("/start/add").status_code == 404
    assert Link.select().where(Link.user == ana).count() == 0


@pytest.mark.parametrize("facts", [{"password_hash": None}, {"secured_at": None}])
def test_a_login_that_was_there_is_never_set_up_by_an_invitation(maria, known, facts):
    """Not even one that never had a second step: who reads the mail must not choose its password."""
    User.update(**facts).execute()
    Link.update(ended_at=NOW).execute()
    maria.checks_in()

    assert maria.confirms_email().location == "/start/known"
    assert maria.is_sent_to() == "/start/known"


def test_nobody_learns_before_the_email_whether_there_is_a_login(maria, known, account, rosa, app):
    stranger = Newcomer(app.test_client(), an_invite(account, rosa, email="new@example.com", phone="3125550143"))
    pages = {(each.checks_in().location, heading(each.browser.get("/start/email"))) for each in (maria, stranger)}

    assert len(pages) == 1


def test_a_second_invitation_goes_on_with_the_unfinished_login(maria, rosa, app):
    maria.checks_in()
    maria.confirms_email()
    maria.chooses_password()
    jos = the.an_account("Jo Ray", the.a_client("Jo Ray"))
    again = Newcomer(app.test_client(), an_invite(jos, rosa))
    again.checks_in()

    assert again.confirms_email().location == "/start/password"
    again.chooses_password()
    again.confirms_app()
    again.saves_codes()
    again.finishes()
    assert [link.account for link in Link.select()] == [jos]
    # The first invitation is still open; by now there is a login, and it is entered by signing in.
    maria.checks_in()
    assert maria.confirms_email().location == "/start/known"
