"""The rules of cents, dates and corrections, M1 to M12, each as one test."""

from datetime import date

import pytest
from peewee import IntegrityError

from billing.charges import adjust, record_insurance, reverse_transfer, transfer, void_charge
from billing.errors import Busy, NotAllowed
from billing.ledger import account_figure, charge_figure
from billing.moneyback import refund
from billing.postings import allocate, release, settle
from billing.stamp import Stamp
from models import Charge, Entry, Fee, Payment, Practice, db
from money import parse_dollars, share_by, tenths_of_percent
from tests.books.expect import refused
from tests.builders import (
    a_charge,
    a_paid,
    a_payment,
    an_attempt,
    an_insured_charge,
    ana,
    jade,
    noor,
    stamp,
    the_practice,
)
from words import LANGUAGES, local_day, say

pytestmark = pytest.mark.usefixtures("database")


def test_m1_money_is_an_integer_in_the_database_whatever_wrote_it():
    a_charge(ana())

    assert db.execute_sql("SELECT typeof(amount) FROM entry").fetchone() == ("integer",)
    for table in ("entry", "charge", "payment"):
        assert ("amount", "INTEGER") in [(column.name, column.data_type) for column in db.get_columns(table)]


@pytest.mark.parametrize("value", [12.34, "12.34", "twelve"])
def test_m1_the_database_refuses_what_is_no_integer(value):
    the_practice()

    with pytest.raises(IntegrityError):
        db.execute_sql("UPDATE practice SET minimum_payment = ?", (value,))


@pytest.mark.parametrize("value", [12.0, True])
def test_m1_a_float_or_a_bool_is_refused_not_rounded(value):
    with pytest.raises(TypeError, match="takes whole cents"):
        Fee.create(fee_key="X", label="X", amount=value)


def test_m1_one_cent_is_money():
    charge, insured = a_charge(ana(), fee=2), an_insured_charge(noor(), fee=2)
    payment = a_payment(charge.account, 1)
    adjust(charge, 1, "courtesy", "Kindness", stamp())
    record_insurance(insured, 1, "Plan", "EOB", stamp())
    reverse_transfer(transfer(insured, 1, "copay", stamp()), 1, "Not so", stamp())
    allocate(payment, charge, 1, stamp())
    release(payment, charge, 1, "adjustment", stamp())
    settle(payment, stamp())
    refund(payment, 1, "Not so", stamp())
    a_charge(ana(), fee=1)

    assert (charge_figure(charge).open, charge_figure(insured).pending) == (1, 1)


def test_m2_typed_money_is_read_or_refused_never_guessed():
    assert parse_dollars("1,200.00") == 1_200_00
    with pytest.raises(ValueError):
        parse_dollars("1.200,00")


def test_m3_a_percentage_is_rounded_once_half_up():
    assert tenths_of_percent(206_67, 29) + 30 == 6_29


def test_m4_shares_of_a_visit_sum_to_the_visit():
    assert share_by(185_01, [60, 40]) == [111_01, 74_00]
    assert share_by(185_00, [1, 1]) == [92_50, 92_50]


def test_m5_a_service_date_is_a_plain_date_and_never_shifts():
    charge = a_charge(ana(), on="2026-03-08")

    assert Charge.get_by_id(charge.id).service_date == date(2026, 3, 8)
    assert db.execute_sql("SELECT service_date FROM charge").fetchone() == ("2026-03-08",)


def test_m5_instants_are_kept_in_utc_and_the_posting_date_is_the_practices():
    payment = a_payment(ana(), "40.00", on="2026-11-01")

    assert db.execute_sql("SELECT paid_at FROM payment").fetchone() == ("2026-11-01T18:00:00.000000Z",)
    assert Entry.get(Entry.payment == payment).on == date(2026, 11, 1)


def test_m5_an_instant_without_a_zone_is_refused():
    person = ana()
    with refused(ValueError):
        Payment.create(
            account=person.account, amount=1, method="cash", source="staff", way="staff",
            paid_at=stamp().at.replace(tzinfo=None),
        )  # fmt: skip


def test_m6_a_late_evening_belongs_to_its_day_in_the_practices_zone():
    evening = Entry.at.python_value("2026-11-02T03:30:00Z")

    assert local_day(evening, "America/Chicago") == date(2026, 11, 1)
    assert Stamp.of("user:8", evening, "America/Chicago").on == date(2026, 11, 1)


def test_m7_an_entry_keeps_the_day_it_was_posted_apart_from_the_day_of_the_visit():
    charge = a_charge(ana(), on="2026-10-05")
    entry = adjust(charge, 1_00, "courtesy", "Late start", stamp("2026-11-14"))

    assert (entry.on, entry.charge.service_date) == (date(2026, 11, 14), date(2026, 10, 5))


def test_m8_there_is_no_currency_tax_or_surcharge_to_set():
    columns = {column.name for table in ("practice", "charge", "payment", "entry") for column in db.get_columns(table)}

    assert not columns & {"currency", "tax", "surcharge", "interest"}


def test_m9_a_refusal_is_a_sentence_in_every_language():
    charge = a_charge(ana())

    with refused() as caught:
        adjust(charge, 150_01, "courtesy", "Late start", stamp())

    sentences = {say(caught.value.key, language, **caught.value.values) for language in LANGUAGES}
    assert len(sentences) == len(LANGUAGES)


def test_m10_what_a_payment_in_flight_has_reserved_is_left_alone():
    person = ana()
    charge = a_charge(person)
    an_attempt(person, (charge, "150.00"))

    for command in (
        lambda: adjust(charge, 1_00, "courtesy", "Late start", stamp()),
        lambda: void_charge(charge, "Wrong client", stamp()),
    ):
        with refused(Busy):
            command()


def test_m11_a_paid_charge_is_lowered_by_release_then_adjustment_and_the_rest_is_credit():
    person = noor()
    charge = a_charge(person)
    payment = a_paid(charge)
    with refused(NotAllowed):
        adjust(charge, 30_00, "courtesy", "Visit started late", stamp())

    release(payment, charge, 30_00, "adjustment", stamp())
    adjust(charge, 30_00, "courtesy", "Visit started late", stamp())

    assert charge_figure(charge).state == "paid"
    assert (account_figure(person.account).credit, account_figure(person.account).balance) == (30_00, -30_00)


def test_m12_the_clients_part_of_an_insurance_charge_is_lowered_by_reversal_then_adjustment():
    charge = an_insured_charge(jade())
    moved = transfer(charge, 150_00, "deductible", stamp())
    with refused(NotAllowed):
        adjust(charge, 40_00, "contractual", "Plan allowed amount 110.00", stamp())

    reverse_transfer(moved, 40_00, "Plan allowed amount 110.00", stamp())
    adjust(charge, 40_00, "contractual", "Plan allowed amount 110.00", stamp())

    assert (charge_figure(charge).open, charge_figure(charge).pending) == (110_00, 0)


def test_the_smallest_payment_a_practice_may_set_is_between_a_cent_and_fifty_dollars():
    the_practice(minimum_payment=50_00)

    for wrong in (0, 50_01):
        with pytest.raises(IntegrityError):
            the_practice(minimum_payment=wrong)
    assert Practice.the().minimum_payment == 50_00
