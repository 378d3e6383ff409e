"""Every route and every kind of visitor in one table. A route that is new, gone or opened too far fails here."""

import re
from itertools import cycle
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from billing.entry_keys import key_of
from choices import DocumentType, LinkRole
from models import (
    Account,
    AccountClient,
    Attempt,
    Charge,
    Deposit,
    Dispute,
    Document,
    Entry,
    Link,
    MoneyBack,
    Payment,
    Provider,
    SavedCard,
    Staff,
    User,
    WaitingPayment,
)
from tests import builders as b
from tests.builders import NOW
from tests.identity.newcomer import an_invite
from tests.visitor import Visitor
from tests.walk import desk_pages, own_pages
from tests.walk.conftest import As, kept, person

# Ana is the client herself, Kim a mother, Max a minor who sees and does not pay, Dee a partner, Helen only pays,
# Nia has no link, Rob's has ended.
# Of the staff Mara is the owner, Jonah a therapist who stands in for others, Rosa the biller, Ivo the auditor.
VISITORS = ("stranger", "ana", "kim", "max", "dee", "helen", "nia", "rob", "mara", "jonah", "rosa", "ivo")

# What is named <…> is Ana's, except <waiting>, <back> and <omar> (of Omar, whom Jonah treats), <provider> and <rosa>.
# "in": sent to sign in. "go": done, and sent on.
TABLE = """
                                               stranger ana kim max dee helen nia rob   mara jonah rosa ivo
GET  /                                         in       200 200 200 200 200   200 200   404  404   404  404
GET  /account                                  in       200 200 200 200 200   200 200   404  404   404  404
POST /account/sessions/end                     in       go  go  go  go  go    go  go    404  404   404  404
GET  /account/download                         in       200 200 200 200 200   200 200   404  404   404  404
POST /account/download                         in       200 200 200 200 200   200 200   404  404   404  404
POST /account/erase                            in       go  go  go  go  go    go  go    404  404   404  404
GET  /cards                                    in       200 200 200 200 200   200 200   404  404   404  404
GET  /cards/new                                in       200 200 go  200 200   go  go    404  404   404  404
POST /cards                                    in       422 422 go  422 422   go  go    404  404   404  404
POST /cards/<card>/main                        in       go  404 404 404 404   404 404   404  404   404  404
GET  /cards/<card>/remove                      in       200 404 404 404 404   404 404   404  404   404  404
POST /cards/<card>/remove                      in       go  404 404 404 404   404 404   404  404   404  404
GET  /documents                                in       200 200 200 200 200   200 200   404  404   404  404
GET  /documents/<invoice>                      in       200 404 404 404 404   404 404   404  404   404  404
GET  /documents/<invoice>.pdf                  in       200 404 404 404 404   404 404   404  404   404  404
GET  /documents/<receipt>                      in       200 404 404 404 404   404 404   404  404   404  404
GET  /documents/superbill                      in       200 200 200 200 404   404 404   404  404   404  404
POST /documents/superbill                      in       422 422 422 422 404   404 404   404  404   404  404
GET  /history                                  in       200 200 200 200 200   200 200   404  404   404  404
GET  /history/<payment>                        in       200 404 404 404 404   404 404   404  404   404  404
GET  /messages                                 in       200 200 200 200 200   200 200   404  404   404  404
POST /messages                                 in       422 422 422 422 422   422 422   404  404   404  404
GET  /pay                                      in       200 200 200 200 200   200 200   404  404   404  404
GET  /pay/total                                in       go  go  go  go  go    go  go    404  404   404  404
GET  /pay/checkout?charge=<charge>             in       200 404 404 404 404   404 404   404  404   404  404
POST /pay/checkout                             in       422 404 404 404 404   404 404   404  404   404  404
POST /pay/keep                                 in       204 204 204 204 204   204 204   404  404   404  404
POST /pay/outside                              in       404 404 404 404 404   404 404   404  404   404  404
POST /pay                                      in       422 404 404 404 404   404 404   404  404   404  404
GET  /pay/<attempt>                            in       200 404 404 404 404   404 404   404  404   404  404
POST /pay/<attempt>/again                      in       go  404 404 404 404   404 404   404  404   404  404
POST /pay/credit                               in       go  404 404 404 404   404 404   404  404   404  404
GET  /pay/token                                in       200 200 404 200 200   404 404   404  404   404  404
GET  /account/people                           in       200 404 404 200 404   404 404   404  404   404  404
GET  /account/people/<rob>/end                 in       404 404 404 404 404   404 404   404  404   404  404
POST /account/people/<rob>/end                 in       404 404 404 404 404   404 404   404  404   404  404
GET  /account/people/<helped>/end              in       200 404 404 404 404   404 404   404  404   404  404
POST /account/people/<helped>/end              in       go  404 404 404 404   404 404   404  404   404  404
GET  /start                                    200      200 200 200 200 200   200 200   200  200   200  200
POST /start                                    422      422 422 422 422 422   422 422   422  422   422  422
GET  /join/<invited>                           200      200 200 200 200 200   200 200   200  200   200  200
POST /join/<invited>                           422      422 422 422 422 422   422 422   422  422   422  422
GET  /start/email                              go       go  go  go  go  go    go  go    go   go    go   go
POST /start/email                              go       go  go  go  go  go    go  go    go   go    go   go
POST /start/email/again                        go       go  go  go  go  go    go  go    go   go    go   go
GET  /start/password                           go       go  go  go  go  go    go  go    go   go    go   go
POST /start/password                           go       go  go  go  go  go    go  go    go   go    go   go
POST /start/passkey                            go       go  go  go  go  go    go  go    go   go    go   go
POST /start/passkey/options                    go       go  go  go  go  go    go  go    go   go    go   go
GET  /start/second-step                        go       go  go  go  go  go    go  go    go   go    go   go
POST /start/second-step                        go       go  go  go  go  go    go  go    go   go    go   go
POST /start/second-step/app                    go       go  go  go  go  go    go  go    go   go    go   go
GET  /start/codes                              go       go  go  go  go  go    go  go    go   go    go   go
POST /start/codes                              go       go  go  go  go  go    go  go    go   go    go   go
POST /start/codes/saved                        go       go  go  go  go  go    go  go    go   go    go   go
GET  /start/last                               go       go  go  go  go  go    go  go    go   go    go   go
POST /start/last                               go       go  go  go  go  go    go  go    go   go    go   go
GET  /start/known                              go       go  go  go  go  go    go  go    go   go    go   go
GET  /start/add                                in       go  go  go  go  go    go  go    404  404   404  404
POST /start/add                                in       go  go  go  go  go    go  go    404  404   404  404
GET  /sign-in                                  200      go  go  go  go  go    go  go    go   go    go   go
POST /sign-in                                  422      go  go  go  go  go    go  go    go   go    go   go
GET  /practice/sign-in                         200      go  go  go  go  go    go  go    go   go    go   go
POST /practice/sign-in                         422      go  go  go  go  go    go  go    go   go    go   go
GET  /sign-in/code                             in       go  go  go  go  go    go  go    go   go    go   go
POST /sign-in/code                             in       go  go  go  go  go    go  go    go   go    go   go
GET  /sign-in/second-step                      in       go  go  go  go  go    go  go    go   go    go   go
POST /sign-in/second-step                      in       go  go  go  go  go    go  go    go   go    go   go
POST /sign-in/second-step/app                  in       go  go  go  go  go    go  go    go   go    go   go
POST /sign-in/second-step/codes                in       go  go  go  go  go    go  go    go   go    go   go
POST /sign-in/second-step/done                 in       go  go  go  go  go    go  go    go   go    go   go
GET  /sign-in/again                            in       go  go  go  go  go    go  go    go   go    go   go
POST /sign-in/again                            in       go  go  go  go  go    go  go    go   go    go   go
GET  /practice/sign-in/code                    in       go  go  go  go  go    go  go    go   go    go   go
POST /practice/sign-in/code                    in       go  go  go  go  go    go  go    go   go    go   go
GET  /practice/sign-in/second-step             in       go  go  go  go  go    go  go    go   go    go   go
POST /practice/sign-in/second-step             in       go  go  go  go  go    go  go    go   go    go   go
POST /practice/sign-in/second-step/app         in       go  go  go  go  go    go  go    go   go    go   go
POST /practice/sign-in/second-step/codes       in       go  go  go  go  go    go  go    go   go    go   go
POST /practice/sign-in/second-step/done        in       go  go  go  go  go    go  go    go   go    go   go
GET  /practice/sign-in/again                   in       go  go  go  go  go    go  go    go   go    go   go
POST /practice/sign-in/again                   in       go  go  go  go  go    go  go    go   go    go   go
POST /stay                                     401      go  go  go  go  go    go  go    go   go    go   go
POST /language                                 in       in  in  in  in  in    in  in    in   in    in   in
GET  /webhooks/braintree                       400      400 400 400 400 400   400 400   400  400   400  400
POST /webhooks/braintree                       400      400 400 400 400 400   400 400   400  400   400  400
GET  /static/app.js                            200      200 200 200 200 200   200 200   200  200   200  200
GET  /assets/htmx.min.js                       200      200 200 200 200 200   200 200   200  200   200  200
GET  /dev/outbox                               200      200 200 200 200 200   200 200   200  200   200  200
POST /sign-out                                 go       go  go  go  go  go    go  go    go   go    go   go
"""
# What a form of that page sends; everything else is posted empty.
SENT = {
    "/pay": {"way": "one", "charge": "<charge>"},
    "/pay/checkout": {"way": "one", "charge": "<charge>"},
    "/pay/credit": {"account": "<account>"},
    "/practice/disputes/<dispute>/evidence/remove": {"id": "0"},
    "/practice/to-post/": {"key": "<waiting>"},
    "/language": {"language": "en"},
}
ROWS = own_pages.rows() + desk_pages.rows() + [line.split() for line in TABLE.strip().splitlines()[1:]]
WRITES = [row[1] for row in ROWS if row[0] == "POST" and row[1] != "/webhooks/braintree"]  # no form: a machine's door


@pytest.fixture
def things(database) -> dict[str, str]:
    """Name in the table -> key in this database."""
    ana, account = person("ana"), Account.get(Account.number == "1001")
    papers = Document.select().where(Document.account == account).order_by(Document.id)
    return {
        "account": account.key,
        "omar": Account.get(Account.number == "1012").key,
        "charge": Charge.select().where(Charge.account == account).order_by(Charge.id.desc()).get().key,
        "client": AccountClient.get(AccountClient.account == account).client.key,
        "payment": Payment.get(Payment.user == ana).key,
        "deposit": Deposit.get(Deposit.number == "DEP-017").key,
        "entry": key_of(Entry.get(Entry.payment == Payment.get(Payment.user == ana), Entry.kind == "payment")),
        "attempt": Attempt.get(Attempt.user == ana).key,
        "card": SavedCard.get(SavedCard.user == ana).key,
        "invoice": papers.where(Document.type == DocumentType.INVOICE).get().key,
        "receipt": papers.where(Document.type == DocumentType.RECEIPT).get().key,
        "superbill": Document.get((Document.type == DocumentType.SUPERBILL) & (Document.serial == 41)).key,
        "dispute": Dispute.get().key,
        "file": desk_pages.a_file(Staff.get(Staff.role == "biller")).key,
        "rosa": Staff.get(Staff.role == "biller").key,
        "provider": Provider.select().order_by(Provider.id).get().key,
        "waiting": WaitingPayment.get().attempt.key,
        "back": omars_refund().key,
        "rob": Link.get(Link.user == person("rob")).key,
        "helped": b.a_link(b.a_user("Ida Delgado-Demo"), account, *b.ONLY_PAYS, role=LinkRole.GUARANTOR).key,
        "nia": person("nia").key,
        "asked": an_invite(account, person("mara"), email="ida@example.com").invite.key,
        "invited": an_invite(account, person("mara")).token,
    }


def omars_refund() -> MoneyBack:
    """Rosa asked for it; it waits for somebody else."""
    sale = Payment.get(Payment.user == person("omar")).attempt
    return MoneyBack.create(
        form_key="omars", order_id=f"{sale.order_id}-R1", request_key="omars", attempt=sale, kind="refund", amount=1_00,
        reason="Visit cut short", state="created", asked_by=Staff.get(role="biller"), created_at=NOW,
    )  # fmt: skip


def named(text: str, things: dict[str, str]) -> str:
    return re.sub(r"<(\w+)>", lambda name: things[name[1]], text)


def ask(browser: Visitor, method: str, url: str, things: dict[str, str], token: str) -> TestResponse:
    sent = {name: named(value, things) for name, value in SENT.get(url, {}).items()}
    if method == "GET":
        return browser.get(named(url, things), buffered=True)
    return browser.post(named(url, things), data={"csrf_token": token, **sent})


def outcome(answer: TestResponse) -> str:
    """In the table's words."""
    if answer.status_code != 303:
        return str(answer.status_code)
    return "in" if urlsplit(answer.location).path.endswith("/sign-in") and answer.request.path != "/sign-out" else "go"


def test_every_route_stands_in_the_table(app: Flask, things):
    routes = app.url_map.bind("localhost")
    walked = {
        (method, routes.match(urlsplit(named(url, things)).path, method, return_rule=True)[0].rule)
        for method, url, *_ in ROWS
    }
    served = {(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"}}
    assert walked == served


@pytest.mark.parametrize("visitor", VISITORS)
def test_each_visitor_is_answered_as_the_table_says(visitor, as_: As, things):
    browser, column = as_(visitor), VISITORS.index(visitor)
    token = browser.token()
    found, expected = {}, {}
    for method, url, *row in ROWS:
        expected[f"{method} {url}"] = row[column]
        found[f"{method} {url}"] = outcome(ask(browser, method, url, things, token))
    assert found == expected


def test_a_form_that_lost_its_token_changes_nothing(as_: As, things):
    for visitor in ("stranger", "ana", "mara"):
        browser, before = as_(visitor), kept()
        refused = {url: browser.post(named(url, things), data={"csrf_token": "made up"}).status_code for url in WRITES}
        assert refused == dict.fromkeys(WRITES, 400)
        assert kept() == before


def test_only_get_and_post_are_spoken(as_: As, things):
    """Each route is asked in one of the other ways; the table above has all that it serves."""
    browser, methods = as_("mara"), cycle(("PUT", "PATCH", "DELETE"))
    urls = dict.fromkeys(row[1] for row in ROWS)
    assert {browser.open(named(url, things), method=next(methods)).status_code for url in urls} <= {400, 405}


# Every place where a client may name a thing.
NAMED = {
    "account": (
        "GET /pay/checkout?way=amount&account={}", "GET /pay/checkout?way=many&all=1&account={}",
        "POST /pay?way=amount&account={}", "POST /pay/checkout?way=amount&account={}", "POST /pay/credit?account={}",
    ),
    "charge": (
        "GET /pay/checkout?way=one&charge={}", "GET /pay/checkout?way=many&charge={}", "POST /pay?charge={}",
        "POST /pay/checkout?way=one&charge={}",
    ),
    "payment": ("GET /history/{}",),
    "attempt": ("GET /pay/{}", "GET /pay/checkout?after={}"),
    "card": ("GET /cards/{}/remove", "POST /cards/{}/main", "POST /cards/{}/remove"),
    "document": ("GET /documents/{}", "GET /documents/{}.pdf"),
}  # fmt: skip
ALL = tuple(NAMED)
PRIVATE = ("payment", "attempt", "card", "document")
STRANGE = [
    ("ana", "1012", ALL), ("kim", "1004", ALL), ("luis", "1003", ALL), ("nia", "1013", ALL), ("rob", "1001", ALL),
    ("dee", "1010", ALL), ("helen", "1008", ALL),
    ("helen", "1009", PRIVATE),  # she pays this account, and no more
    ("dee", "1005", ("superbill", "attempt")),  # joint visits; the superbills are the identified patient's
]  # fmt: skip


def keys_of(account: Account, kind: str, reader: User) -> list[str]:
    """The keys of an account's things of one kind, but for the reader's own."""
    users = Link.select(Link.user).where((Link.account == account) & (Link.user != reader))
    rows = {
        "account": Account.select().where(Account.id == account.id),
        "charge": Charge.select().where(Charge.account == account),
        "payment": Payment.select().where(Payment.account == account),
        "attempt": Attempt.select().where((Attempt.account == account) & (Attempt.user != reader)),
        "card": SavedCard.select().where(SavedCard.user.in_(users)),
        "document": Document.select().where(Document.account == account),
        "superbill": Document.select().where((Document.account == account) & (Document.type == DocumentType.SUPERBILL)),
    }
    return [row.key for row in rows[kind]]


@pytest.mark.parametrize(("visitor", "number", "kinds"), STRANGE, ids=lambda value: str(value)[:12])
def test_another_persons_thing_is_not_found(visitor, number, kinds, as_: As):
    browser, account = as_(visitor), Account.get(Account.number == number)
    token, before, found = browser.token(), kept(), {}
    for kind in kinds:
        for key in keys_of(account, kind, person(visitor)):
            for asked in NAMED.get(kind, NAMED["document"]):
                method, _, url = asked.format(key).partition(" ")
                found[f"{method} {url}"] = send(browser, method, url, token).status_code
    assert set(found.values()) == {404}, [asked for asked, status in found.items() if status != 404]
    assert kept() == before


def test_the_same_things_are_found_by_who_may(as_: As):
    """What the test above asks for exists: a 404 there is a refusal, not a typing error."""
    browser, account = as_("ana"), Account.get(Account.number == "1001")
    token = browser.token()
    for kind, asked in NAMED.items():
        keys = keys_of(account, kind, person("nia" if kind == "attempt" else "kim"))
        for method, _, url in (line.format(keys[-1]).partition(" ") for line in asked):
            assert send(browser, method, url, token).status_code != 404, (kind, url)


def test_a_therapist_finds_only_accounts_of_own_clients(as_: As):
    browser = as_("priya")
    found = {row.number: browser.get(f"/practice/accounts/{row.key}").status_code for row in Account.select()}
    # Lily, the couple, Tomás, Nia; Max's mother has one account for both children.
    assert sorted(number for number, status in found.items() if status == 200) == ["1003", "1005", "1010", "1013"]
    assert set(found.values()) == {200, 404}


def send(browser: Visitor, method: str, url: str, token: str) -> TestResponse:
    """A POST sends the query as a form."""
    path, _, query = url.partition("?")
    if method == "GET":
        return browser.get(url, buffered=True)
    return browser.post(path, data={"csrf_token": token, **dict(parse_qsl(query))})
