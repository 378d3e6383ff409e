"""Why paying is not possible, and turning it off for one account."""

from datetime import date

import pytest

from billing.errors import ReasonMissing
from billing.formats import FieldsRefused
from billing.switch import account_reason, closed, set_account_payments
from models import Account, AuditEntry, Hold
from tests import builders as the

LATE = the.noon("2026-11-30")


def test_nothing_stands_in_the_way(practice):
    assert closed(practice, the.ana().account, the.NOW) is None
    assert closed(practice, None, the.NOW) is None


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        ({"payments_on": False}, "home.off"),
        ({"go_live_on": date(2026, 11, 21)}, "home.off"),
        ({"show_balance": False}, "home.noshow"),
        ({"payments_on": False, "show_balance": False}, "home.off"),
    ],
)
def test_the_practice_says_why(practice, facts, key):
    assert closed(the.the_practice(**facts), the.ana().account, the.NOW) == key


def test_the_go_live_day_begins_at_midnight_of_the_practice(practice):
    practice = the.the_practice(go_live_on=date(2026, 11, 30))
    midnight = LATE.replace(hour=6, minute=0)

    assert closed(practice, None, midnight) is None
    assert closed(practice, None, midnight.replace(hour=5, minute=59)) == "home.off"


def test_an_account_on_hold_is_called_about(practice):
    ana = the.ana()
    hold = Hold.create(kind="review", account=ana.account, began_at=the.NOW)
    assert closed(practice, ana.account, the.NOW) == "home.hold"

    hold.ended_at = the.NOW
    hold.save()
    assert closed(practice, ana.account, the.NOW) is None


def test_a_hold_on_one_visit_leaves_the_account_open(practice):
    ana = the.ana()
    Hold.create(kind="review", account=ana.account, charge=the.a_charge(ana), began_at=the.NOW)
    assert closed(practice, ana.account, the.NOW) is None


def test_payments_stop_and_start_for_one_account(practice):
    account = the.ana().account

    set_account_payments(account, off=True, reason="  Pays by check ", stamp=the.stamp(by="staff:7"), ip="10.0.0.1")
    assert closed(practice, Account.get_by_id(account.id), the.NOW) == "home.off"
    set_account_payments(account, off=True, reason="Again", stamp=the.stamp())
    assert account_reason(Account.get_by_id(account.id)) == "Pays by check"
    set_account_payments(account, off=False, reason="", stamp=the.stamp())

    assert closed(practice, Account.get_by_id(account.id), the.NOW) is None
    assert account_reason(Account.get_by_id(account.id)) == ""
    told = [(row.what, row.subject, row.detail) for row in AuditEntry.select().order_by(AuditEntry.id)]
    subject = f"account:{account.id}"
    assert told == [("account.payments_off", subject, ""), ("account.payments_on", subject, "")]


def test_stopping_one_account_takes_a_reason_of_some_length(practice):
    account = the.ana().account
    with pytest.raises(ReasonMissing):
        set_account_payments(account, off=True, reason=" ", stamp=the.stamp())
    with pytest.raises(FieldsRefused):
        set_account_payments(account, off=True, reason="x" * 301, stamp=the.stamp())
    assert not Account.get_by_id(account.id).payments_off
    assert AuditEntry.select().count() == 0
