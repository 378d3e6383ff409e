"""What may be shown to a bank, and what a text may not say."""

import pytest

from billing import receipts
from billing.consents import agree_to_keep_card
from billing.disputes_words import NotForTheBank, checked
from billing.errors import BillingError
from billing.evidence import suggestions
from billing.moneyback import charge_back, refund, taken_from
from billing.postings import allocate, settle
from models import Consent, Diagnosis, Document, Fee, SavedCard, SignIn
from tests.builders import (
    a_charge,
    a_fee,
    a_paid,
    a_payment,
    a_provider,
    a_saved_card,
    a_settled,
    an_attempt,
    ana,
    ben,
    noon,
    stamp,
    the_practice,
)

pytestmark = pytest.mark.usefixtures("practice")

CARD = {"card_brand": "Visa", "card_last4": "1111"}


def a_card_payment(person, *charges, **facts):
    lines = [(charge, charge.amount) for charge in charges]
    attempt = an_attempt(person, *lines, state="succeeded", transaction_id="sale1", **CARD, **facts)
    about = {"method": "card", "source": "portal", "way": "one", "user": person.user, "attempt": attempt, **CARD}
    payment = a_payment(person, attempt.amount, **about)
    for charge, cents in lines:
        allocate(payment, charge, cents, stamp())
    settle(payment, stamp())
    receipts.issue(payment, stamp())
    return payment


def disputed(payment):
    return charge_back(payment, stamp(), reason="fraud")


def texts(dispute, kind=""):
    return [each.text for each in suggestions(dispute) if kind in ("", each.kind)]


def test_a_receipt_is_told_by_number_day_amount_and_card():
    person = ana()
    dispute = disputed(a_card_payment(person, a_charge(person)))

    assert texts(dispute, "receipt") == [
        f"Receipt {Document.get().number}: $150.00 paid on Nov 20, 2026 with Visa ending in 1111."
    ]


def test_what_we_gave_back_is_told_by_its_receipt_and_what_the_bank_took_is_not():
    person = ana()
    payment = a_card_payment(person, a_charge(person))
    receipts.issue_refund(refund(payment, 50_00, "Kindness", stamp()), stamp())
    dispute = disputed(payment)
    receipts.issue_refunds(payment, stamp())

    paid, back = texts(dispute, "receipt")

    assert paid.startswith("Receipt RCT-2026-")
    assert back.endswith(", Nov 20, 2026: $50.00 was given back.")


def test_a_payment_without_a_receipt_or_login_has_only_its_kept_visit():
    assert texts(disputed(a_settled(a_charge(ana(), on="2026-11-03")))) == ["Appointment kept on Nov 3, 2026."]


def test_the_policy_on_the_receipt_is_quoted_unless_it_tells_of_care():
    person = ana()
    the_practice(refund_policy="Refunds go back to the card\nyou used.")
    plain = disputed(a_card_payment(person, a_charge(person)))
    assert texts(plain, "policy")[0].endswith("states this policy: Refunds go back to the card you used.")


def test_a_policy_that_names_the_care_stays_here():
    person = ana()
    the_practice(refund_policy="Therapy that is canceled late is not refunded.")

    assert texts(disputed(a_card_payment(person, a_charge(person))), "policy") == []


@pytest.mark.parametrize("saved", [True, False], ids=["paid with a kept card", "kept with this payment"])
def test_the_consent_to_keep_the_card_is_quoted_with_its_day(saved):
    person = ana()
    consent = agree_to_keep_card(person.user, "en", "", "ref", noon("2026-09-01"))
    used = {"saved_card": a_saved_card(person.user, consent=consent)} if saved else {"consent": consent}

    (text,) = texts(disputed(a_card_payment(person, a_charge(person), **used)), "consent")

    assert text.startswith("On Sep 1, 2026 the payer agreed to keep Visa ending in 1111 on file, in these words: We")
    assert text.endswith(" ".join(Consent.get().text.split()))


def test_a_card_kept_elsewhere_brings_no_consent():
    person = ana()
    card = a_saved_card(person.user)

    assert texts(disputed(a_card_payment(person, a_charge(person), saved_card=card)), "consent") == []
    assert SavedCard.get().consent is None


def test_only_kept_visits_that_the_bank_took_are_told_once_and_by_date():
    person = ana()
    visits = [a_charge(person, on=on, fee="50.00") for on in ("2026-11-10", "2026-11-03", "2026-11-03")]
    visits += [a_fee(person, on="2026-11-04"), a_charge(person, on="2026-11-05", rendered=False)]
    visits.append(a_charge(person, on="2026-12-24"))
    dispute = disputed(a_card_payment(person, *visits))
    assert len(taken_from(dispute.payment)) == 6

    assert texts(dispute, "appointment") == ["Appointment kept on Nov 3, 2026.", "Appointment kept on Nov 10, 2026."]


def test_the_days_of_signing_in_are_told_and_nothing_else_of_them():
    person, other = ana(), ben()
    for user, on in [(person.user, f"2026-11-{day:02}") for day in (9, 9, 10, 11, 12, 13, 16)] + [
        (person.user, "2026-01-05"),
        (other.user, "2026-11-19"),
    ]:
        SignIn.create(token_sha256=f"{SignIn.select().count()}", user=user, began_at=noon(on), seen_at=noon(on), ip="9")

    portal, days = texts(disputed(a_card_payment(person, a_charge(person))), "sign_in")

    assert portal.endswith("with an email address and a password and paid on Nov 20, 2026, 12:00 PM CST.")
    assert days.endswith("on Nov 10, 2026; Nov 11, 2026; Nov 12, 2026; Nov 13, 2026; Nov 16, 2026.")


def test_a_key_changes_with_the_text():
    person = ana()
    first, second, *_ = suggestions(disputed(a_card_payment(person, a_charge(person))))

    assert first.key != second.key
    assert first.category == "GENERAL"


@pytest.fixture
def dispute():
    person = ana()
    Diagnosis.create(code="F00.0", text="Quiet sorrow, mild")
    Fee.create(fee_key="f1", label="Group circle, 90 min", amount=100)
    Fee.create(fee_key="f2", label="Late cancel fee", amount=100, kind="fee")
    a_provider(license_type="Clinical social worker", credentials="LCSW")
    visit = a_charge(person, label="Garden hour, 45 min", label_es="Hora del jardín", dx=["F00.0"])
    a_fee(person)
    return disputed(a_paid_and_settled(visit))


def a_paid_and_settled(visit):
    payment = a_paid(visit)
    settle(payment, stamp())
    return payment


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Seen for F41.1 twice", "f41.1"), ("z6282", "z6282"), ("(f41)", "f41"), ("_F411_", "f411"),
        ("F\u200b41.1", "f41.1"), ("\uff26\uff14\uff11", "f41"), ("H0004 billed", "h0004"), ("Code 12345.", "12345"),
        ("1234F", "1234f"), ("our Garden-Hour, as always", "garden hour"), ("GARDEN HOUR 45 MIN", "garden hour"),
        ("una hora del jardin", "hora del jardin"), ("a group circle", "group circle"), ("quiet SORROW", "sorrow"),
        ("her Clinical Social Worker", "clinical social worker"), ("an lcsw", "lcsw"), ("Therapy", "therapy"),
        ("Counselling helps", "counselling"), ("su terapia", "terapia"), ("mental state", "mental"),
        ("the diagnosis", "diagnosis"), ("Seen for F 41.1", "f 41.1"), ("F.41.1", "f.41.1"), ("H-0004", "h-0004"),
        ("code 12 345", "12 345"), ("Depression again", "depression"), ("her PTSD", "ptsd"),
    ],
)  # fmt: skip
def test_a_text_that_tells_of_care_is_refused_with_its_words(dispute, text, word):
    with pytest.raises(NotForTheBank) as refused:
        checked(text, dispute)

    assert refused.value.key == "pr.dispute.health"
    assert word in refused.value.values["words"].split(", ")


@pytest.mark.parametrize(
    "text",
    [
        "She paid $1,250.50 on Nov 3, 2026 at 5pm.", "Visa ending in 4242, receipt RCT-2026-000041.",
        "The late cancel fee was agreed.", "Call (312) 555-0100.", "A quite mild answer.", "gardens and hours",
        "fundamental", "We gave back a $15.00 part on 11/3, not a second time.", "Answered on 2026-11-30.",
    ],
)  # fmt: skip
def test_a_text_about_the_payment_passes(dispute, text):
    assert checked(f"  {text}\n", dispute) == text


@pytest.mark.parametrize(
    ("text", "key"),
    [(" \u200b ", "pr.dispute.empty"), ("x" * 1001, "pr.err.long"), ("4111 1111 1111 1111", "pr.err.card")],
)
def test_an_empty_long_or_card_like_text_is_refused(dispute, text, key):
    with pytest.raises(BillingError) as refused:
        checked(text, dispute)

    assert (refused.value.key, refused.value.field) == (key, "text")
