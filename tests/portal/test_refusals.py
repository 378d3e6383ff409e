"""Bad input on every form: a sentence, what was typed stays, nothing is written, never a broken page."""

import pytest

from billing import ledger
from billing.charges import adjust
from models import Attempt, Payment, SavedCard
from tests.builders import a_charge, a_saved_card, ben, stamp, the_practice

TOO_MUCH = "Amount to pay must be $100.00 or less"
TOO_LITTLE = "Amount to pay must be $1.00 or more"
NO_NUMBER = "Amount to pay must be a number, like 45.00"

POSTED = (
    "/pay", "/pay/checkout", "/pay/credit", "/cards", "/cards/x/main", "/cards/x/remove", "/account/sessions/end",
)  # fmt: skip
AMOUNTS = {
    "": "Enter how much you want to pay",
    "0": TOO_LITTLE,
    "0.99": TOO_LITTLE,
    "100.01": TOO_MUCH,
    "99999999999": NO_NUMBER,
    "-5": NO_NUMBER,
    "1.234": NO_NUMBER,
    "1.200,00": NO_NUMBER,
    "12,34": NO_NUMBER,
    "forty": NO_NUMBER,
    "1e3": NO_NUMBER,
    "٤٥": NO_NUMBER,
    "<script>": NO_NUMBER,
    "NaN": NO_NUMBER,
    "9" * 5000: NO_NUMBER,
}


@pytest.fixture
def page(dana, reads, card_of):
    """The checkout for one visit of $100.00, with a saved card."""
    a_charge(dana, "2026-10-19", "100.00")
    card_of(dana)
    reader = reads(dana)
    page = reader.follow(reader.open("/pay"), "Pay this one")
    page.reader = reader
    return page


def test_an_amount_outside_its_bounds_is_a_sentence(page, nothing_written):
    for typed, sentence in AMOUNTS.items():
        with nothing_written():
            answer = page.reader.pay(page, amount=typed, shown=typed, note="Keep me")

        assert sentence in answer.problem, typed
        assert answer.status == 422 and answer.title.startswith("Error: ")
        assert answer.fields("/pay")["amount"] == typed
        assert answer.fields("/pay")["note"] == "Keep me"


def test_everything_that_is_wrong_is_said_at_once(page, nothing_written):
    with nothing_written():
        answer = page.reader.pay(page, amount="500", note="4111 1111 1111 1111", receipt_email="x")

    for sentence in (TOO_MUCH, "Take the card number out of your note", "Enter an email like name@example.com"):
        assert sentence in answer.problem


def test_an_amount_may_be_typed_as_people_do(page):
    reader = page.reader
    for typed, cents in {"5": "5.00", "6.00": "6.00", "$7": "7.00", " 8 ": "8.00", "$ 9.5": "9.50"}.items():
        page = reader.follow(reader.open("/pay"), "Pay this one")
        assert f"You paid ${cents}" in reader.pay(page, amount=typed, shown=cents).text


def test_a_note_that_may_not_be_kept_is_given_back(page, nothing_written):
    too_long, card = "Note must be 200 letters or less", "Take the card number out of your note"
    number = "4111 1111 1111 1111"
    notes = {"x" * 201: too_long, "x" * 50_000: too_long, f"pay {number} ok": card, number.replace(" ", "-"): card}
    for note, sentence in notes.items():
        with nothing_written():
            answer = page.reader.pay(page, note=note)

        assert sentence in answer.problem
        assert answer.fields("/pay")["note"] == note


def test_a_hostile_note_is_only_text(page):
    reader = page.reader
    hostile = ["<script>alert(1)</script>", "' OR 1=1 --", "\0\0", "日本語 🌿", "{{ 7*7 }}"]
    for cents, note in enumerate(hostile, start=200):
        page = reader.follow(reader.open("/pay"), "Pay this one")
        done = reader.pay(page, note=note, amount=f"{cents / 100}", shown=f"{cents / 100}")
        payment = Payment.select().order_by(Payment.id.desc()).get()
        detail = reader.open(f"/history/{payment.key}")

        assert done.h1 == "Payment received"
        assert note.replace("\0", "") in detail.text
        assert "<script>alert" not in detail.html


def test_an_address_that_is_none_is_refused(page, nothing_written):
    for typed in ("nobody", "a@b", "a b@example.com", "x@example.com\nBcc: y@example.com", "@@", "é" * 300):
        with nothing_written():
            answer = page.reader.pay(page, receipt_email=typed)

        assert "Enter an email like name@example.com" in answer.problem


def test_no_address_means_no_email_and_is_no_mistake(page):
    done = page.reader.pay(page, receipt_email="")

    assert done.h1 == "Payment received" and "We sent a note" not in done.text


def test_without_a_card_nothing_is_asked(page, nothing_written):
    cards = {"": "Pick a card", "new": "Check the card boxes", "nonsense": "We cannot find that page."}
    for card, sentence in cards.items():
        with nothing_written():
            answer = page.reader.pay(page, card=card)

        assert answer.status in (404, 422)
        assert sentence in answer.text


def test_another_persons_card_is_not_found(page, nothing_written):
    foreign = a_saved_card(ben().user)

    with nothing_written():
        answer = page.reader.pay(page, card=foreign.key)

    assert answer.status == 404


def test_another_persons_visit_account_or_attempt_is_not_found(page, reads, nothing_written):
    other = ben()
    charge = a_charge(other)
    reader = page.reader

    with nothing_written():
        answers = [
            reader.open(f"/pay/checkout?way=one&charge={charge.key}"),
            reader.open(f"/pay/checkout?way=amount&account={other.account.key}"),
            reader.open(f"/pay/checkout?way=many&all=1&account={other.account.key}"),
            reader.open("/pay/nothing-here"),
            reader.open("/pay/checkout?after=nothing-here"),
            reader.open("/history/nothing-here"),
            reader.open("/cards/nothing-here/remove"),
            reader.pay(page, charge=charge.key),
            reader.send(page, "/pay", charge=["", "x" * 3000]),
        ]

    assert {answer.status for answer in answers} == {404}


def test_a_forged_total_is_not_read(page, dana, card_of):
    a_charge(dana, "2026-11-02", "50.00")
    reader = page.reader

    everything = reader.follow(reader.open("/pay"), "Pay all $150.00")
    reader.pay(everything, amount="1.00", total="1.00", shown="1.00")

    assert Attempt.get().amount == 150_00


def test_forged_hidden_fields_write_nothing(page, nothing_written):
    for field in ("quote", "shown", "attempt_key", "charge"):
        for forged in ("", "x", "9" * 400, None):
            with nothing_written():
                answer = page.reader.pay(page, **{field: forged, "amount": "5"})

            assert answer.status in (404, 422)


def test_a_bill_that_changed_is_shown_again_with_the_new_amount(page, dana, card_of, nothing_written):
    other = card_of(dana, main=False, last4="4444")
    charge = ledger.charge_figures([dana.account])[0].charge
    adjust(charge, 40_00, "courtesy", "agreed", stamp())

    with nothing_written():
        answer = page.reader.pay(page, note="Keep me", card=other.key)
    done = page.reader.pay(answer)

    assert "Your bill changed. Please check the new total." in answer.problem
    assert answer.fields("/pay")["amount"] == "60.00" and "Pay $60.00" in answer.buttons()
    assert (answer.fields("/pay")["note"], answer.fields("/pay")["card"]) == ("Keep me", other.key)
    assert done.h1 == "Payment received"


def test_a_missing_csrf_token_is_refused(page, nothing_written):
    browser = page.reader.browser

    with nothing_written():
        for path in POSTED:
            assert browser.post(path, data={}).status_code == 400


def test_two_page_drafts_cannot_be_changed_on_the_way(page, dana, nothing_written):
    the_practice(checkout_layout="two_page")
    reader = page.reader
    first = reader.follow(reader.open("/pay"), "Pay this one")

    with nothing_written():
        wrong = reader.send(first, "/pay/checkout", amount="500", note="Keep me")
        second = reader.send(first, "/pay/checkout", amount="40")
        signed = second.fields("/pay")["signed"]
        forged = reader.pay(second, signed=("B" if signed.startswith("A") else "A") + signed[1:])
        back = reader.send(second, "/pay/checkout", signed="x.y")

    assert TOO_MUCH in wrong.problem and wrong.fields("/pay/checkout")["note"] == "Keep me"
    assert "This page is old." in forged.text and forged.status == 422
    assert "This page is old." in back.text


def test_too_many_tries_are_stopped_with_a_sentence(dana, reads, nonce):
    a_charge(dana, fee="100.00")
    reader = reads(dana)
    for _ in range(5):
        page = reader.follow(reader.open("/pay"), "Pay this one")
        reader.pay(page, nonce=nonce("funds"))

    stopped = reader.pay(reader.follow(reader.open("/pay"), "Pay this one"), nonce=nonce("visa"))

    assert "You tried many times." in stopped.problem and "We did not take any money." in stopped.problem
    assert stopped.status == 422 and stopped.title.startswith("Error: ")
    assert [form for form in stopped.all("form") if form.get("action") == "/pay"] == []


def test_a_fourth_new_card_is_not_kept_and_leaves_no_form(dana, reads, nonce):
    reader = reads(dana)
    for _ in range(3):
        reader.send(reader.open("/cards/new"), "/cards", save="y", nonce=nonce("no"))

    stopped = reader.send(reader.open("/cards/new"), "/cards", save="y", nonce=nonce("visa"))

    assert "You tried many times." in stopped.problem and stopped.status == 422
    assert SavedCard.select().count() == 0 and "data-pay-form" not in stopped.html


def test_keeping_a_card_needs_the_box_and_the_card(dana, reads, nonce):
    reader = reads(dana)
    page = reader.open("/cards/new")

    no_box = reader.send(page, "/cards", nonce=nonce("visa"))
    no_card = reader.send(page, "/cards", save="y")
    refused = reader.send(page, "/cards", save="y", nonce=nonce("no"))
    nonsense = reader.send(page, "/cards", save="y", nonce="<nonce>" * 100)

    assert "Check the box to let us save this card" in no_box.problem
    assert "Check the card boxes" in no_card.problem
    assert refused.problem and nonsense.problem
    assert SavedCard.select().count() == 0


def test_urls_that_make_no_sense_break_nothing(page):
    long = "charge=" + "x" * 4000
    for query in ("way=one", "way=amount", "way=plan", "way=many&all=1", long, "way=%00", "page=x", "page=-1"):
        for path in ("/pay", "/pay/checkout", "/pay/total", "/history"):
            assert page.reader.open(f"{path}?{query}").status in (200, 404, 422)
