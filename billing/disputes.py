"""What a bank that questions a payment does to the books. News in any order, however often, ends in the same ledger.

A dispute only moves on: open, answered, lost, won. Older news changes nothing; a win after a loss is money again.
"""

from datetime import date, datetime

from peewee import fn

from billing import inbox, receipts, tasks
from billing.ledger import payment_figure
from billing.moneyback import charge_back, lose_chargeback, win_chargeback
from billing.postings import settle
from billing.settling import posted
from billing.stamp import Stamp
from choices import DisputeAnswer, DisputeState
from gateways import Gateway, GatewayUnavailable
from gateways.disputes import DisputeFact, DisputeKind, Disputes, DisputeStanding, disputes_of
from models import Attempt, Dispute, Evidence, Hold, Payment, Practice, Task, db
from money import Cents

ANSWER, CHOOSE = "task.dispute", "task.dispute_lost"
ORDER = (DisputeStanding.OPEN, DisputeStanding.ANSWERED, DisputeStanding.LOST, DisputeStanding.WON)


def learn(fact: DisputeFact, now: datetime) -> None:
    """Bring our books to where the processor says this dispute is.

    What cannot be booked by itself becomes a task, once: a payment we do not know, a request for papers, and a
    second dispute of the same payment.
    """
    stamp = Stamp.of("system", now, Practice.the().time_zone)
    with db.atomic():
        dispute = Dispute.get_or_none(Dispute.processor_id == fact.id) or _met(fact, stamp)
        if dispute:
            _follow(dispute, fact, stamp)


def sweep(gateway: Gateway, first_day: date, last_day: date, now: datetime) -> int:
    """Read what was received between two days, and again what is still open here, in case a notification was lost.

    Returns how many disputes were read. Raises GatewayUnavailable.
    """
    port = disputes_of(gateway)
    if port is None:
        return 0
    received = {fact.id: fact for fact in port.disputes_received(first_day, last_day)}
    for row in Dispute.select().where((Dispute.state == DisputeState.OPEN) & Dispute.processor_id.is_null(False)):
        found = received.get(row.processor_id) or port.find_dispute(row.processor_id)
        received |= {found.id: found} if found else {}
    for fact in received.values():
        learn(fact, now)
    return len(received)


def look_again(dispute: Dispute, port: Disputes, now: datetime) -> bool:
    """Read how the dispute stands, and settle what was asked and never answered; False when nobody can say."""
    try:
        fact = port.find_dispute(dispute.processor_id)
    except GatewayUnavailable:
        return False
    if fact is None:
        return False
    with db.atomic():
        learn(fact, now)
        _give_up_on_unheard(dispute, fact, now)
    return True


def answered(dispute: Dispute, stamp: Stamp) -> None:
    """The bank has our answer and decides."""
    given = {"answer": DisputeAnswer.FOUGHT, "answered_at": fn.COALESCE(Dispute.answered_at, stamp.at)}
    Dispute.update(given).where((Dispute.id == dispute.id) & Dispute.answer.is_null()).execute()
    finish_tasks(dispute, stamp.at, ANSWER)


def lost(dispute: Dispute, stamp: Stamp) -> None:
    """The bank keeps the money; once, whoever says it first."""
    if Dispute.get_by_id(dispute.id).state == DisputeState.OPEN:
        lose_chargeback(dispute, stamp)
        _news("notice.dispute_lost", dispute, stamp)
        finish_tasks(dispute, stamp.at, ANSWER)
        if is_held(dispute):
            _raise(CHOOSE, dispute.payment, stamp.at)


def is_held(dispute: Dispute) -> bool:
    """Its charges still wait for the bank, or for a person to choose."""
    return bool(Hold.select().where((Hold.dispute == dispute) & Hold.ended_at.is_null()).exists())


def finish_tasks(dispute: Dispute, now: datetime, *kinds: str) -> None:
    """What these tasks asked for has happened."""
    open_ = (Task.payment == dispute.payment) & Task.kind.in_(kinds) & Task.done_at.is_null()
    Task.update(done_at=now).where(open_).execute()


def _met(fact: DisputeFact, stamp: Stamp) -> Dispute | None:
    """The dispute these first news belong to; None where they are a task instead."""
    attempt = Attempt.get_or_none(Attempt.transaction_id == fact.transaction_id) if fact.currency == "USD" else None
    if attempt is None or fact.kind == DisputeKind.RETRIEVAL:
        _tell_once("task.dispute_papers" if attempt else "task.dispute_stranger", fact, stamp, attempt)
        return None
    payment = posted(attempt, stamp)
    earlier: Dispute | None = Dispute.get_or_none(Dispute.payment == payment)
    if earlier is None:
        return _begin(payment, fact, stamp)
    if earlier.processor_id:
        _tell_once("task.dispute_again", fact, stamp, attempt)
        return None
    Dispute.update(processor_id=fact.id).where(Dispute.id == earlier.id).execute()
    return earlier


def _begin(payment: Payment, fact: DisputeFact, stamp: Stamp) -> Dispute:
    """Post what the bank took. It takes only what has settled, so a settlement we did not hear of came first."""
    figures = payment_figure(payment)
    if not figures.settled and not figures.back:
        settle(payment, stamp)
    left = figures.amount - figures.back
    about = {"processor_id": fact.id, "opened_on": fact.opened_on, "evidence_due_on": fact.reply_by}
    dispute = _booked(payment, min(left, fact.cents), fact.reason, stamp, about)
    if fact.cents > left:
        _raise("task.dispute_over", payment, stamp.at)
    _raise(ANSWER, payment, stamp.at)
    _news("notice.dispute", dispute, stamp)
    return dispute


def _booked(payment: Payment, cents: Cents, reason: str, stamp: Stamp, about: dict[str, object]) -> Dispute:
    """Of a payment that was given back already nothing is left to take: the dispute then stands without an entry."""
    if cents:
        dispute = charge_back(payment, stamp, reason=reason, cents=cents, **about)
        receipts.issue_refunds(payment, stamp)
        return dispute
    row: Dispute = Dispute.create(payment=payment, reason=reason, **about)
    return row


def _follow(dispute: Dispute, fact: DisputeFact, stamp: Stamp) -> None:
    if dispute.state == DisputeState.WON and fact.standing == DisputeStanding.LOST:
        _tell_once("task.dispute_again", fact, stamp, dispute.payment.attempt)
    if ORDER.index(fact.standing) < _reached(dispute):
        return
    due = fact.reply_by or dispute.evidence_due_on
    Dispute.update(status=fact.status, evidence_due_on=due).where(Dispute.id == dispute.id).execute()
    _recognize(dispute, fact)
    if fact.standing == DisputeStanding.ANSWERED:
        answered(dispute, stamp)
    elif fact.standing == DisputeStanding.LOST:
        lost(dispute, stamp)
    elif fact.standing == DisputeStanding.WON and dispute.state != DisputeState.WON:
        _won(dispute, stamp)


def _reached(dispute: Dispute) -> int:
    """How far this dispute has come, as a place in ORDER."""
    if dispute.state == DisputeState.OPEN:
        return 1 if dispute.answer else 0
    return 2 if dispute.state == DisputeState.LOST else 3


def _news(kind: str, dispute: Dispute, stamp: Stamp) -> None:
    """`amount` is what the bank took, as far as it took anything."""
    payment = dispute.payment
    taken = payment_figure(payment).charged_back or None
    inbox.put(kind, stamp.at, account=payment.account, attempt=payment.attempt, payment=payment, amount=taken)


def _won(dispute: Dispute, stamp: Stamp) -> None:
    _news("notice.dispute_won", dispute, stamp)
    if dispute.state == DisputeState.LOST:
        _raise("task.dispute_won_late", dispute.payment, stamp.at)
    if payment_figure(dispute.payment).charged_back:
        receipts.issue_refund(win_chargeback(dispute, stamp), stamp)
    Dispute.update(state=DisputeState.WON, closed_at=stamp.at).where(Dispute.id == dispute.id).execute()
    finish_tasks(dispute, stamp.at, ANSWER, CHOOSE)


def _recognize(dispute: Dispute, fact: DisputeFact) -> None:
    """Evidence of ours whose arrival was never confirmed, found at the processor by its words."""
    known = {row.processor_id for row in Evidence.select().where(Evidence.dispute == dispute)}
    unheard = (Evidence.dispute == dispute) & Evidence.processor_id.is_null()
    ours = {row.text: row for row in Evidence.select().where(unheard).order_by(Evidence.id)}
    for piece in fact.evidence:
        if piece.id not in known and (row := ours.pop(" ".join(piece.text.split()), None)):
            Evidence.update(processor_id=piece.id, removed_at=None).where(Evidence.id == row.id).execute()


def _give_up_on_unheard(dispute: Dispute, fact: DisputeFact, now: datetime) -> None:
    """An answer or a piece of evidence that the processor does not show did not arrive: it can be sent again."""
    unheard = (Dispute.id == dispute.id) & (Dispute.state == DisputeState.OPEN) & Dispute.answer.is_null()
    Dispute.update(answered_at=None).where(unheard).execute()
    there = [piece.id for piece in fact.evidence]
    missing = Evidence.processor_id.is_null() | Evidence.processor_id.not_in(there)
    gone = (Evidence.dispute == dispute) & Evidence.removed_at.is_null() & missing
    Evidence.update(removed_at=now).where(gone).execute()


def _tell_once(kind: str, fact: DisputeFact, stamp: Stamp, attempt: Attempt | None = None) -> None:
    """A task for these news; one that staff have finished does not come back with the next reading."""
    if not Task.select().where((Task.kind == kind) & (Task.detail == fact.id)).exists():
        account = attempt.account if attempt else None
        Task.create(kind=kind, detail=fact.id, account=account, attempt=attempt, created_at=stamp.at)


def _raise(kind: str, payment: Payment, now: datetime) -> None:
    tasks.raise_task(kind, now, account=payment.account, attempt=payment.attempt, payment=payment)
