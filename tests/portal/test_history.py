"""What the client reads about payments, above all when money went back: what, how much, when, and what is owed then."""

import re

import pytest

from billing import history, moneyback, receipts
from choices import AttemptState, BackKind, Method
from models import MoneyBack, Payment
from tests.builders import NOW, a_charge, a_paid, a_payment, a_settled, a_staff_member, an_attempt, stamp, tomas

CARD = {"method": Method.CARD, "card_brand": "Visa", "card_last4": "1111"}


def test_history_shows_every_kind_of_payment_by_month(dana, reads):
    a_settled(a_charge(dana, "2026-09-01", "10.00"), on="2026-09-02", method=Method.CASH)
    a_settled(a_charge(dana, "2026-10-01", "20.00"), on="2026-10-02", method=Method.EXTERNAL, site="pay.example")
    a_settled(a_charge(dana, "2026-11-01", "40.00"), on="2026-11-02", **CARD)

    history = reads(dana).open("/history")
    months = [heading for heading in ("November 2026", "October 2026", "September 2026") if heading in history.text]

    assert sorted(months, key=history.text.index) == ["November 2026", "October 2026", "September 2026"]
    for words in ("Paid at the office", "Paid at pay.example", "Visa ending in 1111", "For Ana"):
        assert words in history.text


def test_history_over_fifty_payments_has_pages(dana, reads):
    for _ in range(51):
        a_paid(a_charge(dana, fee="1.00"))
    reader = reads(dana)

    first = reader.open("/history")
    second = reader.follow(first, "Older")

    assert len(re.findall(r'href="/history/[^"]+"', first.html)) == 50
    assert len(re.findall(r'href="/history/[^"]+"', second.html)) == 1


def test_past_the_last_page_is_the_last_and_what_is_no_number_the_first(dana, sign_in):
    for _ in range(history.PER_PAGE + 1):
        a_payment(dana, "1.00")
    browser = sign_in(dana.user)

    shown = {page: browser.get(f"/history?page={page}").text.count('href="/history/') for page in ASKED}

    assert shown == ASKED


FIRST, LAST = 50, 1
ASKED = {"2": LAST, "3": LAST, str(2**63 - 1): LAST, str(2**63): FIRST, "9" * 30: FIRST, "-7": FIRST, "two": FIRST}


def test_a_note_of_the_practice_is_never_called_the_clients(dana, reads):
    by_staff = a_paid(a_charge(dana), user=dana.user, source="staff", method=Method.CASH, note="Found on the desk")

    assert "Found on the desk" not in reads(dana).open(f"/history/{by_staff.key}").text


def test_each_payment_leads_to_its_receipt_and_not_to_that_of_its_money_back(dana, reads):
    first, second = [a_settled(a_charge(dana), on=on, user=dana.user, **CARD) for on in ("2026-11-01", "2026-11-02")]
    given = [receipts.issue(payment, stamp("2026-11-02")).key for payment in (second, first)]
    refund(first)
    receipts.issue_refunds(first, stamp("2026-11-05"))

    links = reads(dana).open("/history").links("Receipt")

    assert links == [f"/documents/{key}" for key in given]


def refund(payment):
    moneyback.refund(payment, 50_00, "Visit cut short", stamp("2026-11-05"))


def returned(payment):
    moneyback.returned(payment, "R01", stamp("2026-11-05"))


def charge_back(payment):
    moneyback.charge_back(payment, stamp("2026-11-05"), reason="fraud")


def win(payment):
    moneyback.win_chargeback(moneyback.charge_back(payment, stamp("2026-11-05"), reason="fraud"), stamp("2026-11-12"))


TOLD = [
    (
        refund,
        "Money back",
        ["$50.00 given back on Nov 5, 2026"],
        "Nov 5, 2026 Money back: $50.00 to Visa ending in 1111. It can take 5 to 10 work days. -$50.00",
        "You owe $50.00",
    ),
    (
        returned,
        "Sent back",
        ["Your bank sent back $150.00 on Nov 5, 2026"],
        "Nov 5, 2026 Your bank sent this payment back. You owe this amount again. -$150.00",
        "You owe $150.00",
    ),
    (
        charge_back,
        "Under review",
        ["Your bank took back $150.00 on Nov 5, 2026"],
        "Nov 5, 2026 Your bank took this payment back. -$150.00",
        "You do not owe anything right now.",
    ),
    (
        win,
        "Paid",
        ["Your bank took back $150.00 on Nov 5, 2026", "Your bank put back $150.00 on Nov 12, 2026."],
        "Nov 12, 2026 Your bank put this payment back. It counts again. $150.00",
        "You do not owe anything right now.",
    ),
]


@pytest.mark.parametrize(
    ("happens", "state", "sentences", "detail_says", "owed"), TOLD, ids=[case[0].__name__ for case in TOLD]
)
def test_money_that_went_back_is_told_with_its_date_and_what_is_owed_then(
    dana, reads, happens, state, sentences, detail_says, owed
):
    payment = a_settled(a_charge(dana), on="2026-11-02", **CARD)
    happens(payment)
    reader = reads(dana)

    history, detail, home = reader.open("/history"), reader.open(f"/history/{payment.key}"), reader.open("/")

    for page in (history, home):
        for sentence in sentences:
            assert page.text.count(sentence) == 1
    assert all(state in page.text for page in (history, detail, home))
    assert detail_says in detail.text
    assert "Visit cut short" not in detail.text and "fraud" not in detail.text
    assert owed in home.text


def test_a_void_says_that_nothing_was_charged(dana, reads):
    payment = a_paid(a_charge(dana), **CARD)
    moneyback.void(payment, "Typed twice", stamp("2026-11-05"))
    reader = reads(dana)

    detail = reader.open(f"/history/{payment.key}")

    assert "Nov 5, 2026 Canceled before it was charged -$150.00" in detail.text
    assert "$150.00 canceled on Nov 5, 2026" in reader.open("/history").text
    assert "What this payment paid for" not in detail.text
    assert "You owe $150.00" in reader.open("/").text


WAYS = [
    (CARD, {"reference": "credit9"}, "Money back: $5.00 to Visa ending in 1111. It can take 5 to 10 work days."),
    (CARD, {"category": "check", "reference": "77"}, "Money back: $5.00 by check 77."),
    (CARD, {"category": "cash"}, "Money back: $5.00 in cash."),
    ({"method": Method.CASH}, {}, "Money back: $5.00 in cash."),
    ({"check_number": "204"}, {"reference": "78"}, "Money back: $5.00 by check 78."),
    ({"check_number": "204"}, {}, "Money back -$5.00"),
]


@pytest.mark.parametrize(("paid", "back", "told"), WAYS)
def test_the_detail_says_where_a_refund_went(dana, reads, paid, back, told):
    payment = a_settled(a_charge(dana), **paid)
    moneyback.refund(payment, 5_00, "Half", stamp(), **back)

    detail = reads(dana).open(f"/history/{payment.key}").text

    assert f"What changed after Nov 20, 2026 {told}" in detail


@pytest.fixture
def paid_by_card(dana):
    """A payment of 150.00 by card whose money the practice asked the processor to give back, in some state."""

    def make(kind, state):
        charge = a_charge(dana)
        attempt = an_attempt(dana, (charge, "150.00"), state=AttemptState.SUCCEEDED, transaction_id="sale1")
        about = {"user": dana.user, "source": "portal", "way": "one", "attempt": attempt, **CARD}
        payment = a_settled(charge, on="2026-11-02", **about)
        MoneyBack.create(
            form_key="form", order_id="order-R1", request_key="request", attempt=attempt, kind=kind, amount=40_00,
            reason="Visit cut short", state=state, asked_by=a_staff_member(), created_at=NOW,
        )  # fmt: skip
        return payment

    return make


NOT_DONE = "Money back of $40.00 is on its way. It is not done yet."


@pytest.mark.parametrize("state", [AttemptState.SENT, AttemptState.UNKNOWN])
def test_money_on_its_way_back_is_not_shown_as_done(dana, reads, paid_by_card, state):
    payment = paid_by_card(BackKind.REFUND, state)
    reader = reads(dana)

    history, detail, home = reader.open("/history"), reader.open(f"/history/{payment.key}"), reader.open("/")

    for page in (history, detail, home):
        assert NOT_DONE in page.text and "given back" not in page.text
    assert "Paid" in history.text and "You do not owe anything right now." in home.text


def test_a_void_on_its_way_is_not_shown_as_done(dana, reads, paid_by_card):
    paid_by_card(BackKind.VOID, AttemptState.SENT)

    history = reads(dana).open("/history")

    assert "We are canceling this payment. It is not done yet." in history.text
    assert "Canceled" not in history.text


FAILED = [
    ("", "Your bank did not take the money back of $40.00. We will send you a check."),
    ("77", "Money back: $40.00 by check 77."),
]


@pytest.mark.parametrize(("number", "sentence"), FAILED)
def test_a_refund_that_the_bank_did_not_take_goes_by_check(reads, dana, paid_by_card, number, sentence):
    payment = paid_by_card(BackKind.REFUND, AttemptState.SUCCEEDED)
    entry = moneyback.refund(payment, 40_00, "Visit cut short", stamp())
    MoneyBack.update(entry=entry, failed_at=NOW, reference=number).execute()

    detail = reads(dana).open(f"/history/{payment.key}")

    assert sentence in detail.text and "to Visa ending" not in detail.text


@pytest.mark.parametrize("state", [AttemptState.CREATED, AttemptState.DECLINED, AttemptState.CLOSED])
def test_money_back_that_nobody_asked_for_yet_or_that_was_refused_is_not_mentioned(dana, reads, paid_by_card, state):
    payment = paid_by_card(BackKind.REFUND, state)
    reader = reads(dana)

    for path in ("/history", f"/history/{payment.key}", "/"):
        assert "is on its way" not in reader.open(path).text


def test_each_paper_of_a_payment_is_listed_by_what_it_is(dana, reads):
    payment = a_settled(a_charge(dana), user=dana.user, **CARD)
    receipts.issue(payment, stamp())
    receipts.issue_refund(moneyback.refund(payment, 5_00, "Half", stamp()), stamp())
    reader = reads(dana)

    for path in (f"/history/{payment.key}", "/documents", "/"):
        text = reader.open(path).text
        assert "Money back RCT-2026-000002" in text and "Receipt RCT-2026-000001" in text


def test_it_is_told_in_spanish_too(practice, reads):
    person = tomas()
    payment = a_settled(a_charge(person), on="2026-11-02", **CARD)
    refund(payment)

    reader = reads(person)
    page = reader.open(f"/history/{payment.key}")

    assert "Devolución: $50.00 a Visa que termina en 1111." in page.text
    assert "$50.00 devueltos el 5 de noviembre de 2026" in reader.open("/history").text


def test_the_page_of_the_payment_itself_tells_it_too(dana, reads, card_of):
    a_charge(dana)
    card_of(dana)
    reader = reads(dana)
    done = reader.pay(reader.follow(reader.open("/pay"), "Pay this one"))
    moneyback.void(Payment.get(), "Typed twice", stamp())

    again = reader.open(done.path)

    assert "$150.00 canceled on Nov 20, 2026" in again.text and "You still owe $150.00." in again.text
    assert "Not used yet" not in again.text
