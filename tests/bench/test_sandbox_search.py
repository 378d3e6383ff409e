"""A search over thousands of sales stays bearable, and one by order id does not get slower with them."""

from time import process_time

import pytest

import sandbox
from gateways.braintree.sdk import braintree
from tests.sandbox.conftest import sdk_of

S = braintree.TransactionSearch
SALES = 2_000


@pytest.fixture(scope="module")
def sdk(tmp_path_factory):
    server = sandbox.start(tmp_path_factory.mktemp("bench") / "s.sqlite")
    card = {"brand": "Visa", "last4": "1111", "exp_month": 12, "exp_year": 2030}
    sale = {"cents": 1_00, "at": "2026-03-09T15:04:05Z", "card": card, "settled_at": "2026-03-10T06:00:00Z"}
    server.seed({"sales": [{**sale, "id": f"s{number}", "order_id": f"P{number}"} for number in range(SALES)]})
    yield sdk_of(server)
    server.stop()


@pytest.mark.parametrize(
    ("criterion", "found", "most"),
    [
        (S.order_id == "P7", 1, 10),
        (S.id == "s7", 1, 10),
        (S.order_id.starts_with("P199"), 11, 400),
        (S.credit_card_number.ends_with("1111"), SALES, 400),
    ],
    ids=lambda value: value.name if hasattr(value, "name") else "",
)
def test_a_search_takes_few_milliseconds(sdk, criterion, found, most):
    took = []
    for _ in range(5):
        began = process_time()
        assert len(sdk.transaction.search(criterion).ids) == found
        took.append((process_time() - began) * 1000)

    print(f"\na search by {criterion.name} among {SALES}: {min(took):.1f} ms of {most}")
    assert min(took) < most
