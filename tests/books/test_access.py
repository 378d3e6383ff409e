"""Every read starts from live links: which accounts, which rights, and what a reader without one is shown instead."""

import pytest

from billing import access, history
from billing.charges import adjust
from billing.moneyback import charge_back, refund, returned, void, win_chargeback
from choices import LinkRole, Right
from models import Account
from tests.builders import (
    ONLY_PAYS,
    a_charge,
    a_link,
    a_paid,
    a_provider,
    a_settled,
    a_user,
    an_account,
    ana,
    grace,
    helen,
    noor,
    stamp,
)

pytestmark = pytest.mark.usefixtures("database")


def test_each_account_is_found_by_its_own_link():
    person, second = ana(), noor().account
    a_link(person.user, second, Right.BALANCE)

    assert access.account(person.user, second.key, Right.BALANCE) == second
    assert access.account(person.user, person.account.key, Right.PAY) == person.account


def test_an_account_without_the_right_is_not_found():
    person, second = ana(), noor().account
    a_link(person.user, second, Right.BALANCE)

    with pytest.raises(Account.DoesNotExist):
        access.account(person.user, second.key, Right.PAY)


def test_an_account_of_somebody_else_is_not_found():
    with pytest.raises(Account.DoesNotExist):
        access.account(ana().user, noor().account.key, Right.BALANCE)


def test_an_ended_link_opens_nothing_from_that_moment():
    person, rob = ana(), a_user("Rob Delgado-Demo")
    link = a_link(rob, person.account, *ONLY_PAYS, role=LinkRole.GUARANTOR)
    assert access.reader(rob).accounts == [person.account]

    link.ended_at = stamp().at
    link.save()

    assert access.reader(rob).accounts == []
    assert access.rights(rob, person.account) == frozenset()
    with pytest.raises(Account.DoesNotExist):
        access.account(rob, person.account.key, Right.BALANCE)


def test_two_links_to_one_account_add_up():
    person, user = ana(), a_user("Kim Tran-Demo")
    a_link(user, person.account, Right.BALANCE)
    a_link(user, person.account, Right.PAY)

    assert access.rights(user, person.account) == {Right.BALANCE, Right.PAY}
    assert access.reader(user).accounts == [person.account]


def test_accounts_are_listed_by_number():
    user, first, second = a_user("Dee Whitaker-Demo"), an_account("Sam"), an_account("Dee")
    a_link(user, second)
    a_link(user, first)

    assert access.reader(user).accounts == [first, second]


def test_who_only_pays_reads_visit_and_no_name():
    client = grace()
    payer = access.reader(helen(client).user)
    charge = a_charge(client, provider=a_provider())

    assert payer.charge_label(charge, "en") == "Visit"
    assert (payer.client_name(charge), payer.provider_name(charge)) == ("", "")


def test_who_may_see_services_reads_them_in_their_language():
    person = ana()
    charge, unnamed = a_charge(person, provider=a_provider()), a_charge(person)

    reader = access.reader(person.user)

    assert reader.charge_label(charge, "en") == "Talk therapy, 45 min"
    assert reader.charge_label(charge, "es") == "Terapia, 45 min"
    assert (reader.client_name(charge), reader.provider_name(charge)) == ("Ana", "Mara Ellison-Demo")
    assert reader.provider_name(unnamed) == ""


def test_the_history_says_what_became_of_each_payment():
    person = ana()
    kept, sent_back, given_back, disputed, won = (a_settled(a_charge(person)) for _ in range(5))
    voided = a_paid(a_charge(person))
    void(voided, "Wrong check", stamp())
    returned(sent_back, "R01", stamp())
    refund(given_back, 10_00, "Visit cut short", stamp())
    charge_back(disputed, stamp(), reason="fraud")
    win_chargeback(charge_back(won, stamp(), reason="fraud"), stamp())

    states = {item.payment: item.state for item in history.history(person.user).items}

    assert {payment: states[payment] for payment in (kept, voided, sent_back, given_back, disputed, won)} == {
        kept: "paid", voided: "void", sent_back: "returned", given_back: "refund", disputed: "review", won: "paid",
    }  # fmt: skip


def test_a_lower_price_is_no_payment():
    person = ana()
    adjust(a_charge(person), 10_00, "courtesy", "Late start", stamp())

    assert history.history(person.user).items == []
