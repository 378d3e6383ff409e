"""What became of a payment: sending, paid, declined, not sure yet, closed; and the pages around it."""

import re
from urllib.parse import parse_qsl, urlsplit

from billing import ledger
from choices import AttemptState
from models import Attempt, SavedCard, SignIn
from tests.builders import a_charge, a_fee, a_paid, a_provider, an_attempt, ben, stamp, the_practice

NO_MONEY = "We did not take any money."
SAME_CARD = ["funds", "zip", "cvv", "down"]
OTHER_CARD = ["expired", "no", "type", "refused"]
REASONS = {
    "funds": "there is not enough money on this card",
    "zip": "The ZIP code does not match your card.",
    "cvv": "The security code is not right.",
    "down": "We cannot reach the card company right now.",
    "expired": "This card is out of date.",
    "no": "Your bank said no and did not tell us why.",
    "type": "We cannot take this kind of card.",
    "refused": "This card cannot be used here.",
}
FUNDS = """<api-error-response><errors><errors type="array"/></errors><message>Insufficient Funds</message><transaction>
<id>a1</id><status>processor_declined</status><amount>100.00</amount><processor-response-code>2001</processor-response-code>
</transaction></api-error-response>"""


def decline(reader, nonce, kind, **typed):
    page = reader.follow(reader.open("/pay"), "Pay this one")
    return reader.pay(page, card="new", nonce=nonce(kind), **{"amount": "50", "shown": "50", **typed})


def test_each_decline_leads_back_with_the_reason_and_everything_kept(dana, reads, nonce, clock):
    charge = a_charge(dana, fee="100.00")
    reader = reads(dana)
    for kind in SAME_CARD + OTHER_CARD:
        page = decline(reader, nonce, kind, note="Thank you", receipt_email="aunt@example.com")

        fields = page.fields("/pay")
        assert page.title.startswith("Error: Make a payment")
        assert REASONS[kind] in page.problem
        assert page.problem.count("not take any money") == 1
        assert ("Try again" in page.problem) == (kind in SAME_CARD)
        assert "Use a different card" in page.problem
        assert (fields["amount"], fields["note"], fields["receipt_email"]) == ("50.00", "Thank you", "aunt@example.com")
        assert ledger.charge_figure(charge).payable == 100_00
        clock.pass_(hours=25)
        reader = reads(dana)


def test_a_lower_amount_is_one_tap_away_where_the_total_is_fixed(dana, reads, nonce):
    a_charge(dana, fee="100.00")
    a_charge(dana, fee="80.00")
    reader = reads(dana)
    several = reader.open(f"/pay/checkout?way=many&all=1&account={dana.account.key}")

    declined = reader.pay(several, card="new", nonce=nonce("funds"))
    lower = reader.follow(declined, "Pay a different amount")

    assert lower.fields("/pay")["amount"] == "180.00"
    assert "Pay a different amount" not in decline(reader, nonce, "funds").problem


def test_after_a_decline_another_saved_card_pays_without_typing_anything(dana, reads, card_of, nonce):
    a_charge(dana, fee="100.00")
    card_of(dana)
    reader = reads(dana)

    declined = decline(reader, nonce, "no")
    done = reader.pay(declined, card=SavedCard.get().key)

    assert "You paid $50.00" in done.text


def test_using_a_different_card_opens_the_boxes(dana, reads, card_of, faults):
    a_charge(dana, fee="100.00")
    card_of(dana)
    reader = reads(dana)
    faults("POST .*/transactions$", "status", status=422, body=FUNDS)
    page = reader.pay(reader.follow(reader.open("/pay"), "Pay this one"))

    other = reader.follow(page, "Use a different card")

    assert page.fields("/pay")["card"] == SavedCard.get().key
    assert other.fields("/pay")["card"] == "new"


def test_trying_again_begins_at_a_new_card_and_ends_at_a_kept_one(dana, reads, card_of, nonce, faults):
    a_charge(dana, fee="100.00")
    card_of(dana)
    reader = reads(dana)
    typed = decline(reader, nonce, "zip")
    faults("POST .*/transactions$", "status", status=422, body=FUNDS)
    kept = reader.pay(reader.follow(reader.open("/pay"), "Pay this one"))

    assert [page.links("Try again") for page in (typed, kept)] == [["#card"], ["#go"]]


def test_what_the_bank_takes_for_a_double_is_paid_only_when_it_is_wanted(dana, reads, card_of):
    first, second = a_charge(dana, "2026-10-19", "100.00"), a_charge(dana, "2026-11-02", "100.00")
    card_of(dana)
    reader = reads(dana)
    paid = reader.pay(reader.open(f"/pay/checkout?way=one&charge={first.key}"))
    doubled = an_attempt(
        dana, (second, "100.00"), state=AttemptState.DECLINED, decline_key="dec.dup", created_at=stamp().at
    )

    page = reader.open(f"/pay/{doubled.key}")

    assert paid.h1 == "Payment received"
    assert "You just paid $100.00 at" in page.problem and NO_MONEY not in page.text
    assert "I want to make another payment" in page.buttons() and "Try again" not in page.text
    assert reader.pay(page, again="1", card=SavedCard.get().key).h1 == "Payment received"
    assert "You just paid $100.00 at" in reader.open(f"/pay/{doubled.key}").text


def test_a_decline_that_cannot_be_tried_again_says_so(dana, reads, nonce):
    charge = a_charge(dana, fee="100.00")
    reader = reads(dana)
    decline(reader, nonce, "no")
    a_paid(charge)

    page = reader.open(f"/pay/{Attempt.get().key}")

    assert page.h1 == "Your payment did not go through" and NO_MONEY in page.text
    assert "Reference: P000001-" in page.text


def test_a_paid_visit_leads_to_its_own_superbill(dana, reads, card_of):
    mara, jonah = a_provider(), a_provider("Jonah Reyes-Demo")
    a_charge(dana, "2026-07-06", fee="100.00", provider=mara)
    a_charge(dana, "2026-09-07", fee="100.00", provider=jonah)
    a_fee(dana)
    card_of(dana)
    reader = reads(dana)

    def asked_after(page):
        address = reader.pay(page).links("Make a superbill")[0]
        assert reader.open(address).h1 == "Make a superbill"
        return dict(parse_qsl(urlsplit(address).query))

    one = asked_after(reader.follow(reader.open("/pay"), "Pay this one"))
    rest = asked_after(reader.open(f"/pay/checkout?way=amount&account={dana.account.key}"))
    a_charge(dana, "2026-08-03", fee="100.00", provider=mara), a_charge(dana, "2026-10-05", fee="5.00", provider=jonah)
    both = asked_after(reader.open(f"/pay/checkout?way=many&all=1&account={dana.account.key}"))
    late = a_fee(dana, "2026-11-01")
    nothing = asked_after(reader.open(f"/pay/checkout?way=one&charge={late.key}"))

    assert (one["from_on"], one["to_on"], one["provider"]) == ("2026-07-06", "2026-07-06", mara.key)
    assert (rest["from_on"], rest["to_on"], rest["provider"]) == ("2026-09-07", "2026-09-07", jonah.key)
    assert (both["from_on"], both["to_on"], both["provider"]) == ("2026-08-03", "2026-10-05", "all")
    assert nothing == {}


def test_an_answer_that_is_out_is_asked_for_again_and_resolves_by_itself(dana, reads, nonce, clock, sandbox_server):
    charge = a_charge(dana, fee="100.00")
    reader = reads(dana)

    waiting = decline(reader, nonce, "silent")
    fragment = reader.fragment(waiting.path)
    home, choosing = reader.open("/"), reader.open("/pay")

    assert waiting.h1 == "We are sending your payment"
    assert 'http-equiv="refresh" content="5"' in waiting.html and 'data-hx-trigger="every 2s"' in waiting.html
    assert "<title>We are sending" in fragment and "<html" not in fragment
    assert "We do not know yet if your payment of $50.00 went through." in home.text
    assert "Pay all $50.00" in choosing.text
    assert ledger.charge_figure(charge).reserved == 50_00

    clock.pass_(seconds=20)
    sandbox_server.control("clock", {"advance": 20})
    resolved = reader.open(waiting.path)
    assert resolved.h1 == "Payment received" and "every 2s" not in resolved.html


def test_after_half_a_minute_we_say_that_we_are_not_sure(dana, reads, clock, faults, nonce):
    a_charge(dana, fee="100.00")
    reader = reads(dana)
    faults("POST .*/transactions$", "apply_then_drop")
    faults("POST .*/advanced_search.*", "status", times=50)
    decline(reader, nonce, "visa")
    clock.pass_(seconds=31)

    page = reader.open(f"/pay/{Attempt.get().key}")
    home, choosing = reader.open("/"), reader.open("/pay")

    assert page.h1 == "We are checking on your payment"
    assert "Do not pay again." in page.text and Attempt.get().order_id in page.text
    for before, after in ((home, "You owe $50.00"), (choosing, "Pay all $50.00")):
        doubt = before.text.index("We do not know yet if your payment of $50.00 went through. Do not pay again.")
        assert doubt < before.text.index(after)
    assert "every 2s" in page.html
    clock.pass_(minutes=10)
    assert "every 2s" not in reader.open(page.path).html


def test_what_only_waits_for_an_answer_is_not_called_paid(dana, reads):
    charge = a_charge(dana, fee="100.00")
    card = {"card_brand": "Visa", "card_last4": "1111", "sent_at": stamp().at}
    an_attempt(dana, (charge, "100.00"), state=AttemptState.UNKNOWN, **card)
    reader = reads(dana)

    for page in (reader.open("/"), reader.open("/pay")):
        assert "Do not pay again." in page.text
        assert "You do not owe anything" not in page.text and "notice good" not in page.html
    assert "Visa ending in 1111 · For Ana" in reader.open("/history").text


def test_closed_means_look_at_your_card_first(dana, reads):
    charge = a_charge(dana, fee="100.00")
    attempt = an_attempt(dana, (charge, "100.00"), state=AttemptState.CLOSED, decline_key="dec.closed")

    page = reads(dana).open(f"/pay/{attempt.key}")

    assert "As far as we can see, you were not charged." in page.text


def test_reloading_success_shows_the_same(dana, reads, card_of):
    a_charge(dana, fee="100.00")
    card_of(dana)
    reader = reads(dana)

    done = reader.pay(reader.follow(reader.open("/pay"), "Pay this one"))

    assert reader.open(done.path).text == done.text
    assert re.search(r"Your receipt number is RCT-2026-\d{6}\.", done.text)


def test_another_users_attempt_is_not_shown(dana, reads):
    charge = a_charge(dana)
    attempt = an_attempt(dana, (charge, "150.00"), sent_at=stamp().at)

    assert reads(ben()).open(f"/pay/{attempt.key}").status == 404


def test_cards_can_be_added_put_first_and_removed(dana, reads, nonce):
    reader = reads(dana)
    empty = reader.open("/cards")
    reader.send(reader.open("/cards/new"), "/cards", save="y", nonce=nonce("visa"))
    both = reader.send(reader.open("/cards/new"), "/cards", save="y", nonce=nonce("hsa"))
    visa, hsa = SavedCard.select().order_by(SavedCard.id)

    moved = reader.send(both, f"/cards/{hsa.key}/main")
    asked = reader.open(f"/cards/{visa.key}/remove")
    left = reader.send(asked, f"/cards/{visa.key}/remove")

    assert "You have no saved cards." in empty.text
    assert "We saved your card." in both.text and "HSA or FSA card" in both.text
    assert moved.text.index("1010") < moved.text.index("1111")
    assert asked.h1 == "Remove Visa ending in 1111?"
    assert "We removed your card." in left.text and "1010" in left.text
    assert "We keep the card type" in left.text


def test_cards_stay_as_they_are_while_the_processor_is_away(dana, reads, card_of, faults):
    card_of(dana)
    second = card_of(dana, main=False, last4="2222")
    reader = reads(dana)
    faults(".*", "status", times=9, status=503)

    moved = reader.send(reader.open("/cards"), f"/cards/{second.key}/main")
    removed = reader.send(reader.open(f"/cards/{second.key}/remove"), f"/cards/{second.key}/remove")

    for page in (moved, removed):
        assert "Your cards did not change." in page.problem
    assert SavedCard.select().where(SavedCard.removed_at.is_null()).count() == 2


def test_the_account_page_lists_sessions_and_ends_another(dana, reads):
    here, there = reads(dana), reads(dana)

    page = here.open("/account")
    after = here.send(page, "/account/sessions/end")

    assert "Ana Delgado-Demo" in page.text and dana.user.email in page.text
    assert "This device" in page.text and "Sign out there" in page.html
    assert "We signed you out there." in after.text
    assert there.open("/").h1 != "Balance due"
    assert here.open("/").h1 == "Balance due"


def test_a_session_of_someone_else_is_not_ended(dana, reads):
    other = reads(ben())
    reader = reads(dana)
    reads(dana)
    foreign = SignIn.get(SignIn.user != dana.user).token_sha256[:32]
    reader.send(reader.open("/account"), "/account/sessions/end", session=foreign)

    assert other.open("/").h1 == "Balance due"


def test_the_language_is_changed_on_the_account_page(dana, reads):
    reader = reads(dana)

    page = reader.open("/account")
    reader.browser.post("/language", data={**page.fields("/language").to_dict(), "language": "es", "next": "/account"})

    assert reader.open("/account").h1 == "Su cuenta"


def test_the_card_page_opens_the_policy_only_for_the_processor(dana, reads, sandbox_server):
    a_charge(dana)
    reader = reads(dana)

    plain = reader.open("/pay").answer.headers["Content-Security-Policy"]
    checkout = reader.follow(reader.open("/pay"), "Pay this one").answer.headers["Content-Security-Policy"]

    assert "frame-src" not in plain
    assert f"frame-src http://127.0.0.1:{sandbox_server.port};" in checkout
    assert "unsafe" not in checkout


def test_the_two_page_layout_keeps_everything_after_a_decline(dana, reads, nonce):
    the_practice(checkout_layout="two_page")
    a_charge(dana, fee="100.00")
    reader = reads(dana)
    first = reader.follow(reader.open("/pay"), "Pay this one")
    second = reader.send(first, "/pay/checkout", amount="40", note="Thank you")

    declined = reader.pay(second, nonce=nonce("funds"))
    back = reader.send(declined, "/pay/checkout")

    assert declined.h1 == "Check and pay" and "$40.00" in declined.text and REASONS["funds"] in declined.problem
    assert (back.fields("/pay/checkout")["amount"], back.fields("/pay/checkout")["note"]) == ("40.00", "Thank you")


def test_the_card_boxes_get_their_token_and_say_when_there_is_none(dana, reads, faults):
    reader = reads(dana)

    given = reader.browser.get("/pay/token")
    faults(".*", "status", status=503)
    missing = reader.browser.get("/pay/token")
    for _ in range(18):
        assert reader.browser.get("/pay/token").status_code == 200

    assert given.mimetype == "text/plain" and len(given.text) > 20
    assert (missing.status_code, missing.text) == (503, "")
    assert reader.browser.get("/pay/token").status_code == 429


def test_a_payment_sent_again_is_as_old_as_its_last_tap(dana, reads):
    first, last = stamp("2026-11-02").at, stamp().at
    sent = an_attempt(dana, (a_charge(dana, fee="100.00"), "10.00"), created_at=first, sent_at=last)
    reader = reads(dana)

    assert reader.open(f"/pay/{sent.key}").h1 == "We are sending your payment"
    history = reader.open("/history").text
    assert "Nov 20, 2026" in history and "Nov 2, 2026" not in history
