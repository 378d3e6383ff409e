"""Linking people on the practice's screens: two questions apart, plain words, one look; by hand, match, invitation."""

import re

import pytest

from billing import access
from choices import LinkRole, Right
from identity import invites
from models import AuditEntry, Client, Invite, Link, Message
from tests import builders as the
from tests.practice.conftest import looked_for, plain

PAYS = {"role": "guarantor", "money": "pays", "health": "nothing", "basis": "Grandmother, asked in person"}
PARENT = {"role": "representative", "money": "pays", "health": "visits", "basis": "Custody order on file"}
NEW = {"name": "Ida Tran-Demo", "email": "Ida@example.com", "phone": "312 555 0188", "language": "es"}


@pytest.fixture
def family(practice, provider):
    """Kim's account for Max, whom the therapist treats."""
    return the.kim(the.a_client("Max Tran-Demo", provider=provider))


@pytest.fixture
def ida(practice):
    return the.a_user("Ida Tran-Demo", email="ida.tran@example.com")


def make(user, account):
    return f"/practice/links/new/{user.key}/{account.key}"


def confirmed(browser, url, data):
    """Fill the questions, look, and press the button with what the page carries."""
    page = browser.submit(url, data)
    assert page.status_code == 200, plain(page.text)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    hidden.pop("csrf_token")
    return plain(page.text), browser.submit(url, {**hidden, "confirm": "1"}), hidden


def test_the_list_says_at_a_glance_who_pays_and_who_sees_health_details(owner, family):
    grace = the.grace()
    the.helen(grace)
    the.a_link(the.a_user("Rob Delgado-Demo"), grace.account, Right.BALANCE, role="guarantor", ended="2026-10-10")
    the.a_link(the.a_user("Max Tran-Demo"), family.account, Right.SERVICES, Right.BILLS, role="minor")

    page = plain(owner.get("/practice/links/").text)

    number = family.account.number
    for row in (
        f"Helen Kim-Demo Grace Kim-Demo {grace.account.number} Pays only Pays No health details Sep 1, 2026",
        f"Kim Tran-Demo Kim Tran-Demo {number} Represents a client Pays Visits, bills, diagnoses",
        f"Max Tran-Demo Kim Tran-Demo {number} Minor No balance Visits and bills",
        f"Rob Delgado-Demo Grace Kim-Demo {grace.account.number} Pays only Ended – until Oct 10, 2026",
    ):
        assert row in page
    assert "Everyone is linked." in page
    found = plain(looked_for(owner, "links", q="helen").text)
    assert "Helen Kim-Demo Grace" in found
    assert "Rob" not in found
    assert "Nobody found" in looked_for(owner, "links", q="zoe").text


def test_two_searches_lead_to_the_questions_or_to_an_invitation(owner, family, ida):
    page = looked_for(owner, "people", whose="tran", person="ida").text
    assert family.account.key in page
    assert ida.key in page
    answer = owner.get(f"/practice/links/new?to={family.account.key}&user={ida.key}")
    assert answer.location == make(ida, family.account)
    assert "Nobody with a sign-in" in looked_for(owner, "people", person="zoe").text
    assert "No account" in plain(looked_for(owner, "people", whose="zoe").text)
    assert f"/invitations/new/{family.account.key}" in owner.get(f"/practice/links/new?to={family.account.key}").text
    assert ida.key in owner.get(f"/practice/links/new?user={ida.key}").text


def test_no_answer_is_chosen_beforehand_and_each_question_wants_one(owner, family, ida):
    url = make(ida, family.account)
    page = owner.get(url).text
    assert re.search(r'type="radio"[^>]*checked', page) is None
    assert "Who pays?" in page
    assert "Who may see health details?" in page

    answer = owner.submit(url, {})

    assert answer.status_code == 422
    assert plain(answer.text).count("Choose one from the list") == 6  # three questions, each above and at its place
    refused = {
        "pr.link.err.guarantor": PAYS | {"health": "visits"}, "pr.link.err.basis": PAYS | {"basis": " "},
        "pr.link.err.payer": PAYS | {"money": "sees"}, "pr.err.long": PAYS | {"basis": "x" * 201},
        "pr.link.err.partner": PARENT | {"role": "partner"},
    }  # fmt: skip
    for data in refused.values():
        assert owner.submit(url, {**data, "confirm": "1"}).status_code == 422
    assert Link.select().where(Link.user == ida).count() == 0


def test_what_a_payer_will_and_will_not_see_is_said_before_anything_holds(owner, family, ida):
    url = make(ida, family.account)
    page, answer, hidden = confirmed(owner, url, PAYS)

    will, _, will_not = page.partition("Will not see or do")
    assert "What is owed on this account" in will
    for words in ("What a visit was or for whom", "The therapist’s name", "Superbills, codes or diagnoses"):
        assert words in will_not
        assert words not in will
    assert "Others on this account Kim Tran-Demo Represents a client Visits, bills, diagnoses" in page
    assert answer.status_code == 303
    assert access.rights(ida, family.account) == {Right.BALANCE, Right.PAY}
    link = Link.get(user=ida)
    assert (link.basis, link.approved_by.name) == ("Grandmother, asked in person", "Mara Ellison-Demo")
    again = owner.submit(url, {**hidden, "confirm": "1"})
    assert (again.status_code, Link.select().where(Link.user == ida).count()) == (422, 1)


def test_going_back_keeps_what_was_answered(owner, family, ida):
    page = owner.submit(make(ida, family.account), {**PARENT, "change": "1"})
    assert page.status_code == 200
    assert 'value="visits" checked' in page.text
    assert "Custody order on file" in page.text
    assert Link.select().where(Link.user == ida).count() == 0


def test_a_parent_of_someone_who_is_18_is_linked_only_after_a_warning(owner, family, ida):
    assert "18 or older" not in confirmed(owner, make(ida, family.account), PARENT)[0]
    Client.update(date_of_birth=the.day("2000-01-01")).execute()
    assert "18 or older" in confirmed(owner, make(the.a_user("Jo Tran-Demo"), family.account), PARENT)[0]


def test_a_login_that_is_another_client_already_is_linked_only_after_a_warning(owner, provider):
    """By hand or by an invitation to its address."""
    ana, asked = the.ana(), {"role": "self", "money": "pays", "health": "superbills", "basis": "Seen at the desk"}

    def warned(name, **answers):
        account = the.an_account(name, the.a_client(name, provider=provider))
        invited = NEW | {"email": ana.user.email.upper()}
        pages = (
            owner.submit(make(ana.user, account), asked | answers),
            owner.submit(f"/practice/links/invitations/new/{account.key}", asked | invited | answers),
        )
        return ["client of another name" in page.text for page in pages]

    assert warned("Eva Delgado-Demo") == [True, True]
    assert warned("ana Delgado-Demo") == [False, False]
    assert warned("Eva Delgado-Demo", role="guarantor", health="nothing") == [False, False]
    Link.update(ended_at=the.NOW).execute()
    assert warned("Eva Delgado-Demo") == [False, False]


def test_rights_are_changed_after_the_same_look_and_a_link_ends_with_a_reason(owner, family):
    link = Link.get(user=family.user)
    url = f"/practice/links/{link.key}"
    assert 'value="superbills" checked' in owner.get(f"{url}/change").text
    data = {"money": "sees", "health": "visits", "client": family.client.key}

    page, answer, _ = confirmed(owner, f"{url}/change", data)

    assert "Superbills, codes or diagnoses" in page.partition("Will not")[2]
    assert answer.location == url
    assert Right.PAY not in access.rights(family.user, family.account)
    assert Link.get_by_id(link.id).client == family.client
    assert owner.submit(f"{url}/change", {**data, "change": "1"}).status_code == 200
    assert owner.submit(f"{url}/change", {"money": "nothing", "health": "nothing"}).status_code == 422

    assert "Write a reason" in owner.submit(f"{url}/end", {"reason": " "}).text
    assert owner.submit(f"{url}/end", {"reason": "Custody changed"}).location == url
    assert access.reader(family.user).accounts == []
    ended = plain(owner.get(url).text)
    assert "This link ended on Nov 20, 2026." in ended
    assert "End this link" not in ended
    assert owner.submit(f"{url}/change", {**data, "confirm": "1"}).status_code == 422


def test_matches_are_ticked_looked_at_and_approved(owner, practice):
    born = the.day("1990-01-01")
    for name in ("Nia Vale-Demo", "Omar Aziz-Demo"):
        the.an_account(name, the.a_client(name, date_of_birth=born))
    nia, omar = the.a_user("Nia Vale-Demo"), the.a_user("Omar Aziz-Demo")
    url = "/practice/links/matches/"
    page = owner.get(url).text
    assert "Clear matches: 2. Check each one." in page
    assert "checked" not in page.split("<main")[1]
    assert "Tick at least one match" in owner.submit(url, {}).text

    look = owner.submit(url, {"pick": [nia.key, omar.key], "health": [omar.key]})
    assert re.findall(r"No health details|Visits, bills, diagnoses", plain(look.text)) == [
        "No health details", "Visits, bills, diagnoses",
    ]  # fmt: skip
    assert Link.select().count() == 0

    answer = owner.submit(url, {"pick": [nia.key, omar.key], "health": [omar.key], "confirm": "1"})
    assert answer.location == url
    assert access.rights(nia, Link.get(user=nia).account) == {Right.BALANCE, Right.PAY}
    assert Right.SUPERBILLS in access.rights(omar, Link.get(user=omar).account)
    assert "Everyone is linked." in owner.get(url).text
    assert owner.submit(url, {"pick": [nia.key], "confirm": "1"}).status_code == 422


def test_a_match_that_may_not_be_is_refused_with_its_sentence(owner, practice):
    max_ = the.a_client("Max Tran-Demo", email="kim@example.com")
    the.a_charge(the.an_account("Max Tran-Demo", max_), client=max_, confidential=True)
    kim = the.a_user("Kim Tran-Demo", email="kim@example.com")

    answer = owner.submit("/practice/links/matches/", {"pick": [kim.key], "confirm": "1"})

    assert answer.status_code == 422
    assert "agreed to alone" in answer.text
    assert Link.select().count() == 0


def test_what_is_not_one_to_one_is_listed_with_a_way_to_decide(owner, practice):
    first, second = (the.an_account("Pat Tran-Demo", the.a_client("Pat Tran-Demo")) for _ in range(2))
    pat, zoe = the.a_user("Pat Tran-Demo"), the.a_user("Zoe Vale-Demo")
    page = owner.get("/practice/links/matches/").text
    assert "More than one account possible" in page
    assert make(pat, first) in page
    assert make(pat, second) in page
    assert "No account found" in page
    assert f"/practice/links/new?user={zoe.key}" in page
    tiles = plain(owner.get("/practice/links/").text)
    assert "More than one account possible 1 No account found 1" in tiles


def test_an_invitation_shows_its_code_once_and_sends_the_link(owner, family):
    url = f"/practice/links/invitations/new/{family.account.key}"
    page, answer, _ = confirmed(owner, url, {**PAYS, **NEW})
    assert "Invite Ida Tran-Demo" in page
    assert "Ida@example.com" in page

    assert answer.status_code == 200
    code = re.search(r'class="code">(\d{3}) (\d{3})<', answer.text)
    invite = Invite.get()
    assert invites.code_hash(invite, "".join(code.groups())) == invite.code_sha256
    assert "Harbor Fern: su código" in answer.text  # the slip speaks the language of the invited
    assert "http://localhost/start" in answer.text
    assert (invite.email, invite.phone, invite.role) == ("ida@example.com", "(312) 555-0188", LinkRole.GUARANTOR)
    assert invite.rights == ["balance", "pay"]
    [message] = Message.select()
    assert "".join(code.groups()) not in str(message.__data__)
    again = owner.submit(url, {**PAYS, **NEW, "confirm": "1"})
    assert "open invitation to this account" in again.text
    assert (again.status_code, Invite.select().count()) == (422, 1)


def test_an_invitation_says_what_it_needs(owner, family):
    url = f"/practice/links/invitations/new/{family.account.key}"
    for wrong in ({"name": " "}, {"email": ""}, {"email": "ida"}, {"phone": "12"}, {"name": "123"}):
        answer = owner.submit(url, {**PAYS, **NEW, **wrong, "confirm": "1"})
        assert answer.status_code == 422, wrong
    assert owner.submit(url, {**PAYS, **NEW, "change": "1"}).status_code == 200
    assert Invite.select().count() == 0


def test_an_open_invitation_is_renewed_or_taken_back(owner, family, ida):
    mara = the.Staff.get(role="owner")
    asked = {"name": ida.name, "email": ida.email, "by": mara, "now": the.NOW}
    invite = invites.invite(family.account, LinkRole.GUARANTOR, the.ONLY_PAYS, **asked).invite
    url = f"/practice/links/invitations/{invite.key}"
    listed = plain(owner.get("/practice/links/invitations/").text)
    assert "Ida Tran-Demo Not started" in listed
    assert "1 Open invitations" in plain(owner.get("/practice/links/").text)

    renewed = owner.submit(f"{url}/renew")
    assert re.search(r'class="code">\d{3} \d{3}<', renewed.text)
    assert "has a sign-in already" in renewed.text
    for _ in range(3):
        last = owner.submit(f"{url}/renew")
    assert last.status_code == 303  # three in an hour
    assert owner.submit(f"{url}/revoke").status_code == 303
    assert owner.submit(f"{url}/revoke").status_code == 303
    assert "used or taken back" in owner.get("/practice/links/invitations/").text
    assert "No open invitations." in owner.get("/practice/links/invitations/").text
    assert AuditEntry.select().where(AuditEntry.what == "invite.revoked").count() == 1


def test_a_therapist_links_own_clients_and_finds_others_by_their_whole_email(browser, family, ida):
    ben = the.ben()
    jonah = browser("therapist")
    page = plain(jonah.get("/practice/links/").text)
    assert "Kim Tran-Demo" in page
    assert "Ben Okafor" not in page
    for url in (make(ida, ben.account), f"/practice/links/{Link.get(user=ben.user).key}"):
        assert jonah.get(url).status_code == 404
    found = looked_for(jonah, "people", person="demo").text
    assert family.user.key in found
    assert ida.key not in found
    assert ida.key in looked_for(jonah, "people", person="Ida.Tran@example.com").text
    assert confirmed(jonah, make(ida, family.account), PAYS)[1].status_code == 303


@pytest.mark.parametrize("role", ["biller", "auditor"])
def test_biller_and_auditor_read_and_find_nothing_to_press(role, browser, family):
    visitor = browser(role)
    the.a_user("Zoe Vale-Demo")
    the.an_account("Nia Vale-Demo", the.a_client("Nia Vale-Demo"))
    the.a_user("Nia Vale-Demo")
    link = Link.get(user=family.user)
    pages = ("/practice/links/", f"/practice/links/{link.key}", "/practice/links/matches/")
    for url in (*pages, "/practice/links/invitations/"):
        page = visitor.get(url)
        assert page.status_code == 200
        assert re.findall(r'<form method="post"(?!.*role="search")', page.text.split("<main")[1]) == []
    account = visitor.get(f"/practice/accounts/{family.account.key}").text
    assert link.key in account
    assert "/practice/links/new" not in account


def test_whoever_signed_in_long_ago_proves_it_again_before_a_link(app, staff, family, ida):
    mara = app.test_client().enter(staff["owner"], stepped_up=False)
    link = Link.get(user=family.user)
    asked = mara.get(make(ida, family.account))
    assert "/practice/sign-in/again" in asked.location
    for url, data in ((make(ida, family.account), {**PAYS, "confirm": "1"}), (f"/practice/links/{link.key}/end", {})):
        assert mara.submit(url, data).status_code == 403
    assert Link.select().where(Link.user == ida).count() == 0
    assert Link.get_by_id(link.id).ended_at is None
