"""Posting by hand: as planned, all at once, or changed first."""

import pytest

from billing import inbox, ledger, posting
from billing import waiting as waiting_payments
from billing.formats import FieldsRefused
from models import AuditEntry, Charge, Notice, Payment, WaitingPayment
from tests import builders as the
from tests.practice.conftest import plain


@pytest.fixture
def biller(browser):
    return browser("biller")


def visits(person):
    return list(Charge.select().where(Charge.account == person.account).order_by(Charge.service_date))


def allocated(person):
    return [ledger.charge_figure(charge).allocated for charge in visits(person)]


def log():
    deeds = AuditEntry.select().where(~AuditEntry.what.startswith("seen."))
    return [(row.what, row.subject, row.detail) for row in deeds]


def test_the_queue_shows_what_each_payment_will_pay(biller, waiting):
    waiting(the.ana(), "100.00", "50.00", note="For October")
    waiting(the.ben(), "75.00")

    page = plain(biller.get("/practice/to-post/").text)

    assert "Waiting: 2. Total: $225.00" in page
    assert "Oct 5, 2026, Talk therapy, 45 min $100.00" in page
    assert "Note from the client: For October" in page


def test_an_empty_queue_says_so(biller):
    assert "Nothing to post." in biller.get("/practice/to-post/").text


def test_posting_one_pays_as_planned(biller, waiting):
    ana = the.ana()
    row = waiting(ana, "100.00", "50.00")

    answer = biller.submit("/practice/to-post/", {"key": row.attempt.key}, follow_redirects=True)

    assert "Posted." in answer.text
    assert allocated(ana) == [100_00, 50_00]
    assert log() == [("posting.post", f"waiting_payment:{row.id}", "")]


def test_posting_one_twice_posts_it_once(biller, waiting):
    row = waiting(the.ana(), "100.00")
    for _ in range(2):
        assert biller.submit("/practice/to-post/", {"key": row.attempt.key}).status_code == 303
    assert biller.submit(f"/practice/to-post/{row.attempt.key}", {}).status_code == 303
    assert Payment.select().count() == 1


def test_news_that_a_payment_waits_are_done_with_it(biller, waiting):
    posted, other = waiting(the.ana(), "100.00"), waiting(the.ben(), "75.00")
    for kind, row in (("notice.waiting", posted), ("notice.late", posted), ("notice.waiting", other)):
        inbox.put(kind, the.NOW, attempt=row.attempt)
    biller.submit("/practice/to-post/", {"key": posted.attempt.key})

    read = [row.kind for row in Notice.select().where(Notice.read_by != "")]
    assert read == ["notice.waiting"] and Notice.get(Notice.attempt == other.attempt).read_at is None


def test_posting_all_posts_all(biller, waiting):
    ana, ben = the.ana(), the.ben()
    rows = [waiting(ana, "100.00", "50.00"), waiting(ben, "75.00")]
    shown = [row.attempt.key for row in rows]
    page = biller.get("/practice/to-post/").text
    assert [f'name="shown" value="{key}"' in page for key in shown] == [True, True]

    answer = biller.submit("/practice/to-post/", {"all": "1", "shown": shown}, follow_redirects=True)

    assert "Posted: 2" in answer.text
    assert "Arrived since" not in answer.text
    assert (allocated(ana), allocated(ben)) == ([100_00, 50_00], [75_00])
    assert waiting_payments.to_post() == []
    assert log() == [("posting.all", "", "2")]


def test_what_arrived_after_the_page_was_shown_waits(biller, waiting):
    shown = waiting(the.ana(), "100.00").attempt.key
    late = waiting(the.ben(), "75.00")
    typed = {"all": "1", "shown": [shown, "unknown"]}

    answer = biller.submit("/practice/to-post/", typed, follow_redirects=True)
    again = biller.submit("/practice/to-post/", typed, follow_redirects=True)

    assert "Posted: 1" in answer.text
    assert "Arrived since you opened the page, not posted yet: 1" in answer.text
    assert "Posted: 0" in again.text
    assert [row.waiting.id for row in waiting_payments.to_post()] == [late.id]
    assert log() == [("posting.all", "", "1")]


@pytest.mark.parametrize("data", [{}, {"key": ""}, {"key": "nobody"}])
def test_posting_nothing_is_not_found(biller, waiting, data):
    waiting(the.ana(), "100.00")
    assert biller.submit("/practice/to-post/", data).status_code == 404
    assert Payment.select().count() == 0


def test_the_change_page_is_filled_with_the_plan(biller, waiting):
    ana = the.ana()
    row = waiting(ana, "100.00", "50.00")
    other, insured = the.a_charge(ana, "2026-11-02", "80.00"), the.an_insured_charge(ana)

    page = biller.get(f"/practice/to-post/{row.attempt.key}").text

    assert [value in page for value in ('value="100.00"', 'value="50.00"')] == [True, True]
    assert f'name="line-{other.key}"' in page
    assert "Up to $80.00" in page
    assert insured.key not in page, "the plan pays first"


def test_what_it_pays_can_be_changed_and_the_rest_is_credit(biller, waiting):
    ana = the.ana()
    row = waiting(ana, "100.00", "50.00")
    first, second = visits(ana)

    typed = {f"line-{first.key}": "", f"line-{second.key}": "$120"}
    answer = biller.submit(f"/practice/to-post/{row.attempt.key}", typed)

    assert answer.status_code == 303
    assert allocated(ana) == [0, 120_00]
    assert ledger.account_figure(ana.account).credit == 30_00
    assert log() == [("posting.change", f"waiting_payment:{row.id}", "")]


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        ("150.01", "0", "Amount to pay must be $150.00 or less"),
        ("150", "0.01", "These amounts come to more than the $150.00 that was received"),
        ("-5", "10", "Amount to pay must be a number, like 45.00"),
        ("1.200,00", "", "Amount to pay must be a number, like 45.00"),
        ("lots", "", "Amount to pay must be a number, like 45.00"),
    ],
)
def test_amounts_that_do_not_fit_are_refused_and_kept(biller, waiting, first, second, sentence):
    ana = the.ana()
    row = waiting(ana, "100.00", "50.00")
    one, two = visits(ana)

    typed = {f"line-{one.key}": first, f"line-{two.key}": second}
    answer = biller.submit(f"/practice/to-post/{row.attempt.key}", typed)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{first}"' in answer.text
    assert Payment.select().count() == 0
    assert log() == []


def test_what_another_payment_has_reserved_is_left_alone(biller, waiting):
    ana = the.ana()
    row = waiting(ana, "60.00")
    (visit,) = visits(ana)
    the.an_attempt(ana, (visit, "50.00"))

    answer = biller.submit(f"/practice/to-post/{row.attempt.key}", {f"line-{visit.key}": "100.01"})

    assert "Amount to pay must be $100.00 or less" in answer.text
    assert [room.most for room in posting.rooms(posting.by_key(row.attempt.key))] == [100_00]


def test_another_account_cannot_be_paid(practice, waiting):
    row = waiting(the.ana(), "100.00")
    bens = the.a_charge(the.ben())
    with pytest.raises(waiting_payments.NotAllowed):
        posting.post_as(posting.by_key(row.attempt.key), {bens.id: 50_00}, the.stamp())
    assert WaitingPayment.get().payment is None


def test_a_refusal_writes_nothing(practice, waiting):
    row = waiting(the.ana(), "100.00")
    with pytest.raises(FieldsRefused):
        posting.post_as(posting.by_key(row.attempt.key), {Charge.get().id: 150_01}, the.stamp())
    assert (Payment.select().count(), WaitingPayment.get().payment) == (0, None)


def test_all_of_it_can_be_left_as_credit(biller, waiting):
    ana = the.ana()
    row = waiting(ana, "150.00")
    (visit,) = visits(ana)
    biller.submit(f"/practice/to-post/{row.attempt.key}", {f"line-{visit.key}": "0"})

    assert ledger.account_figure(ana.account).credit == 150_00


def test_an_auditor_reads_the_queue_and_finds_no_buttons(browser, waiting):
    waiting(the.ana(), "100.00")
    page = browser("auditor").get("/practice/to-post/").text
    assert "Ana Delgado-Demo" in page
    assert "Post all" not in page
    assert "Change what it pays" not in page


def test_a_change_made_while_somebody_else_posts_is_not_said_to_be_done(practice, waiting):
    ana = the.ana()
    row = posting.by_key(waiting(ana, "100.00").attempt.key)
    waiting_payments.post(row.waiting, the.stamp())

    with pytest.raises(posting.AlreadyPosted):
        posting.post_as(row, {Charge.get().id: 10_00}, the.stamp())

    assert allocated(ana) == [100_00]


def test_changing_what_is_posted_already_says_so(biller, waiting):
    row = waiting(the.ana(), "100.00")
    biller.submit("/practice/to-post/", {"key": row.attempt.key})

    answer = biller.submit(f"/practice/to-post/{row.attempt.key}", {}, follow_redirects=True)

    assert "This payment was posted meanwhile. What you chose was not used." in answer.text
    assert [what for what, _, _ in log()] == ["posting.post"]
