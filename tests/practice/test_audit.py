"""The activity log at the practice: looks and refusals are in it, in plain words, and each week is looked through."""

import csv
import io
import re
from datetime import timedelta
from urllib.parse import parse_qsl, quote

import pytest
from playhouse.test_utils import count_queries

import words
from billing import receipts
from billing.audit import note
from billing.tasks import raise_task
from identity import activity_week, break_glass, links
from models import AuditEntry, Deposit, Document, Link, MoneyBack, Payment, Practice, Staff, Task, User
from tests import builders as the
from tests.builders import NOW
from tests.practice.bank import Bank
from tests.practice.conftest import looked_for, plain
from tests.sandbox.fixtures import gateway, sandbox_server  # noqa: F401

LOG, WEEK = "/practice/audit/", "/practice/audit/week"


@pytest.fixture
def auditor(browser):
    return browser("auditor")


@pytest.fixture
def bank(practice, sandbox_server, gateway):  # noqa: F811
    return Bank(sandbox_server, gateway)


def logged(*firsts):
    rows = AuditEntry.select().order_by(AuditEntry.id)
    return [(row.by, row.what, row.subject, row.detail) for row in rows if row.what.startswith(firsts)]


def seen(page):
    """The sentences of the entries on a page, newest first."""
    return [plain(cell).strip() for cell in re.findall(r'data-label="What">(.*?)</td>', page.text, re.DOTALL)]


def test_a_look_at_amounts_is_one_entry_with_accounts_and_no_content(browser, staff):
    ana, ben = the.ana(), the.ben()
    for person in (ana, ben):
        the.a_charge(person)
    biller = browser("biller")

    biller.get(f"/practice/accounts/{ana.account.key}")
    biller.get("/practice/accounts/?q=demo")

    by = f"staff:{staff['biller'].id}"
    both = f"account:{ana.account.id} account:{ben.account.id}"
    assert logged("seen") == [
        (by, "seen.health", f"account:{ana.account.id}", "GET /practice/accounts/<key>"),
        (by, "seen.health", both, "GET /practice/accounts/"),
    ]
    entry = AuditEntry.get(AuditEntry.what == "seen.health")
    assert (entry.ip, entry.at, bool(entry.session)) == ("127.0.0.1", NOW, True)


def test_a_client_who_may_not_know_the_care_saw_amounts_only(sign_in):
    grace = the.grace()
    helen = the.helen(grace)
    the.a_charge(grace)

    sign_in(helen.user).get("/pay")
    sign_in(grace.user).get("/pay")

    account = f"account:{grace.account.id}"
    assert logged("seen") == [
        (f"user:{helen.user.id}", "seen.amounts", account, "GET /pay"),
        (f"user:{grace.user.id}", "seen.health", account, "GET /pay"),
    ]


def test_a_page_that_asks_again_by_itself_is_one_look(sign_in, clock):
    ana = the.ana()
    attempt = the.an_attempt(ana, (the.a_charge(ana), "10.00"), state="succeeded")
    the.a_payment(ana, "10.00", attempt=attempt, source="portal", way="one", user=ana.user)
    browser = sign_in(ana.user)

    for _ in range(3):
        browser.get("/pay")
    fragments = {"HX-Request": "true"}
    for _ in range(3):
        browser.get("/pay/total?way=many&account=x", headers=fragments)
    assert [detail for *_, detail in logged("seen")] == ["GET /pay"] * 3

    other = sign_in(ana.user)
    charge = the.a_charge(ana)
    for asking in (browser, browser, other):
        asking.get(f"/pay/total?way=one&charge={charge.key}", headers=fragments)
    assert [detail for *_, detail in logged("seen")][3:] == ["GET /pay/total"] * 2
    clock.pass_(minutes=11)
    browser.get(f"/pay/total?way=one&charge={charge.key}", headers=fragments)
    assert len(logged("seen")) == 6


def test_who_is_refused_stands_in_the_log_by_route_and_never_by_what_was_typed(browser, staff, sign_in, client):
    ana, ben = the.ana(), the.ben()
    browser("therapist").get(f"/practice/accounts/{ana.account.key}")
    browser("biller").submit("/practice/payments/on")
    sign_in(ana.user).get(f"/pay/checkout?way=amount&account={ben.account.key}")
    sign_in(ana.user).get("/practice/accounts/")
    sign_in(ana.user).get("/no-such-page")
    client.get(f"/pay/checkout?way=amount&account={ben.account.key}")

    assert logged("denied") == [
        (f"staff:{staff['therapist'].id}", "denied", "accounts", "GET /practice/accounts/<key>"),
        (f"staff:{staff['biller'].id}", "denied", "switch", "POST /practice/payments/on"),
        (f"user:{ana.user.id}", "denied", "payments", "GET /pay/checkout"),
        (f"user:{ana.user.id}", "denied", "accounts", "GET /practice/accounts/"),
    ]


def test_a_form_that_is_none_of_ours_is_noted_as_refused(app, sign_in, staff):
    ana = the.ana()
    browser = sign_in(ana.user)

    assert browser.post("/pay/checkout").status_code == 400
    assert app.test_client().post("/pay/checkout").status_code == 400  # a stranger is nobody to note

    assert logged("denied") == [(f"user:{ana.user.id}", "denied", "payments", "POST /pay/checkout")]
    entry = AuditEntry.get(AuditEntry.what == "denied")
    assert (entry.result, entry.ip, bool(entry.session)) == ("400", "127.0.0.1", True)


def test_a_list_of_names_and_papers_under_a_hidden_balance_are_looks_too(browser, staff, sign_in):
    ana = the.ana()
    the.a_settled(the.a_charge(ana), user=ana.user)
    receipts.issue(Payment.get(), the.stamp())
    Practice.update(show_balance=False).execute()

    sign_in(ana.user).get("/")
    browser("biller").get("/practice/transactions/?from_on=")

    assert [(what, detail) for _, what, _, detail in logged("seen")] == [
        ("seen.papers", "GET /"),
        ("seen.amounts", "GET /practice/transactions/"),
        ("seen.people", "GET /practice/transactions/"),
    ]


def test_what_staff_wrote_is_shown_from_the_rows_the_log_names(auditor, staff):
    ana = the.ana()
    break_glass.open_client(staff["therapist"], the.omar().client.key, "Colleague is ill", NOW)
    links.end(Link.get(Link.user == ana.user), staff["owner"], NOW, reason="She moved away")

    said = seen(auditor.get(LOG))

    assert said[0].endswith("Ana Delgado-Demo, " + f"{ana.account.number} Reason: She moved away")
    assert said[1].endswith(" O. A. Reason: Colleague is ill")
    assert not [row for row in AuditEntry.select() if "Colleague" in str(row.__data__) or "moved" in str(row.__data__)]


def test_the_log_reads_in_plain_words_with_names_and_numbers(auditor, staff):
    ana = the.ana()
    note(f"staff:{staff['owner'].id}", "practice.refund_limit", "practice:1", NOW, detail="50000 -> 25000")
    note(f"user:{ana.user.id}", "seen.amounts", f"account:{ana.account.id}", NOW, ip="192.0.2.7", session="12")
    note("staff:4711", "link.ended", f"link:9 user:{ana.user.id}", NOW, reason="data.erase")
    note("stranger", "sign_in", "", NOW, result="signin.fail")
    note("system", "newly.invented", "", NOW)

    page = auditor.get(LOG)

    assert seen(page) == [
        "Something else: newly.invented",
        "A sign-in was refused wrong email or password",
        "Ended a person’s link to an account: link:9, Ana Delgado-Demo Reason: the login was erased",
        f"Saw amounts: {ana.account.number}",
        "Changed a setting: Most that one person may give back alone 50000 -&gt; 25000",
    ]
    words = plain(page.text)
    for name in ("Mara Ellison-Demo", "Ana Delgado-Demo", "Someone who is not on file", "The portal itself"):
        assert name in words
    assert "192.0.2.7" in words and "session 12" in words


def test_a_name_outlives_the_login(auditor, staff):
    note(f"staff:{staff['biller'].id}", "posting.all", "", NOW)
    Staff.update(disabled_at=NOW).where(Staff.id == staff["biller"].id).execute()

    assert "Rosa Quill-Demo" in auditor.get(LOG).text


def test_filters_narrow_the_log(auditor, staff, practice):
    ana, ben = the.ana(), the.ben()
    rosa = f"staff:{staff['biller'].id}"
    note(rosa, "seen.health", f"account:{ana.account.id} account:{ben.account.id}", NOW - timedelta(days=3))
    note(rosa, "refund.ask", "money_back:1", NOW - timedelta(days=2))
    note(f"user:{ben.user.id}", "document.view", "document:1", NOW - timedelta(days=1))

    def told(query):
        page = looked_for(auditor, "log", **dict(parse_qsl(query)))
        return [sentence.split(":")[0] for sentence in seen(page)]

    assert told("who=quill") == ["Asked for money to go back", "Saw amounts and care"]
    assert told(f"who={quote(ben.user.email.upper())}") == ["Read a paper"]
    assert told("who=nobody") == []
    assert told("group=money") == ["Asked for money to go back"]
    assert told(f"account={ben.account.number}") == ["Saw amounts and care"]
    assert told("account=999999") == []
    assert told("to_on=2026-11-18&from_on=2026-11-18") == ["Asked for money to go back"]
    assert told("to_on=2026-11-17") == ["Saw amounts and care"]
    assert told("to_on=9999-12-31&group=papers") == ["Read a paper"]
    assert told("from_on=soon&group=nothing&who=quill&before=x") == [
        "Asked for money to go back", "Saw amounts and care",
    ]  # fmt: skip
    assert {sentence[:13] for sentence in told("group=other")} == {"Read this log"}


def test_what_belongs_to_an_account_is_found_by_its_number(auditor):
    ana = the.ana()
    payment = the.a_paid(the.a_charge(ana))
    attempt = the.an_attempt(ana, (the.a_charge(ana), "10.00"))
    for subject in (f"payment:{payment.id}", f"attempt:{attempt.id}", "attempt:99", f"account:{ana.account.id}1"):
        note("system", "task.done", subject, NOW)

    page = auditor.get(f"{LOG}?account={ana.account.number}")

    assert seen(page) == [f"Finished a task: {ana.account.number}"] * 2


def test_what_an_entry_is_about_is_named(auditor, bank):
    ana = the.ana()
    dispute = bank(ana)
    receipt = Document.get()
    link = Link.get(Link.user == ana.user)
    task = raise_task("task.books", NOW)
    owned = raise_task("task.superbill", NOW, account=ana.account)
    back = MoneyBack.create(
        form_key="f", order_id="o", request_key="r", payment=dispute.payment, kind="refund", amount=1_00, reason="x",
        state="created", created_at=NOW,
    )  # fmt: skip
    paid = Deposit.create(number="DEP-016", source="announced", day=the.TODAY, gross=5_00, net=5_00, at=NOW)
    number = ana.account.number
    told = {
        f"deposit:{paid.id}": "DEP-016",
        f"document:{receipt.id}": receipt.number, f"client:{ana.client.id}": "A. D.",
        f"link:{link.id}": f"Ana Delgado-Demo, {number}", f"task:{task.id}": f"task:{task.id}", "client:x": "client:x",
        f"task:{owned.id}": number, f"money_back:{back.id}": number, f"dispute:{dispute.id}": number,
    }  # fmt: skip
    for subject in told:
        note("system", "task.done", subject, NOW, result="404", detail="task.superbill")

    page = auditor.get(f"{LOG}?group=other")

    superbill = words.say("task.superbill", "en")
    small = f"not found for them · {superbill}"
    assert seen(page)[::-1] == [f"Finished a task: {name} {small}" for name in told.values()]
    by_number = auditor.get(f"{LOG}?group=other&account={number}")
    assert len(seen(by_number)) == 5


def test_a_long_log_is_read_page_by_page(auditor):
    for number in range(120):
        note("system", "task.done", f"task:{number}", NOW)

    first = auditor.get(f"{LOG}?group=other")
    older = re.search(r'href="([^"]+before=[^"]+)"', first.text)[1].replace("&amp;", "&")
    second = auditor.get(older)

    assert len(seen(first)) == len(seen(second)) == 50
    assert seen(first)[0] == "Finished a task: task:119" and seen(second)[0] == "Finished a task: task:69"
    assert 'rel="next"' in second.text and "Newest" in second.text and "Newest" not in first.text


def test_reading_the_log_is_logged_without_what_was_typed(auditor, staff):
    looked_for(auditor, "log", who="delgado", from_on="2026-11-01")
    auditor.get(WEEK)

    by = f"staff:{staff['auditor'].id}"
    assert logged("log") == [(by, "log.read", "", "who from_on"), (by, "log.read", "", "")]


def test_the_log_leaves_as_a_file_that_no_spreadsheet_runs(auditor, staff, monkeypatch):
    monkeypatch.setattr("billing.audit.AT_ONCE", 2)
    for reason in ("=1+1", "@x", "-45.00", "plain"):
        note("system", "task.done", "task:1", NOW, reason=reason)

    answer = auditor.get(f"{LOG}log.csv?group=other")

    assert answer.headers["Content-Disposition"] == "attachment; filename=activity-log-2026-11-20.csv"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    header, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""))
    assert [row[header.index("Reason")] for row in rows if row[4] == "task.done"] == ["'=1+1", "'@x", "-45.00", "plain"]
    assert answer.data.startswith(b"\xef\xbb\xbfEntry,At,Who") and b"\r\n" in answer.data
    assert logged("log.export") == [(f"staff:{staff['auditor'].id}", "log.export", "", "group")]
    assert AuditEntry.get(AuditEntry.what == "log.export").result == "4"


def test_only_owner_and_auditor_read_the_log_and_only_the_owner_signs_for_the_week(browser):
    found = {role: browser(role).get(LOG).status_code for role in ("owner", "auditor", "biller", "therapist")}
    assert found == {"owner": 200, "auditor": 200, "biller": 404, "therapist": 404}
    assert browser("auditor").submit(WEEK).status_code == 404
    assert "I have looked" not in browser("auditor").get(WEEK).text


def test_a_quiet_week_says_so_and_signing_for_it_ends_the_task(owner, staff, clock):
    page = owner.get(WEEK)
    assert "Nothing unusual this week" in page.text and "Nobody has looked" in page.text
    assert activity_week.remind(clock()) == 0

    clock.pass_(days=8)
    assert activity_week.remind(clock()) == activity_week.remind(clock()) == 1
    assert [task.kind for task in Task.select()] == ["task.log_review"]
    owner = owner.application.test_client().enter(staff["owner"])
    told = owner.submit(WEEK, follow_redirects=True)

    assert "Mara Ellison-Demo" in plain(told.text).split("Last looked through")[1]
    assert Task.get().done_at == clock()
    assert activity_week.remind(clock()) == 0


def test_what_is_unusual_comes_first(owner, staff):
    rosa = f"staff:{staff['biller'].id}"
    for _ in range(3):
        note("stranger", "sign_in", "", NOW, ip="192.0.2.66", result="signin.fail")
    note("stranger", "sign_in", "", NOW - timedelta(days=9), ip="192.0.2.99", result="signin.fail")
    note(rosa, "sign_in", "", NOW, ip="192.0.2.1")
    note(rosa, "denied", "settings", NOW, result="404", detail="GET /practice/settings/")
    note(rosa, "seen.health", "account:1", NOW - timedelta(hours=12))
    note(rosa, "refund.ask", "money_back:1", NOW)
    note(rosa, "provider.npi", "provider:1", NOW, detail="a -> b")
    note(rosa, "link.made", "link:1", NOW)
    note(rosa, "data.export", "account:1", NOW)
    note(rosa, "glass.open", "client:1", NOW)

    page = owner.get(WEEK).text

    headings = [plain(part).strip() for part in re.findall(r"<h2[^>]*>(.*?)</h2>", page, re.DOTALL)]
    assert headings == [
        "Sign-ins that were refused 3", "Asked for what is not theirs 1", "Clients opened in an emergency 1",
        "Data that left 1",
        "People, links and rights that changed 1", "Settings that changed 1", "Money asked back 1",
        "Staff at night, 10 PM to 6 AM 1", "Everything, by kind",
    ]  # fmt: skip
    words = plain(page)
    assert "192.0.2.66 A sign-in was refused 3" in words and "192.0.2.99" not in words
    assert "Rosa Quill-Demo GET /practice/settings/ 1" in words


def test_the_first_week_of_an_empty_log_asks_for_nothing(practice):
    assert activity_week.remind(NOW) == 0


def test_the_log_costs_the_same_however_long(auditor, staff, practice):
    people = [the.a_person(f"Person {number}") for number in range(20)]
    costs = []
    for count in (1, 20):
        for person in people[:count]:
            note(f"user:{person.user.id}", "seen.amounts", f"account:{person.account.id} document:1", NOW)
        with count_queries() as asked:
            assert auditor.get(f"{LOG}?group=seen").status_code == 200
        costs.append(asked.count)
    assert costs[0] == costs[1]
    assert User.select().count() == 20
