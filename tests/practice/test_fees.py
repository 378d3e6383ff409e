"""The fee schedule and what is agreed with clients: what may be kept, and for which days it holds."""

import pytest

from billing import agreements, fees
from billing.agreements import AgreementRefused
from billing.errors import BillingError, NotAllowed
from billing.formats import FieldRefused, FieldsRefused
from models import Agreement, AuditEntry, Fee
from tests import builders as the

LINE = {
    "fee_key": "talk45", "label": "Talk therapy, 45 min", "label_es": "Terapia, 45 min", "amount": 150_00,
    "kind": "service", "code": "h0004", "modifiers": ["hq", " "], "units": 3, "hsa_eligible": True,
}  # fmt: skip


def problems(**columns):
    with pytest.raises(FieldsRefused) as error:
        fees.add({**LINE, **columns}, the.stamp())
    return [(each.field, each.key) for each in error.value.problems]


@pytest.fixture
def fee(practice):
    return fees.add(LINE, the.stamp())


def log():
    return [(row.what, row.detail) for row in AuditEntry.select() if row.what.startswith(("fee.", "agreement."))]


def test_a_line_is_kept_as_it_will_be_printed(fee):
    assert (fee.fee_key, fee.code, fee.modifiers, fee.units) == ("TALK45", "H0004", ["HQ"], 3)
    assert fees.by_key("talk45 ") == fee


def test_what_cannot_be_kept_is_named_by_its_field(practice):
    assert problems(fee_key="", label="", amount=None) == [
        ("fee_key", "pr.err.needed"), ("label", "pr.err.needed"), ("amount", "pr.err.needed"),
    ]  # fmt: skip
    assert problems(fee_key="TALK/45") == [("fee_key", "pr.err.feekey")]
    assert problems(amount=0) == [("amount", "pr.err.abovezero")]
    assert problems(units=None) == problems(units=0) == problems(units=100) == [("units", "pr.err.units")]
    assert problems(kind="opening") == [("kind", "pr.err.choose")]
    assert problems(code="not a code") == [("code", "pr.err.code")]
    assert problems(modifiers=["HQX"]) == [("modifiers", "pr.err.modifier")]
    assert problems(modifiers=["HQ", "hq"]) == [("modifiers", "pr.err.modifiers")]
    assert problems(modifiers=["A1", "A2", "A3", "A4", "A5"]) == [("modifiers", "pr.err.modifiers")]
    assert problems(kind="fee") == [("code", "pr.err.feecode")]
    assert Fee.select().count() == 0


def test_a_fee_that_is_no_visit_is_paid_by_no_hsa_card(practice):
    late = fees.add({**LINE, "kind": "fee", "code": "", "modifiers": [""], "units": 1}, the.stamp())
    assert late.hsa_eligible is False


def test_a_short_name_is_taken_once(fee):
    assert problems() == [("fee_key", "pr.err.feetaken")]
    assert fees.change(fee, LINE, the.stamp()) == []


def test_a_change_is_logged_and_leaves_what_was_charged(fee):
    ana = the.ana()
    charge = the.a_charge(ana, fee="150.00")
    assert fees.change(fee, {**LINE, "amount": 160_00}, the.stamp()) == ["amount"]
    assert (Fee.get().amount, charge.amount) == (160_00, 150_00)
    assert log()[1:] == [("fee.changed", "amount 15000 -> amount 16000")]


def test_a_retired_line_is_offered_no_more_until_it_is_brought_back(fee):
    for _ in range(2):
        fees.retire(fee, the.stamp())
    assert (fees.offered(), [each.id for each in fees.schedule()]) == ([], [fee.id])
    for _ in range(2):
        fees.bring_back(fee, the.stamp())
    assert fees.offered() == [fee]
    assert [what for what, _ in log()] == ["fee.added", "fee.retired", "fee.offered"]


def test_a_percent_becomes_cents_once_half_up(fee):
    fee.amount = 150_01
    assert [agreements.amount_of(fee, tenths) for tenths in (0, 500, 625, 1000)] == [0, 75_01, 93_76, 150_01]
    for tenths in (-1, 1001):
        with pytest.raises(AgreementRefused):
            agreements.amount_of(fee, tenths)


def agreed(person, fee, amount=80_00, from_on="2026-11-01", until_on=None, reason="Sliding scale"):
    until = the.day(until_on) if until_on else None
    return agreements.agree(
        person.client, fee, amount, reason, the.stamp(), from_on=the.day(from_on), until_on=until
    )  # fmt: skip


def test_an_agreement_holds_from_its_first_day_to_its_last(fee):
    noor = the.noor()
    first, second = agreed(noor, fee, until_on="2026-11-10"), agreed(noor, fee, 90_00, "2026-11-11")

    days = ("2026-10-31", "2026-11-01", "2026-11-10", "2026-11-11")
    held = [agreements.holding(noor.client, fee, the.day(day)) for day in days]

    assert held == [None, first, first, second]
    assert agreements.holding(the.ana().client, fee, the.day("2026-11-05")) is None


def test_what_may_not_be_agreed_says_why(fee):
    noor = the.noor()
    late = fees.add({**LINE, "fee_key": "LATE", "kind": "fee", "code": "", "modifiers": []}, the.stamp())
    agreed(noor, fee, from_on="2026-11-05", until_on="2026-11-10")
    for facts, field in (
        ({"fee": late}, "fee"), ({"amount": 150_01}, "amount"), ({"until_on": "2026-10-31"}, "until_on"),
        ({}, "from_on"), ({"until_on": "2026-11-05"}, "from_on"), ({"from_on": "2026-11-10"}, "from_on"),
    ):  # fmt: skip
        with pytest.raises(AgreementRefused) as error:
            agreed(noor, **{"fee": fee, **facts})
        assert error.value.field == field
    with pytest.raises(FieldRefused) as error:
        agreed(noor, fee, from_on="2026-11-11", reason=" ")
    assert error.value.field == "reason"
    assert Agreement.select().count() == 1


def test_an_agreement_ends_once_and_one_that_never_began_never_holds(fee):
    noor, today = the.noor(), the.TODAY
    now, later = agreed(noor, fee, until_on="2026-12-31"), agreed(noor, fee, from_on="2027-01-01")
    assert agreements.listing(None, today) == [now, later]
    for each in (now, later):
        agreements.end(each, today, the.stamp())
        with pytest.raises(NotAllowed):
            agreements.end(each, today, the.stamp())
    assert agreements.holding(noor.client, fee, the.day("2027-01-01")) is None
    assert agreements.listing(frozenset({noor.client.id}), today) == [now]
    assert agreements.listing(frozenset(), today) == []
    assert agreed(noor, fee, from_on="2026-11-21")


def test_the_owner_keeps_the_schedule(browser):
    owner = browser("owner")
    assert "The fee schedule is empty" in owner.get("/practice/fees/").text
    sent = {
        "fee_key": "visit45",
        "label": "Visit",
        "amount": "150",
        "kind": "service",
        "units": "1",
        "modifiers": "HQ hs",
    }
    assert "Enter a whole number" in owner.submit("/practice/fees/new", {**sent, "units": "x"}).text
    owner.submit("/practice/fees/new", sent)
    page = owner.get("/practice/fees/VISIT45").text
    assert 'value="HQ HS"' in page
    owner.submit("/practice/fees/VISIT45", {**sent, "amount": "160"})
    assert [row.amount for row in Fee.select()] == [160_00]
    owner.submit("/practice/fees/VISIT45/offered", {"on": "0"})
    assert "No longer offered" in owner.get("/practice/fees/").text
    owner.submit("/practice/fees/VISIT45/offered", {"on": "1"})
    assert fees.offered() != []


def test_agreeing_by_amount_or_by_percent(browser, fee, provider):
    the.ana(), the.a_person("Ben Okafor-Demo", provider=provider)
    jonah = browser("therapist")
    sent = {"client": "ben", "fee": "TALK45", "from_on": "2026-11-01", "reason": "Sliding scale"}

    def said(**cells):
        return jonah.submit("/practice/agreements/", {**sent, **cells}, follow_redirects=True).text

    assert "one of the two" in said()
    assert "one of the two" in said(amount="80", percent="60")
    assert "like 60 or 62.5" in said(percent="a lot")
    assert "Nobody here" in said(client="ana", amount="80")
    assert "Enter a real date" in said(from_on="", amount="80")
    assert "Services from that day on use it" in said(percent="62.5")
    assert [row.amount for row in Agreement.select()] == [93_75]
    key, biller = Agreement.get().key, browser("biller")
    agreed(the.noor(), fee)
    others = Agreement.select().order_by(Agreement.id.desc()).get().key
    assert jonah.submit(f"/practice/agreements/{others}/end").status_code == 404
    biller.submit(f"/practice/agreements/{key}/end")
    assert Agreement.get(Agreement.key == key).until_on == the.TODAY


def test_a_refusal_names_its_field(fee):
    with pytest.raises(BillingError) as error:
        agreed(the.noor(), fee, amount=-1)
    assert error.value.field == "amount"
