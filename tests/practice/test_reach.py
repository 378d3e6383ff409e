"""How far a therapist reaches: what they decide is about own clients, whatever they opened, linked or made before."""

import base64
import re
import zlib

import pytest

from choices import LinkRole, Right, StaffRole
from identity import break_glass, invites, links, people, resets
from models import Account, AuditEntry, BreakGlass, Invite, Link, OneTimeLink, Staff, Task
from tests import builders as the
from tests.practice.conftest import looked_for

REASON = "Dr. Ellison is in the hospital"
PAYS = {"role": "guarantor", "money": "pays", "health": "nothing", "basis": "Asked in person", "confirm": "1"}
PARENT = PAYS | {"role": "representative", "health": "superbills"}
NEW = {"name": "Ida Tran-Demo", "email": "ida@example.com", "phone": "", "language": "en"}
CARE = [right for right in Right if right != Right.LINKS]


@pytest.fixture
def jonah(staff) -> Staff:
    """Treats Max and stands in for others."""
    staff["therapist"].backup = True
    staff["therapist"].save()
    return staff["therapist"]


@pytest.fixture
def mine(practice, provider) -> Account:
    return the.an_account("Max Tran-Demo", the.a_client("Max Tran-Demo", provider=provider))


@pytest.fixture
def omar(practice):
    """A colleague's client with a login."""
    return the.omar()


@pytest.fixture
def family(practice, provider):
    """Kim's account, for Max, whom Jonah treats, and for Lia, whom a colleague does."""
    lia = the.a_client("Lia Tran-Demo", provider=the.a_provider("Tess Arden-Demo"))
    return the.an_account("Kim Tran-Demo", the.a_client("Max Tran-Demo", provider=provider), lia), lia


def reenrol(user):
    return f"/practice/people/{user.key}/reenrol"


def invited(account, by, now, email="ida@example.com"):
    asked = {"name": "Ida Tran-Demo", "email": email, "by": by, "now": now}
    return invites.invite(account, LinkRole.GUARANTOR, the.ONLY_PAYS, **asked)


# --- Letting in who lost every way --------------------------------------------------------------------------------


def test_a_link_of_ones_own_making_lets_nobody_into_the_rest_of_a_login(jonah, mine, omar, sign_in):
    visitor = sign_in(jonah)
    assert visitor.submit(f"/practice/links/new/{omar.user.key}/{mine.key}", PAYS).status_code == 303
    made = Link.get(Link.account == mine)

    assert visitor.get(reenrol(omar.user)).status_code == 404
    assert visitor.submit(reenrol(omar.user), {"seen": "y"}).status_code == 404
    page = visitor.get(f"/practice/links/{made.key}").text
    assert "The owner of the practice helps this person" in page
    assert reenrol(omar.user) not in page
    assert OneTimeLink.select().count() == 0

    links.end(Link.get(Link.account == omar.account), None, the.NOW)  # what they paid there stays theirs
    assert visitor.get(reenrol(omar.user)).status_code == 404


def test_who_is_on_own_accounts_alone_is_helped_and_an_owner_helps_everyone(jonah, mine, omar, sign_in, owner):
    ida = the.a_user("Ida Tran-Demo")
    visitor = sign_in(jonah)
    assert visitor.get(reenrol(ida)).status_code == 404  # linked to nothing
    the.a_link(ida, mine)
    assert visitor.submit(reenrol(ida), {"seen": "y"}).status_code == 200
    assert reenrol(ida) in visitor.get(f"/practice/links/{Link.get(Link.user == ida).key}").text
    invited(omar.account, jonah, the.NOW)
    Invite.update(user=ida).execute()  # half-way to a colleague's client
    assert visitor.get(reenrol(ida)).status_code == 404
    for user in (ida, omar.user):
        assert owner.submit(reenrol(user), {"seen": "y"}).status_code == 200


# --- An emergency is for reading ----------------------------------------------------------------------------------


def test_what_is_open_in_an_emergency_is_read_and_nothing_of_it_changed(jonah, mine, omar, sign_in, clock):
    ida, link = the.a_user("Ida Tran-Demo"), Link.get(Link.account == omar.account)
    zoe = the.a_user("Omar Aziz-Demo", email="zoe@example.com")  # one more of this name, linked to nothing
    asked = invited(omar.account, jonah, clock()).invite
    break_glass.open_client(jonah, omar.client.key, REASON, clock())
    visitor, account = sign_in(jonah), f"/practice/accounts/{omar.account.key}"

    for url in (account, f"/practice/links/{link.key}", "/practice/links/", "/practice/links/invitations/"):
        answer = visitor.get(url)
        assert answer.status_code == 200
        assert not re.search(r'<form method="post" action="[^"]*/(payments|end|renew|revoke)"', answer.text)
        assert "/practice/links/new?to=" not in answer.text
    assert asked.name in visitor.get("/practice/links/invitations/").text
    assert visitor.get(f"/practice/links/new?to={omar.account.key}").status_code == 404
    found = looked_for(visitor, "people", whose=omar.account.number, person="Aziz").text
    assert f'value="{omar.account.key}"' not in found
    assert omar.user.key not in found
    assert zoe.key not in visitor.get("/practice/links/matches/").text
    changing = {
        f"{account}/payments": {"off": "1", "reason": "Pays by check"},
        f"/practice/links/new/{ida.key}/{omar.account.key}": PAYS,
        f"/practice/links/{link.key}/change": {"money": "pays", "health": "superbills", "confirm": "1"},
        f"/practice/links/{link.key}/end": {"reason": "Asked to"},
        f"/practice/links/invitations/new/{omar.account.key}": PARENT | NEW,
        f"/practice/links/invitations/{asked.key}/renew": {},
        f"/practice/links/invitations/{asked.key}/revoke": {},
        reenrol(omar.user): {"seen": "y"},
    }
    assert {url: visitor.submit(url, data).status_code for url, data in changing.items()} == dict.fromkeys(
        changing, 404
    )
    assert (Link.select().count(), Invite.select().count(), OneTimeLink.select().count()) == (1, 1, 0)


def test_a_client_who_is_open_is_none_to_link_somebody_to(jonah, family, sign_in, clock):
    account, lia = family
    break_glass.open_client(jonah, lia.key, REASON, clock())
    url = f"/practice/links/new/{the.a_user('Ida Tran-Demo').key}/{account.key}"
    assert "Lia" not in sign_in(jonah).get(url).text.split("<main")[1]
    assert sign_in(jonah).submit(url, PARENT | {"client": lia.key}).status_code == 422


def test_with_the_right_to_stand_in_goes_whatever_is_open(jonah, omar, staff, sign_in, clock):
    provider = jonah.provider.key
    break_glass.open_client(jonah, omar.client.key, REASON, clock())
    people.change(
        jonah, {"role": "therapist", "provider": provider, "language": "en", "backup": False}, staff["owner"], clock()
    )

    visitor = sign_in(Staff.get_by_id(jonah.id))

    assert visitor.get(f"/practice/accounts/{omar.account.key}").status_code == 404
    assert BreakGlass.get().ends_at == clock()
    [closed] = AuditEntry.select().where(AuditEntry.what == "glass.close")
    assert (closed.by, closed.subject) == (f"staff:{staff['owner'].id}", f"client:{omar.client.id}")


def test_a_window_opens_nothing_for_who_may_not_stand_in(jonah, omar, sign_in, clock):
    break_glass.open_client(jonah, omar.client.key, REASON, clock())
    Staff.update(backup=False).where(Staff.id == jonah.id).execute()  # however that came about
    assert sign_in(jonah).get(f"/practice/accounts/{omar.account.key}").status_code == 404


def test_a_refused_opening_is_a_search_and_noted(jonah, omar, sign_in):
    visitor = sign_in(jonah)
    answer = visitor.submit("/practice/emergency/open", {"q": "Omar Aziz-Demo"})
    assert answer.status_code == 422
    assert "O. A." in answer.text
    assert [row.result for row in AuditEntry.select().where(AuditEntry.what == "glass.search")] == [""]


# --- Who leaves ---------------------------------------------------------------------------------------------------


def test_whoever_is_removed_leaves_no_way_in_behind(jonah, mine, omar, staff, clock):
    invite, theirs = invited(mine, jonah, clock()), invited(omar.account, staff["owner"], clock())
    user = the.a_user("Ida Tran-Demo")
    token = resets.reenrol(user, jonah, clock())
    break_glass.open_client(jonah, omar.client.key, REASON, clock())

    people.remove(jonah, staff["owner"], clock())

    assert invites.state(Invite.get_by_id(invite.invite.id), clock()) == invites.State.REVOKED
    assert invites.state(Invite.get_by_id(theirs.invite.id), clock()) == invites.State.OPEN
    with pytest.raises(resets.LinkOver):
        resets.find(type(user), token, clock())
    assert BreakGlass.get().ends_at == clock()
    assert [(row.kind, row.account) for row in Task.select()] == [("task.invite_taken_back", mine)]


@pytest.mark.parametrize(("role", "left"), [("biller", 0), ("therapist", 1), ("owner", 2)])
def test_with_a_new_role_only_what_is_within_reach_stays_open(role, left, jonah, mine, omar, staff, clock):
    second = the.a_staff_member("Second Owner-Demo", StaffRole.OWNER)
    for account in (mine, omar.account):
        invited(account, second, clock())
    token = resets.reenrol(omar.user, second, clock())
    rights = {"role": role, "provider": jonah.provider.key, "language": "en", "backup": False}

    people.change(second, rights, staff["owner"], clock())

    assert Invite.select().where(Invite.revoked_at.is_null()).count() == left
    with pytest.raises(resets.LinkOver):
        resets.find(type(omar.user), token, clock())


def test_whoever_renews_an_invitation_answers_for_it(jonah, mine, staff, clock):
    invite = invites.renew(invited(mine, staff["owner"], clock()).invite, jonah, clock())
    people.remove(jonah, staff["owner"], clock())
    assert invites.state(Invite.get_by_id(invite.invite.id), clock()) == invites.State.REVOKED


def test_who_begins_again_has_no_older_link(jonah, staff, clock):
    Staff.update(password_hash="kept").where(Staff.id == jonah.id).execute()
    resets.ask(Staff, jonah.email, clock())
    people.begin_again(jonah, staff["owner"], clock())
    assert OneTimeLink.select().where(OneTimeLink.used_at.is_null()).count() == 1


# --- One account, clients of two therapists -----------------------------------------------------------------------


def test_a_link_for_a_colleagues_client_stays_for_that_one(jonah, family, sign_in):
    account, lia = family
    kept = [right for right in CARE if right != Right.SUPERBILLS]
    link = the.a_link(the.a_user("Kim Tran-Demo"), account, *kept, role=LinkRole.REPRESENTATIVE, client=lia)
    visitor, url = sign_in(jonah), f"/practice/links/{link.key}/change"
    for page in (url, f"/practice/links/{link.key}"):
        assert "Another client of this account" in visitor.get(page).text
        assert "Lia" not in visitor.get(page).text

    look = visitor.submit(url, {"money": "sees", "health": "visits", "client": ""})
    assert "Another client of this account" in look.text
    assert "Lia" not in look.text
    assert visitor.submit(url, {"money": "sees", "health": "visits", "client": "", "confirm": "1"}).status_code == 303
    more = visitor.submit(url, {"money": "sees", "health": "superbills", "client": "", "confirm": "1"})

    assert (more.status_code, "a client you do not see" in more.text) == (422, True)
    held = Link.get_by_id(link.id)
    assert held.client == lia
    assert Right.SUPERBILLS not in held.rights
    assert Right.PAY not in held.rights


def test_nobody_stands_for_all_the_clients_of_an_account_by_the_word_of_one_therapist(jonah, family, sign_in, owner):
    account, _ = family
    max_ = the.Client.get(first_name="Max")
    kim = the.a_user("Kim Tran-Demo")
    visitor, url = sign_in(jonah), f"/practice/links/new/{kim.key}/{account.key}"
    for door, data in ((url, PARENT), (f"/practice/links/invitations/new/{account.key}", PARENT | NEW)):
        answer = visitor.submit(door, data)
        assert (answer.status_code, "a client you do not see" in answer.text) == (422, True)
    assert visitor.submit(url, PARENT | {"client": max_.key}).status_code == 303
    link = Link.get(Link.user == kim)
    all_of_them = {"money": "pays", "health": "superbills", "client": "", "confirm": "1"}
    assert visitor.submit(f"/practice/links/{link.key}/change", all_of_them).status_code == 422
    assert owner.submit(f"/practice/links/{link.key}/change", all_of_them).status_code == 303
    assert Link.get_by_id(link.id).client is None
    assert visitor.submit(f"/practice/links/{link.key}/change", all_of_them).status_code == 303  # nothing more opens


# --- What an address and a cookie tell ----------------------------------------------------------------------------


def cookie(browser):
    """The session as anybody at this browser can read it."""
    value = browser.get_cookie("session").value
    body = value.lstrip(".").split(".")[0]
    told = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    return (zlib.decompress(told) if value.startswith(".") else told).decode()


def test_no_name_and_no_amount_waits_in_the_cookie(owner, mine, staff, waiting):
    ida = the.a_user("Ida Tran-Demo")
    ana = the.ana()
    first, second = waiting(ana, "10.00", "20.00"), waiting(ana, "30.00")
    done = [
        ("/practice/to-post/", {"key": first.attempt.key}),
        ("/practice/to-post/", {"all": "1", "shown": [second.attempt.key]}),
        (f"/practice/links/new/{ida.key}/{mine.key}", PAYS),
        ("/practice/staff/new", NEW | {"name": "Tess Arden-Demo", "role": "biller"}),
        (f"/practice/staff/{staff['biller'].key}", {"role": "auditor", "language": "en"}),
        (f"/practice/staff/{staff['auditor'].key}/remove", {}),
    ]  # fmt: skip
    told = ""
    for url, data in done:
        assert owner.submit(url, data).status_code == 303, url
        told += cookie(owner)
    owner.submit(f"/practice/links/{Link.get(Link.user == ida).key}/end", {"reason": "Asked to"})
    told += cookie(owner)
    assert told.count("good") == 7
    assert re.findall(r"Demo|Tran|\$", told) == []


@pytest.mark.parametrize("where", ["payments", "accounts", "links", "people", "log"])
def test_what_is_searched_for_stands_in_no_address(owner, where):
    names = {"q": "Delgado", "person": "omar@example.com", "whose": "Kim", "who": "Quill"}
    sent = {**names, "standing": "posted", "_scheme": "x"}
    address = owner.submit(f"/practice/search/{where}", sent).location
    assert address.startswith("/practice/")
    assert re.findall("Delgado|omar|Kim|Quill", address) == []
    assert "standing=posted" in address
    assert owner.get(address).status_code == 200
    assert owner.submit(f"/practice/search/{where}", {"q": "x" * 9000}).location.isascii()


def test_a_name_written_into_an_address_is_not_looked_for(owner, omar):
    the.ana()
    for typed in ("Omar", "s1:x:y", "s1:x:%C3%A9"):
        assert "Ana Delgado-Demo" in owner.get(f"/practice/accounts/?q={typed}").text
    assert omar.user.key not in owner.get("/practice/links/new?person=omar").text


def test_whoever_must_sign_in_first_takes_the_page_along_and_nothing_typed(client, practice):
    location = client.get("/practice/links/new?person=omar@example.com").location
    assert location.endswith("next=/practice/links/new")


def test_looking_up_the_head_of_a_page_changes_nothing(owner, mine, staff, waiting):
    ida, link = the.a_user("Ida Tran-Demo"), the.a_link(the.a_user("Kim Tran-Demo"), mine)
    row = waiting(the.ana(), "10.00")
    before = AuditEntry.select().where(~AuditEntry.what.startswith("seen.")).count()
    for url in (
        f"/practice/links/new/{ida.key}/{mine.key}", f"/practice/links/{link.key}/change", reenrol(ida),
        f"/practice/links/invitations/new/{mine.key}", "/practice/staff/new", f"/practice/staff/{staff['biller'].key}",
        f"/practice/staff/{staff['biller'].key}/remove", f"/practice/to-post/{row.attempt.key}",
    ):  # fmt: skip
        assert owner.head(url).status_code == 200, url
    assert AuditEntry.select().where(~AuditEntry.what.startswith("seen.")).count() == before
