"""A full day at the demo practice: what is written into the log and sent by email tells nothing about anyone's care.

What may not be found is read from the rows, not listed by hand: every name, label, code, amount, address and secret.
"""

import io
import logging
import re
from collections.abc import Iterator

import pytest
from flask import Flask

import logs
import mail
from billing.messages import queue
from choices import DocumentType
from models import (
    Account,
    Attempt,
    Charge,
    Client,
    Diagnosis,
    Dispute,
    Document,
    Entry,
    Message,
    MoneyBack,
    Payment,
    Practice,
    Provider,
    SavedCard,
    Staff,
    Totp,
    User,
    WebhookDelivery,
    db,
)
from money import plain_dollars
from tests.gateways.test_webhooks import form
from tests.portal.reader import Reader
from tests.visitor import PASSWORD
from tests.walk.conftest import person

WRONG, NOTE, TYPED = "not-the-password-1", "For my son's visits", "Zzyzx"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that is written down at the lowest level, as the program would write it."""
    root, stream = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    root.handlers = []
    logs.configure("DEBUG")
    root.handlers[0].setStream(stream)
    yield stream
    root.handlers, root.level = before, level


def secrets() -> dict[str, str]:
    """What may not be found -> what it is. Short words of everyday language are looked for as whole words."""
    found: dict[str, str] = {WRONG: "password", PASSWORD: "password", NOTE: "note", TYPED: "typed"}
    for client in Client.select():
        found |= dict.fromkeys((client.first_name, client.last_name, client.member_id, client.line1), "client")
        if client.date_of_birth:
            found |= {client.date_of_birth.isoformat(): "birth", client.date_of_birth.strftime("%m/%d/%Y"): "birth"}
    for model in (User, Staff, Provider):
        found |= {word: model.__name__ for row in model.select() for word in row.name.split()}
    found |= {row.email: "email" for model in (User, Staff, Client) for row in model.select() if row.email}
    found |= {row.guarantor_name: "guarantor" for row in Account.select()}
    for charge in Charge.select():
        found |= dict.fromkeys((charge.label, charge.label_es, charge.code, *charge.dx), "care")
    found |= {row.text: "diagnosis" for row in Diagnosis.select()}
    amounts = {row.amount for model in (Charge, Payment, Entry, Attempt) for row in model.select()}
    found |= {plain_dollars(cents): "amount" for cents in amounts}
    found |= {row.token: "token" for row in SavedCard.select()} | {row.secret: "app" for row in Totp.select()}
    found.pop("", None)
    return found


def tells(text: str) -> dict[str, str]:
    """Which of them stand in it."""
    known = secrets()
    whole = re.compile(rf"(?<![\w.-])(?:{'|'.join(re.escape(word) for word in sorted(known, key=len)[::-1])})(?![\w-])")
    return {word: known[word] for word in set(whole.findall(text))}


def letters(app: Flask) -> list[str]:
    """Every message as it leaves, but for the line that says to whom."""
    made = [mail.render(row, Practice.the(), app.extensions["settings"]) for row in Message.select()]
    for letter in made:
        del letter["To"]
    return [letter.as_string() + letter.get_content() for letter in made]


def morning(app, as_) -> None:
    """At the doors: wrong, unknown, right, and a door that is not theirs."""
    for who, password in ((person("ana"), WRONG), (person("mara"), WRONG), (person("ana"), PASSWORD)):
        app.test_client().sign_in(who, password)
    app.test_client().submit("/sign-in", {"email": f"{TYPED}@example.com", "password": WRONG})
    ana = as_("ana")
    for url in ("/practice/accounts/", f"/history/{TYPED}", f"/documents?type={TYPED}&year=x", f"/{TYPED}"):
        ana.get(url)
    ana.post("/pay", data={"note": NOTE})


def client_day(reader: Reader, processor) -> None:
    """Every page; a payment that is declined, one that is paid, a superbill."""
    papers = [row.key for row in Document.select().where(Document.account == Account.get(Account.number == "1001"))]
    for url in (
        "/",
        "/pay",
        "/history",
        "/documents",
        "/cards",
        "/cards/new",
        "/account",
        "/messages",
        "/account/download",
    ):
        reader.browser.get(url)
    for key in papers:
        reader.browser.get(f"/documents/{key}")
    charge = Charge.get(Charge.account == Account.get(Account.number == "1001"))
    for card in ("funds", "visa"):
        page = reader.open(f"/pay/checkout?way=amount&account={charge.account.key}")
        reader.pay(page, amount="25.00", shown="$25.00", note=NOTE, card="new", nonce=processor.pick(card), again="1")
    query = f"/documents/superbill?whom={charge.account.key}.{charge.client.key}"
    made = {"whom": f"{charge.account.key}.{charge.client.key}", "from_on": "2026-09-01", "to_on": "2026-11-20"}
    reader.browser.get(query)
    reader.browser.submit("/documents/superbill", {**made, "provider": "all"})


def staff_day(mara, processor, payment: Payment) -> None:
    """Lists with names typed into them, money given back, settings changed, somebody invited to the log."""
    for url in ("transactions/", "accounts/", "to-post/", "tasks/", "disputes/", "credits/", "settings/", "audit/week"):
        mara.get(f"/practice/{url}?q=Delgado&who=Delgado")
    for where in ("payments", "accounts", "links", "people", "log"):
        sent = dict.fromkeys(("q", "person", "whose", "who"), "Delgado")
        mara.submit(f"/practice/search/{where}", sent, follow_redirects=True)
    mara.get(f"/practice/transactions/{payment.key}")
    refund = f"/practice/transactions/{payment.key}/refund"
    sent = {"whole": "full", "reason": "Visit cut short", "form_key": "f", "way": "processor"}
    shown = re.search(r'name="shown" value="([^"]*)"', mara.submit(refund, sent).text)
    mara.submit(refund, {**sent, "shown": shown[1] if shown else ""})
    mara.submit("/practice/settings/refunds", {"refund_policy": "Within 30 days", "refund_limit": "400.00"})
    mara.submit("/practice/settings/details", {"name": TYPED})


def paid_with_note() -> Payment:
    return next(row for row in Payment.select() if row.note == NOTE)


def news(app, processor) -> None:
    """Webhooks, good and forged, and a dispute among them."""
    sale = Attempt.get(Attempt.transaction_id.is_null(False) & (Attempt.state == "succeeded")).transaction_id
    hidden = f"<dispute><id>none</id><kind>chargeback</kind><transaction><id>{sale}</id></transaction></dispute>"
    browser = app.test_client()
    for sent in (
        form("check", "<check type='boolean'>true</check>"),
        form("dispute_opened", hidden),
        {"bt_payload": TYPED},
    ):
        browser.post("/webhooks/braintree", data=sent)


def broken(app, reader: Reader) -> None:
    """An error that nobody foresaw, with everything that the traceback of it says."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    db.execute_sql("ALTER TABLE hold RENAME TO gone")
    try:
        assert reader.browser.get("/pay").status_code == 500
    finally:
        db.execute_sql("ALTER TABLE gone RENAME TO hold")


def test_a_full_day_tells_nothing(app, as_, processor, written, clock):
    morning(app, as_)
    client_day(Reader(as_("ana")), processor)
    helen = as_("helen")
    for url in ("/", "/pay", "/history", "/documents"):
        helen.get(url)
    staff_day(as_("mara"), processor, paid_with_note())
    news(app, processor)
    broken(app, Reader(as_("ana")))
    done = app.extensions["jobs"].run_due()
    for command in ("check-books", "keeping", "jobs"):
        app.test_cli_runner().invoke(args=[command])

    # The day took place.
    assert None not in done.values()
    assert [row.note for row in Attempt.select()].count(NOTE) == 2
    assert Document.select().where(Document.type == DocumentType.SUPERBILL, Document.issued_at == clock()).exists()
    assert WebhookDelivery.select().count() >= 2 and Dispute.select().exists()
    assert MoneyBack.select().exists() and Practice.the().refund_limit == 400_00
    assert {"mail.receipt", "mail.tries"} & {row.kind for row in Message.select()}
    text = written.getvalue()
    assert "GET /documents/<key> 200" in text and "Traceback" in text and "no such table" in text
    # And nobody learns of it.
    assert tells(text) == {}
    assert [tells(letter) for letter in letters(app)] == [{}] * Message.select().count()


def test_the_search_finds_what_it_should(app, written):
    charge = Charge.get(Charge.code != "")
    client = charge.client
    said = (
        client.first_name, client.last_name, client.member_id, charge.label, charge.code, plain_dollars(charge.amount),
        client.date_of_birth.isoformat(), client.line1, SavedCard.get().token, WRONG,
    )  # fmt: skip
    for word in filter(None, said):
        logging.getLogger("views.planted").debug("somebody said %s.", word)
        queue("mail.reset", "a@example.com", "en", app.extensions["clock"](), reset_url=f" {word}")
    logging.getLogger("peewee").debug("nothing of others: %s", charge.label)

    assert set(tells(written.getvalue())) >= set(filter(None, said))
    logging.getLogger("views.planted").warning("somebody wrote to %s.", person("ana").email)
    assert "nothing of others" not in written.getvalue()
    assert "wrote to [email]" in written.getvalue() and "@" not in written.getvalue()
    assert [letter for letter in letters(app) if not tells(letter)] == []
