"""The Disputes port over Braintree's SDK: a part of the adapter.

Every step ends in a DisputeAnswer by the same rules as a charge: NOT_SENT for the few failures
that prove nothing left, DECLINED for a clear no, UNKNOWN for everything else.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

from gateways import GatewayUnavailable, Outcome
from gateways.braintree import readings
from gateways.braintree.failures import failure, is_id, known, must
from gateways.braintree.sdk import braintree
from gateways.disputes import DisputeAnswer, DisputeFact, DisputeKind, DisputeStanding, Evidence

# A status that nobody knows yet is OPEN: somebody looks at it before its last day.
STANDINGS = {
    "disputed": DisputeStanding.ANSWERED,
    "under_review": DisputeStanding.ANSWERED,
    "won": DisputeStanding.WON,
    **dict.fromkeys(("accepted", "auto_accepted", "expired", "lost"), DisputeStanding.LOST),
}


class BraintreeDisputes:
    """What the adapter knows of disputes."""

    _gateway: braintree.BraintreeGateway

    def find_dispute(self, dispute_id: str) -> DisputeFact | None:
        return known(lambda: fact(self._gateway.dispute.find(dispute_id)))

    def disputes_received(self, first_day: date, last_day: date) -> tuple[DisputeFact, ...]:
        criterion = braintree.DisputeSearch.received_date.between(first_day, last_day)

        def read() -> list[DisputeFact]:
            return [fact(dispute) for dispute in self._gateway.dispute.search(criterion).disputes]

        return tuple(sorted(must(read), key=lambda found: (found.opened_on, found.id)))

    def add_evidence(self, dispute_id: str, text: str, category: str = "") -> DisputeAnswer:
        if not text.strip():
            return DisputeAnswer(Outcome.NOT_SENT, "no text")
        params = {"content": text, "category": category or None}
        return _step(partial(self._gateway.dispute.add_text_evidence, dispute_id, params), dispute_id)

    def remove_evidence(self, dispute_id: str, evidence_id: str) -> DisputeAnswer:
        remove = partial(self._gateway.dispute.remove_evidence, dispute_id, evidence_id)
        answered = _step(remove, dispute_id, evidence_id)
        return self._seen(answered, dispute_id, lambda found: evidence_id not in [one.id for one in found.evidence])

    def accept_dispute(self, dispute_id: str) -> DisputeAnswer:
        return self._seen(_step(partial(self._gateway.dispute.accept, dispute_id), dispute_id), dispute_id, _closed)

    def fight_dispute(self, dispute_id: str) -> DisputeAnswer:
        return self._seen(_step(partial(self._gateway.dispute.finalize, dispute_id), dispute_id), dispute_id, _closed)

    def _seen(self, answered: DisputeAnswer, dispute_id: str, done: Callable[[DisputeFact], bool]) -> DisputeAnswer:
        """A yes that the dispute itself shows: the SDK takes whatever it can read for one here."""
        if answered.outcome is not Outcome.APPROVED:
            return answered
        try:
            found = self.find_dispute(dispute_id)
        except GatewayUnavailable:
            found = None
        return answered if found and done(found) else DisputeAnswer(Outcome.UNKNOWN, "accepted, but not seen done")


def _closed(found: DisputeFact) -> bool:
    return found.standing is not DisputeStanding.OPEN


def _step(send: Callable[[], Any], *ids: str) -> DisputeAnswer:
    """Ask once. Ids that the SDK would refuse locally, as if they were unknown, are never sent."""
    if not all(map(is_id, ids)):
        return DisputeAnswer(Outcome.NOT_SENT, f"not an id among {ids!r}")
    try:
        return answer(send())
    except Exception as error:
        failed = failure(error)
        return DisputeAnswer(failed.outcome, failed.staff_text, failed.decline_code)


def answer(given: Any) -> DisputeAnswer:
    """What a step came to. Raises for an answer that cannot be read, as the caller expects."""
    if given.is_success:
        return DisputeAnswer(Outcome.APPROVED, evidence_id=readings.text(getattr(given, "evidence", None), "id"))
    codes = readings.error_codes(given)
    return DisputeAnswer(Outcome.DECLINED if codes else Outcome.UNKNOWN, given.message, next(iter(codes), ""))


def fact(dispute: Any) -> DisputeFact:
    """Raises when what the books need is missing."""
    return DisputeFact(
        id=dispute.id,
        transaction_id=dispute.transaction_details.id,
        status=dispute.status,
        standing=STANDINGS.get(dispute.status, DisputeStanding.OPEN),
        kind=DisputeKind(dispute.kind),
        reason=readings.text(dispute, "reason"),
        cents=readings.cents(dispute.amount_disputed),
        currency=readings.text(dispute, "currency_iso_code"),
        opened_on=_day(dispute.received_date),
        reply_by=getattr(dispute, "reply_by_date", None),
        evidence=tuple(_evidence(piece) for piece in getattr(dispute, "evidence", None) or ()),
    )


def _day(value: object) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(f"not a day: {value!r}")
    return value


def _evidence(piece: Any) -> Evidence:
    return Evidence(
        id=piece.id,
        category=readings.text(piece, "category"),
        text=readings.text(piece, "comment"),
        sent_at=readings.utc(getattr(piece, "created_at", None)),
    )
