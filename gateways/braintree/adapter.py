"""The Gateway port over Braintree's SDK.

Every call that moves money ends in a Result: NOT_SENT for the few failures that prove nothing
left, DECLINED for a clear no, UNKNOWN for everything else.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any

from gateways import (
    BadSignature,
    Capabilities,
    Card,
    CardNotFound,
    CardResult,
    Event,
    Fact,
    GatewayUnavailable,
    Initiator,
    Nonce,
    Outcome,
    Reason,
    Result,
    SavedCard,
    Search,
    SettledTotal,
)
from gateways.braintree import declines, readings
from gateways.braintree.connection import Account, connect
from gateways.braintree.disputes import BraintreeDisputes
from gateways.braintree.failures import NotFoundError, NothingSent, failure, is_id, known, must
from gateways.braintree.sdk import braintree

VAULT_ID_TAKEN = "91609"
CAN = Capabilities(
    embedded=True,
    vault=True,
    void=True,
    refund=True,
    partial_refund=True,
    request_keys=True,
    webhooks=True,
    disputes=True,
    payouts=True,
)
NO_KEYS = Result(Outcome.NOT_SENT, None, Reason.SETUP, "the processor takes no request keys", alert=True)


class BraintreeAdapter(BraintreeDisputes):
    """The Gateway and Disputes ports for one Braintree account; safe to share between threads."""

    def __init__(self, account: Account) -> None:
        self._gateway = connect(account)
        self.can = replace(CAN, request_keys=account.request_keys)
        self.merchant_account = account.merchant_account

    def charge(
        self,
        order_id: str,
        request_key: str,
        cents: int,
        source: Nonce | SavedCard,
        *,
        save_for: str | None = None,
        initiator: Initiator = "client",
        repeated: bool = False,
    ) -> Result:
        options = {"submit_for_settlement": True}
        params: dict[str, Any] = {"amount": readings.dollars(cents), "order_id": order_id, "options": options}
        params |= _source(source)
        if self.merchant_account:
            params["merchant_account_id"] = self.merchant_account
        if initiator != "client":
            params["transaction_source"] = initiator
        if save_for:
            params["customer_id"], options["store_in_vault_on_success"] = save_for, True

        def send(key: dict[str, str]) -> Any:
            if save_for:
                self._before_charge(save_for)
            return self._gateway.transaction.sale({**params, "options": dict(options), **key})

        return _only(self._once(request_key, send, only_keyed=repeated), order_id, cents)

    def _before_charge(self, vault_id: str) -> None:
        try:
            self._have_customer(vault_id)
        except Exception as error:
            raise NothingSent(error) from error

    def refund(self, transaction_id: str, order_id: str, request_key: str, cents: int) -> Result:
        if not is_id(transaction_id):
            return _bad_id(transaction_id)
        params = {"amount": readings.dollars(cents), "order_id": order_id}
        answer = self._once(
            request_key, lambda key: self._gateway.transaction.refund(transaction_id, {**params, **key})
        )
        return _only(answer, order_id, cents)

    def void(self, transaction_id: str, request_key: str) -> Result:
        if not is_id(transaction_id):
            return _bad_id(transaction_id)
        answer = self._once(request_key, lambda key: self._gateway.transaction.void(transaction_id, key or None))
        voided = answer.fact is not None and answer.fact.status == "voided"
        return Result(Outcome.APPROVED, answer.fact) if voided else answer

    def _once(self, request_key: str, send: Callable[[dict[str, str]], Any], *, only_keyed: bool = False) -> Result:
        """Ask once; where request keys turn out not to be allowed, nothing happened: ask without, if that is safe."""
        keyed = self.can.request_keys
        if only_keyed and not keyed:
            return NO_KEYS
        answer = _ask(lambda: send({"api_request_key": request_key} if keyed else {}))
        if answer.decline_code != declines.KEY_NOT_ALLOWED:
            return answer
        self.can = replace(self.can, request_keys=False)
        return NO_KEYS if only_keyed else replace(_ask(lambda: send({})), alert=True)

    def find(self, transaction_id: str) -> Fact | None:
        return known(partial(self._read, transaction_id))

    def find_by_reference(self, order_id: str) -> Search:
        try:
            facts = self._search(braintree.TransactionSearch.order_id == order_id)
        except GatewayUnavailable:
            return Search(ok=False)
        return Search(ok=True, facts=tuple(fact for fact in facts if fact.order_id == order_id))

    def _search(self, criterion: Any) -> list[Fact]:
        """Oldest first. One read per id: the page of records surfaces its troubles as an empty list."""
        ids: list[str] = must(lambda: list(self._gateway.transaction.search(criterion).ids))
        return [must(partial(self._read, id)) for id in reversed(ids)]

    def _read(self, transaction_id: str) -> Fact:
        return readings.fact(self._gateway.transaction.find(transaction_id))

    def save_card(self, vault_id: str, nonce: Nonce, *, default: bool = False) -> CardResult:
        options = {"verify_card": True, "make_default": default}
        params = {"customer_id": vault_id, "payment_method_nonce": nonce.value, "options": options}
        try:
            self._have_customer(vault_id)
            return readings.card_result(self._gateway.payment_method.create(params))
        except Exception as error:
            failed = failure(error)
            return CardResult(
                failed.outcome, None, failed.reason, failed.staff_text, failed.decline_code, alert=failed.alert
            )

    def _have_customer(self, vault_id: str) -> None:
        """Make the vault customer unless it is there."""
        try:
            self._gateway.customer.find(vault_id)
        except NotFoundError:
            answer = self._gateway.customer.create({"id": vault_id})
            if not answer.is_success and VAULT_ID_TAKEN not in readings.error_codes(answer):
                raise GatewayUnavailable(answer.message) from None

    def cards(self, vault_id: str) -> tuple[Card, ...]:
        held = known(lambda: [readings.card(row) for row in self._gateway.customer.find(vault_id).credit_cards])
        return tuple(sorted(held or (), key=lambda card: not card.default))

    def delete_card(self, token: str) -> None:
        known(lambda: self._gateway.payment_method.delete(token))

    def make_default(self, token: str) -> Card:
        params = {"options": {"make_default": True}}
        card = known(lambda: readings.card(self._gateway.payment_method.update(token, params).payment_method))
        if card is None:
            raise CardNotFound(token)
        return card

    def client_token(self) -> str:
        return must(lambda: str(self._gateway.client_token.generate()))

    def parse_webhook(self, form: Mapping[str, str]) -> Event:
        try:
            parsed = self._gateway.webhook_notification.parse(form.get("bt_signature"), form.get("bt_payload"))
            return readings.event(parsed)
        except braintree.exceptions.InvalidSignatureError as error:
            raise BadSignature(str(error)) from None
        except Exception as error:
            raise BadSignature(f"unreadable: {type(error).__name__}") from None

    def webhook_challenge(self, text: str) -> str:
        try:
            return str(self._gateway.webhook_notification.verify(text))
        except braintree.exceptions.InvalidChallengeError as error:
            raise BadSignature(str(error)) from None

    def created(self, first: datetime, last: datetime) -> tuple[Fact, ...]:
        facts = self._search(braintree.TransactionSearch.created_at.between(first, last))
        return tuple(fact for fact in facts if fact.created_at and first <= fact.created_at <= last)

    def settlement_totals(self, day: date) -> tuple[SettledTotal, ...]:
        def read() -> tuple[SettledTotal, ...]:
            answer = self._gateway.settlement_batch_summary.generate(day.isoformat())
            return tuple(readings.settled_total(day, record) for record in answer.settlement_batch_summary.records)

        return must(read)

    def disbursed(self, first_day: date, last_day: date) -> tuple[Fact, ...]:
        criterion = braintree.TransactionSearch.disbursement_date.between(first_day, last_day)
        return tuple(self._search(criterion))


def _source(source: Nonce | SavedCard) -> dict[str, str]:
    if isinstance(source, Nonce):
        return {"payment_method_nonce": source.value}
    return {"payment_method_token": source.token}


def _ask(send: Callable[[], Any]) -> Result:
    """The answer as a Result, whatever happens."""
    try:
        return readings.result(send())
    except Exception as error:
        return failure(error)


def _bad_id(transaction_id: str) -> Result:
    return Result(Outcome.NOT_SENT, None, Reason.SETUP, f"not a transaction id: {transaction_id!r}", alert=True)


def _only(answer: Result, order_id: str, cents: int) -> Result:
    """An approval of something else than asked proves nothing about what was asked."""
    found = answer.fact
    if answer.outcome is not Outcome.APPROVED or found is None:
        return answer
    if found.cents == cents and found.order_id in (order_id, ""):
        return answer
    return replace(answer, outcome=Outcome.UNKNOWN, staff_text="approved for another order or amount", alert=True)
