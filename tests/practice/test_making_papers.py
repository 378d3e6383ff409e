"""Invoices and statements by hand: who makes them, from what, and what the client then reads."""

import re

import pytest

from jobs import issue_statements
from models import AuditEntry, Charge, Document, Message
from tests import builders as the
from tests.practice.conftest import plain


@pytest.fixture
def ana(practice):
    return the.ana()


def days(first="2026-10-01", last="2026-10-31"):
    return {"from_on": first, "to_on": last}


def test_what_is_invoiced_tonight_can_be_invoiced_now(browser, ana):
    the.a_charge(ana)
    the.a_charge(ana, "2026-10-06", ready=False)
    the.a_charge(ana, "2026-12-01")
    biller = browser("biller")

    page = biller.get("/practice/papers/").text
    assert re.search(r"Ana Delgado-Demo \d+ 1 \$150\.00", plain(page))
    made = biller.submit(f"/practice/papers/accounts/{ana.account.key}/invoice", follow_redirects=True)

    (invoice,) = Document.select()
    assert "Invoice INV-2026-000001 was made." in made.text and "Talk therapy, 45 min" in made.text
    assert len(invoice.data["lines"]) == 1 and "localhost" in invoice.data["portal_host"]
    assert [message.kind for message in Message.select()] == ["mail.bill"]
    assert [row.what for row in AuditEntry.select().where(AuditEntry.what.startswith("document."))] == [
        "document.make", "document.view",
    ]  # fmt: skip
    assert "Nothing waits for an invoice." in biller.get("/practice/papers/").text


def test_services_that_nobody_marked_ready_can_be_chosen(browser, ana):
    ready, unready = the.a_charge(ana), the.a_charge(ana, "2026-10-06", ready=False)
    owner, page = browser("owner"), f"/practice/papers/accounts/{ana.account.key}"

    boxes = re.findall(r'name="charge" value="([^"]+)"( checked)?', owner.get(page).text)
    assert boxes == [(ready.key, " checked"), (unready.key, "")]
    refused = owner.submit(f"{page}/invoice", {"chosen": "1"})
    assert refused.status_code == 422 and "Choose at least one service" in refused.text
    owner.submit(f"{page}/invoice", {"chosen": "1", "charge": unready.key})

    assert Document.get().data["lines"][0]["service_date"] == "2026-10-06"
    assert Charge.get_by_id(unready.id).ready
    assert "INV-2026-000001" in owner.get(page).text


def test_a_statement_is_seen_before_it_is_made_and_made_once(browser, sign_in, ana):
    the.a_charge(ana)
    owner, address = browser("owner"), f"/practice/statements/{ana.account.key}"

    page = owner.get(f"/practice/papers/accounts/{ana.account.key}").text
    assert "October 2026" in page and "from_on=2026-10-01&amp;to_on=2026-10-31" in page
    preview = owner.get(address, query_string=days()).text
    assert "Opening balance" in preview and Document.select().count() == 0
    first, second = (owner.submit(address, days()).location for _ in range(2))

    assert first == second and Document.get().number == "STM-2026-000001"
    assert [message.kind for message in Message.select()] == ["mail.doc"]
    shown = owner.get(first, follow_redirects=True).text
    assert "Statement STM-2026-000001 was made." in shown and "$150.00" in shown
    reader = sign_in(ana.user)
    assert "Oct 1, 2026 to Oct 31, 2026" in plain(reader.get("/documents?type=statement").text)
    assert "Opening balance" in reader.get(f"/documents/{Document.get().key}").text


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (days(last="2026-11-20"), "Choose days that are over, the first one first"),
        (days(first="2026-11-01"), "Choose days that are over, the first one first"),
        ({"from_on": "2026-10-01"}, "Enter a real date"),
        (days(last="soon"), "Enter a real date"),
    ],
)
def test_days_that_are_none_are_refused_with_a_sentence(browser, ana, chosen, said):
    biller, address = browser("biller"), f"/practice/statements/{ana.account.key}"

    for answer in (biller.get(address, query_string=chosen), biller.submit(address, chosen)):
        assert answer.status_code == 422 and said in answer.text
    assert Document.select().count() == 0


def test_therapists_read_no_bills_and_auditors_make_none(browser, ana):
    the.a_charge(ana)
    browser("owner").submit(f"/practice/statements/{ana.account.key}", days())
    statement = f"/practice/papers/{Document.get().key}"

    assert [browser(role).get(statement).status_code for role in ("therapist", "auditor")] == [404, 200]
    auditor = browser("auditor")
    assert "Make the invoice now</button>" not in auditor.get("/practice/papers/").text
    assert auditor.submit(f"/practice/statements/{ana.account.key}", days()).status_code == 404


def test_on_the_practices_day_statements_make_themselves(app, ana):
    the.a_charge(ana)
    the.the_practice(statement_day=the.TODAY.day)

    assert [issue_statements(app, the.NOW) for _ in range(2)] == [1, 0]
    made = Document.get().data
    assert (made["from_on"], made["to_on"], made["closing"]) == ("2026-10-20", "2026-11-19", 150_00)
    assert "localhost" in made["portal_host"]
