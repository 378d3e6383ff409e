"""Off and partly off, and what each reader may know: the sentence is there, the button is not, the papers stay."""

from datetime import timedelta

from choices import HoldKind, Right
from models import Charge, Hold, Link, Payment, db
from tests.builders import (
    NOW,
    ONLY_PAYS,
    TODAY,
    a_charge,
    a_link,
    a_paid,
    a_provider,
    a_user,
    an_attempt,
    an_insured_charge,
    grace,
    helen,
    many_charges,
    the_practice,
    tomas,
)

OFF = "Online payment is off. Please reach out to your therapist to pay or to turn it on."


def assert_cannot_pay(reader, charge, sentence):
    home, choosing = reader.open("/"), reader.open("/pay")
    page = reader.open(f"/pay/checkout?way=one&charge={charge.key}")

    assert sentence in home.text and sentence in choosing.text
    assert home.links("Make a payment") == []
    assert choosing.links("Pay this one") == [] and "paybar" not in choosing.html
    assert page.h1 == "Choose what to pay" and sentence in page.text
    assert reader.open("/history").status == reader.open("/documents").status == 200


def test_payments_off_takes_the_button_away_and_leaves_the_papers(dana, reads):
    charge = a_charge(dana)
    the_practice(payments_on=False, payments_off_message="We are moving house.")

    reader = reads(dana)

    assert_cannot_pay(reader, charge, OFF)
    assert "You owe $150.00" in reader.open("/").text
    for path in ("/", "/pay", f"/pay/checkout?way=one&charge={charge.key}"):
        page = reader.open(path)
        assert [page.text.count(sentence) for sentence in (OFF, "We are moving house.")] == [1, 1]
        assert '<p class="lines">We are moving house.</p>' in page.html
    assert reader.open("/cards").links("Add a card") == []


def test_payments_off_while_the_form_is_open_charges_nothing(dana, reads, card_of, nothing_written):
    a_charge(dana)
    card_of(dana)
    reader = reads(dana)
    page = reader.follow(reader.open("/pay"), "Pay this one")
    the_practice(payments_on=False)

    with nothing_written():
        answer = reader.pay(page)

    assert OFF in answer.problem and answer.status == 422


def test_off_for_one_account_or_before_the_first_day(dana, reads):
    charge = a_charge(dana)
    dana.account.payments_off = True
    dana.account.save()
    assert_cannot_pay(reads(dana), charge, OFF)

    dana.account.payments_off = False
    dana.account.save()
    the_practice(go_live_on=TODAY + timedelta(days=1))
    assert_cannot_pay(reads(dana), charge, OFF)


def test_a_hidden_balance_shows_no_amount(dana, reads):
    a_paid(a_charge(dana, fee="70.00"))
    an_attempt(dana, (a_charge(dana), "10.00"), state="unknown")
    the_practice(show_balance=False)
    reader = reads(dana)

    home, choosing = reader.open("/"), reader.open("/pay")

    for page in (home, choosing, reader.open(f"/pay/checkout?way=many&all=1&account={dana.account.key}")):
        assert page.text.count("Call us to ask about your balance.") == 1
        assert "Call us to ask about your balance." in page.text
        assert "$" not in page.text
    assert "$70.00" in reader.open("/history").text


def test_an_account_on_hold_cannot_be_paid(dana, reads):
    charge = a_charge(dana)
    Hold.create(kind=HoldKind.REVIEW, account=dana.account, began_at=NOW)
    reader = reads(dana)

    assert "Call us about this bill." in reader.open("/").text
    assert reader.open(f"/pay/checkout?way=one&charge={charge.key}").status == 422


def test_without_a_link_there_is_no_money_to_see(dana, reads):
    a_paid(a_charge(dana))
    reader = reads(dana)
    Link.update(ended_at=NOW).execute()

    for path in ("/", "/pay"):
        page = reader.open(path)
        assert "No bill is linked to your sign-in yet." in page.text and "$" not in page.text
    assert "You have no payments yet." in reader.open("/history").text


def test_without_the_right_to_pay_the_balance_is_only_to_read(dana, reads):
    charge = a_charge(dana)
    user = a_user("Omar Aziz-Demo")
    a_link(user, dana.account, Right.BALANCE, Right.SERVICES)
    reader = reads(user)

    home, choosing = reader.open("/"), reader.open("/pay")

    assert "You owe $150.00" in home.text and home.links("Make a payment") == []
    assert "Talk therapy, 45 min" in choosing.text and choosing.links("Pay this one") == []
    assert reader.open(f"/pay/checkout?way=one&charge={charge.key}").status == 404
    assert reader.open("/cards").links("Add a card") == []


def test_a_guarantor_reads_date_and_visit_and_nothing_of_the_care(dana, reads, card_of):
    a_charge(dana, "2026-10-19", "150.00", provider=a_provider())
    payer = helen(dana)
    card_of(payer)
    reader = reads(payer)

    choosing = reader.open("/pay")
    checkout = reader.follow(choosing, "Pay this one")
    done = reader.pay(checkout)
    pages = [reader.open("/"), choosing, checkout, done, reader.open("/history"), reader.open("/account")]
    pages.append(reader.open(f"/history/{Payment.get().key}"))

    assert "Oct 19, 2026" in choosing.text and "Visit" in choosing.text
    assert done.h1 == "Payment received" and not done.links("Make a superbill")
    fragment = reader.fragment(f"/pay/total?way=many&account={dana.account.key}&all=1")
    for html in [page.html for page in pages] + [fragment]:
        for secret in ("Talk therapy", "Terapia", "Mara", "Ana", "H0004"):
            assert secret not in html


def test_a_guarantor_with_two_accounts_reads_their_numbers(dana, reads):
    other = grace()
    a_charge(dana), a_charge(other)
    payer = helen(dana)
    a_link(payer.user, other.account, *ONLY_PAYS, role="guarantor")

    home = reads(payer).open("/")

    assert f"Account {dana.account.number}" in home.text and "Grace" not in home.html


def test_each_account_shows_its_own_balance(dana, reads):
    other = grace()
    a_charge(dana, fee="10.00"), a_charge(other, fee="20.00")
    a_link(dana.user, other.account)
    reader = reads(dana)

    first = reader.open("/")

    assert "You owe $10.00" in first.text
    assert "You owe $20.00" in reader.follow(first, "For Grace").text
    assert "You owe $10.00" in reader.open("/?account=unknown").text


def test_an_ended_link_ends_what_the_session_may_see(dana, reads, card_of):
    charge = a_charge(dana)
    card_of(dana)
    reader = reads(dana)
    page = reader.follow(reader.open("/pay"), "Pay this one")
    done = reader.pay(page, amount="5", shown="5")
    Link.update(ended_at=NOW).execute()

    assert reader.open(done.path).status == 404
    assert reader.pay(page).status == 404
    assert reader.open(f"/pay/checkout?way=one&charge={charge.key}").status == 404


def test_rows_that_cannot_be_picked_say_why(dana, reads):
    held = a_charge(dana, "2026-10-01", "10.00")
    flying = a_charge(dana, "2026-10-02", "20.00")
    an_insured_charge(dana, "2026-10-03", "30.00")
    a_charge(dana, "2026-10-04", "40.00")
    Hold.create(kind=HoldKind.REVIEW, account=dana.account, charge=held, began_at=NOW)
    an_attempt(dana, (flying, "20.00"), sent_at=NOW)
    reader = reads(dana)

    choosing, home = reader.open("/pay"), reader.open("/")

    for sentence in ("Under review. Not due now.", "A payment for this is on its way.", "Waiting for your health"):
        assert sentence in choosing.text
    assert [box.get("name") for box in choosing.all("input") if box.get("type") == "checkbox"] == ["charge"]
    for sentence in ("payment of $20.00 is on its way.", "$10.00 is under review.", "your health plan on $30.00."):
        assert sentence in home.text
    assert home.text.index("on its way") < home.text.index("under review") < home.text.index("health plan")
    for charge, sentence in ((held, "cannot be paid right now"), (flying, "A payment for this is already on its way.")):
        answer = reader.open(f"/pay/checkout?way=one&charge={charge.key}")
        assert sentence in answer.problem and answer.status == 422


def test_everything_is_there_in_spanish(practice, reads, card_of):
    person = tomas()
    a_charge(person, "2026-10-19", "150.00")
    card_of(person)
    reader = reads(person)

    home = reader.open("/")
    choosing = reader.follow(home, "Hacer un pago")
    checkout = reader.follow(choosing, "Pagar esta")
    wrong = reader.pay(checkout, amount="mucho")
    done = reader.pay(checkout)

    assert home.tree.find(".").get("lang") == "es"
    assert "Usted debe $150.00" in home.text
    assert "19 de octubre de 2026" in choosing.text and "Terapia, 45 min" in choosing.text
    assert "La cantidad debe ser un número, como 45.00" in wrong.problem
    assert wrong.title.startswith("Error: Haga un pago")
    assert done.h1 == "Pago recibido"


def test_an_expired_card_is_shown_and_cannot_be_chosen(dana, reads, card_of, nothing_written):
    a_charge(dana)
    card = card_of(dana, exp_month=9, exp_year=2026)
    reader = reads(dana)

    page = reader.follow(reader.open("/pay"), "Pay this one")
    with nothing_written():
        forced = reader.pay(page, card=card.key)

    assert "This card is out of date. Use a new card." in page.text
    assert page.fields("/pay")["card"] == "new"
    assert "This card is out of date." in forced.problem


def test_notes_and_saved_cards_can_be_turned_off(dana, reads, card_of):
    the_practice(notes_on=False, saved_cards_on=False)
    a_charge(dana)
    card_of(dana)
    reader = reads(dana)

    page = reader.follow(reader.open("/pay"), "Pay this one")

    assert "Note for your therapist" not in page.text
    assert "Visa ending in" not in page.text and "Save this card" not in page.text
    assert "Your therapist has not turned this on." in reader.open("/cards").text


def test_a_list_costs_the_same_queries_with_ten_and_five_hundred_charges(dana, reads, queries):
    bill_and_pay(dana, 10)
    reader = reads(dana)
    few = {path: queries(reader, path) for path in ("/", "/pay", "/history")}
    bill_and_pay(dana, 500)

    assert {path: queries(reader, path) for path in few} == few
    assert max(few.values()) < 30
    assert reader.open("/pay").links("Newer") == ["/pay?page=2"]  # a bill begins with what is oldest


def bill_and_pay(person, count):
    """So many visits, and a payment for one in a hundred."""
    many_charges(person, count)
    with db.atomic():
        for charge in Charge.select().order_by(Charge.id.desc()).limit(max(1, count // 100)):
            a_paid(charge)


def test_home_warns_of_a_main_card_that_runs_out_and_lists_new_papers(dana, reads, card_of):
    a_charge(dana)
    card_of(dana, exp_month=11, exp_year=2026)
    reader = reads(dana)

    assert "Your card ending in 1111 runs out soon." in reader.open("/").text
    reader.pay(reader.follow(reader.open("/pay"), "Pay this one"), amount="5", shown="5")
    home = reader.open("/")

    assert "New papers Receipt RCT-2026-000001 · Nov 20, 2026" in home.text
    assert "Last payments Nov 20, 2026 Visa ending in 1111 · For Ana $5.00 Paid" in home.text


def test_what_the_practice_writes_is_shown_as_text(dana, reads):
    a_charge(dana, label="<b>Visit</b>")
    the_practice(payments_on=False, payments_off_message="<script>alert(1)</script>", short_name="<i>Harbor</i>")
    reader = reads(dana)

    for path in ("/", "/pay", "/cards", "/account", "/history"):
        html = reader.open(path).html
        assert "<script>alert" not in html and "<b>Visit" not in html and "<i>Harbor" not in html
