"""What happened at the demo practice, step by step, through the same commands that staff and clients use."""

from datetime import date, datetime
from itertools import count
from typing import Any

from billing import charges, invoices, moneyback, postings, receipts, superbills
from billing.disputes import ANSWER
from billing.stamp import Stamp
from billing.tasks import raise_task
from choices import AttemptState
from demo.dates import Calendar
from models import Attempt, AttemptEvent, AttemptLine, Charge, Payment, Staff
from money import format_dollars

Given = dict[str, Any]

OPENING_HOUR = 9  # charges and staff work; clients pay after noon
BILLED = ("charge", "transfer")
READY = ("charge", "adjustment", "insurance_payment", "transfer")


class Story:
    """Replays the steps of practice.json in order. `named` knows the people and learns every charge and payment."""

    def __init__(self, calendar: Calendar, named: dict[str | None, Any], portal_host: str) -> None:
        self.calendar = calendar
        self.named = named
        self.portal_host = portal_host
        self.zone = str(calendar.zone)
        self.clock: datetime | None = None
        self.unbilled: date | None = None
        self.orders = count(1)

    def tell(self, steps: list[Given]) -> None:
        for step in steps:
            facts = dict(step)
            do = facts.pop("do")
            self._invoice_before(do, facts.get("on"))
            getattr(self, f"_{do}")(facts)

    def _invoice_before(self, do: str, on: str | None) -> None:
        """What became ready is invoiced before money for it comes in, or when its day ends."""
        day = self.calendar.day(on) if on else None
        if self.unbilled and (do not in READY or day != self.unbilled):
            stamp = self._stamp("system", self.unbilled)
            invoices.issue_ready(self.unbilled, stamp, portal_host=self.portal_host)
            self.unbilled = None
        if do in BILLED:
            self.unbilled = day

    def _stamp(self, by: str, on: date) -> Stamp:
        """Nothing happens before what the story told last."""
        return self._stamp_at(by, self.calendar.at(on, OPENING_HOUR))

    def _stamp_at(self, by: str, at: datetime) -> Stamp:
        self.clock = max(self.clock or at, at)
        return Stamp.of(by, self.clock, self.zone)

    def _now(self, by: str) -> Stamp:
        assert self.clock, "the story has begun"
        return Stamp.of(by, self.clock, self.zone)

    def _by_staff(self, facts: Given, provider: Any = None) -> Stamp:
        staff = Staff.get_or_none(provider=provider) if provider else None
        by = staff or self.named["S-owner"]
        return self._stamp(f"staff:{by.id}", self.calendar.day(facts.pop("on")))

    def _rows(self, facts: Given, *names: str) -> Given:
        return facts | {name: self.named[facts.get(name)] for name in names}

    def _charge(self, facts: Given) -> None:
        facts = self._rows(facts, "account", "client", "provider")
        id, stamp = facts.pop("id"), self._by_staff(facts, facts["provider"])
        facts["service_date"] = self.calendar.day(facts["service_date"])
        facts["visit"] = f"{facts['client'].external_id}-{facts['service_date']}"
        self.named[id] = charges.post_charge(stamp=stamp, **facts)

    def _adjustment(self, facts: Given) -> None:
        stamp = self._by_staff(facts)
        charges.adjust(stamp=stamp, **self._rows(facts, "charge"))

    def _insurance_payment(self, facts: Given) -> None:
        stamp = self._by_staff(facts)
        charges.record_insurance(stamp=stamp, **self._rows(facts, "charge"))

    def _transfer(self, facts: Given) -> None:
        stamp = self._by_staff(facts)
        charges.transfer(stamp=stamp, **self._rows(facts, "charge"))

    def _attempt(self, facts: Given) -> None:
        """Attempts are history: the processor that answered them is not asked again."""
        id, lines = facts.pop("id"), facts.pop("lines")
        number, at = next(self.orders), self.calendar.instant(facts.pop("created_at"))
        attempt = Attempt.create(
            **self._rows(facts, "account", "user", "saved_card"), created_at=at, sent_at=at, answered_at=at,
            attempt_key=f"demo-{number}", request_key=f"demo-{number}", order_id=f"P{number:06d}-DEMO00",
        )  # fmt: skip
        for charge, amount in lines:
            AttemptLine.create(attempt=attempt, charge=self.named[charge], amount=amount)
        asked = f"asked for {format_dollars(attempt.amount)}"
        AttemptEvent.create(attempt=attempt, at=at, after=AttemptState.SENT, what=asked)
        answered = {"before": AttemptState.SENT, "after": attempt.state, "what": f"sent to {attempt.state}"}
        AttemptEvent.create(attempt=attempt, at=at, **answered)
        self.named[id] = attempt

    def _payment(self, facts: Given) -> None:
        facts = self._rows(facts, "account", "user", "attempt")
        id, user, paid_at = facts.pop("id"), facts["user"], self.calendar.instant(facts.pop("paid_at"))
        by = {"portal": f"user:{user.id}", "staff": f"staff:{self.named['S-owner'].id}"}.get(facts["source"], "system")
        payment = postings.record_payment(**facts, paid_at=paid_at, stamp=self._stamp_at(by, paid_at))
        self.named[id] = payment

    def _allocation(self, facts: Given) -> None:
        stamp = self._by_payer(facts)
        postings.allocate(stamp=stamp, **self._rows(facts, "payment", "charge"))

    def _by_payer(self, facts: Given) -> Stamp:
        payment: Payment = self.named[facts["payment"]]
        on = self.calendar.day(facts.pop("on"))
        return self._stamp(f"user:{payment.user_id}" if payment.attempt_id else "system", on)

    def _receipt(self, facts: Given) -> None:
        receipts.issue(self.named[facts["payment"]], self._now("system"))

    def _release(self, facts: Given) -> None:
        stamp = self._by_staff(facts)
        postings.release(stamp=stamp, **self._rows(facts, "payment", "charge"))

    def _settlement(self, facts: Given) -> None:
        postings.settle(self.named[facts["payment"]], self._stamp("system", self.calendar.day(facts["on"])))

    def _refund(self, facts: Given) -> None:
        stamp = self._by_staff(facts)
        entry = moneyback.refund(stamp=stamp, **self._rows(facts, "payment"))
        receipts.issue_refund(entry, stamp)

    def _return(self, facts: Given) -> None:
        stamp = self._stamp("system", self.calendar.day(facts.pop("on")))
        moneyback.returned(stamp=stamp, **self._rows(facts, "payment"))

    def _chargeback(self, facts: Given) -> None:
        stamp = self._stamp("system", self.calendar.day(facts.pop("on")))
        due = self.calendar.day(facts.pop("evidence_due_on"))
        dispute = moneyback.charge_back(stamp=stamp, evidence_due_on=due, **self._rows(facts, "payment"))
        raise_task(ANSWER, stamp.at, account=dispute.payment.account, payment=dispute.payment)

    def _correction(self, facts: Given) -> None:
        """Place and codes of a charge may be corrected; its money never changes."""
        charge: Charge = self.named[facts.pop("charge")]
        Charge.update(**facts).where(Charge.id == charge.id).execute()

    def _superbill(self, facts: Given) -> None:
        account, client = self.named[facts["account"]], self.named[facts["client"]]
        from_on, to_on = self.calendar.day(facts["from_on"]), self.calendar.day(facts["to_on"])
        owner = f"staff:{self.named['S-owner'].id}"
        serial, replaces = facts["serial"], self.named[facts.get("replaces")]
        self.named[serial] = superbills.issue(
            None, superbills.Wanted(account, client, from_on, to_on),
            self._stamp_at(owner, self.calendar.instant(facts["issued_at"])), serial=serial, replaces=replaces,
        )  # fmt: skip
