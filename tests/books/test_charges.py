"""When a charge may be posted, voided, adjusted, insured and transferred: the "Allowed when" of each entry."""

import pytest

from billing.charges import (
    adjust,
    post_charge,
    record_insurance,
    reverse_adjustment,
    reverse_insurance,
    reverse_transfer,
    transfer,
    void_charge,
)
from billing.errors import Busy, NotAllowed, ReasonMissing
from billing.ledger import charge_figure
from billing.postings import release
from choices import AttemptState, EntryKind, LinkRole
from models import Charge, Entry
from tests.books.expect import refused
from tests.builders import (
    a_charge,
    a_client,
    a_fee,
    a_link,
    a_paid,
    a_user,
    an_account,
    an_attempt,
    an_insured_charge,
    ana,
    kim,
    noor,
    stamp,
)

pytestmark = pytest.mark.usefixtures("database")


def test_a_charge_raises_what_the_client_owes_by_its_amount():
    charge = a_charge(ana(), on="2026-10-05", fee="185.00")

    figures = charge_figure(charge)
    assert (figures.gross, figures.client, figures.open, figures.payable) == (185_00,) * 4
    entry = Entry.get()
    found = (entry.kind, entry.charge, entry.amount, entry.by, str(entry.on))
    assert found == (EntryKind.CHARGE, charge, 185_00, "staff:1", "2026-10-05")


def test_an_insurance_charge_waits_on_the_plan_and_asks_the_client_for_nothing():
    figures = charge_figure(an_insured_charge(ana()))

    assert (figures.pending, figures.client, figures.open) == (150_00, 0, 0)
    assert figures.state == "insurance"


@pytest.mark.parametrize("amount", [0, -1])
def test_a_charge_has_an_amount_above_zero(amount):
    person = ana()
    with refused():
        a_charge(person, fee=amount)


@pytest.mark.parametrize("amount", [150.0, True, "150.00"])
def test_a_charge_takes_whole_cents(amount):
    person = ana()
    with refused(TypeError):
        post_charge(
            account=person.account, client=person.client, stamp=stamp(), label="Visit",
            service_date=stamp().on, amount=amount,
        )  # fmt: skip


@pytest.mark.parametrize("kind", ["fee", "opening"])
@pytest.mark.parametrize(
    "facts", [{"code": "H0004"}, {"dx": ["F41.1"]}, {"payer": "insurance"}, {"hsa_eligible": True}]
)
def test_a_fee_is_no_medical_visit(kind, facts):
    person = ana()
    with refused():
        a_charge(person, kind=kind, **{"hsa_eligible": False, **facts})


@pytest.mark.parametrize("kind", ["fee", "opening"])
def test_a_plain_fee_and_an_opening_balance_are_posted(kind):
    assert charge_figure(a_charge(ana(), kind=kind, hsa_eligible=False)).open == 150_00


@pytest.mark.parametrize("role", [LinkRole.REPRESENTATIVE, LinkRole.GUARANTOR])
def test_a_confidential_service_is_not_posted_where_someone_else_looks(role):
    account = an_account("Max Tran-Demo", a_client("Max Tran-Demo"))
    a_link(a_user("Kim Tran-Demo"), account, role=role)

    with refused():
        a_charge(account, confidential=True)


def test_a_confidential_service_is_posted_where_only_the_client_looks():
    account = an_account("Max Tran-Demo", a_client("Max Tran-Demo"))
    a_link(a_user("Max Tran-Demo"), account, role=LinkRole.MINOR)
    a_link(a_user("Kim Tran-Demo"), account, role=LinkRole.GUARANTOR, ended="2026-10-01")
    a_link(a_user("Luis Tran-Demo"), an_account("Luis Tran-Demo"), role=LinkRole.GUARANTOR)

    assert a_charge(account, confidential=True).confidential


def test_the_same_service_without_the_flag_is_posted_anywhere():
    assert not a_charge(kim()).confidential


def test_a_void_takes_a_client_charge_off_the_balance():
    charge = a_charge(ana())

    entry = void_charge(charge, " Wrong client ", stamp())

    assert (entry.kind, entry.amount, entry.reason) == (EntryKind.CHARGE_VOID, 150_00, "Wrong client")
    assert (charge_figure(charge).gross, charge_figure(charge).state) == (0, "void")


def test_an_untouched_insurance_charge_is_voided():
    charge = an_insured_charge(ana())

    void_charge(charge, "Not covered by this plan", stamp())

    assert charge_figure(charge).pending == 0


def test_a_charge_is_voided_once():
    charge = a_charge(ana())
    void_charge(charge, "Wrong client", stamp())

    with refused():
        void_charge(charge, "Wrong client", stamp())


@pytest.mark.parametrize(
    "touch",
    [
        lambda charge: adjust(charge, 1_00, "courtesy", "Late start", stamp()),
        lambda charge: a_paid(charge, "1.00"),
    ],
)
def test_a_client_charge_is_not_voided_while_something_stands_on_it(touch):
    charge = a_charge(ana())
    touch(charge)

    with refused():
        void_charge(charge, "Wrong client", stamp())


@pytest.mark.parametrize(
    "touch",
    [
        lambda charge: record_insurance(charge, 1_00, "Plan", "EOB", stamp()),
        lambda charge: transfer(charge, 1_00, "copay", stamp()),
        lambda charge: adjust(charge, 1_00, "contractual", "Allowed amount", stamp()),
    ],
)
def test_an_insurance_charge_is_not_voided_while_something_stands_on_it(touch):
    charge = an_insured_charge(ana())
    touch(charge)

    with refused():
        void_charge(charge, "Wrong client", stamp())


def test_a_charge_is_voided_after_everything_on_it_was_taken_back():
    charge = a_charge(ana())
    entry = adjust(charge, 10_00, "courtesy", "Late start", stamp())
    payment = a_paid(charge, "140.00")
    reverse_adjustment(entry, 10_00, "Wrong client", stamp())
    release(payment, charge, 140_00, "Wrong client", stamp())

    void_charge(charge, "Wrong client", stamp())

    assert charge_figure(charge).state == "void"


@pytest.mark.parametrize("state", [AttemptState.CREATED, AttemptState.SENT, AttemptState.UNKNOWN])
def test_a_charge_is_not_voided_while_a_payment_for_it_is_in_flight(state):
    person = ana()
    charge = a_charge(person)
    an_attempt(person, (charge, "10.00"), state=state)

    with refused(Busy):
        void_charge(charge, "Wrong client", stamp())


def test_an_adjustment_lowers_the_price_without_money():
    charge = a_charge(noor())

    entry = adjust(charge, 70_00, "sliding_scale", "Agreed fee 80.00", stamp())

    figures = charge_figure(charge)
    assert (figures.adjusted, figures.net, figures.open) == (70_00, 80_00, 80_00)
    assert (entry.kind, entry.category, entry.reason) == (EntryKind.ADJUSTMENT, "sliding_scale", "Agreed fee 80.00")


@pytest.mark.parametrize("amount", [0, -1, 150_01])
def test_an_adjustment_is_above_zero_and_at_most_what_is_open(amount):
    charge = a_charge(ana())

    with refused():
        adjust(charge, amount, "courtesy", "Late start", stamp())


def test_an_adjustment_takes_all_that_is_open():
    charge = a_charge(ana())
    a_paid(charge, "100.00")

    adjust(charge, 50_00, "write_off", "Gave up", stamp())

    assert charge_figure(charge).state == "paid"


def test_an_adjustment_needs_a_known_category():
    charge = a_charge(ana())

    with refused():
        adjust(charge, 1_00, "friendly", "Late start", stamp())


@pytest.mark.parametrize("reason", ["", "  "])
def test_what_lowers_a_price_needs_a_reason(reason):
    charge = a_charge(ana())

    with refused(ReasonMissing):
        adjust(charge, 1_00, "courtesy", reason, stamp())
    with refused(ReasonMissing):
        void_charge(charge, reason, stamp())


def test_an_adjustment_leaves_alone_what_is_reserved():
    person = ana()
    charge = a_charge(person)
    an_attempt(person, (charge, "100.00"))

    adjust(charge, 50_00, "courtesy", "Late start", stamp())

    with refused(Busy):
        adjust(charge, 1, "courtesy", "Late start", stamp())


@pytest.mark.parametrize("amount", [50_01, 150_00])
def test_nothing_between_what_is_free_and_what_is_open_is_taken_off_while_a_payment_is_in_flight(amount):
    person = ana()
    charge = a_charge(person)
    an_attempt(person, (charge, "100.00"))

    with refused(Busy):
        adjust(charge, amount, "courtesy", "Late start", stamp())


def test_an_adjustment_of_an_insurance_charge_is_at_most_what_is_pending():
    charge = an_insured_charge(ana())
    transfer(charge, 25_00, "copay", stamp())

    with refused():
        adjust(charge, 125_01, "contractual", "Allowed amount", stamp())
    adjust(charge, 125_00, "contractual", "Allowed amount", stamp())

    assert (charge_figure(charge).pending, charge_figure(charge).open) == (0, 25_00)


def test_an_adjustment_is_reversed_up_to_what_is_left_of_it():
    charge = a_charge(ana())
    entry = adjust(charge, 70_00, "courtesy", "Late start", stamp())
    undone = reverse_adjustment(entry, 30_00, "Was on time", stamp())

    with refused():
        reverse_adjustment(entry, 40_01, "Was on time", stamp())
    reverse_adjustment(entry, 40_00, "Was on time", stamp())

    assert (undone.kind, undone.names) == (EntryKind.ADJUSTMENT_REVERSAL, entry)
    assert charge_figure(charge).open == 150_00


@pytest.mark.parametrize("amount", [0, -1])
@pytest.mark.parametrize("reverse", [reverse_adjustment, reverse_insurance, reverse_transfer])
def test_a_reversal_is_above_zero(reverse, amount):
    charge = an_insured_charge(ana())
    entries = {
        reverse_adjustment: adjust(charge, 10_00, "contractual", "Allowed amount", stamp()),
        reverse_insurance: record_insurance(charge, 10_00, "Plan", "EOB", stamp()),
        reverse_transfer: transfer(charge, 10_00, "copay", stamp()),
    }

    with refused():
        reverse(entries[reverse], amount, "Posted twice", stamp())


@pytest.mark.parametrize("reverse", [reverse_adjustment, reverse_insurance, reverse_transfer])
def test_a_reversal_undoes_only_its_own_kind_and_needs_a_reason(reverse):
    charge = an_insured_charge(ana())
    transfer(charge, 100_00, "copay", stamp())
    posted = Entry.get(Entry.kind == EntryKind.CHARGE)

    with refused():
        reverse(posted, 1_00, "Posted twice", stamp())


def test_a_reversal_needs_a_reason():
    charge = an_insured_charge(ana())
    moved = transfer(charge, 10_00, "copay", stamp())

    with refused(ReasonMissing):
        reverse_transfer(moved, 10_00, " ", stamp())


def test_insurance_money_lowers_the_plans_part_only():
    charge = an_insured_charge(ana())
    transfer(charge, 25_00, "copay", stamp())

    entry = record_insurance(charge, 85_00, "Sample Health Plan (DEMO)", "DEMO-EOB-1", stamp())

    figures = charge_figure(charge)
    assert (figures.insurance, figures.net, figures.pending, figures.open) == (85_00, 65_00, 40_00, 25_00)
    assert (entry.category, entry.reference) == ("Sample Health Plan (DEMO)", "DEMO-EOB-1")


@pytest.mark.parametrize("amount", [0, 150_01])
def test_insurance_money_and_transfers_are_above_zero_and_at_most_what_is_pending(amount):
    charge = an_insured_charge(ana())

    with refused():
        record_insurance(charge, amount, "Plan", "EOB", stamp())
    with refused():
        transfer(charge, amount, "copay", stamp())


def test_insurance_entries_stay_off_a_charge_the_client_pays():
    charge = a_charge(ana())

    with refused():
        record_insurance(charge, 1_00, "Plan", "EOB", stamp())
    with refused():
        transfer(charge, 1_00, "copay", stamp())


def test_insurance_money_is_reversed_up_to_what_is_left_of_it():
    charge = an_insured_charge(ana())
    entry = record_insurance(charge, 85_00, "Plan", "EOB", stamp())

    with refused():
        reverse_insurance(entry, 85_01, "Taken back by the plan", stamp())
    reverse_insurance(entry, 85_00, "Taken back by the plan", stamp())

    assert charge_figure(charge).pending == 150_00


@pytest.mark.parametrize("reason", ["copay", "coinsurance", "deductible", "not_covered"])
def test_a_transfer_moves_part_of_a_charge_to_the_client(reason):
    charge = an_insured_charge(ana())

    transfer(charge, 25_00, reason, stamp())

    figures = charge_figure(charge)
    assert (figures.client, figures.open, figures.pending) == (25_00, 25_00, 125_00)


def test_a_transfer_needs_a_known_reason():
    charge = an_insured_charge(ana())

    with refused():
        transfer(charge, 25_00, "because", stamp())


def test_a_transfer_is_reversed_as_far_as_it_is_not_paid():
    charge = an_insured_charge(ana())
    entry = transfer(charge, 25_00, "copay", stamp())
    a_paid(charge, "10.00")

    with refused():
        reverse_transfer(entry, 15_01, "Not due", stamp())
    reverse_transfer(entry, 15_00, "Not due", stamp())

    assert [getattr(charge_figure(charge), name) for name in ("client", "open", "pending")] == [10_00, 0, 140_00]


def test_a_transfer_is_reversed_up_to_what_is_left_of_it():
    charge = an_insured_charge(ana())
    first = transfer(charge, 25_00, "copay", stamp())
    transfer(charge, 25_00, "deductible", stamp())

    with refused(NotAllowed):
        reverse_transfer(first, 25_01, "Not due", stamp())


def test_a_transfer_stays_while_a_payment_for_it_is_in_flight():
    person = ana()
    charge = an_insured_charge(person)
    entry = transfer(charge, 25_00, "copay", stamp())
    an_attempt(person, (charge, "10.00"))

    with refused(Busy):
        reverse_transfer(entry, 15_01, "Not due", stamp())


def test_a_fee_is_its_own_kind_of_charge():
    assert Charge.get_by_id(a_fee(ana()).id).kind == "fee"
