"""The first page: what came in, what waits for whom, and where each of it leads."""

import re
from datetime import timedelta

import pytest
from playhouse.test_utils import count_queries

from billing import inbox, moneyback, tasks, today
from billing.superbill_gaps import gaps
from models import Account, Client, Deposit, Dispute, Practice
from tests import builders as the
from tests.books.bank import a_disputed
from tests.builders import NOW, TODAY
from tests.practice.conftest import plain
from views.practice.menu import MENU

PAGE = "/practice/"


@pytest.fixture
def ana(practice):
    return the.ana()


@pytest.fixture
def omar(practice, provider):
    """A client of the therapist."""
    client = the.a_client("Omar Aziz-Demo", provider=provider, date_of_birth=the.day("1980-04-02"),
                          line1="1 Elm St", city="Oak Park", state="IL", zip="60301")  # fmt: skip
    return the.Person(the.a_user("Omar Aziz-Demo"), the.an_account("Omar Aziz-Demo", client), client)


def links(page):
    """Every address of the menu and of the page, of this site's practice."""
    return {re.sub("&amp;", "&", href) for href in re.findall(r'href="(/practice/[^"#]*)"', page)}


def waits(staff):
    found = today.matters(today.Asking(staff, NOW, TODAY))
    return {matter.what: (matter.count, matter.amount) for matter in found}


def test_an_empty_practice_is_quiet(browser):
    page = browser("biller").get(PAGE).text
    assert page.count("$0.00") >= 3
    assert "No news." in page
    assert "Nothing waits for you." in page


def test_whatever_the_page_and_its_menu_name_can_be_opened_by_that_role(browser, ana, omar, waiting):
    waiting(ana, "5.00")
    a_disputed(omar, the.a_charge(omar))
    the.a_payment(ana, "7.00")
    the.an_attempt(ana, (the.a_charge(ana), "9.00"), state="unknown", sent_at=NOW - timedelta(hours=1))
    the.a_user("Stranger")
    tasks.raise_task("task.closed", NOW, account=ana.account)
    inbox.put("notice.payment", NOW, account=omar.account)
    Practice.update(payments_on=False).execute()
    for role in ("owner", "biller", "therapist", "auditor"):
        visitor = browser(role)
        page = visitor.get(PAGE).text
        own = links(page) if role in ("therapist", "auditor") else set()
        assert {url: visitor.get(url).status_code for url in own} == dict.fromkeys(own, 200)
        sees_all, sees_switch = role != "therapist", role in ("owner", "auditor")
        assert ("Payments nobody has answered for" in page) == sees_all
        assert ("Sign-ins without an account" in page) == sees_all
        assert ('role="img"' in page) == sees_all
        assert ("Steps left before clients can pay" in page) == sees_switch
        assert ("Payments are off" in page) == sees_switch


def test_each_thing_that_waits_is_counted_with_its_money(staff, ana, omar, waiting):
    waiting(ana, "5.00", "3.00")
    payment = a_disputed(omar, the.a_charge(omar))
    the.a_payment(ana, "7.00")
    the.a_payment(ana, "4.00")
    for number, day in enumerate((TODAY, TODAY - timedelta(days=30))):
        Deposit.create(number=f"D{number}", source="announced", day=day, gross=5_00, net=5_00, at=NOW)
    the.an_attempt(ana, (the.a_charge(ana), "9.00"), state="unknown", sent_at=NOW - timedelta(hours=1))

    found = waits(staff["auditor"])

    assert found == {
        "disputes": (1, None), "unknown": (1, 9_00), "to_post": (1, 8_00), "credits": (1, 11_00), "deposits": (1, None),
        "gaps": (1, None),
    }  # fmt: skip
    assert waits(staff["therapist"]) == {}
    asking = today.Asking(staff["owner"], NOW, TODAY)
    assert [matter.due for matter in today.matters(asking) if matter.due] == [the.day("2026-11-30")]
    Dispute.update(answered_at=NOW).where(Dispute.payment == payment).execute()
    assert "disputes" not in waits(staff["owner"])


def test_months_and_what_is_owed_are_of_own_clients_for_a_therapist(browser, staff, ana, omar):
    the.a_paid(the.a_charge(ana), "100.00", on="2026-11-02")
    paid = the.a_settled(the.a_charge(omar), "60.00", on="2026-11-05")
    moneyback.refund(paid, 20_00, "Cut short", the.stamp("2026-11-06"))
    the.a_paid(the.a_charge(omar), "30.00", on="2026-10-31")

    of = {role: today.Asking(staff[role], NOW, TODAY) for role in ("owner", "therapist")}
    nets = {role: [month.net for month in today.months(asking)][-2:] for role, asking in of.items()}

    assert nets == {"owner": [30_00, 140_00], "therapist": [30_00, 40_00]}
    assert today.owed(of["owner"]) - today.owed(of["therapist"]) == 50_00
    page = plain(browser("therapist").get(PAGE).text)
    assert "Received this month, net $40.00" in page
    assert "Clients owe $230.00" in page


def test_who_lacks_what_a_superbill_needs_is_listed_with_it(browser, staff, ana, omar):
    the.a_charge(ana), the.a_charge(ana), the.a_charge(omar)
    Client.update(first_name="Ana María").where(Client.id == ana.client.id).execute()

    page = plain(browser("owner").get("/practice/superbill-details").text)
    assert "Ana María Delgado-Demo" in page
    assert "Omar" not in page.split("Missing for a superbill")[2]
    assert gaps(staff["therapist"], NOW) == []
    Client.update(date_of_birth=None).where(Client.id == omar.client.id).execute()
    assert [gap.missing for gap in gaps(staff["therapist"], NOW)] == [("sb.client.date_of_birth",)]


@pytest.mark.parametrize("count", [1, 9])
def test_the_page_costs_the_same_however_much_there_is(browser, waiting, count):
    for number in range(count):
        person = the.a_person(f"Client {number} Demo")
        a_charge = the.a_charge(person)
        the.a_paid(a_charge, "20.00")
        the.a_payment(person, "3.00")
        waiting(person, "1.00")
        tasks.raise_task("task.closed", NOW, account=person.account)
        inbox.put("notice.payment", NOW, account=person.account)
    auditor = browser("auditor")
    with count_queries() as asked:
        assert auditor.get(PAGE).status_code == 200
    assert asked.count == 32
    assert Account.select().count() == count


def test_every_screen_of_the_menu_is_there(app):
    assert [screen.endpoint for group in MENU for screen in group.screens
            if screen.endpoint not in app.view_functions] == []  # fmt: skip


def test_the_group_of_the_page_is_open_and_the_page_is_marked(browser):
    page = browser("owner").get("/practice/staff/").text
    menu = page[page.index('id="menu"') : page.index("</nav>")]
    assert menu.count("<details open>") == 1
    assert re.search(r'href="/practice/staff/" aria-current="page"', menu)
    assert "<details open>" not in browser("owner").get(PAGE).text
