"""What happens to a transaction after it is made."""

import pytest

from gateways.braintree.sdk import braintree
from tests.sandbox.conftest import codes
from tests.sandbox.fixtures import fresh


@pytest.fixture
def sale(sdk):
    """A sale, moved through the given steps."""

    def sale(*steps, amount="100.00"):
        id = sdk.transaction.sale({"amount": amount, "payment_method_nonce": "fake-valid-nonce", "order_id": "S"})
        id = id.transaction.id
        for step in steps:
            {"submit": sdk.transaction.submit_for_settlement, "settle": sdk.testing.settle_transaction}[step](id)
        return id

    return sale


def test_submitting_may_lower_the_amount_and_name_an_order(sdk, sale):
    lowered = sdk.transaction.submit_for_settlement(sale(), "60.00", {"order_id": "B"}).transaction

    assert (lowered.status, str(lowered.amount), lowered.order_id) == ("submitted_for_settlement", "60.00", "B")
    assert codes(sdk.transaction.submit_for_settlement(sale(), "100.01")) == ["91522"]
    assert codes(sdk.transaction.submit_for_settlement(lowered.id)) == ["91507"]


def test_a_void_needs_what_has_not_settled(sdk, sale):
    assert sdk.transaction.void(sale()).transaction.status == "voided"
    assert sdk.transaction.void(sale("submit")).transaction.status == "voided"
    assert codes(sdk.transaction.void(sale("submit", "settle"))) == ["91504"]


def test_the_same_void_twice_with_one_key_is_one_void(sdk, sale):
    id, key = sale(), fresh()[1]

    assert sdk.transaction.void(id, {"api_request_key": key}).transaction.status == "voided"
    assert sdk.transaction.void(id, {"api_request_key": key}).is_success
    assert codes(sdk.transaction.void(id)) == ["91504"]


def test_refunds_add_up_to_the_sale_and_no_further(sdk, sale):
    id = sale("submit", "settle")
    part = sdk.transaction.refund(id, "30.00").transaction
    rest = sdk.transaction.refund(id, {"order_id": "R"}).transaction

    assert (part.type, str(part.amount), part.order_id, part.refunded_transaction_id) == ("credit", "30.00", "S", id)
    assert (str(rest.amount), rest.order_id) == ("70.00", "R")
    assert sdk.transaction.find(id).refund_ids == [part.id, rest.id]
    assert codes(sdk.transaction.refund(id, "1.00")) == ["91512"]
    assert codes(sdk.transaction.refund(part.id)) == ["91505"]


def test_a_refund_needs_a_settled_sale_and_not_more_than_it(sdk, sale):
    assert codes(sdk.transaction.refund(sale("submit"))) == ["91506"]
    assert codes(sdk.transaction.refund(sale("submit", "settle"), "100.01")) == ["91521"]
    assert codes(sdk.transaction.refund(sale("submit", "settle"), "x")) == ["81503"]


def test_a_refund_that_came_to_nothing_can_be_made_again(sdk, sale):
    id = sale("submit", "settle")
    first, second = sdk.transaction.refund(id, "60.00").transaction, sdk.transaction.refund(id, "40.00").transaction
    sdk.transaction.void(first.id)
    sdk.testing.settlement_decline_transaction(second.id)

    assert str(sdk.transaction.refund(id).transaction.amount) == "100.00"
    assert codes(sdk.transaction.refund(id, {"merchant_account_id": "nope"})) == ["91512", "91513"]


def test_published_refund_amounts_bring_published_answers(sdk, sale):
    id = sale("submit", "settle", amount="6000.00")

    odd = sdk.transaction.refund(id, "2046.00")
    declined = sdk.transaction.refund(id, "2004.00")

    assert (odd.is_success, odd.transaction.additional_processor_response) == (True, "2046 : Declined")
    assert (declined.is_success, declined.transaction.status) == (False, "processor_declined")
    assert declined.transaction.processor_response_type == "hard_declined"
    assert sdk.transaction.find(id).refund_ids == [odd.transaction.id]


def test_parts_of_a_sale_settle_as_children(sdk, sale):
    id = sale()
    child = sdk.transaction.submit_for_partial_settlement(id, "40.00").transaction

    assert (child.status, child.authorized_transaction_id) == ("submitted_for_settlement", id)
    assert sdk.transaction.find(id).partial_settlement_transaction_ids == [child.id]
    assert codes(sdk.transaction.submit_for_partial_settlement(id, "60.01")) == ["91522"]
    assert codes(sdk.transaction.submit_for_partial_settlement(child.id, "1.00")) == ["915103"]
    assert str(sdk.transaction.submit_for_settlement(id).transaction.amount) == "60.00"


def test_reversing_voids_or_refunds_in_full(sdk, sale):
    assert sdk.transaction.reverse(sale("submit")).transaction.status == "voided"
    id = sale("submit", "settle")
    assert str(sdk.transaction.reverse(id).transaction.amount) == "100.00"
    assert codes(sdk.transaction.reverse(id)) == ["915282"]


def test_details_change_until_it_settles(sdk, sale):
    changed = sdk.transaction.update_details(sale("submit"), {"amount": "90.00", "order_id": "N"}).transaction

    assert (str(changed.amount), changed.order_id) == ("90.00", "N")
    assert codes(sdk.transaction.update_details(sale("submit"), {"amount": "100.01"})) == ["91522"]
    assert codes(sdk.transaction.update_details(sale("submit", "settle"), {"order_id": "N"})) == ["915129"]
    assert codes(sdk.transaction.update_details(sale("submit"), {"order_id": "x" * 256})) == ["91501"]


@pytest.mark.parametrize(
    ("simulate", "status"),
    [
        ("settlement_confirm_transaction", "settlement_confirmed"),
        ("settlement_decline_transaction", "settlement_declined"),
        ("settlement_pending_transaction", "settlement_pending"),
    ],
)
def test_settlement_can_be_made_to_end_in_any_way(sdk, sale, simulate, status):
    ended = getattr(sdk.testing, simulate)(sale("submit")).transaction

    said = {"settlement_declined": "4001", "settlement_pending": "4002"}
    assert (ended.status, ended.processor_settlement_response_code) == (status, said.get(status))


def test_settling_needs_a_submitted_sale(sdk, sale):
    settled = sdk.testing.settle_transaction(sale("submit")).transaction

    assert settled.status == "settled"
    assert settled.settlement_batch_id.split("_", 1)[1].startswith("sandbox_credit_card_")
    assert codes(sdk.testing.settle_transaction(sale())) == ["91575"]


@pytest.mark.parametrize("call", ["find", "void", "refund", "submit_for_settlement"])
def test_a_transaction_nobody_knows_is_not_found(sdk, call):
    with pytest.raises(braintree.exceptions.NotFoundError):
        getattr(sdk.transaction, call)("nosuchid")


@pytest.mark.parametrize(
    ("day", "field", "expected"), [("", None, ["82301"]), ("soon", None, ["82302"]), ("2026-03-09", "other", ["82303"])]
)
def test_a_settlement_summary_needs_a_day(sdk, day, field, expected):
    assert codes(sdk.settlement_batch_summary.generate(day, field)) == expected


def test_a_settlement_summary_may_be_split_by_a_custom_field(sdk, sandbox_server):
    sandbox_server.control("clock", {"advance": 400 * 86400})
    try:
        for value in ("a", "b"):
            params = {
                "amount": "10.00",
                "payment_method_nonce": "fake-valid-nonce",
                "custom_fields": {"store_me": value},
            }
            sale = sdk.transaction.sale(params | {"options": {"submit_for_settlement": True}}).transaction
            day = sdk.testing.settle_transaction(sale.id).transaction.settlement_batch_id[:10]
    finally:
        sandbox_server.control("clock", {"advance": -400 * 86400})

    records = sdk.settlement_batch_summary.generate(day, "store_me").settlement_batch_summary.records

    assert [(record["store_me"], record["amount_settled"]) for record in records] == [("a", "10.00"), ("b", "10.00")]
