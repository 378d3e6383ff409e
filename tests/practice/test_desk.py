"""The practice's own hand in the books: each act from its form to the ledger, once, and what refuses it."""

import re

import pytest
from playhouse.test_utils import count_queries

from billing import charges, holds, ledger, moneyback, once, running
from choices import Method
from models import AuditEntry, Charge, Document, Entry, Hold, Payment
from tests import builders as the
from tests.practice.conftest import plain


@pytest.fixture
def biller(browser):
    return browser("biller")


def desk(browser, url, **typed):
    """Fill in the form at this address and send it, as it was drawn."""
    page = browser.get(url)
    seen = re.search(r'name="seen" value="([^"]*)"', page.text)[1]
    return browser.submit(url, {"seen": seen, **typed}, follow_redirects=True)


def kinds(account):
    return [(row.kind.value, row.amount) for row in Entry.select().where(Entry.account == account).order_by(Entry.id)]


def entry_of(kind):
    return Entry.select().where(Entry.kind == kind).order_by(Entry.id.desc()).get()


def url_of(entry):
    return f"/practice/accounts/{entry.account.key}/entries/{running.line_of(entry).key}"


def test_a_lower_price_goes_from_the_form_to_the_books_once(biller):
    charge = the.a_charge(the.ana())
    url = f"/practice/charges/{charge.key}/adjust"
    seen = once.end_of(charge.account)
    typed = {"seen": seen, "amount": "50", "category": "courtesy", "reason": "Came late"}

    first = biller.submit(url, typed, follow_redirects=True)
    second = biller.submit(url, typed, follow_redirects=True)

    assert "Recorded." in first.text and "was not recorded again" in second.text
    assert kinds(charge.account) == [("charge", 150_00), ("adjustment", 50_00)]
    assert "Left to pay $100.00" in plain(second.text)
    assert [row.what for row in AuditEntry.select() if row.what.startswith("ledger")] == ["ledger.adjustment"]


def test_the_ledger_tells_each_entry_with_the_balance_after_it(biller):
    ana = the.ana()
    charge = the.a_charge(ana)
    desk(biller, f"/practice/charges/{charge.key}/adjust", amount="50", category="courtesy", reason="Came late")
    the.a_paid(charge, "40.00")

    page = running.page(ana.account)

    assert [(line.entry.kind, line.effect, line.balance, line.by) for line in page.lines] == [
        ("charge", 150_00, 150_00, "Mara Ellison-Demo"), ("adjustment", -50_00, 100_00, "Rosa Quill-Demo"),
        ("payment", -40_00, 60_00, "Mara Ellison-Demo"), ("allocation", 0, 60_00, "Mara Ellison-Demo"),
    ]  # fmt: skip
    assert page.lines[-1].balance == ledger.account_figure(ana.account).balance
    shown = plain(biller.get(f"/practice/accounts/{ana.account.key}").text)
    assert "never changed" in shown and "−$50.00 $100.00" in shown and "Rosa Quill-Demo" in shown


def test_a_long_ledger_comes_in_pages_that_join(biller, monkeypatch):
    monkeypatch.setattr(running, "PER_PAGE", 2)
    ana = the.ana()
    for day in range(1, 6):
        the.a_charge(ana, f"2026-10-0{day}", "10.00")
    newest = running.page(ana.account)
    middle = running.page(ana.account, newest.older)
    first = running.page(ana.account, middle.older)

    assert [[line.balance for line in page.lines] for page in (newest, middle, first)] == [
        [40_00, 50_00],
        [20_00, 30_00],
        [10_00],
    ]
    assert (newest.opening, middle.opening, first.opening, first.older) == (30_00, 10_00, 0, "")
    page = biller.get(f"/practice/accounts/{ana.account.key}?before={newest.older}")
    assert "Balance before $10.00" in plain(page.text) and "Newest entries" in page.text
    assert biller.get(f"/practice/accounts/{ana.account.key}?before=nothing").status_code == 404


def test_a_page_of_the_ledger_costs_the_same_however_long(practice):
    ana = the.ana()
    costs = []
    for count in (3, 40):
        the.many_charges(ana, count)
        with count_queries() as asked:
            running.page(ana.account)
        costs.append(asked.count)
    assert costs == [3, 4]  # one more for the balance before the page


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"amount": "150.01"}, "Enter $150.00 or less"), ({"amount": ""}, "Enter an amount above zero"),
        ({"amount": "12,3"}, "Enter an amount like 45.00"), ({"reason": " "}, "Write a reason"),
        ({"reason": "4111 1111 1111 1111"}, "Take the card number out"), ({"category": "gift"}, "Choose one"),
        ({"reason": "a" * 301}, "Use 300 letters or fewer"),
    ],
)  # fmt: skip
def test_a_refusal_keeps_what_was_typed_and_books_nothing(biller, typed, told):
    charge = the.a_charge(the.ana())
    answer = desk(
        biller,
        f"/practice/charges/{charge.key}/adjust",
        **{"amount": "7.5", "category": "other", "reason": "Why", **typed},
    )

    assert answer.status_code == 422
    assert told in answer.text and "Nothing was recorded and no money moved." in answer.text
    assert 'value="7.5"' in answer.text or "amount" in typed
    assert kinds(charge.account) == [("charge", 150_00)]


def test_what_a_payment_in_progress_needs_stays(biller):
    ana = the.ana()
    charge = the.a_charge(ana)
    the.an_attempt(ana, (charge, "150.00"))
    answer = desk(biller, f"/practice/charges/{charge.key}/adjust", amount="1.00", category="other", reason="Why")
    assert answer.status_code == 422 and "A payment for this is in progress." in answer.text


def test_a_plans_letter_is_entered_in_one_form(biller):
    charge = the.an_insured_charge(the.ana(), fee="150.00")
    url = f"/practice/charges/{charge.key}/plan"
    letter = {
        "plan": "Lakeshore Health",
        "reference": "E-7",
        "paid": "85",
        "discount": "40",
        "client": "25",
        "why": "copay",
    }

    refused = {
        told: desk(biller, url, **{**letter, **typed}).text
        for told, typed in {
            "Enter $150.00 or less": {"paid": "86"}, "Fill in this field": {"plan": ""}, "Choose one": {"why": ""},
            "Enter an amount above zero": {"paid": "", "discount": "", "client": ""},
            "Use 80 letters": {"reference": "a" * 81},
        }.items()
    }  # fmt: skip
    assert [told for told, page in refused.items() if told not in page] == []
    assert kinds(charge.account) == [("charge", 150_00)]
    assert "Recorded." in desk(biller, url, **letter).text
    assert kinds(charge.account)[1:] == [("insurance_payment", 85_00), ("adjustment", 40_00), ("transfer", 25_00)]
    assert entry_of("adjustment").reason == "Lakeshore Health E-7"
    figures = ledger.charge_figure(charge)
    assert (figures.pending, figures.open) == (0, 25_00)


def test_the_clients_part_of_an_insurance_charge_can_be_written_off(biller):
    charge = the.an_insured_charge(the.ana())
    desk(biller, f"/practice/charges/{charge.key}/plan", client="60", why="deductible")
    url = f"/practice/charges/{charge.key}/adjust"
    assert 'value="60.00"' in biller.get(f"{url}?as=write_off").text

    desk(biller, url, amount="60", category="write_off", reason="Hardship", part="client")
    desk(biller, url, amount="30", category="contractual", reason="Contract")

    assert kinds(charge.account)[2:] == [("transfer_reversal", 60_00), ("adjustment", 60_00), ("adjustment", 30_00)]
    assert ledger.charge_figure(charge).pending == 60_00
    desk(biller, f"/practice/charges/{charge.key}/plan", plan="Lakeshore", discount="20")
    desk(biller, f"/practice/charges/{charge.key}/plan", client="40", why="deductible")
    desk(biller, url, amount="10", category="courtesy", reason="Hardship")  # nothing waits on the plan: the client's
    assert ledger.charge_figure(charge).open == 30_00
    assert "Nothing waits on a health plan" in biller.get(f"/practice/charges/{charge.key}/plan").text


@pytest.mark.parametrize(("method", "column"), [("check", "check_number"), ("external", "site"), ("cash", None)])
def test_money_by_hand_pays_the_oldest_first_and_the_rest_is_credit(biller, method, column):
    ana = the.ana()
    newer, older = the.a_charge(ana, "2026-10-20", "30.00"), the.a_charge(ana, "2026-10-05", "20.00")
    url = f"/practice/accounts/{ana.account.key}/payment"
    typed = {
        "amount": "60",
        "method": method,
        "paid_on": "2026-11-18",
        "reference": "No. 7",
        "seen": once.end_of(ana.account),
    }

    first, second = (biller.submit(url, typed, follow_redirects=True).text for _ in range(2))

    assert "Recorded." in first and "was not recorded again" in second
    payment = Payment.get()
    assert (payment.method, payment.source, payment.amount, payment.paid_at) == (
        method,
        "staff",
        60_00,
        the.noon("2026-11-18"),
    )
    assert column is None or getattr(payment, column) == "No. 7"
    assert entry_of("payment").reference == "No. 7"
    assert [row.charge_id for row in Entry.select().where(Entry.kind == "allocation").order_by(Entry.id)] == [
        older.id,
        newer.id,
    ]
    assert ledger.payment_figure(payment).unapplied == 10_00
    assert Document.get().payment_id == payment.id  # its receipt
    another = biller.submit(url, {**typed, "reference": "No. 8"}, follow_redirects=True)
    assert "Recorded." in another.text and Payment.select().count() == 2


def test_money_by_hand_pays_what_was_ticked(biller):
    ana = the.ana()
    older, newer = the.a_charge(ana, "2026-10-05", "20.00"), the.a_charge(ana, "2026-10-20", "30.00")
    url = f"/practice/accounts/{ana.account.key}/payment"
    typed = {"amount": "40", "method": "cash", "paid_on": the.TODAY.isoformat(), "reference": ""}

    for wrong, told in {
        "2026-11-21": "today at the latest", "": "today at the latest", "1926-11-01": "Enter a real date",
    }.items():  # fmt: skip
        assert told in desk(biller, url, **{**typed, "paid_on": wrong}).text
    assert "Choose one" in desk(biller, url, **{**typed, "method": "card"}).text
    held = the.a_charge(ana)
    Hold.create(kind="review", account=ana.account, charge=held, began_at=the.NOW)
    for other in (held, the.a_charge(the.ben())):
        gone = desk(biller, url, **typed, charge=[newer.key, other.key])
        assert "can no longer be paid" in gone.text and f'value="{newer.key}" checked' in gone.text
    assert not Payment.select().exists()
    desk(biller, url, **typed, charge=[newer.key])

    assert (ledger.charge_figure(newer).open, ledger.charge_figure(older).open) == (0, 20_00)
    assert (ledger.account_figure(ana.account).credit, Payment.get().paid_at) == (10_00, the.NOW)


def test_a_person_says_when_money_is_in_the_bank(biller):
    charge = the.a_charge(the.ana())
    payment = the.a_paid(charge, method=Method.CASH)
    url = url_of(entry_of("payment"))
    seen = once.end_of(charge.account)
    answers = [biller.submit(f"{url}/banked", {"seen": seen}, follow_redirects=True).text for _ in range(2)]
    assert "Recorded." in answers[0] and "was not recorded again" in answers[1]
    assert ledger.payment_figure(payment).settled

    later = biller.submit(f"{url}/banked", {"seen": once.end_of(charge.account)})
    assert later.status_code == 422 and "is in the bank already" in later.text
    assert "It is in the bank" not in biller.get(url).text


def test_every_act_can_be_taken_back_with_a_reason(biller):
    ana = the.ana()
    insured, own = the.an_insured_charge(ana), the.a_charge(ana)
    charges.record_insurance(insured, 50_00, "Lakeshore", "E-1", the.stamp())
    charges.transfer(insured, 40_00, "copay", the.stamp())
    charges.adjust(own, 30_00, "courtesy", "Came late", the.stamp())
    payment = the.a_paid(own, "20.00")

    for kind, amount in (("insurance_payment", 10), ("transfer", 40), ("adjustment", 30), ("allocation", 20)):
        url = url_of(entry_of(kind))
        assert "Write a reason" in desk(biller, url, amount=str(amount), reason="").text
        assert "or less" in desk(biller, url, amount="1000", reason="Typed twice").text
        assert "Recorded." in desk(biller, url, amount=str(amount), reason="chargeback").text
    assert entry_of("release").reason == "chargeback"
    assert moneyback.taken_from(payment) == []  # a person's word is not the bank's

    left = (
        ledger.charge_figure(insured).pending,
        ledger.charge_figure(own).open,
        ledger.payment_figure(payment).unapplied,
    )
    assert left == (110_00, 150_00, 20_00)
    standing = desk(biller, url_of(Entry.get(Entry.charge == insured, Entry.kind == "charge")), reason="Wrong day")
    assert standing.status_code == 422 and "Take those back first" in standing.text
    desk(biller, url_of(Entry.get(Entry.charge == own, Entry.kind == "charge")), reason="Wrong day")
    assert ledger.charge_figure(own).state == "void"
    assert running.left(Entry.get(Entry.charge == own, Entry.kind == "charge")) == 0


def test_a_payment_is_not_taken_back_here(biller):
    charge = the.a_charge(the.ana())
    the.a_paid(charge)
    url = url_of(entry_of("payment"))
    assert "Take it back" not in biller.get(url).text
    assert desk_blind(biller, url, charge, amount="1", reason="Why").status_code == 422


def desk_blind(browser, url, charge, **typed):
    return browser.submit(url, {"seen": once.end_of(charge.account), **typed})


def test_a_transfer_that_is_being_paid_stays(biller):
    ana = the.ana()
    charge = the.an_insured_charge(ana)
    charges.transfer(charge, 40_00, "copay", the.stamp())
    the.an_attempt(ana, (charge, "40.00"))
    answer = desk(biller, url_of(entry_of("transfer")), amount="40", reason="Typed twice")
    assert "A payment for this is in progress." in answer.text


def test_a_held_charge_cannot_be_paid_until_the_hold_ends(biller):
    charge = the.a_charge(the.ana())
    url = f"/practice/charges/{charge.key}/hold"
    assert "Write a reason" in desk(biller, url, reason="").text
    held = desk(biller, url, reason="Asked about the fee")
    assert "Asked about the fee" in held.text and ledger.charge_figure(charge).payable == 0
    assert "on hold already" in desk(biller, url, reason="Again").text
    assert ledger.charge_figure(charge).payable == 0

    for _ in range(2):
        biller.submit(f"{url}/end")
    assert (ledger.charge_figure(charge).payable, holds.of(charge)) == (150_00, [])
    assert [row.what for row in AuditEntry.select() if row.what.startswith("hold")] == ["hold.begun", "hold.ended"]
    assert "Asked about" not in AuditEntry.select().order_by(AuditEntry.id.desc()).get().detail


def test_a_confidential_service_shuts_parents_out_or_is_refused(biller):
    own, kim = the.a_charge(the.ana()), the.kim()
    theirs = the.a_charge(kim)
    for on in ("1", "1", "0"):
        biller.submit(f"/practice/charges/{own.key}/confidential", {"on": on})
        assert Charge.get_by_id(own.id).confidential == (on == "1")
    refused = biller.submit(f"/practice/charges/{theirs.key}/confidential", {"on": "1"})
    assert refused.status_code == 422 and "agreed to by the client alone" in refused.text
    logged = [row.what for row in AuditEntry.select() if row.what.startswith("charge.")]
    assert logged == ["charge.confidential_on", "charge.confidential_off"]


def test_a_therapist_reads_own_visits_and_writes_nothing(browser, provider):
    mine, others = the.a_person("Jade Foster-Demo", provider=provider), the.ana()
    jonah = browser("therapist")
    charge = the.a_charge(mine)
    stranger = the.a_charge(mine, client=others.client, label="Group visit")

    page = jonah.get(f"/practice/accounts/{mine.account.key}").text
    assert "Talk therapy" in page and "Group visit" not in page and "Record a payment" not in page
    assert jonah.get(url_of(Entry.get(charge=charge))).status_code == 200
    assert jonah.get(url_of(Entry.get(charge=stranger))).status_code == 404
    assert jonah.get(f"/practice/charges/{stranger.key}").status_code == 404
    assert jonah.get(f"/practice/charges/{the.a_charge(others).key}").status_code == 404
    assert "Take it back" not in jonah.get(url_of(Entry.get(charge=charge))).text


def test_accounts_are_found_while_typing(biller):
    ana, ben = the.ana(), the.ben()
    the.a_charge(ana)
    while_typing = {"headers": {"HX-Request": "true"}, "follow_redirects": True}
    found = biller.submit("/practice/search/accounts", {"q": "delg"}, **while_typing)

    assert found.text.lstrip().startswith("<section") and "<h1" not in found.text
    assert "Accounts: 1, $150.00 due in all" in found.text and ben.account.number not in found.text
    assert "delg" not in found.request.url
    assert "No account fits" in biller.submit("/practice/search/accounts", {"q": "zzz"}, **while_typing).text
    whole = biller.get("/practice/accounts/").text
    assert "delay:300ms" in whole and "<h1" in whole and "$150.00 due in all" in whole
