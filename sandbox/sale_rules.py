"""What a sale or credit may say, apart from its card."""

from typing import Any

from sandbox import addresses, customers, merchants
from sandbox.call import Call
from sandbox.errors import Problems

SOURCES = (
    "recurring_first", "recurring", "installment_first", "installment", "merchant", "moto", "unscheduled", "estimated",
)  # fmt: skip
LONGEST = 255


def check(call: Call, params: dict[str, Any], problems: Problems) -> None:
    """Kind, account, order, customer and everything else that is only words."""
    if (kind := params.get("type")) not in ("sale", "credit"):
        problems.add("91523" if kind else "91524", "type")
    check_order_id(params, problems)
    check_account(params, problems)
    if params.get("transaction_source") not in (None, "", *SOURCES):
        problems.add("915133", "transaction_source")
    if (customer := params.get("customer_id")) and call.get("customer", customer) is None:
        problems.add("91510", "customer_id")
    _check_custom_fields(params.get("custom_fields") or {}, problems)
    _check_external_vault(params.get("external_vault") or {}, problems)
    _check_person(call, params, problems)


def check_order_id(params: dict[str, Any], problems: Problems) -> None:
    if len(params.get("order_id") or "") > LONGEST:
        problems.add("91501", "order_id")


def check_account(params: dict[str, Any], problems: Problems) -> None:
    if params.get("merchant_account_id", merchants.DEFAULT_ACCOUNT) not in merchants.ACCOUNTS:
        problems.add("91513", "merchant_account_id")


def _check_custom_fields(given: dict[str, Any], problems: Problems) -> None:
    if set(given) - set(merchants.CUSTOM_FIELDS):
        problems.add("91526", "custom_fields")
    if any(len(str(value)) > LONGEST for value in given.values()):
        problems.add("81527", "custom_fields")


def _check_external_vault(given: dict[str, Any], problems: Problems) -> None:
    status, previous = given.get("status"), given.get("previous_network_transaction_id") or ""
    if status not in (None, "vaulted", "will_vault"):
        problems.add("915175", "status", "external_vault")
    if previous and status == "will_vault":
        problems.add("915177", "status", "external_vault")
    if previous and not (previous.isascii() and previous.isalnum() and 9 <= len(previous) <= 15):
        problems.add("915179", "previous_network_transaction_id", "external_vault")


def _check_person(call: Call, params: dict[str, Any], problems: Problems) -> None:
    """A new customer's words and id, and the shipping address."""
    person, options = params.get("customer") or {}, params.get("options") or {}
    customers.check(person, problems, "customer")
    if (options.get("store_in_vault") or options.get("store_in_vault_on_success")) and not params.get("customer_id"):
        customers.check_id(call, person.get("id") or "", problems, "customer")
    id, owner = params.get("shipping_address_id"), params.get("customer_id") or ""
    if id and addresses.look(call, owner, id) is None:
        problems.add("91581", "shipping_address_id")
