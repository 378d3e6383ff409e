"""Answering the bank: hand in evidence, fight or accept. Written down first, asked second, recorded from the answer.

While a step is asked and not confirmed, `answered_at` is set without an `answer`; a piece of evidence stands without
the processor's id. Nothing is assumed: what nobody answered for is read again at the processor.
"""

from collections.abc import Callable

from billing.audit import note
from billing.disputes import ANSWER, answered, finish_tasks, look_again, lost
from billing.errors import BillingError
from billing.stamp import Stamp
from choices import DisputeAnswer, DisputeState
from gateways import Outcome
from gateways.disputes import DisputeAnswer as Reply
from gateways.disputes import Disputes
from models import Dispute, Evidence, db

WAITING = (Dispute.state == DisputeState.OPEN) & Dispute.answer.is_null() & Dispute.processor_id.is_null(False)


class NotWaiting(BillingError):
    """The bank waits for no answer of ours any more, or one is on its way; nothing was sent."""

    key = "pr.dispute.notwaiting"


class NothingToShow(BillingError):
    """A fight without any evidence is lost; nothing was sent."""

    key = "pr.dispute.nothing"


class NotTaken(BillingError):
    """The processor refused the step, and nothing changed there."""

    key = "pr.dispute.nottaken"

    def __init__(self, reply: Reply) -> None:
        super().__init__(text=reply.staff_text)


def fight(dispute: Dispute, port: Disputes, stamp: Stamp, ip: str = "") -> Dispute:
    """Send the evidence to the bank, which decides.

    Raises:
        NotWaiting, NothingToShow, NotTaken: the bank has no new answer.
    """
    if not handed_in(dispute):
        raise NothingToShow()
    return _answer(dispute, DisputeAnswer.FOUGHT, port.fight_dispute, port, stamp, ip)


def accept(dispute: Dispute, port: Disputes, stamp: Stamp, ip: str = "") -> Dispute:
    """Let the bank keep the money; there is no way back.

    Raises:
        NotWaiting, NotTaken: the bank has no new answer.
    """
    return _answer(dispute, DisputeAnswer.ACCEPTED, port.accept_dispute, port, stamp, ip)


def hand_in(dispute: Dispute, category: str, text: str, port: Disputes, stamp: Stamp, ip: str = "") -> None:
    """Hand in one text, once; it stays unconfirmed when the processor does not answer.

    Raises:
        NotWaiting, NotTaken: nothing was handed in.
    """
    text = " ".join(text.split())
    if text in [row.text for row in handed_in(dispute)]:
        return
    row = _write_down(dispute, category, text, stamp, ip)
    reply = port.add_evidence(dispute.processor_id, text, category)
    if reply.outcome == Outcome.APPROVED:
        Evidence.update(processor_id=reply.evidence_id).where(Evidence.id == row.id).execute()
        return
    if reply.outcome in (Outcome.DECLINED, Outcome.NOT_SENT):
        Evidence.update(removed_at=stamp.at).where(Evidence.id == row.id).execute()
    look_again(dispute, port, stamp.at)
    _stop_if_refused(reply)


def take_back(row: Evidence, port: Disputes, stamp: Stamp, ip: str = "") -> None:
    """Take one piece back while the dispute is open; taking it back twice changes nothing.

    Raises:
        NotWaiting, NotTaken: it stays with the processor.
    """
    dispute = row.dispute
    with db.atomic():
        if not Dispute.select().where((Dispute.id == dispute.id) & WAITING).exists():
            raise NotWaiting()
        note(stamp.by, "dispute.remove", f"dispute:{dispute.id}", stamp.at, ip=ip)
    reply = port.remove_evidence(dispute.processor_id, row.processor_id) if row.processor_id else Reply(Outcome.UNKNOWN)
    if reply.outcome == Outcome.APPROVED:
        Evidence.update(removed_at=stamp.at).where(Evidence.id == row.id).execute()
    else:
        look_again(dispute, port, stamp.at)
        _stop_if_refused(reply)


def handed_in(dispute: Dispute) -> list[Evidence]:
    """What the processor has of us, or may have, oldest first."""
    there = (Evidence.dispute == dispute) & Evidence.removed_at.is_null()
    return list(Evidence.select().where(there).order_by(Evidence.id))


def _answer(
    dispute: Dispute, what: DisputeAnswer, ask: Callable[[str], Reply], port: Disputes, stamp: Stamp, ip: str
) -> Dispute:
    _decide(dispute, what, stamp, ip)
    assert not db.in_transaction(), "the processor is asked with no transaction open"
    reply = ask(dispute.processor_id)
    if reply.outcome == Outcome.APPROVED:
        _record(dispute, what, stamp)
    elif reply.outcome in (Outcome.DECLINED, Outcome.NOT_SENT):
        _forget(dispute)
    look_again(dispute, port, stamp.at)
    kept = Dispute.get_by_id(dispute.id)
    if kept.state == DisputeState.OPEN and kept.answer is None:
        _stop_if_refused(reply)
    return kept


def _decide(dispute: Dispute, what: DisputeAnswer, stamp: Stamp, ip: str) -> None:
    """Write down who answers what; of two people at once, one."""
    with db.atomic():
        free = (Dispute.id == dispute.id) & WAITING & Dispute.answered_at.is_null()
        if Dispute.update(answered_at=stamp.at).where(free).execute() != 1:
            raise NotWaiting()
        note(stamp.by, f"dispute.{what}", f"dispute:{dispute.id}", stamp.at, ip=ip)


def _record(dispute: Dispute, what: DisputeAnswer, stamp: Stamp) -> None:
    with db.atomic():
        if what == DisputeAnswer.FOUGHT:
            answered(dispute, stamp)
            return
        unanswered = (Dispute.id == dispute.id) & Dispute.answer.is_null()
        Dispute.update(answer=what, answered_at=stamp.at).where(unanswered).execute()
        finish_tasks(dispute, stamp.at, ANSWER)
        lost(dispute, stamp)


def _forget(dispute: Dispute) -> None:
    """Nothing was answered: it can be decided anew."""
    unanswered = (Dispute.id == dispute.id) & Dispute.answer.is_null()
    Dispute.update(answered_at=None).where(unanswered).execute()


def _write_down(dispute: Dispute, category: str, text: str, stamp: Stamp, ip: str) -> Evidence:
    with db.atomic():
        if not Dispute.select().where((Dispute.id == dispute.id) & WAITING).exists():
            raise NotWaiting()
        note(stamp.by, "dispute.evidence", f"dispute:{dispute.id}", stamp.at, ip=ip)
        row: Evidence = Evidence.create(dispute=dispute, category=category, text=text, by=stamp.by, at=stamp.at)
    return row


def _stop_if_refused(reply: Reply) -> None:
    if reply.outcome in (Outcome.DECLINED, Outcome.NOT_SENT):
        raise NotTaken(reply)
