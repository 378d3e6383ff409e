"""Looking up what was announced, and passing what is found to whoever writes such things down."""

from datetime import datetime

from billing import deposit_news, disputes, recovery, settling
from billing.refund_outcomes import record_credit
from billing.tasks import raise_task
from choices import AttemptState
from gateways import Fact, Gateway, Kind
from gateways.disputes import disputes_of
from models import Attempt, WebhookDelivery


def hear(gateway: Gateway, delivery: WebhookDelivery, now: datetime) -> None:
    """Bring the books up to date with what a notification speaks of. Kinds nobody knows change nothing.

    Raises:
        GatewayUnavailable: the processor could not be asked.
    """
    if delivery.facts:
        _hear_payout(gateway, delivery, now)
    if delivery.transaction_id:
        _hear_transaction(gateway, delivery, now)
    if delivery.kind.startswith("dispute"):
        _hear_dispute(gateway, delivery, now)


def learn(gateway: Gateway, fact: Fact, now: datetime) -> None:
    """Bring the books up to date with a transaction as it is now. One that is not ours changes nothing.

    Raises:
        GatewayUnavailable: more about it had to be asked, and could not be.
    """
    if fact.kind == Kind.CREDIT:
        record_credit(fact, now)
        return
    attempt = Attempt.get_or_none((Attempt.transaction_id == fact.id) | (Attempt.order_id == fact.order_id))
    if attempt is None:
        return
    if attempt.state == AttemptState.SUCCEEDED and attempt.transaction_id == fact.id:
        settling.learn(attempt, fact, now)
    else:
        recovery.hear(attempt, fact, gateway, now)


def _hear_transaction(gateway: Gateway, delivery: WebhookDelivery, now: datetime) -> None:
    fact = gateway.find(delivery.transaction_id)
    if fact:
        learn(gateway, fact, now)
    if delivery.kind == "refund_failed":
        sale = Attempt.get_or_none(transaction_id=fact.refund_of) if fact else None
        raise_task("task.refund_failed", now, account=sale and sale.account, attempt=sale, detail=delivery.subject_id)


def _hear_dispute(gateway: Gateway, delivery: WebhookDelivery, now: datetime) -> None:
    port = disputes_of(gateway)
    fact = port.find_dispute(delivery.subject_id) if port else None
    if fact:
        disputes.learn(fact, now)


def _hear_payout(gateway: Gateway, delivery: WebhookDelivery, now: datetime) -> None:
    """A payout cannot be asked for again: what was sent is all there is."""
    told = delivery.facts
    if told["success"]:
        if facts := deposit_news.paid_out(gateway, told):
            for fact in facts:
                learn(gateway, fact, now)
            deposit_news.announced(told, facts, now)
    else:
        raise_task("task.payout", now, detail=f"{told['day']} {told['exception_text']}".strip())
