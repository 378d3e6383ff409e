"""A visit parted between two accounts: every cent charged once, and what was paid stays with who paid it."""

import pytest

from billing import charges, ledger, moneyback, postings, splits
from billing.errors import Busy, NotAllowed, ReasonMissing
from billing.splits import Part, SplitRefused
from choices import HoldKind
from models import AccountClient, Charge, Hold
from tests import builders as the

WHY = "The parents agreed on other parts"


@pytest.fixture
def family(practice):
    """Max with an account of each parent."""
    max_ = the.a_client("Max Tran-Demo")
    return the.kim(max_), the.luis(max_)


def parts(family, *amounts):
    return [Part(person.account, amount) for person, amount in zip(family, amounts, strict=True)]


def standing(charge):
    return [
        (row.charge.account.id, row.gross, row.charge.share_number, row.charge.share_of)
        for row in splits.shares(charge)
    ]


def test_percents_are_cents_that_are_the_whole():
    assert splits.by_percent(185_01, (600, 400)) == [111_01, 74_00]
    assert splits.by_percent(185_01, (500, 500)) == [92_51, 92_50]
    for tenths in ((600, 300), (1100, -100)):
        with pytest.raises(SplitRefused):
            splits.by_percent(185_01, tenths)


def test_a_visit_becomes_two_charges_with_their_shares(family):
    kim, luis = family
    whole = the.a_charge(kim, fee="185.00", code="H0004", units=4, dx=["F43.25"], pos="11")

    made = splits.split(whole, parts(family, 92_50, 92_50), WHY, the.stamp())

    assert [(row.share_number, row.share_of, row.share_visit_amount, row.units) for row in made] == [
        (1, 2, 185_00, 4), (2, 2, 185_00, 4),
    ]  # fmt: skip
    assert standing(made[1]) == [(kim.account.id, 92_50, 1, 2), (luis.account.id, 92_50, 2, 2)]
    assert (made[0].visit, made[0].dx, made[0].label) == (whole.key, ["F43.25"], whole.label)
    assert ledger.charge_figure(whole).gross == 0


def test_changing_the_shares_leaves_what_was_paid_as_credit_of_who_paid(family):
    kim, luis = family
    shared = {"label": "Visit (your half)", "label_es": "", "visit": "V1", "share_of": 2, "share_visit_amount": 185_00}
    first, _ = (the.a_charge(each, fee="92.50", share_number=n, **shared) for n, each in enumerate(family, 1))
    paid = the.a_payment(kim, "100.00")
    postings.allocate(paid, first, 92_50, the.stamp())

    again = splits.split(first, parts(family, 37_00, 148_00), WHY, the.stamp())

    assert [(row.label, row.visit, row.share_number) for row in again] == [("Visit", "V1", 1), ("Visit", "V1", 2)]
    assert ledger.account_figure(kim.account).credit == 100_00
    assert ledger.account_figure(kim.account).usable == 100_00
    assert (ledger.account_figure(kim.account).open, ledger.account_figure(luis.account).open) == (37_00, 148_00)
    one = splits.split(again[0], parts(family, 0, 185_00), WHY, the.stamp())
    assert [(row.account, row.share_of) for row in one] == [(luis.account, None)]
    with pytest.raises(NotAllowed):
        splits.split(first, parts(family, 92_50, 92_50), WHY, the.stamp())


def refused(charge, given, reason=WHY):
    count = Charge.select().count()
    with pytest.raises((SplitRefused, NotAllowed)) as error:
        splits.split(charge, given, reason, the.stamp())
    assert Charge.select().count() == count
    return error.value.key


def test_a_persons_reason_is_not_taken_for_the_banks(family):
    charge = the.a_charge(family[0], fee="100.00")
    paid = the.a_settled(charge)
    splits.split(charge, parts(family, 50_00, 50_00), "chargeback", the.stamp())
    assert moneyback.taken_from(paid) == []


def test_shares_of_other_days_stay_when_no_visit_is_named(family):
    shared = {"fee": "50.00", "share_of": 2, "share_visit_amount": 100_00}
    for on in ("2026-10-05", "2026-10-12"):
        for number, each in enumerate(family, 1):
            last = the.a_charge(each, on, share_number=number, **shared)
    assert [row.charge.service_date for row in splits.shares(last)] == [last.service_date] * 2


def test_what_is_no_part_of_the_visit_is_refused(family):
    kim, luis = family
    charge, ben = the.a_charge(kim, fee="185.00"), the.ben()
    assert refused(charge, parts(family, 92_50, 92_49)) == "pr.split.err.sum"
    assert refused(charge, parts(family, -1_00, 186_00)) == "pr.split.err.sum"
    assert refused(charge, parts((kim, kim), 92_50, 92_50)) == "pr.split.err.account"
    assert refused(charge, parts((kim, ben), 92_50, 92_50)) == "pr.split.err.account"
    assert refused(charge, parts(family, 92_50, 92_50), " ") == ReasonMissing.key
    assert luis.account in splits.payers_of(charge.client)


def test_what_stands_on_the_visit_is_taken_back_first(family):
    kim, _ = family
    insured = the.an_insured_charge(kim)
    assert refused(insured, parts(family, 75_00, 75_00)) == "pr.split.err.stands"
    held, adjusted, busy = (the.a_charge(kim, fee="185.00") for _ in range(3))
    Hold.create(account=kim.account, charge=held, kind=HoldKind.REVIEW, reason="Asked", began_at=the.NOW, by="staff:1")
    assert refused(held, parts(family, 92_50, 92_50)) == "pr.split.err.stands"
    charges.adjust(adjusted, 10_00, "courtesy", "Kindness", the.stamp())
    assert refused(adjusted, parts(family, 92_50, 92_50)) == "pr.split.err.stands"
    the.an_attempt(kim, (busy, 185_00))
    assert refused(busy, parts(family, 92_50, 92_50)) == Busy.key


def test_the_page_shows_the_parts_and_changes_them(family, sign_in, app):
    kim, luis = family
    charge = the.a_charge(kim, fee="185.01")
    biller = sign_in(the.a_staff_member())
    address = f"/practice/services/{charge.key}/split"
    page = biller.get(address).text
    assert "Kim Tran-Demo" in page
    sent = {"first_account": kim.account.key, "second_account": luis.account.key, "reason": WHY}

    def said(**cells):
        return biller.submit(address, {**sent, **cells}, follow_redirects=True).text

    assert "must be 100 together" in said(how="percent", first="60", second="50")
    assert "the whole amount together" in said(how="amount", first="60", second="50")
    assert "must be a number" in said(how="amount", first="x", second="50")
    assert "The visit is split" in said(how="percent", first="60", second="40")
    assert biller.get(address).status_code == 404
    share = Charge.get(Charge.share_number == 2)
    Charge.update(label=share.label + " (your half)").where(Charge.id == share.id).execute()
    assert f"{share.label}: $185.01" in biller.get(f"/practice/services/{share.key}/split").text
    assert 'value="74.00"' in biller.get(f"/practice/services/{share.key}/split").text
    AccountClient.delete().where(AccountClient.account == luis.account).execute()
    assert "on one account only" in biller.get(f"/practice/services/{the.a_charge(kim).key}/split").text
    assert (share.amount, share.account) == (74_00, luis.account)
