"""News: each is written with what caused it, reaches whom it concerns, and is put away once for all."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

import words
from billing import inbox, outcomes, superbill_tasks, unsure
from choices import AttemptState, PostingMode, Way
from gateways import Fact, Kind, Standing
from identity import break_glass, invites
from jobs import check_books
from models import Dispute, MoneyBack, Notice
from tests import builders as the
from tests.books.bank import LOST, WON, a_disputed, hear, news
from tests.builders import NOW
from tests.identity.newcomer import an_invite
from tests.practice.conftest import plain

INBOX, ROOT = "/practice/inbox/", Path(__file__).parents[2]
HOUR = timedelta(hours=1)


@pytest.fixture
def ana(practice):
    return the.ana()


@pytest.fixture
def omar(practice, provider):
    """A client of the therapist."""
    return the.Person(the.a_user("Omar Aziz-Demo"), the.an_account("Omar Aziz-Demo", a := the.a_client(
        "Omar Aziz-Demo", provider=provider)), a)  # fmt: skip


def told():
    return [row.kind.partition(".")[2] for row in Notice.select().order_by(Notice.id)]


def seen(staff, now=NOW):
    return [row.kind for row in inbox.listing(staff, 1, now).rows]


def taken(attempt):
    return Fact(
        id=f"sale-{attempt.id}", order_id=attempt.order_id, kind=Kind.SALE, status="settling", currency="USD",
        standing=Standing.APPROVED, cents=attempt.amount, account="m", created_at=NOW,
    )  # fmt: skip


def test_every_kind_of_news_has_its_sentence():
    said = words.sentences()
    files = [*ROOT.glob("*.py"), *(path for room in ("billing", "identity", "exchange", "views")
                                   for path in (ROOT / room).rglob("*.py"))]  # fmt: skip
    kinds = {kind for path in files for kind in re.findall(r'"(notice\.\w+)"', path.read_text(encoding="utf-8"))}
    assert len(kinds) > 15
    assert kinds - set(said) == set()


@pytest.mark.parametrize(("state", "mode", "kind"), [
    (AttemptState.SENT, PostingMode.AUTO, "payment"),
    (AttemptState.SENT, PostingMode.MANUAL, "waiting"),
    (AttemptState.DECLINED, PostingMode.AUTO, "late"),
])  # fmt: skip
def test_money_that_comes_in_is_news_once(browser, ana, state, mode, kind):
    the.the_practice(posting_mode=mode)
    attempt = the.an_attempt(ana, (the.a_charge(ana), "150.00"), state=state, sent_at=NOW)
    for _ in range(2):
        outcomes.record_success(attempt, taken(attempt), NOW)

    page = browser("auditor").get(INBOX).text
    assert told() == [kind]
    assert "$150.00" in page
    assert "Mark as read" not in page
    link = re.search(r'href="(/practice/transactions/[^"?]+)"', page)[1]
    assert browser("auditor").get(link, follow_redirects=True).status_code == 200


def test_a_decline_is_news_when_nobody_saw_it_or_it_happens_often(ana, browser):
    ways = (Way.AUTOPAY, *[Way.ONE] * 4)
    for way in ways:
        attempt = the.an_attempt(ana, (the.a_charge(ana), "1.00"), sent_at=NOW, way=way)
        for _ in range(2):
            outcomes.record_failure(attempt, AttemptState.DECLINED, "dec.funds", NOW, "2001 Insufficient Funds")
    unsent = the.an_attempt(ana, (the.a_charge(ana), "1.00"), sent_at=NOW)
    outcomes.record_failure(unsent, AttemptState.NOT_SENT, "dec.down", NOW)

    assert told() == ["declined", "declined_often"]
    assert browser("biller").get(INBOX).text.count("2001 Insufficient Funds") == 2


def test_a_dispute_is_news_when_it_comes_and_when_it_ends(browser, staff, ana):
    a_disputed(ana, the.a_charge(ana))
    hear(news(), news(LOST), news(LOST), news(WON))

    assert told() == ["dispute", "dispute_lost", "dispute_won"]
    assert {row.amount for row in Notice.select()} == {150_00}
    assert f'href="/practice/disputes/{Dispute.get().key}"' in browser("biller").get(INBOX).text


def test_what_nobody_answers_for_is_news_once(browser, ana, clock):
    the.an_attempt(ana, (the.a_charge(ana), "9.00"), state="unknown", sent_at=NOW - HOUR)

    sale = the.an_attempt(ana, (the.a_charge(ana), "8.00"), state="succeeded")
    the.a_payment(ana, "8.00", source="portal", attempt=sale)
    MoneyBack.create(
        form_key="form", order_id="r", request_key="key", attempt=sale, kind="refund", amount=8_00, reason="Paid twice",
        state="unknown", created_at=NOW, sent_at=NOW - HOUR,
    )  # fmt: skip

    assert [unsure.tell(NOW), unsure.tell(NOW + HOUR)] == [2, 2]
    assert told() == ["unknown", "back_unknown"]
    assert 'href="/practice/tasks/"' in browser("biller").get(INBOX).text.split('class="card rows news"')[1]


def test_an_invitation_that_ends_soon_is_news_once(browser, staff, ana):
    invited = an_invite(ana.account, staff["owner"])
    soon = NOW + timedelta(days=6, minutes=1)

    assert [invites.tell_of_ending(NOW), invites.tell_of_ending(soon), invites.tell_of_ending(soon + HOUR)] == [0, 1, 1]
    invites.renew(invited.invite, staff["owner"], soon + 2 * HOUR)
    assert invites.tell_of_ending(soon + timedelta(days=7)) == 1
    assert told() == ["invite", "invite"]
    assert 'href="/practice/links/invitations/"' in browser("biller").get(INBOX).text


def test_books_that_do_not_balance_are_news_once_a_week(app, ana, monkeypatch):
    monkeypatch.setattr("jobs.discrepancies", lambda: ["Payment 1: wrong."])
    for days in (0, 1, 8):
        check_books(app, NOW + timedelta(days=days))
    assert told() == ["books", "books"]


def test_a_superbill_out_of_date_leads_to_the_superbills_or_to_the_account(browser, ana):
    payment = the.a_paid(the.a_charge(ana))
    inbox.put("notice.superbill", NOW, account=ana.account, payment=payment)
    superbill_tasks.report_out_of_date(payment, the.stamp())  # no superbill counts it
    assert told() == ["superbill"]
    assert 'href="/practice/superbills/">Money went back' in browser("owner").get(INBOX).text
    assert f'href="/practice/accounts/{ana.account.key}">Money went back' in browser("biller").get(INBOX).text


def test_a_therapist_reads_of_own_clients_and_puts_away_no_others(browser, staff, ana, omar):
    therapist = staff["therapist"]
    of_ana, of_omar, of_all = (
        inbox.put("notice.payment", NOW, account=ana.account), inbox.put("notice.late", NOW, account=omar.account),
        inbox.put("notice.books", NOW),
    )  # fmt: skip
    assert seen(therapist) == ["notice.late"]
    assert seen(staff["auditor"]) == ["notice.books", "notice.late", "notice.payment"]
    assert inbox.read(therapist, [of_ana.key, of_all.key], the.stamp()) == 0
    assert inbox.read_all(therapist, of_all.key, the.stamp(by="staff:9")) == 1
    assert Notice.get(Notice.id == of_omar.id).read_by == "staff:9"

    page = plain(browser("therapist").get(INBOX).text)
    assert "You have read everything." in page
    assert "The books do not balance" not in plain(browser("therapist").get("/practice/").text)
    assert "The books do not balance" in plain(browser("biller").get(INBOX).text)


def test_what_is_open_in_an_emergency_is_read_and_not_put_away(staff, ana):
    therapist = staff["therapist"]
    therapist.backup = True
    therapist.save()
    row = inbox.put("notice.payment", NOW, account=ana.account)
    break_glass.open_client(therapist, ana.client.key, "Colleague is in hospital", NOW)

    assert seen(therapist) == ["notice.payment"]
    assert inbox.read(therapist, [row.key], the.stamp()) == 0


def test_the_unread_stand_on_top_and_one_is_put_away_at_a_time(browser, ana):
    old, new = (inbox.put("notice.payment", NOW - hours * HOUR, account=ana.account, amount=5_00) for hours in (2, 1))
    rosa = browser("biller")
    assert rosa.submit(INBOX, {"key": new.key}).location == INBOX

    page = rosa.get(INBOX).text
    assert "Unread: 1" in page
    assert page.count('class="row new"') == 1
    assert [row.id for row in inbox.listing(the.a_staff_member(), 1, NOW).rows] == [old.id, new.id]
    assert browser("auditor").submit(INBOX, {"key": old.key}).status_code == 404


def test_all_that_the_page_showed_is_put_away_and_nothing_that_came_after(browser, staff, ana):
    shown = [inbox.put("notice.payment", NOW, account=ana.account) for _ in range(3)]
    found = inbox.listing(staff["biller"], 1, NOW)
    inbox.put("notice.late", NOW + HOUR, account=ana.account)
    rosa = browser("biller")

    swapped = rosa.submit(INBOX, {"all": found.newest}, headers={"HX-Request": "true"}, follow_redirects=True).text

    assert found.newest == shown[-1].key
    assert len(found.unread) == 3
    assert inbox.unread(staff["biller"], NOW) == 1
    assert "<h1>" not in swapped
    assert 'data-hx-swap-oob="innerHTML:.count">1<' in swapped
    assert rosa.submit(INBOX, {"all": "nothing"}).status_code == 404


def test_a_long_inbox_has_pages_and_counts_no_further_than_a_hundred(browser, staff, ana):
    rows = [{"kind": "notice.payment", "at": NOW, "account": ana.account, "key": f"n{i}"} for i in range(120)]
    Notice.insert_many(rows).execute()
    inbox.read_all(staff["biller"], "n39", the.stamp())
    rosa = browser("biller")

    assert [len(inbox.listing(staff["biller"], page, NOW).rows) for page in (0, 2, 3, 4)] == [50, 50, 20, 0]
    assert "Older" in rosa.get(INBOX).text
    assert "Newer" in rosa.get(f"{INBOX}?page=3").text
    Notice.update(read_at=None).execute()
    assert "99+" in rosa.get("/practice/accounts/").text
