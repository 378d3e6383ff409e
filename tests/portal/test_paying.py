"""The three ways to pay, from Home to "Payment received"."""

from billing import ledger
from choices import AttemptState
from models import Attempt, SavedCard
from tests.builders import a_charge, a_client, a_link, a_payment, an_account, the_practice


def test_home_says_what_is_owed_and_offers_to_pay(dana, reads):
    a_charge(dana, "2026-10-19", "185.00")

    home = reads(dana).open("/")

    assert "You owe $185.00" in home.text
    assert home.links("Make a payment") == ["/pay"]


def test_one_visit_is_paid_in_part_in_three_steps(dana, reads, card_of):
    charge = a_charge(dana, "2026-10-19", "185.00")
    card_of(dana)
    reader = reads(dana)

    page = reader.follow(reader.follow(reader.open("/"), "Make a payment"), "Pay this one")
    again = reader.pay(page, amount="45")
    done = reader.pay(again)

    assert "You will pay $45.00. Check it, then press the button again." in again.text
    assert "Pay $45.00" in again.buttons()
    assert done.h1 == "Payment received"
    assert "You paid $45.00" in done.text and "You still owe $140.00." in done.text
    assert ledger.charge_figure(charge).open == 140_00


def test_paying_everything_takes_three_taps_and_leaves_nothing(dana, reads, card_of):
    a_charge(dana, "2026-10-19", "185.00")
    a_charge(dana, "2026-11-02", "150.00")
    card_of(dana)
    reader = reads(dana)

    page = reader.follow(reader.follow(reader.open("/"), "Make a payment"), "Pay all $335.00")
    done = reader.pay(page)

    assert "You picked 2 visits." in page.text
    assert page.fields("/pay").getlist("amount") == []
    assert "You do not owe anything now." in done.text
    assert ledger.account_figure(dana.account).due == 0


def test_ticked_visits_are_paid_in_full(dana, reads, card_of):
    first, second = a_charge(dana, "2026-10-05", "150.00"), a_charge(dana, "2026-10-19", "185.00")
    last = a_charge(dana, "2026-11-02", "60.00")
    card_of(dana)
    reader = reads(dana)

    page = reader.open(f"/pay/checkout?way=many&charge={first.key}&charge={last.key}")
    reader.pay(page)

    assert [ledger.charge_figure(charge).open for charge in (first, second, last)] == [0, 185_00, 0]


def test_check_all_without_javascript_means_all_of_the_account(dana, reads):
    for day in range(1, 29):
        a_charge(dana, f"2026-09-{day:02d}", "10.00")
        a_charge(dana, f"2026-10-{day:02d}", "10.00")
    reader = reads(dana)

    choosing = reader.open("/pay")
    page = reader.open(f"/pay/checkout?way=many&account={dana.account.key}&all=1")

    assert "Page 1 of 2" in choosing.text
    assert "Pay all $560.00" in choosing.text
    assert "You picked 56 visits." in page.text
    assert "and 6 more" in page.text


def test_an_amount_toward_the_balance_pays_the_oldest_first(dana, reads, card_of):
    old, new = a_charge(dana, "2026-10-05", "150.00"), a_charge(dana, "2026-10-19", "185.00")
    card_of(dana)
    reader = reads(dana)

    page = reader.follow(reader.open("/pay"), "Pay a different amount")
    done = reader.pay(page, amount="200.00", shown="200.00")

    assert page.fields("/pay")["amount"] == "335.00"
    assert "This pays for" in page.text
    assert done.h1 == "Payment received"
    assert [ledger.charge_figure(charge).open for charge in (old, new)] == [0, 135_00]


def test_two_accounts_stand_apart_and_cannot_be_mixed(dana, reads, nothing_written):
    other = an_account("Joint", a_client("Dee Whitaker-Demo"))
    a_link(dana.user, other)
    mine, theirs = a_charge(dana, fee="100.00"), a_charge(other, fee="90.00")
    reader = reads(dana)

    choosing = reader.open("/pay")
    with nothing_written():
        mixed = reader.open(f"/pay/checkout?way=many&charge={mine.key}&charge={theirs.key}")

    assert "For Ana" in choosing.text and "For Dee" in choosing.text
    assert "Pick visits from one account at a time" in mixed.problem and mixed.status == 422


def test_picking_nothing_is_an_error_and_picking_one_is_way_one(dana, reads):
    charge = a_charge(dana, fee="100.00")
    reader = reads(dana)

    nothing = reader.open("/pay/checkout?way=many")
    one = reader.open(f"/pay/checkout?way=many&charge={charge.key}")

    assert "Pick at least one visit to pay" in nothing.problem
    assert nothing.title.startswith("Error: Choose what to pay")
    assert one.fields("/pay")["way"] == "one" and one.fields("/pay")["amount"] == "100.00"


def test_the_running_total_is_the_servers(dana, reads):
    first, second = a_charge(dana, fee="100.00"), a_charge(dana, fee="50.00")
    reader = reads(dana)

    none = reader.fragment(f"/pay/total?group=1&way=many&account={dana.account.key}")
    two = reader.fragment(f"/pay/total?group=1&way=many&charge={first.key}&charge={second.key}")
    everything = reader.fragment(f"/pay/total?group=1&way=many&account={dana.account.key}&all=1")

    assert "You picked 0. Total: <b>$0.00</b>" in none and "Continue" in none
    assert "You picked 2. Total: <b>$150.00</b>" in two and "Pay $150.00" in two and "<html" not in two
    assert everything.split("Pay")[0] == two.split("Pay")[0]


def test_each_line_has_its_own_amount_where_the_practice_allows_it(dana, reads, card_of):
    the_practice(per_line_amounts=True)
    first, second = a_charge(dana, "2026-10-05", "100.00"), a_charge(dana, "2026-10-19", "50.00")
    card_of(dana)
    reader = reads(dana)

    page = reader.follow(reader.open("/pay"), "Pay all $150.00")
    again = reader.pay(page, **{f"line-{first.key}": "30", f"line-{second.key}": "20.50"})
    done = reader.pay(again)
    too_much = reader.pay(
        reader.follow(reader.open("/pay"), "Pay all $99.50"), **{f"line-{first.key}": "71", f"line-{second.key}": "1"}
    )

    assert "You will pay $50.50." in again.text
    assert done.h1 == "Payment received"
    assert [ledger.charge_figure(charge).open for charge in (first, second)] == [70_00, 29_50]
    assert "Amount to pay must be $70.00 or less" in too_much.problem


def test_the_note_reaches_the_practice_and_the_email_its_address(dana, reads, card_of):
    a_charge(dana, fee="100.00")
    card_of(dana)
    reader = reads(dana)

    page = reader.follow(reader.open("/pay"), "Pay this one")
    done = reader.pay(page, note="See you\r\nTuesday", receipt_email="aunt@example.com")

    attempt = Attempt.get()
    assert (attempt.note, attempt.receipt_email) == ("See you\nTuesday", "aunt@example.com")
    assert "We sent a note to aunt@example.com." in done.text


def test_a_new_card_is_kept_only_when_the_box_is_ticked(dana, reads, nonce):
    a_charge(dana, fee="100.00")
    reader = reads(dana)

    page = reader.follow(reader.open("/pay"), "Pay this one")
    reader.pay(page, nonce=nonce("visa"), amount="20", shown="20")
    assert SavedCard.select().count() == 0
    page = reader.follow(reader.open("/pay"), "Pay this one")
    reader.pay(page, nonce=nonce("mastercard"), save="y", amount="30", shown="30")

    card = SavedCard.get()
    assert (card.last4, card.main) == ("4444", True)
    assert card.consent.text.startswith("We keep the card type")


def test_the_same_form_sent_twice_is_one_payment(dana, reads, card_of):
    a_charge(dana, fee="100.00")
    card_of(dana)
    reader = reads(dana)

    page = reader.follow(reader.open("/pay"), "Pay this one")
    first, second = reader.pay(page), reader.pay(page)

    assert first.path == second.path
    assert Attempt.select().count() == 1


def test_the_same_payment_again_needs_an_explicit_second_tap(dana, reads, card_of):
    a_charge(dana, fee="100.00")
    card_of(dana)
    reader = reads(dana)
    reader.pay(reader.follow(reader.open("/pay"), "Pay this one"), amount="20", shown="20")

    stopped = reader.pay(reader.follow(reader.open("/pay"), "Pay this one"), amount="20", shown="20")
    assert "You just paid $20.00 at" in stopped.text
    assert "I want to make another payment" in stopped.buttons()
    done = reader.pay(stopped, again="1")

    assert done.h1 == "Payment received"
    assert Attempt.select().where(Attempt.state == AttemptState.SUCCEEDED).count() == 2


def test_credit_is_used_by_a_tap_and_never_by_itself(dana, reads):
    charge = a_charge(dana, fee="100.00")
    a_payment(dana, "30.00")
    reader = reads(dana)

    choosing = reader.open("/pay")
    for page in (choosing, reader.follow(choosing, "Pay this one")):
        before, _, after = page.text.partition("You have a credit of $30.00. You can use it now.")
        assert "Oct 5, 2026" in after and "Oct 5, 2026" not in before
    assert ledger.charge_figure(charge).open == 100_00
    after = reader.send(choosing, "/pay/credit")

    assert "We used $30.00 of your credit." in after.text
    assert ledger.charge_figure(charge).open == 70_00


def test_the_two_page_layout_asks_first_and_charges_last(dana, reads, card_of):
    the_practice(checkout_layout="two_page")
    charge = a_charge(dana, fee="100.00")
    card_of(dana)
    reader = reads(dana)

    first = reader.follow(reader.open("/pay"), "Pay this one")
    second = reader.send(first, "/pay/checkout", amount="40", note="Thank you")
    changed = reader.send(second, "/pay/checkout")
    done = reader.pay(reader.send(changed, "/pay/checkout", amount="45"))

    assert "Step 1 of 2" in first.text and "Next" in first.buttons()
    assert second.h1 == "Check and pay" and "$40.00" in second.text and "Submit" in second.buttons()
    assert changed.fields("/pay/checkout")["amount"] == "40.00"
    assert changed.fields("/pay/checkout")["note"] == "Thank you"
    assert done.h1 == "Payment received"
    assert ledger.charge_figure(charge).open == 55_00
    assert Attempt.get().note == "Thank you"


def test_a_payment_to_be_posted_by_hand_stands_as_its_own_line(dana, reads, card_of):
    the_practice(posting_mode="manual")
    a_charge(dana, "2026-10-19", "100.00")
    card_of(dana)
    reader = reads(dana)

    done = reader.pay(reader.follow(reader.open("/pay"), "Pay this one"))
    home, choosing, history = reader.open("/"), reader.open("/pay"), reader.open("/history")

    assert "Your therapist will add it to your account." in done.text
    assert "We got your payment of $100.00 on Nov 20, 2026." in home.text
    assert "You do not owe anything right now." in home.text and not home.links("Make a payment")
    assert "Paid. Your therapist will add it to your account." in choosing.text
    assert "Received" in history.text
