"""Clients and accounts kept by hand: from the form to the tables, and what the log says of it."""

import pytest

from billing import clients
from billing.clients import NobodySo
from billing.formats import FieldsRefused
from models import Account, AccountClient, AuditEntry, Client, Fee
from tests import builders as the
from tests.practice.conftest import plain

ANA = {
    "first_name": "Ana",
    "last_name": "Delgado-Demo",
    "date_of_birth": "1987-04-12",
    "language": "es",
    "phone": "312 555 0142",
}


@pytest.fixture
def biller(browser):
    return browser("biller")


def numbered(account, number):
    account.number = number
    account.save()


def log():
    deeds = AuditEntry.select().where(~AuditEntry.what.startswith("seen."))
    return [(row.what, row.subject, row.detail) for row in deeds]


def test_a_new_client_gets_an_account_of_their_own(biller):
    numbered(the.an_account("Kim Tran-Demo"), "1041")
    answer = biller.submit(
        "/practice/clients/new", {**ANA, "number": "1042", "guarantor_name": " "}, follow_redirects=True
    )

    client, account = Client.get(), Account.get(Account.number == "1042")
    assert (client.name, client.date_of_birth, client.phone) == (
        "Ana Delgado-Demo",
        the.day("1987-04-12"),
        "(312) 555-0142",
    )
    assert (account.guarantor_name, AccountClient.get().client) == ("Ana Delgado-Demo", client)
    assert "The client was added." in answer.text and "Nothing has happened on this account yet." in answer.text
    assert log() == [
        ("client.added", f"client:{client.id}", ""), ("account.added", f"account:{account.id}", "1042"),
        ("account.client_on", f"account:{account.id} client:{client.id}", ""),
    ]  # fmt: skip
    assert 'value="1043"' in biller.get("/practice/clients/new").text


def test_a_new_client_joins_an_account_and_twice_is_refused(biller):
    account = the.an_account("Kim Tran-Demo")
    url = f"/practice/clients/new?account={account.key}"
    assert "Who pays" not in biller.get(url).text
    biller.submit(url, ANA)
    again = biller.submit(url, {**ANA, "first_name": "ANA"})
    assert again.status_code == 422 and "with this name and day of birth already" in again.text
    assert [row.account for row in AccountClient.select()] == [account]
    biller.submit(url, {**ANA, "date_of_birth": "1988-04-12"})
    assert Client.select().count() == 2


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"first_name": ""}, "Fill in this field"), ({"date_of_birth": ""}, "Enter the day of birth"),
        ({"date_of_birth": "2026-11-21"}, "today at the latest"), ({"language": "fr"}, "Choose one"),
        ({"email": "ana"}, "Enter an email"), ({"sex": "Q"}, "Choose one"), ({"provider": "x"}, "Choose one"),
        ({"external_id": "C-1"}, "Another client has this number"),
        ({"number": "1"}, "Another account has this number"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_said_and_nothing_is_saved(biller, typed, told):
    numbered(the.an_account("Kim", the.a_client("Kim Tran-Demo", external_id="C-1")), "1")
    answer = biller.submit("/practice/clients/new", {**ANA, "number": "7", **typed})
    assert answer.status_code == 422 and told in answer.text and 'value="Delgado-Demo"' in answer.text
    assert (Client.select().count(), Account.select().count(), log()) == (1, 1, [])


def test_changed_facts_are_logged_by_name_and_never_by_what_they_say(owner, provider):
    ana = the.ana()
    Client.update(date_of_birth="1987-04-12").execute()
    url = f"/practice/clients/{ana.client.key}"
    assert "(312)" not in owner.get(url).text
    changed = {**ANA, "member_id": "M-77", "medicaid": "y", "provider": provider.key, "external_id": "C-9"}
    owner.submit(url, changed)
    owner.submit(url, changed)

    kept = Client.get_by_id(ana.client.id)
    assert (kept.member_id, kept.medicaid, kept.provider, kept.external_id) == ("M-77", True, provider, "C-9")
    ((what, subject, detail),) = log()
    assert (what, subject) == ("client.changed", f"client:{kept.id}")
    assert f"provider:  -> provider:{provider.id}" in detail and "language: en -> es" in detail
    assert "phone" in detail and "555" not in detail and "M-77" not in detail
    assert 'value="C-9"' in owner.get(url).text


def test_a_biller_keeps_clients_and_reads_nothing_that_is_on_file_for_the_insurer(biller):
    ana = the.ana()
    Client.update(date_of_birth="1987-04-12", line1="18 Harbor Street", member_id="M-77").execute()
    url = f"/practice/clients/{ana.client.key}"
    page = biller.get(url).text
    assert not [word for word in ("1987-04-12", "18 Harbor", "M-77", "Address<") if word in page]
    biller.submit(url, {**ANA, "date_of_birth": "1999-01-01", "member_id": "Other", "line1": "Other"})
    kept = Client.get_by_id(ana.client.id)
    assert (kept.language, kept.member_id, kept.line1, kept.date_of_birth) == (
        "es",
        "M-77",
        "18 Harbor Street",
        the.day("1987-04-12"),
    )


def test_an_accounts_facts_change(biller):
    ana, ben = the.ana(), the.ben()
    url = f"/practice/accounts/{ana.account.key}/facts"
    assert "Another account has this number" in biller.submit(
        url, {"number": ben.account.number, "guarantor_name": "Helen", "kind": "single"}
    ).text  # fmt: skip
    biller.submit(url, {"number": "A-7", "guarantor_name": "Helen Kim-Demo", "kind": "joint"})
    account = Account.get_by_id(ana.account.id)
    assert (account.number, account.guarantor_name, account.kind) == ("A-7", "Helen Kim-Demo", "joint")
    assert log()[0][2] == f"guarantor_name, number: {ana.account.number} -> A-7, kind: single -> joint"
    assert 'value="A-7"' in biller.get(url).text


def test_who_is_on_an_account_is_decided_by_name(biller):
    kim, ana = the.kim(), the.ana()
    the.a_client("Max Weber-Demo")
    url = f"/practice/accounts/{kim.account.key}/clients"
    assert "will also see whoever you add" in biller.get(url).text
    told = {
        "": "No client is called that", "Nobody": "No client is called that", "max": "More than one client",
        "max tran-demo": "on the account already",
    }  # fmt: skip
    assert [typed for typed, why in told.items() if why not in biller.submit(url, {"client": typed}).text] == []
    biller.submit(url, {"client": "ana  delgado"})
    assert [row.client.first_name for row in AccountClient.select().where(AccountClient.account == kim.account)] == [
        "Max",
        "Ana",
    ]

    off = f"{url}/{ana.client.key}/off"
    for _ in range(2):
        assert biller.submit(off).status_code == 303
    assert log()[-1] == ("account.client_off", f"account:{kim.account.id} client:{ana.client.id}", "")
    own = f"/practice/accounts/{ana.account.key}/clients/{ana.client.key}/off"
    assert "linked to this account as this client" in biller.submit(own).text
    the.a_charge(ana)
    assert "services of this client" in biller.submit(own).text.lower()


def test_a_client_can_have_one_more_account(biller):
    ana = the.ana()
    url = f"/practice/clients/{ana.client.key}/account"
    assert f'value="{int(ana.account.number) + 1}"' in biller.get(url).text
    page = biller.submit(
        url, {"number": "K-1", "guarantor_name": "Luis Tran-Demo", "kind": "single"}, follow_redirects=True
    )
    assert "The account was opened." in page.text and "Luis Tran-Demo" in page.text
    assert biller.submit(url, {"number": "K-1", "guarantor_name": "", "kind": "x"}).status_code == 422
    assert AccountClient.select().where(AccountClient.client == ana.client).count() == 2


def test_a_therapists_clients_are_their_own(browser, provider):
    jonah, ana = browser("therapist"), the.ana()
    assert "Therapist" not in plain(jonah.get("/practice/clients/new").text).split("Last name")[1]
    jonah.submit("/practice/clients/new", {**ANA, "number": "77"})
    client = Client.get(Client.language == "es")
    assert client.provider == provider
    jonah.submit(f"/practice/clients/{client.key}", {**ANA, "city": "Chicago"})
    assert Client.get_by_id(client.id).city == "Chicago" and Client.get_by_id(client.id).provider == provider
    for url in (f"/practice/clients/{ana.client.key}", f"/practice/accounts/{ana.account.key}/facts"):
        assert jonah.get(url).status_code == 404


def test_of_own_clients_none_is_overlooked_for_the_many_of_others(staff, provider, monkeypatch):
    monkeypatch.setattr(clients, "MOST_FOUND", 2)
    for name, whose in (("Max First-Demo", provider), ("Max Other-Demo", None), ("Max Second-Demo", provider)):
        the.a_client(name, provider=whose)
    with pytest.raises(NobodySo) as refused:
        clients.find(staff["therapist"], "max")
    assert refused.value.key == "pr.client.err.several"
    assert clients.find(staff["therapist"], "max second").last_name == "Second-Demo"
    for nobody in ("other", "x" * 60_000):
        with pytest.raises(NobodySo):
            clients.find(staff["therapist"], nobody)


def test_a_client_on_no_account_has_a_page(biller):
    client = the.a_client("Max Weber-Demo")
    assert biller.get(f"/practice/clients/{client.key}").status_code == 200
    assert biller.submit(f"/practice/clients/{client.key}", {**ANA}).location.endswith("/practice/accounts/")


def test_how_to_reach_who_pays_is_kept_and_billers_read_no_address(biller, owner):
    ana = the.ana()
    url, facts = (
        f"/practice/accounts/{ana.account.key}/facts",
        {"guarantor_name": "Pat", "number": "1", "kind": "single"},
    )
    reach = {"phone": "312 555 0142", "email": "pat@example.com", "line1": "18 Harbor Street", "zip": "60601"}
    assert owner.submit(url, facts | reach | {"state": "ZZ"}).status_code == 422
    owner.submit(url, facts | reach)
    page = biller.get(url).text
    biller.submit(url, facts | {"phone": "", "email": "kim@example.com", "line1": "elsewhere"})

    kept = Account.get_by_id(ana.account.id)
    assert (kept.phone, kept.email, kept.line1, kept.zip) == ("", "kim@example.com", "18 Harbor Street", "60601")
    assert "(312) 555-0142" in page and "Harbor Street" not in page
    assert not [detail for _, _, detail in log() if "example.com" in detail or "Harbor" in detail]


def test_who_is_not_in_care_is_not_offered(owner):
    ana, ben = the.ana(), the.ben()
    Fee.create(fee_key="TALK45", label="Talk", amount=90_00, kind="service")
    url = f"/practice/clients/{ben.client.key}"
    born = {"first_name": "Ben", "last_name": "Gone-Demo", "date_of_birth": "1980-01-01", "language": "en"}
    owner.submit(url, born | {"inactive": "y"})
    offered = owner.get("/practice/services/").text
    assert ana.client.name in offered and "Gone-Demo" not in offered
    owner.submit(url, born)
    assert "Gone-Demo" in owner.get("/practice/services/").text


def test_facts_change_only_as_a_whole(practice):
    client = the.a_client("Max Weber-Demo")
    with pytest.raises(FieldsRefused) as refused:
        clients.change_client(client, {"city": "Chicago", "zip": "1"}, the.stamp())
    assert [problem.field for problem in refused.value.problems] == ["zip"]
    assert Client.get_by_id(client.id).city == ""
