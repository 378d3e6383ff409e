"""Who of the staff may see and do what; for everyone else there is no such page."""

import pytest

from billing.staffing import ALLOWED, Act
from models import Account, AuditEntry, BreakGlass, Practice, Provider, Staff, WaitingPayment
from tests import builders as the

EVERYONE = {"owner", "therapist", "biller", "auditor"}
MONEY, READERS, OWNER = {"owner", "biller", "auditor"}, {"owner", "auditor"}, {"owner"}
PAGES = {
    "/practice/transactions/": EVERYONE,
    "/practice/accounts/": EVERYONE,
    "/practice/accounts/{account}": EVERYONE,
    "/practice/to-post/": MONEY,
    "/practice/to-post/{waiting}": {"owner", "biller"},
    "/practice/disputes/": MONEY,
    "/practice/payments/": READERS,
    "/practice/superbills/": {"owner", "therapist"},
    "/practice/settings/": READERS,
    "/practice/settings/details": OWNER,
    "/practice/settings/papers": OWNER,
    "/practice/settings/checkout": OWNER,
    "/practice/staff/": READERS,
    "/practice/staff/new": OWNER,
    "/practice/staff/{biller}": OWNER,
    "/practice/staff/{biller}/remove": OWNER,
    "/practice/emergency/": set(),  # for those alone who stand in for others
    "/practice/providers/": READERS,
    "/practice/providers/new": OWNER,
    "/practice/providers/{provider}": OWNER,
}
CHANGES = {
    ("/practice/accounts/{account}/payments", "off=1&reason=Pays by check"): {"owner", "therapist"},
    ("/practice/to-post/", "key={waiting}"): {"owner", "biller"},
    ("/practice/to-post/", "all=1"): {"owner", "biller"},
    ("/practice/to-post/{waiting}", ""): {"owner", "biller"},
    ("/practice/payments/off", "reason=Holiday"): OWNER,
    ("/practice/payments/on", ""): OWNER,
    ("/practice/settings/details", "name=Other&short_name=Other&time_zone=America/Chicago"): OWNER,
    ("/practice/staff/new", "name=Tess Arden-Demo&email=tess@example.com&role=owner&language=en"): OWNER,
    ("/practice/staff/{biller}", "role=owner&language=en"): OWNER,
    ("/practice/staff/{biller}/remove", ""): OWNER,
    ("/practice/staff/{biller}/again", ""): OWNER,
    ("/practice/emergency/open", "client={client}&reason=Away for a week"): set(),
    ("/practice/providers/new", "name=Priya Nair-Demo"): OWNER,
    ("/practice/providers/{provider}", "name=Priya Nair-Demo"): OWNER,
}


@pytest.fixture
def names(provider, waiting, staff):
    ana = the.ana()
    ana.client.provider = provider
    ana.client.save()
    row = waiting(ana, "100.00")
    return {"account": ana.account.key, "waiting": row.attempt.key, "provider": provider.key,
            "biller": staff["biller"].key, "client": the.ben().client.key}  # fmt: skip


def facts():
    tables = (AuditEntry, Provider, Practice, Account, WaitingPayment, Staff, BreakGlass)
    return [list(table.select().where(_changed(table)).dicts()) for table in tables]


def _changed(table):
    """Signing in and being refused are written down too."""
    return table.what.not_in(["sign_in", "denied"]) if table is AuditEntry else table.id.is_null(False)


def test_every_act_is_given_to_someone():
    assert set(ALLOWED) == set(Act)
    assert all("owner" in roles for act, roles in ALLOWED.items() if act != Act.BREAK_GLASS)  # sees all clients anyway


def test_an_auditor_reads_and_changes_nothing_but_their_own_sign_in():
    given = {act for act, roles in ALLOWED.items() if "auditor" in roles}
    assert {act for act in given if not act.startswith("see_")} == {Act.OWN_SIGN_IN}


def test_settings_people_and_the_switch_are_the_owners_alone():
    for act in (Act.CHANGE_SETTINGS, Act.CHANGE_STAFF, Act.TURN_SWITCH):
        assert set(ALLOWED[act]) == OWNER


@pytest.mark.parametrize("role", sorted(EVERYONE))
def test_each_role_reads_its_own_pages(browser, names, role):
    visitor = browser(role)
    for url, roles in PAGES.items():
        answer = visitor.get(url.format(**names))
        assert answer.status_code == (200 if role in roles else 404), url


@pytest.mark.parametrize("role", sorted(EVERYONE))
def test_each_role_changes_only_what_is_its_own(browser, names, role):
    visitor = browser(role)
    for (url, body), roles in CHANGES.items():
        if role in roles:
            continue
        before = facts()
        data = dict(pair.split("=") for pair in body.format(**names).split("&") if pair)
        assert visitor.submit(url.format(**names), data).status_code == 404, url
        assert facts() == before, url


@pytest.mark.parametrize("role", sorted(EVERYONE))
def test_the_menu_leads_nowhere_forbidden(browser, names, role):
    page = browser(role).get("/practice/transactions/").text
    menu = page.split('id="menu"')[1].split("</nav>")[0]
    shown = {url for url in PAGES if f'href="{url}"' in menu}
    assert shown == {url for url, roles in PAGES.items() if role in roles and url.count("/") == 3 and url[-1] == "/"}


def test_clients_and_strangers_find_no_door(client, sign_in, names):
    ana = sign_in(the.a_user("Ben Okafor-Demo"))
    for url in PAGES:
        assert ana.get(url.format(**names)).status_code == 404
        assert "/practice/sign-in" in client.get(url.format(**names)).headers["Location"]


def test_a_therapist_sees_only_the_accounts_of_own_clients(browser, names):
    ben = the.ben()
    the.a_paid(the.a_charge(ben), "50.00")
    therapist = browser("therapist")

    assert "Ben Okafor" not in therapist.get("/practice/accounts/").text
    assert "Ben Okafor" not in therapist.get("/practice/transactions/").text
    assert "Ana Delgado" in therapist.get("/practice/transactions/").text
    assert therapist.get(f"/practice/accounts/{ben.account.key}").status_code == 404
    stop = therapist.submit(f"/practice/accounts/{ben.account.key}/payments", {"off": "1", "reason": "No"})
    assert stop.status_code == 404
    assert not Account.get_by_id(ben.account.id).payments_off


def test_a_therapist_reads_only_own_visits_on_a_shared_account(browser, provider):
    max_, lily = the.a_client("Max Tran-Demo", provider=provider), the.a_client("Lily Tran-Demo")
    kim = the.kim(max_, lily)
    the.a_charge(kim, client=max_, label="Family visit")
    the.a_charge(kim, client=lily, label="Quiet hour")
    the.a_charge(kim, client=lily, label="Intake", provider=provider)

    page = browser("therapist").get(f"/practice/accounts/{kim.account.key}").text

    assert "Family visit" in page
    assert "Intake" in page
    assert "Quiet hour" not in page


def test_a_therapist_who_stands_for_no_clinician_sees_nobody(sign_in, provider):
    ana = the.ana()  # no provider either
    the.a_charge(ana)
    visitor = sign_in(the.a_staff_member("Nobody Demo", "therapist"))
    assert "Ana Delgado" not in visitor.get("/practice/accounts/").text
    assert visitor.get(f"/practice/accounts/{ana.account.key}").status_code == 404
